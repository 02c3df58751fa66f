"""Faults while posbot runs under load: each is begun, held, ended; then is counted what is missing."""

from __future__ import annotations

import contextlib
import errno
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.emulator import Emulator
from tests.soak.disk.process import PRIVATE, Posbot, Visitor, until
from tests.soak.load import SCRIPT, Load

SHIM = Path(__file__).with_name("shim.c")
Fault = Callable[[Posbot], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a fault came to: seconds until red and until green again, what was refused, said, lost."""

    case: str
    red: float
    green: float
    refused: int
    told: str
    log: str
    messages: int
    unstored: int
    lost: int
    twice: int

    def good(self) -> bool:
        """Tell whether every promise held."""
        return self.refused == 503 and bool(self.told) and bool(self.log) and not (
            self.unstored or self.lost or self.twice)  # fmt: skip


def run(case: str, fault: Fault, hold: float, rate: float = 20, shim: bool = False, size: str = "") -> Finding:
    """Run posbot under load, hold a fault for some seconds, let it recover by itself and count."""
    with Emulator() as telegram, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        posbot = Posbot(telegram, folder, (*PRIVATE, str(folder / "disk"), size) if size else ())
        if shim:
            posbot.environment |= {"LD_PRELOAD": str(compiled(folder)), "DISK_FILE": str(posbot.database),
                                   "DISK_FAULT": str(folder / "fault")}  # fmt: skip
        posbot.start()
        load = Load(telegram, rate)
        load.start()
        try:
            return _measure(case, posbot, telegram, load, fault, hold)
        finally:
            load.stop()
            posbot.kill()


def _measure(case: str, posbot: Posbot, telegram: Emulator, load: Load, fault: Fault, hold: float) -> Finding:
    until(lambda: telegram.total() > 10, 30, "replies come")
    visitor = Visitor(posbot)
    with fault(posbot):
        red = until(lambda: not posbot.healthy(), 30, "red")
        status, told = visitor.say()
        time.sleep(hold)
        posbot.ended()
        unstored = posbot.unstored() if posbot.seen_disk.joinpath(posbot.database.name).exists() else 0
    green = until(lambda: posbot.ended() or posbot.healthy(), 60, "green again")
    load.stop()
    until(lambda: posbot.ended() or (not telegram.pending() and telegram.total() >= sum(load.sent.values())), 180,
          "everything is answered")  # fmt: skip
    time.sleep(1)
    unstored += posbot.unstored()
    posbot.stop()
    texts = [telegram.texts(chat) for chat in load.sent]
    lost = sum(len(SCRIPT) - len(set(replies)) for replies in texts)
    twice = sum(len(replies) - len(set(replies)) for replies in texts)
    log = next((line.partition("for now: ")[2] for line in posbot.said() if "for now: " in line), "")
    return Finding(case, red, green, status, told, log, sum(load.sent.values()), unstored, lost, twice)


@contextlib.contextmanager
def full(posbot: Posbot) -> Iterator[None]:
    """Fill the small disk to its last byte."""
    ballast = posbot.seen_disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as out:
        while True:
            out.write(bytes(4096))
    yield
    ballast.unlink()


@contextlib.contextmanager
def limit(posbot: Posbot) -> Iterator[None]:
    """Let no file grow: needs no rights and no library. The log of posbot must be shorter than the database's."""
    grown = Path(f"{posbot.database}-wal").stat().st_size
    before = resource.prlimit(posbot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(posbot.pid, resource.RLIMIT_FSIZE, (grown, before[1]))
    yield
    resource.prlimit(posbot.pid, resource.RLIMIT_FSIZE, before)


def failing(kind: str, number: int) -> Fault:
    """Return a fault: every ``write`` or ``sync`` of the database fails with an errno."""

    @contextlib.contextmanager
    def fault(posbot: Posbot) -> Iterator[None]:
        switch = Path(posbot.environment["DISK_FAULT"])
        switch.write_text(f"{kind} {number}")
        yield
        switch.unlink()

    return fault


@contextlib.contextmanager
def locked(posbot: Posbot) -> Iterator[None]:
    """Hold the database as another program does."""
    other = sqlite3.connect(posbot.database, timeout=30, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextlib.contextmanager
def taken_away(posbot: Posbot) -> Iterator[None]:
    """Move the file elsewhere, and back."""
    elsewhere = posbot.database.with_name("elsewhere.db")
    posbot.database.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(posbot.database)


def compiled(folder: Path) -> Path:
    """Return the shim as a library; needs gcc."""
    library = folder / "shim.so"
    gcc = shutil.which("gcc") or "gcc"
    subprocess.run([gcc, "-shared", "-fPIC", "-O2", "-o", library, SHIM, "-ldl", "-lpthread"], check=True)
    return library


def private_disks() -> bool:
    """Tell whether this machine lets us mount a disk that only one process sees."""
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run([*PRIVATE, folder, "1m", "true"], capture_output=True, check=False)
    return tried.returncode == 0


CASES: dict[str, Callable[[float], Finding]] = {
    "full": lambda hold: run("full", full, hold, size="24m"),
    "limit": lambda hold: run("limit", limit, hold),
    "eio": lambda hold: run("eio", failing("write", errno.EIO), hold, shim=True),
    "read-only": lambda hold: run("read-only", failing("write", errno.EROFS), hold, shim=True),
    "sync": lambda hold: run("sync", failing("sync", errno.EIO), hold, shim=True),
    "locked": lambda hold: run("locked", locked, max(hold, 6)),
    "taken-away": lambda hold: run("taken-away", taken_away, hold),
}
"""Each for some seconds."""
