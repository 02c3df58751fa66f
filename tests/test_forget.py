"""`posbot forget`: nothing of a merchant is left anywhere, and a restored backup does not bring them back."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from emulator import Emulator
from leftovers import in_files, places, shown, tables
from staffgroup import GROUP, at_work, png, settled, until
from support import act, open_ticket, rows
from telegram import Bot

from bot import forgotten
from bot.dialogue.engine import Dialogue
from bot.store import turns
from bot.store.base import Database
from bot.store.sqlite import SqliteDatabase
from bot.store.support import merchants, replies, search, topics_collect, triage
from bot.store.times import stamp
from bot.support.authority import Actor

WHO = 987654321
CHAT = f"tg:{WHO}"
NAME, WORDS = "Zhangqx", "烤鱼店卡纸"
WANG = Actor("wang", "小王", "agent")

RULES = {
    "inbox": "payload, key and chat are emptied", "sessions": "deleted", "messages": "deleted", "timers": "deleted",
    "media": "deleted", "outbox": "deleted", "outcomes": "deleted", "search": "deleted", "ticket_tags": "deleted",
    "tickets": "number, fault and times stay", "ticket_events": "kinds and times stay",
    "merchants": "deleted; of one who is blocked the chat stays, or the block could be undone so",
    "audit": "the chat is taken out", "settings": "a salted hash of the chat is kept",
    "topics": "the group's topic is deleted", "topic_messages": "deleted", "topic_posts": "deleted",
    "search_fts_data": "rewritten", "search_fts_docsize": "rewritten", "search_fts": "rewritten",
    "search_fts_idx": "rewritten", "search_fts_config": "nothing of anybody",
    # nothing of a merchant is in these
    "staff": "", "staff_sessions": "", "throttle": "", "presence": "", "views": "", "canned": "",
    "announcements": "", "knowledge_versions": "", "proposals": "",
    "replicas": "", "pace": "deleted",

    "migrations": "", "sqlite_sequence": "", "sqlite_stat1": "",
    "_sqlite_migrations": "",
}  # fmt: skip
"""What is done about each table when a merchant is erased; a table without a rule fails the test."""


def now() -> datetime:
    return datetime.now(UTC)


async def live(telegram: Emulator, db: Database) -> int:
    """Let a merchant write, send, press and have a ticket that staff work on; returns its number."""
    telegram.chat_info(WHO, first_name=NAME)
    telegram.user_text(WHO, f"{WORDS}怎么办")
    await until(lambda: telegram.texts(WHO))
    telegram.user_photo(WHO, png(), f"{WORDS}照片")
    telegram.user_text(WHO, "转人工")
    await until(lambda: "还能用别的方式收款" in telegram.texts(WHO)[-1])
    telegram.user_press(WHO, "直接提交")
    await until(lambda: "编号 1" in telegram.texts(WHO)[-1])
    telegram.user_text(WHO, f"补充：{WORDS}第二次")
    await until(lambda: WORDS in shown(telegram, GROUP))
    await db.write(merchants.write, act(now, WANG), CHAT, NAME, f"{WORDS}备注")
    await db.write(replies.note, act(now, WANG), 1, f"{NAME} 说 {WORDS}")
    await db.write(replies.reply, act(now, WANG), 1, f"{NAME}您好")
    await db.write(triage.tag, act(now, WANG), 1, NAME)
    await settled(db)
    return 1


async def test_nothing_is_left_of_a_forgotten_merchant(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:  # fmt: skip
    async with at_work(bot, db, dialogue):
        await live(telegram, db)
        assert set(await db.read(tables)) <= set(RULES), "say what is done about a new table"
        before = await places(db, str(WHO), NAME, search.searchable(WORDS), WORDS)
        assert len({place.partition(".")[0] for names in before.values() for place in names}) >= 10, before
        await db.write(turns.forget, CHAT)
        await db.write(topics_collect.forgotten, stamp(now()))
        await db.write(search.compact)
        await until(lambda: NAME not in shown(telegram, GROUP))
        await settled(db)
        assert await places(db, str(WHO), NAME, search.searchable(WORDS), WORDS) == {}
        assert WORDS not in shown(telegram, GROUP)
    if isinstance(db, SqliteDatabase):  # the files of a PostgreSQL are its own
        await db.close()
        assert in_files(db.path.parent, str(WHO), NAME, WORDS) == {}
        await db.open()


@pytest.mark.sqlite
async def test_a_restored_backup_does_not_bring_them_back(db: SqliteDatabase, clock: Any, tmp_path: Path) -> None:
    listed = tmp_path / "posbot.db.forgotten"
    for chat in (CHAT, "tg:2"):
        await open_ticket(db, clock, chat, said=f"{WORDS}{chat[-1]}", channel="web")
    backup = tmp_path / "old" / "posbot.db"
    backup.parent.mkdir()
    with sqlite3.connect(db.path) as source, sqlite3.connect(backup) as target:
        source.backup(target)
    await db.write(turns.forget, CHAT)
    assert await forgotten.write(db, listed) == 1
    assert await forgotten.write(db, listed) == 0
    assert str(WHO) not in listed.read_text()
    assert await forgotten.again(db, listed) == 0, "the database knows it"
    restored = SqliteDatabase(backup)
    await restored.open()
    assert await forgotten.again(restored, listed) == 1
    assert await places(restored, str(WHO), f"{WORDS}1") == {}
    assert len(await rows(restored, "SELECT 1 FROM messages WHERE chat = 'tg:2'")) == 1
    await open_ticket(restored, clock, CHAT, said="我又来了")
    assert await forgotten.again(restored, listed) == 0, "who came back stays"
    await restored.close()


@pytest.mark.sqlite
async def test_the_list_cannot_be_lost_between_commit_and_file(db: SqliteDatabase, tmp_path: Path) -> None:
    listed = tmp_path / "list"
    await db.write(turns.forget, "tg:1")  # killed here: the next start writes the line
    assert await forgotten.write(db, listed) == 1
    await db.write(turns.forget, "tg:1", "2099-01-01T00:00:00.000+00:00")
    assert await forgotten.write(db, listed) == 1, "forgotten twice: the later time counts"
    assert (listed.stat().st_mode & 0o777) == 0o600
