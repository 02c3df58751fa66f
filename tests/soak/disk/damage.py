"""A damaged file under a running posbot, and files that posbot must refuse at the start."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.emulator import Emulator
from tests.soak.disk.process import Posbot, Visitor, until


@dataclass(frozen=True, slots=True)
class Damage:
    """What came of damage: was it noticed, said, refused, and did the backup bring everything back."""

    case: str
    red: float
    refused: int
    log: str
    confirmed: int
    restored: str
    unanswered: int

    def good(self) -> bool:
        """Tell whether nothing was confirmed on the damaged file, and all of it was answered after the restore."""
        return self.refused == 503 and "posbot restore" in self.log and not (self.confirmed or self.unanswered)


def header(database: Path) -> None:
    """Overwrite the first page."""
    _overwrite(database, [1])


def page(database: Path) -> None:
    """Overwrite one page in the middle: where the sessions stand."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sessions'").fetchone()[0]
    _overwrite(database, [root])


def run(case: str, harm: Callable[[Path], None]) -> Damage:
    """Damage the file of a running posbot, write to it, restore the backup and see what is answered."""
    with Emulator() as telegram, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        posbot = Posbot(telegram, folder)
        posbot.start()
        try:
            _converse(telegram, range(1, 6))
            backup = folder / "backup.db"
            posbot.command("backup", str(backup)).check_returncode()
            posbot.stop()  # so that the pages stand in the file, not in its log
            posbot.start()
            harm(posbot.database)
            return _after(case, posbot, telegram, backup)
        finally:
            posbot.kill()


def _after(case: str, posbot: Posbot, telegram: Emulator, backup: Path) -> Damage:
    telegram.user_text(1, "还是不行")  # this one may be taken in before the damage is met
    red = until(lambda: not posbot.healthy(), 60, "red")
    before = len(telegram.pending())
    for chat in range(101, 111):
        telegram.user_text(chat, "打不出小票")
    status, _ = Visitor(posbot).say()
    posbot.ended()
    confirmed = 10 + before - len(telegram.pending())
    log = next((line for line in posbot.said() if "CRITICAL" in line), "")
    posbot.stop()
    restored = posbot.command("restore", str(backup))
    posbot.start()
    until(lambda: not telegram.pending(), 30, "updates are taken in")
    until(lambda: posbot.ended() or all(telegram.count(chat) for chat in range(101, 111)), 30, "answers")
    unanswered = sum(not telegram.count(chat) for chat in range(101, 111))
    return Damage(case, red, status, log.partition("any more: ")[2], confirmed, restored.stdout.strip(), unanswered)


def _converse(telegram: Emulator, chats: range) -> None:
    for chat in chats:
        telegram.user_text(chat, "打不出小票")
    until(lambda: all(telegram.count(chat) for chat in chats), 30, "answers")


def _overwrite(database: Path, pages: list[int]) -> None:
    with database.open("r+b") as file:
        for number in pages:
            file.seek((number - 1) * 4096)
            file.write(b"\xa5" * 4096)


def one_sentence(text: str) -> bool:
    """Tell whether a command said exactly one plain sentence."""
    return bool(re.fullmatch(r"posbot: [^\n]+\n", text))


CASES = {"header": lambda: run("header", header), "page": lambda: run("page", page)}
