"""What a fault of SQLite or of its disk means: one sentence that says what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.errors import StoreDamaged, StoreError, StoreUnavailable, StoreUnusable

RESTORE = "stop posbot and run `posbot restore` with the newest backup"
_LOCKED = "another program keeps {path} locked: end it, posbot then goes on by itself"
_SENTENCES: dict[int, tuple[type[StoreError], type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (StoreUnavailable, StoreUnavailable,
                          "the disk of {path} is full: free some space, posbot then goes on by itself"),
    sqlite3.SQLITE_IOERR: (StoreUnavailable, StoreUnavailable,
                           "the disk of {path} fails ({name}): see the system's log; posbot keeps trying"),
    sqlite3.SQLITE_BUSY: (StoreUnavailable, StoreUnavailable, _LOCKED),
    sqlite3.SQLITE_LOCKED: (StoreUnavailable, StoreUnavailable, _LOCKED),
    sqlite3.SQLITE_PROTOCOL: (StoreUnavailable, StoreUnavailable, _LOCKED),
    sqlite3.SQLITE_READONLY: (StoreUnavailable, StoreUnusable,
                              "{path} cannot be written: make the file, its folder and its disk writable for posbot"),
    sqlite3.SQLITE_CANTOPEN: (StoreUnavailable, StoreUnusable,
                              "{path} cannot be opened: make the file and its folder readable and writable for posbot"),
    sqlite3.SQLITE_CORRUPT: (StoreDamaged, StoreUnusable, "{path} is damaged: " + RESTORE),
    sqlite3.SQLITE_NOTADB: (StoreDamaged, StoreUnusable,
                            "{path} is damaged or not a database: name another file, or " + RESTORE),
}  # fmt: skip
"""By SQLite's code: the error while running, the error at the start, what is said."""


def explain(error: BaseException, path: Path, opening: bool = False) -> BaseException:
    """Return the store's error for a driver's; whatever is not the driver's is returned as it came.

    ``opening`` is for the start, where what only a person can mend ends posbot (``StoreUnusable``).
    """
    code = getattr(error, "sqlite_errorcode", None)
    found = _SENTENCES.get(code & 0xFF) if code is not None else None
    if found is not None:
        running, at_start, sentence = found
        name = getattr(error, "sqlite_errorname", "")
        return (at_start if opening else running)(sentence.format(path=path, name=name))
    if isinstance(error, OSError) and opening:
        return StoreUnusable(f"{path} cannot be opened: {error.strerror}")
    if isinstance(error, (sqlite3.Error, OSError)):
        return StoreError(f"the database {path} has a fault: {error}")
    return error
