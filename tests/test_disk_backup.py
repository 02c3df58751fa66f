"""`posbot backup` while posbot runs, `posbot restore` while it does not: the drill, and what is refused."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.dialogue.model import Reply
from bot.errors import ConfigError
from bot.store import backup, outbox, turns
from bot.store.base import Database
from bot.store.sqlite import SqliteDatabase
from bot.store.times import stamp
from tests.emulator import Emulator
from tests.soak.disk.damage import one_sentence
from tests.soak.disk.process import Posbot, until
from tests.soak.load import Load
from tests.support import open_ticket, rows

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def numbers(path: Path) -> set[int]:
    with closing(sqlite3.connect(path)) as db:
        return {row[0] for row in db.execute("SELECT number FROM tickets")}


@pytest.mark.timeout(110)
def test_the_drill(tmp_path: Path) -> None:
    """Load, a backup in its midst, more load, a crash, the restore, a start: all up to the backup is there."""
    with Emulator() as telegram:
        posbot = Posbot(telegram, tmp_path)
        posbot.start()
        load = Load(telegram, 30)
        load.start()
        until(lambda: posbot.database.exists() and numbers(posbot.database), 30, "a ticket")
        sure = numbers(posbot.database)
        made = posbot.command("backup", "safe.db")
        assert made.returncode == 0, made.stderr
        assert "it holds merchants' data" in made.stdout
        assert (tmp_path / "safe.db").stat().st_mode & 0o777 == 0o600
        refused = posbot.command("restore", "safe.db")
        assert (refused.returncode, one_sentence(refused.stderr)) == (2, True)
        assert "stop it first" in refused.stderr
        until(lambda: len(numbers(posbot.database)) > len(numbers(tmp_path / "safe.db")), 30, "a later ticket")
        load.stop()
        posbot.kill()
        later = numbers(posbot.database)
        restored = posbot.command("restore", "safe.db")
        assert restored.returncode == 0, restored.stderr
        posbot.start()
        until(lambda: not telegram.pending(), 30, "what Telegram kept is taken in")
        before = telegram.count(7)
        telegram.user_text(7, "打不出小票")
        until(lambda: telegram.count(7) > before, 30, "an answer")
        posbot.stop()
    now = numbers(posbot.database)
    assert sure <= numbers(tmp_path / "safe.db") <= now
    previous = next(path for path in posbot.disk.iterdir() if ".before-" in path.name)
    assert numbers(previous) == later


async def test_a_backup_holds_nothing_of_what_was_erased_and_is_not_written_over(db: Database, tmp_path: Path) -> None:
    await open_ticket(db, lambda: NOW, details="我姓诸葛")
    await db.write(turns.forget, "tg:1")
    target = tmp_path / "safe.db"
    backup.back_up(tmp_path / "posbot.db", target)
    assert "葛".encode() not in target.read_bytes()
    with pytest.raises(ConfigError, match="exists: name another file, or say --force"):
        backup.back_up(tmp_path / "posbot.db", target)
    backup.back_up(tmp_path / "posbot.db", target, force=True)
    assert not [path for path in os.listdir(tmp_path) if "safe" in path and path != "safe.db"]


def test_old_backups_go(tmp_path: Path) -> None:
    for hour in range(5):
        backup.dated(tmp_path, NOW + timedelta(hours=hour)).touch()
    (tmp_path / "posbot-mine.db").touch()
    assert backup.prune(tmp_path, 2) == 3
    left = ["posbot-20260302T120000Z.db", "posbot-20260302T130000Z.db", "posbot-mine.db"]
    assert sorted(path.name for path in tmp_path.iterdir()) == left


@pytest.mark.parametrize("old", [False, True])
async def test_replies_that_waited_are_sent_from_a_fresh_backup_only(tmp_path: Path, old: bool) -> None:
    db = SqliteDatabase(tmp_path / "posbot.db")
    await db.open()
    number = await open_ticket(db, lambda: NOW)
    await db.write(turns.speak, "tg:1", "telegram", Reply("师傅明天到"), number, stamp(NOW), author="小王")
    await db.close()
    backup.back_up(tmp_path / "posbot.db", tmp_path / "safe.db")
    restored_at = NOW + timedelta(minutes=90 if old else 30)
    aside, late = backup.restore(tmp_path / "posbot.db", tmp_path / "safe.db", restored_at)
    assert aside is not None
    assert late == int(old)
    await db.open()
    assert len(await db.read(outbox.due, stamp(restored_at), 10)) == int(not old)
    told = await rows(db, "SELECT data FROM ticket_events WHERE kind = 'undelivered'")
    assert [json.loads(one["data"])["author"] for one in told] == ["小王"] * int(old)
    await db.close()


async def test_what_cannot_be_restored_changes_nothing(db: Database, tmp_path: Path) -> None:
    await open_ticket(db, lambda: NOW)
    good = tmp_path / "good.db"
    backup.back_up(tmp_path / "posbot.db", good)
    await db.close()
    before = (tmp_path / "posbot.db").read_bytes()
    cut, text, newer = tmp_path / "cut.db", tmp_path / "text.db", tmp_path / "newer.db"
    content = bytearray(good.read_bytes())
    content[4096 * 5 : 4096 * 6] = bytes(4096)
    cut.write_bytes(content)
    text.write_text("this is no database " * 300)
    newer.write_bytes(good.read_bytes())
    with closing(sqlite3.connect(newer)) as other, other:
        other.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('posbot', '9999', '')")
    for path, words in ((cut, "damaged|no whole"), (text, "no whole backup"), (newer, "newer posbot"),
                        (tmp_path / "none.db", "there is no file")):  # fmt: skip
        with pytest.raises(ConfigError, match=words):
            backup.restore(tmp_path / "posbot.db", path, NOW)
    assert (tmp_path / "posbot.db").read_bytes() == before
    await db.open()
