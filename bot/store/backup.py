"""A copy of the SQLite file while posbot runs, and the way back."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot.errors import ConfigError, StoreError
from bot.store import folders
from bot.store.faults import explain
from bot.store.migrations import STEPS
from bot.store.times import stamp

STEADY_SECONDS = 60.0
"""How long a backup waits for a file that another program keeps to itself."""
PREFIX, SUFFIX = "posbot-", ".db"
FRESH = timedelta(hours=1)
"""Age up to which replies that waited when the backup was made are still sent after a restore."""
LATE = "restored from a backup: nobody knows whether it was sent"


def back_up(database: Path, target: Path, force: bool = False) -> None:
    """Copy the database into a new file, checked and on the disk when it appears; posbot goes on meanwhile.

    Raises:
        ConfigError: there is no database, the target exists (and not ``force``) or cannot be written.
        StoreError: the database is damaged, or its disk or the target's fails.

    """
    if not database.is_file():
        raise ConfigError(f"there is no database {database}")
    if target.exists() and not force:
        raise ConfigError(f"{target} exists: name another file, or say --force")
    with _beside(target) as copy:
        with _told(database), contextlib.closing(_connect(database)) as db:
            db.execute("VACUUM INTO ?", (str(copy),))
        with _told(copy):
            _drop_erased(copy)
        check(copy)
        _sync(copy)
        os.replace(copy, target)
    folders.sync(target.parent)


def dated(folder: Path, now: datetime) -> Path:
    """Return the name of a backup made now, in a folder for backups."""
    return folder / f"{PREFIX}{now:%Y%m%dT%H%M%SZ}{SUFFIX}"


def prune(folder: Path, keep: int) -> int:
    """Delete all but the newest dated backups of a folder; returns how many went."""
    old = sorted(folder.glob(f"{PREFIX}*T*Z{SUFFIX}"), reverse=True)[keep:]
    for path in old:
        path.unlink()
    return len(old)


def check(file: Path) -> None:
    """Make sure that a file is a whole database of this posbot, or of an older one.

    Raises:
        ConfigError: it is not.

    """
    if not file.is_file():
        raise ConfigError(f"there is no file {file}")
    try:
        with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1", uri=True)) as db:
            fault = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            steps = {row[0] for row in db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'posbot'")}
    except sqlite3.Error as error:
        raise ConfigError(f"{file} is no whole backup of posbot ({error}): take another one") from error
    if fault != "ok":
        raise ConfigError(f"{file} is damaged ({fault}): take another backup")
    if steps - {name for name, _ in STEPS}:
        raise ConfigError(f"{file} was made by a newer posbot: update posbot first")


def restore(database: Path, backup: Path, now: datetime) -> tuple[Path | None, int]:
    """Put a backup in the database's place. Nobody may have the database open: hold ``sharing.only_one``.

    Returns where the previous database is kept (None if there was none), and how many replies that waited in the
    backup will not be sent.

    Raises:
        ConfigError: the backup is damaged, of a newer posbot, or a file cannot be written.
        StoreError: another program has the database open.

    """
    check(backup)
    folders.make(database.parent)
    with _beside(database) as copy:
        shutil.copyfile(backup, copy)
        with _told(backup):
            late = _settle_replies(copy, now)
        _own(copy, database)
        _sync(copy)
        aside = _set_aside(database, now)
        os.replace(copy, database)
    folders.sync(database.parent)
    return aside, late


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield a private empty file next to the target; what is left of it at the end goes."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise ConfigError(f"{target.parent} cannot be written: {error.strerror}") from error
    os.close(handle)
    copy = Path(name)
    try:
        yield copy
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        copy.unlink(missing_ok=True)


def _drop_erased(copy: Path) -> None:
    """Take out of the search index what was erased since the keeper last rewrote it."""
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as db:
        if db.execute("SELECT 1 FROM settings WHERE key = 'search.erased'").fetchone():
            db.execute("INSERT INTO search_fts (search_fts) VALUES ('optimize')")
            db.execute("VACUUM")


def _connect(database: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", timeout=STEADY_SECONDS, uri=True)
    db.execute("PRAGMA wal_autocheckpoint = 0")
    return db


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, path, opening=True) from error


def _settle_replies(copy: Path, now: datetime) -> int:
    """Mark replies that waited too long in the backup as not delivered, for staff to see; returns how many."""
    with contextlib.closing(sqlite3.connect(copy)) as db, db:
        db.execute("PRAGMA journal_mode = DELETE")
        before = {"at": stamp(now), "before": stamp(now - FRESH), "late": LATE}
        db.execute(
            """INSERT INTO ticket_events (ticket, at, actor, kind, data)
               SELECT m.ticket, :at, 'sender', 'undelivered', json_object('error', :late, 'author', m.author)
               FROM outbox o JOIN messages m ON m.id = o.message
               WHERE o.state = 'pending' AND o.created_at < :before AND m.ticket IS NOT NULL""",
            before,
        )
        return db.execute(
            "UPDATE outbox SET state = 'failed', error = :late WHERE state = 'pending' AND created_at < :before",
            before,
        ).rowcount


def _set_aside(database: Path, now: datetime) -> Path | None:
    """Keep the previous database under another name, its log with it; at no moment it is nowhere."""
    if not database.exists():
        return None
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
    log = Path(f"{database}-wal")
    _fold_in(database)
    if log.exists():  # too damaged to be folded in
        os.replace(log, f"{aside}-wal")
    Path(f"{database}-shm").unlink(missing_ok=True)
    try:
        os.link(database, aside)
    except OSError:  # a file system without links
        os.replace(database, aside)
    return aside


def _fold_in(database: Path) -> None:
    """Bring the log into the file, so that it is one file; a damaged one stays as it is.

    Raises:
        StoreError: another program has it open.

    """
    try:
        with contextlib.closing(sqlite3.connect(database, timeout=1)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise StoreError(f"another program has {database} open: end it first") from error


def _own(copy: Path, database: Path) -> None:
    """Give the new file to whom the old one belonged; without an old one, to the folder's owner."""
    found = (database if database.exists() else database.parent).stat()
    if os.geteuid() == 0:
        os.chown(copy, found.st_uid, found.st_gid)


def _sync(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
