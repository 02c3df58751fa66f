"""Power cuts: whatever was not synced may be lost, sector by sector; what was acknowledged must be there."""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.emulator import Emulator
from tests.soak.disk.faults import compiled
from tests.soak.disk.process import Posbot, Visitor, until
from tests.soak.load import SCRIPT, Load

SECTOR = 512
NAMES = {"db": "", "wal": "-wal"}


@dataclass(slots=True)
class Node:
    """A file: what is on the disk for sure, and what was written since it was synced."""

    safe: bytearray = field(default_factory=bytearray)
    loose: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        """Bring everything to the disk."""
        for offset, data in self.loose:
            _apply(self.safe, offset, data)
        self.loose.clear()

    def after_cut(self, dice: random.Random) -> bytes:
        """Return the file as it is after a power cut: of what was not synced, any sectors, in any mixture."""
        found = bytearray(self.safe)
        for offset, data in self.loose:
            if data is None:
                if dice.random() < 0.5:
                    _apply(found, offset, None)
                continue
            for start in range(0, len(data), SECTOR):
                if dice.random() < 0.5:
                    _apply(found, offset + start, data[start : start + SECTOR])
        return bytes(found)


class Disk:
    """The model of a disk: fed with the journal of the shim, asked what remains."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.names = {name: Node(bytearray(content)) for name, content in files.items()}
        self.safe_names = dict(self.names)
        self.synced = 0

    def replay(self, journal: bytes) -> None:
        """Take what happened."""
        for kind, name, number, data in _events(journal):
            if kind == "F":
                self.safe_names = dict(self.names)
            elif kind == "N":
                self.names[name] = Node()
            elif kind == "D":
                self.names.pop(name, None)
            elif kind == "S":
                self.synced += 1
                if name in self.names:
                    self.names[name].sync()
            elif name in self.names:
                self.names[name].loose.append((number, data if kind == "W" else None))

    def after_cut(self, dice: random.Random) -> dict[str, bytes]:
        """Return the files after a power cut; names that the folder was not synced for may be the old ones."""
        found = {}
        for name in {*self.names, *self.safe_names}:
            node = dice.choice([self.names.get(name), self.safe_names.get(name)])
            if node is not None:
                found[name] = node.after_cut(dice)
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of power cuts came to."""

    cuts: int
    syncs: int
    messages: int
    confirmed_lost: int
    web_lost: int
    damaged: int
    replies_lost: int
    replies_twice: int
    tickets_twice: int

    def good(self) -> bool:
        """Tell whether nothing acknowledged was lost, and no file damaged."""
        lost = self.confirmed_lost + self.web_lost + self.damaged + self.replies_lost + self.tickets_twice
        return not lost and self.replies_twice <= 8 * self.cuts


def run(cuts: int, rate: float = 50, seed: int = 1, unsafe: str = "") -> Outcome:
    """Cut the power ``cuts`` times under load. ``unsafe`` is another ``synchronous``: then it must lose something."""
    dice = random.Random(seed)
    with Emulator() as telegram, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        posbot, journal = Posbot(telegram, folder), folder / "journal"
        posbot.environment |= {"LD_PRELOAD": str(compiled(folder)), "DISK_FILE": str(posbot.database),
                               "DISK_JOURNAL": str(journal)}  # fmt: skip
        if unsafe:
            posbot.program = _unsafe(unsafe)
        posbot.start()
        load, visitor = Load(telegram, rate), Visitor(posbot)
        load.start()
        try:
            return _cut(cuts, posbot, journal, telegram, load, visitor, dice)
        finally:
            load.stop()
            posbot.kill()


def _cut(
    cuts: int, posbot: Posbot, journal: Path, telegram: Emulator, load: Load, visitor: Visitor, dice: random.Random
) -> Outcome:
    confirmed = web = damaged = syncs = 0
    files: dict[str, bytes] = {}
    for _ in range(cuts):
        until_next = time.monotonic() + dice.uniform(0.2, 1.5)
        while time.monotonic() < until_next:
            visitor.say()
            time.sleep(0.02)
        posbot.kill()
        disk = Disk(files)
        disk.replay(journal.read_bytes())
        journal.unlink()
        syncs += disk.synced
        files = disk.after_cut(dice)
        _put_back(posbot, files)
        if not _whole(posbot.database):
            damaged += 1
            return Outcome(cuts, syncs, sum(load.sent.values()), confirmed, web, damaged, 0, 0, 0)
        confirmed, web = confirmed + posbot.unstored(), web + visitor.lost(posbot.database)
        visitor.accepted.clear()
        files = {
            kind: posbot.database.with_name(posbot.database.name + end).read_bytes()
            for kind, end in NAMES.items()
            if posbot.database.with_name(posbot.database.name + end).exists()
        }
        posbot.start()
    load.stop()
    if not confirmed:
        until(lambda: not telegram.pending() and telegram.total() >= sum(load.sent.values()), 1800, "all is answered")
        time.sleep(1.5)
    posbot.stop()
    texts = [telegram.texts(chat) for chat in load.sent]
    with closing(sqlite3.connect(posbot.database)) as db:
        tickets = db.execute("SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) AS n FROM tickets "
                             "WHERE channel = 'telegram' GROUP BY chat)").fetchone()[0]  # fmt: skip
    return Outcome(cuts, syncs, sum(load.sent.values()), confirmed, web, damaged,
                   sum(len(SCRIPT) - len(set(one)) for one in texts),
                   sum(len(one) - len(set(one)) for one in texts), tickets)  # fmt: skip


def _put_back(posbot: Posbot, files: dict[str, bytes]) -> None:
    for end in ("", "-wal", "-shm"):
        posbot.database.with_name(posbot.database.name + end).unlink(missing_ok=True)
    for kind, content in files.items():
        posbot.database.with_name(posbot.database.name + NAMES[kind]).write_bytes(content)


def _whole(database: Path) -> bool:
    """Tell whether a database is whole, and has the inbox at all."""
    try:
        with closing(sqlite3.connect(database)) as db:
            db.execute("PRAGMA wal_autocheckpoint = 0")
            db.execute("SELECT COUNT(*) FROM inbox")
            return bool(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def _events(journal: bytes) -> Iterator[tuple[str, str, int, bytes]]:
    at = 0
    while at < len(journal):
        end = journal.index(b"\n", at)
        kind, *rest = journal[at:end].decode().split()
        at = end + 1
        data = b""
        if kind == "W":
            data = journal[at : at + int(rest[2])]
            at += len(data)
        yield kind, rest[0] if rest else "", int(rest[1]) if len(rest) > 1 else 0, data


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write at an offset, or (None) cut the file there."""
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


def _unsafe(level: str) -> list[str]:
    """Return posbot with another ``synchronous``, to prove that the cuts bite."""
    import sys

    program = (f"import sys, bot.store.sqlite as s; sys.argv[0] = 'posbot'; "
               f"s.PRAGMAS = ('journal_mode = WAL', 'synchronous = {level}', 'foreign_keys = 1'); "
               f"from bot.cli import main; main()")  # fmt: skip
    return [sys.executable, "-c", program]
