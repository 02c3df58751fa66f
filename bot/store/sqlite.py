"""SQLite through sqlite-utils: one writer thread that owns its connection, a few reader threads beside it.

Writers queue; the thread takes all that wait into ONE transaction, a savepoint each (group commit), so that
durability (``synchronous=FULL``) costs one fsync for many turns. ``write`` returns after that commit.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database as SqliteUtils
from sqlite_utils.migrations import Migrations

from bot.errors import StoreError, StoreUnavailable, StoreUnusable
from bot.metrics import COMMIT_SIZE, COMMITS, COMMITS_FAILED
from bot.store.base import Dialect, Operation, P, R, Row
from bot.store.listeners import Listeners, Wake
from bot.store.migrations import STEPS
from bot.store.schema.words import Statement, spell

GROUP = 200
"""Operations taken into one commit at most."""
BUSY_SECONDS = 5.0
READERS = 3
"""Reading connections: statistics of a year must not hold up merchants' turns."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class SqliteTx:
    """One transaction; its methods never really wait, so the writer thread can run an operation to its end."""

    dialect: Dialect = "sqlite"

    def __init__(self, db: SqliteUtils) -> None:
        self._db = db
        self.topics: list[str] = []

    async def all(self, sql: str, **values: Any) -> list[Row]:
        """Run a statement and return its rows."""
        cursor = self._db.execute(sql, values)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    async def one(self, sql: str, **values: Any) -> Row | None:
        """Run a statement and return its first row, or None."""
        rows = await self.all(sql, **values)
        return rows[0] if rows else None

    async def run(self, sql: str, **values: Any) -> int:
        """Run a statement and return how many rows it touched."""
        return self._db.execute(sql, values).rowcount

    def notify(self, topic: str) -> None:
        """Wake the topic's listeners after the commit."""
        self.topics.append(topic)


class _Job:
    """An operation under way in a thread, and the future of its result."""

    def __init__(self, start: Callable[[SqliteTx], Coroutine[Any, Any, Any]]) -> None:
        self.start = start
        self.future: Future[Any] = Future()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, db: SqliteUtils) -> list[str]:
        """Run inside a savepoint; an error undoes this job only."""
        tx = SqliteTx(db)
        try:
            with db.atomic():
                self.result = _drive(self.start(tx))
        except Exception as error:
            self.error = error
            return []
        return tx.topics

    def settle(self, broken: BaseException | None = None) -> None:
        """Hand the result to whoever waits."""
        if self.future.cancelled():
            return
        error = broken or self.error
        if error is not None:
            self.future.set_exception(_wrap(error))
        else:
            self.future.set_result(self.result)


class SqliteDatabase:
    """A ``Database`` over one SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._listeners = Listeners()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """Open the file and migrate it.

        Raises:
            StoreError: it cannot be opened, is no database, or is newer than this program.

        """
        self._loop = asyncio.get_running_loop()
        ready: Future[None] = Future()
        self._start("posbot-writer", self._write_loop, ready)
        await asyncio.wrap_future(ready)
        for _ in range(READERS):
            ready = Future()
            self._start("posbot-reader", self._read_loop, ready)
            await asyncio.wrap_future(ready)

    async def close(self) -> None:
        """Finish what was accepted and close."""
        self._jobs.put(None)
        for _ in range(READERS):
            self._reads.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._threads = []

    async def write(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an operation; its effects are on the disk when this returns."""
        return await self._queue(self._jobs, lambda tx: _call(op, tx, *args, **kwargs))

    async def read(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an operation on the reader's connection, which cannot write."""
        return await self._queue(self._reads, lambda tx: _call(op, tx, *args, **kwargs))

    def listen(self, topic: str, wake: Wake) -> Wake:
        """Call ``wake`` on the event loop after commits that touch ``topic``."""
        return self._listeners.add(topic, wake)

    async def _queue(
        self, jobs: queue.SimpleQueue[_Job | None], start: Callable[[SqliteTx], Coroutine[Any, Any, T]]
    ) -> T:
        if not self._threads:
            raise StoreError("the database is not open")
        job = _Job(start)
        jobs.put(job)
        # shielded: what was queued is going to be stored, whether or not the caller still waits
        result: T = await asyncio.shield(asyncio.wrap_future(job.future))
        return result

    def _start(self, name: str, loop: Callable[[Future[None]], None], ready: Future[None]) -> None:
        thread = threading.Thread(target=loop, args=(ready,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _write_loop(self, ready: Future[None]) -> None:
        try:
            db = _connect(self.path)
            _migrate(db)
        except (sqlite3.Error, OSError, StoreError) as error:
            ready.set_exception(_wrap(error, self.path))
            return
        ready.set_result(None)
        while (job := self._jobs.get()) is not None:
            self._commit(db, self._gather(job))
        db.conn.close()

    def _gather(self, first: _Job) -> list[_Job]:
        jobs = [first]
        while len(jobs) < GROUP:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)  # closing: finish this group, then end
                break
            jobs.append(job)
        return jobs

    def _commit(self, db: SqliteUtils, jobs: list[_Job]) -> None:
        topics: list[str] = []
        COMMIT_SIZE.observe(len(jobs))
        try:
            with COMMITS.time():
                # IMMEDIATE: operations read and then write; a later upgrade of the lock could fail
                db.conn.execute("BEGIN IMMEDIATE")
                for job in jobs:
                    topics += job.run(db)
                db.conn.execute("COMMIT")
        except sqlite3.Error as error:
            COMMITS_FAILED.inc()
            log.warning("a commit failed, nothing of it is stored: %s", error)
            if db.conn.in_transaction:
                db.conn.rollback()
            for job in jobs:
                job.settle(error)
            return
        for job in jobs:
            job.settle()
        if topics and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._listeners.fire, topics)

    def _read_loop(self, ready: Future[None]) -> None:
        try:
            db = _connect(self.path)
            db.conn.execute("PRAGMA query_only = 1")
        except sqlite3.Error as error:
            ready.set_exception(_wrap(error, self.path))
            return
        ready.set_result(None)
        while (job := self._reads.get()) is not None:
            job.run(db)
            job.settle()
        db.conn.close()


def _connect(path: Path) -> SqliteUtils:
    path.parent.mkdir(parents=True, exist_ok=True)
    conn = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = 1"):
        conn.execute(f"PRAGMA {pragma}")
    return SqliteUtils(conn)


def _migrate(db: SqliteUtils) -> None:
    steps = Migrations("posbot")
    for name, statements in STEPS:
        steps(name=name)(_step(statements))
    unknown = {done.name for done in steps.applied(db)} - {name for name, _ in STEPS}
    if unknown:
        raise StoreUnusable("the database was written by a newer posbot: update posbot, or restore a backup")
    steps.apply(db)


def _step(statements: tuple[Statement, ...]) -> Callable[[SqliteUtils], None]:
    def apply(db: SqliteUtils) -> None:
        for statement in spell(statements, "sqlite"):
            db.execute(statement)

    return apply


async def _call(op: Operation[P, R], tx: SqliteTx, *args: P.args, **kwargs: P.kwargs) -> R:
    return await op(tx, *args, **kwargs)


def _drive(operation: Coroutine[Any, Any, T]) -> T:
    try:
        operation.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    operation.close()
    raise StoreError("an operation waited for something that is not the database")


def _wrap(error: BaseException, path: Path | None = None) -> BaseException:
    if path is not None and isinstance(error, (sqlite3.Error, OSError)) and "locked" not in str(error):
        return StoreUnusable(f"the database {path} cannot be opened: {error}")
    if isinstance(error, sqlite3.OperationalError) and not str(error).startswith("no such"):
        where = f" ({path})" if path else ""
        return StoreUnavailable(f"the database cannot be used now: {error}{where}")
    if isinstance(error, (sqlite3.Error, OSError)):
        return StoreError(f"the database has a fault: {error}{f' ({path})' if path else ''}")
    return error
