"""Several processes and one SQLite file: one posbot, writers by turns, and a warning where that is not enough."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from bot.errors import ConfigError, StoreUnavailable

PAUSE = 0.005
FIXED = ((3, 44, 6), (3, 50, 7))
"""Releases that got the repair of the WAL-reset bug by themselves; all have it from 3.51.3 on."""


@contextlib.contextmanager
def only_one(database: str) -> Iterator[None]:
    """Hold the database's lock file: two posbots on one SQLite file would answer everybody twice.

    Raises:
        ConfigError: another posbot holds it, or the folder cannot be written.

    """
    path = Path(f"{database}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("a")
    except OSError as error:
        raise ConfigError(f"POSBOT_DATABASE: {path.parent} cannot be written: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"another posbot is running on {database}: stop it first, or name another file"
            ) from error
        yield


class Pen:
    """Whoever writes holds it, from the begin of a transaction to the end of the checkpoint that may follow.

    SQLite lets one process check the log point while another commits; in releases with the WAL-reset bug just
    that can damage the file. Between processes of posbot it cannot happen, whatever the release.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._file = Path(f"{path}.pen")
        self._path = path
        self._patience = patience
        self._handle: int | None = None

    def __enter__(self) -> None:
        if self._handle is None:
            self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + self._patience
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
                if time.monotonic() > end:
                    raise StoreUnavailable(f"another posbot command keeps {self._path} locked: end it") from error
                time.sleep(PAUSE)
            else:
                return

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it back for good."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def has_reset_bug(version: tuple[int, int, int]) -> bool:
    """Tell whether a release of SQLite can damage a WAL file that several processes write."""
    repaired = any(version[:2] == fixed[:2] and version >= fixed for fixed in FIXED)
    return (3, 7, 0) <= version <= (3, 51, 2) and not repaired


def warning(path: Path, version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> str:
    """Return what is to be said of this SQLite and the processes that share the file now; "" for nothing."""
    if not has_reset_bug(version) or not _shared(path):
        return ""
    return (
        f"another program has {path} open, and this SQLite {'.'.join(map(str, version))} has the WAL-reset bug, which "
        "can damage a file that two programs write: end the other program, or install SQLite 3.51.3 or newer"
    )


def _shared(path: Path) -> bool:
    """Tell whether somebody else is connected: only then SQLite refuses the file for oneself alone."""
    if not path.exists():
        return False
    with contextlib.closing(sqlite3.connect(path, timeout=0)) as alone:
        alone.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            alone.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:  # other faults are told when the file is opened
            return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False
