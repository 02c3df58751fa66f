"""PostgreSQL as a ``Database``: a pool of connections, a transaction for each operation, replicas side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, conninfo, errors
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.numeric import IntLoader
from psycopg_pool import AsyncConnectionPool

from bot.errors import StoreError
from bot.store.base import Operation, P, R, Row
from bot.store.listeners import Listeners, Wake
from bot.store.postgres import faults, schema
from bot.store.postgres.bell import Bell
from bot.store.postgres.presence import Presence
from bot.store.postgres.tx import Connection, PostgresTx, Text

POOL = 12
"""Connections for operations; three more are for the heartbeat, hearing and ringing."""
LEASE = 8.0
"""Seconds after which what a silent replica claimed is free."""
WAIT = 10.0
"""Seconds to wait for a connection."""
IDLE = 1.0
"""Seconds of rest after which a connection is looked at before it is used."""
RECONNECT = 3.0
"""Seconds of growing pauses between attempts to connect; then the next operation tries from the beginning."""
AGAIN = 3
"""Times that a transaction is tried which others stood in the way of."""
WRITE, READ = "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# a dead replica's session must end, and its locks with it, before its lease does
SERVER = ("-c tcp_keepalives_idle=3 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3 -c tcp_user_timeout=6000 "
          "-c idle_in_transaction_session_timeout=10s -c statement_timeout=30s -c timezone=UTC")  # fmt: skip
CLIENT: dict[str, Any] = {"connect_timeout": 5, "keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3,
          "tcp_user_timeout": 6000}  # fmt: skip
T = TypeVar("T")
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # a lost connection is said once, below


class PostgresDatabase:
    """A ``Database`` over PostgreSQL. ``lease``: seconds that a claim outlives its replica."""

    shared = True

    def __init__(self, dsn: str, pool: int = POOL, lease: float = LEASE, wait: float = WAIT) -> None:
        self.where = faults.place(dsn)
        self.replica = f"{socket.gethostname()}:{uuid.uuid4().hex[:8]}"
        options = " ".join(filter(None, (SERVER, str(conninfo.conninfo_to_dict(dsn).get("options") or ""))))
        name = f"posbot {self.replica}"
        self._dsn = conninfo.make_conninfo(dsn, options=options, application_name=name, **CLIENT)
        self._size = pool
        self._wait = wait
        self._listeners = Listeners()
        self._bell = Bell(self._connect, self._listeners, self.replica)
        self._presence = Presence(self._connect, self.replica, lease)
        self._pool: AsyncConnectionPool[_Pooled] | None = None
        self._jobs: list[asyncio.Task[None]] = []
        self._ops: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Connect and migrate.

        Raises:
            StoreUnusable: wrong address, password, rights, or a newer schema.
            StoreUnavailable: the server cannot be reached.

        """
        try:
            conn = await self._connect()
        except psycopg.Error as error:
            raise faults.refused(error, self.where) from error
        try:
            async with conn:
                await schema.migrate(conn)
        except psycopg.Error as error:
            raise faults.wrap(error, self.where) from error
        self._pool = AsyncConnectionPool(
            self._dsn, connection_class=_Pooled, kwargs=_KINDS, open=False,
            min_size=1, max_size=self._size, timeout=self._wait, configure=_configure, check=_check, reset=_rested,
            reconnect_timeout=RECONNECT,
        )  # fmt: skip
        await self._pool.open()
        await self._presence.beat()
        self._jobs = [asyncio.create_task(job) for job in (self._presence.run(), self._bell.hear(), self._bell.send())]

    async def close(self) -> None:
        """Finish what was accepted, leave the other replicas, and close."""
        if self._pool is None:
            return
        await asyncio.gather(*self._ops, return_exceptions=True)
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        await self._presence.leave()
        pool, self._pool = self._pool, None
        await pool.close()

    async def write(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an operation; it is committed when this returns.

        Raises:
            StoreUnavailable: it may or may not be; doing it again is safe, and works later.

        """
        return await self._job(WRITE, lambda tx: _call(op, tx, *args, **kwargs))

    async def read(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an operation that sees one moment and changes nothing."""
        return await self._job(READ, lambda tx: _call(op, tx, *args, **kwargs))

    def listen(self, topic: str, wake: Wake) -> Wake:
        """Call ``wake`` after commits that touch ``topic``, of this or another replica."""
        return self._listeners.add(topic, wake)

    def alone(self, name: str) -> contextlib.AbstractAsyncContextManager[asyncio.Event]:
        """Wait until this replica is the one that holds ``name``."""
        return self._presence.alone(name)

    async def _job(self, begin: str, start: Callable[[PostgresTx], Coroutine[Any, Any, T]]) -> T:
        job = asyncio.create_task(self._rung(begin, start))
        self._ops.add(job)
        job.add_done_callback(self._ended)
        # shielded: what was begun is going to be stored, whether or not the caller still waits
        result: T = await asyncio.shield(job)
        return result

    def _ended(self, job: asyncio.Task[Any]) -> None:
        self._ops.discard(job)
        if not job.cancelled():
            job.exception()  # whoever asked may have gone: then nobody else looks at it

    async def _rung(self, begin: str, start: Callable[[PostgresTx], Coroutine[Any, Any, T]]) -> T:
        result, topics = await self._run(begin, start)
        if topics:
            self._bell.ring(topics)
        return result

    async def _run(self, begin: str, start: Callable[[PostgresTx], Coroutine[Any, Any, T]]) -> tuple[T, list[str]]:
        if self._pool is None:
            raise StoreError("the database is not open")
        for left in reversed(range(AGAIN)):
            try:
                async with self._pool.connection() as conn:
                    return await _transact(conn, begin, start, self.replica)
            except errors.TransactionRollback as error:  # a deadlock or the like: the others are through now
                if not left:
                    raise faults.wrap(error, self.where) from error
            except psycopg.Error as error:
                raise faults.wrap(error, self.where) from error
        raise StoreError("unreachable")

    async def _connect(self) -> Connection:
        conn = await AsyncConnection.connect(self._dsn, **_KINDS)
        await _configure(conn)
        return conn


_KINDS: dict[str, Any] = {"autocommit": True, "row_factory": dict_row, "prepare_threshold": 3}


class _Pooled(AsyncConnection[Row]):
    """A connection that knows when it was last used (monotonic seconds)."""

    rested_at = 0.0


async def _transact(
    conn: Connection, begin: str, start: Callable[[PostgresTx], Coroutine[Any, Any, T]], replica: str
) -> tuple[T, list[str]]:
    try:
        async with conn.pipeline() as pipeline:
            tx = PostgresTx(conn, pipeline, replica)
            await conn.execute(begin)
            result = await start(tx)
            await conn.execute("COMMIT")
    finally:
        if conn.info.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
            await conn.rollback()
    return result, tx.topics


async def _call(op: Operation[P, R], tx: PostgresTx, *args: P.args, **kwargs: P.kwargs) -> R:
    return await op(tx, *args, **kwargs)


async def _configure(conn: Connection) -> None:
    conn.adapters.register_dumper(str, Text)
    conn.adapters.register_loader("numeric", IntLoader)  # sums of whole numbers; there are no others


async def _rested(conn: _Pooled) -> None:
    conn.rested_at = time.monotonic()


async def _check(conn: _Pooled) -> None:
    if time.monotonic() - conn.rested_at > IDLE:
        await AsyncConnectionPool.check_connection(conn)
