"""SQLite through sqlite-utils: one writer thread that owns its connection, a few reader threads beside it.

Writers queue; the thread takes all that wait into ONE transaction, a savepoint each (group commit), so that
durability (``synchronous=FULL``) costs one fsync for many turns. ``write`` returns after that commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database as SqliteUtils
from sqlite_utils.migrations import Migrations

from bot.errors import StoreDamaged, StoreError, StoreUnavailable, StoreUnusable
from bot.metrics import COMMIT_SIZE, COMMITS, COMMITS_FAILED
from bot.store import faults, folders, sharing
from bot.store.base import Dialect, Operation, P, R, Row
from bot.store.listeners import Listeners, Wake
from bot.store.migrations import STEPS
from bot.store.schema.words import Statement, spell

GROUP = 200
"""Operations taken into one commit at most."""
BUSY_SECONDS = 5.0
READERS = 3
"""Reading connections: statistics of a year must not hold up merchants' turns."""
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = 1", "secure_delete = 1")
T = TypeVar("T")
log = logging.getLogger(__name__)


class SqliteTx:
    """One transaction; its methods never really wait, so the writer thread can run an operation to its end."""

    dialect: Dialect = "sqlite"
    replica = ""

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

    async def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run a statement for each row; returns how many rows were touched in all."""
        counts: list[int] = [self._db.execute(sql, dict(row)).rowcount for row in rows]
        return sum(counts)

    async def do(self, sql: str, **values: Any) -> None:
        """Run a statement."""
        self._db.execute(sql, values)

    async def lock(self, *names: str) -> None:
        """Hold names: there is one writer, and readers see one moment."""

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

    def settle(self) -> None:
        """Hand the result to whoever waits."""
        if self.future.cancelled():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class SqliteDatabase:
    """A ``Database`` over one SQLite file."""

    shared = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._listeners = Listeners()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pen = sharing.Pen(path, BUSY_SECONDS)
        self._files = folders.Files(path)
        self._damage: StoreDamaged | None = None
        self._failing = False

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

    @contextlib.asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[asyncio.Event]:
        """Hold a name: nobody else works on the file."""
        yield asyncio.Event()

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
            db = self._open_to_write()
        except (sqlite3.Error, OSError, StoreError) as error:
            ready.set_exception(faults.explain(error, self.path, opening=True))
            return
        ready.set_result(None)
        while (job := self._jobs.get()) is not None:
            jobs = self._gather(job)
            topics = self._commit(db, jobs)
            for job in jobs:
                job.settle()
            if topics and self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._listeners.fire, topics)
        db.conn.close()
        self._pen.close()

    def _open_to_write(self) -> SqliteUtils:
        folders.make(self.path.parent)
        with self._pen:
            db = _connect(self.path)
            _migrate(db)
        folders.sync(self.path.parent)
        self._files.remember()
        return db

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

    def _commit(self, db: SqliteUtils, jobs: list[_Job]) -> list[str]:
        """Run jobs in one transaction, and put what went wrong into them; returns the topics to wake."""
        before = db.conn.total_changes
        COMMIT_SIZE.observe(len(jobs))
        try:
            with COMMITS.time():
                topics = self._run(db, jobs)
        except Exception as error:  # the edge: this thread must outlive every fault, and nobody may wait for ever
            COMMITS_FAILED.inc()
            self._undo(db)
            for job in jobs:
                job.error = error
            topics = []
        for job in jobs:
            job.error = self._explained(job.error)
        trouble = next((job.error for job in jobs if isinstance(job.error, StoreUnavailable)), None)
        if trouble is not None or db.conn.total_changes > before:  # a commit of nothing proves nothing
            self._say(trouble)
        return topics

    def _run(self, db: SqliteUtils, jobs: list[_Job]) -> list[str]:
        topics: list[str] = []
        if self._damage is not None:
            raise self._damage
        self._files.check()
        self._undo(db)
        with self._pen:
            # IMMEDIATE: operations read and then write; a later upgrade of the lock could fail
            db.conn.execute("BEGIN IMMEDIATE")
            for job in jobs:
                topics += job.run(db)
                if not db.conn.in_transaction:  # a full or failing disk ends the whole transaction
                    raise job.error or StoreUnavailable("the disk ended a transaction")
            db.conn.execute("COMMIT")
            if "erased" in topics:
                _empty_wal(db)
        return topics

    def _undo(self, db: SqliteUtils) -> None:
        try:
            if db.conn.in_transaction:
                db.conn.rollback()
        except sqlite3.Error as error:
            log.error("a failed transaction cannot be undone yet: %s", error)

    def _explained(self, error: BaseException | None) -> BaseException | None:
        """Return an error as callers get it; from damage on nothing more is accepted."""
        if error is None:
            return None
        found = faults.explain(error, self.path)
        if isinstance(found, StoreDamaged) and not isinstance(found, folders.Gone) and self._damage is None:
            self._damage = found
            log.critical("nothing is accepted any more: %s", found)
        return found

    def _say(self, trouble: BaseException | None) -> None:
        """Log the begin and the end of a time in which nothing can be stored, not every attempt."""
        if trouble is not None and not self._failing:
            log.error("nothing is stored or confirmed for now: %s", trouble)
        elif trouble is None and self._failing:
            log.warning("%s takes writes again", self.path)
        self._failing = trouble is not None

    def _read_loop(self, ready: Future[None]) -> None:
        try:
            db = _connect(self.path)
            db.conn.execute("PRAGMA query_only = 1")
        except sqlite3.Error as error:
            ready.set_exception(faults.explain(error, self.path, opening=True))
            return
        ready.set_result(None)
        while (job := self._reads.get()) is not None:
            job.run(db)
            job.error = self._explained(job.error)
            job.settle()
        db.conn.close()


def _connect(path: Path) -> SqliteUtils:
    conn = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    for pragma in PRAGMAS:
        conn.execute(f"PRAGMA {pragma}")
    return SqliteUtils(conn)


def _empty_wal(db: SqliteUtils) -> None:
    """Write the journal back and cut it: it holds pages as they were before the erasure; readers may delay that."""
    with contextlib.suppress(sqlite3.Error):
        db.conn.execute("PRAGMA busy_timeout = 100")
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.conn.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


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
