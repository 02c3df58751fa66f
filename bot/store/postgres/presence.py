"""Being there: a row that says this replica lives, by the database's clock; names that one replica holds at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import psycopg

from bot.store.postgres.tx import Connection

SKEW = 5.0
"""Seconds by which this machine's clock may differ from the database's before it is said."""
TRY = 1.0
SILENT = 5.0
"""Seconds after which an unanswered question means that the connection is gone."""
_BEAT = """INSERT INTO replicas (id, until) VALUES (%s, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (id) DO UPDATE SET until = excluded.until RETURNING clock_timestamp() AS now"""
_SWEEP = ("DELETE FROM replicas WHERE until < clock_timestamp() - interval '1 hour'",
          "DELETE FROM pace WHERE free_at < clock_timestamp() - interval '1 minute'")  # fmt: skip
log = logging.getLogger(__name__)
Connect = Callable[[], Awaitable[Connection]]


class Presence:
    """This replica among the others. What it claimed is its own while its row is not older than ``lease`` seconds."""

    def __init__(self, connect: Connect, replica: str, lease: float) -> None:
        self._connect = connect
        self._replica = replica
        self._lease = lease
        self._conn: Connection | None = None
        self._asking = asyncio.Lock()
        self._held: dict[str, asyncio.Event] = {}
        self._told = False

    async def run(self) -> None:
        """Show every quarter of a lease that this replica lives."""
        while True:
            await self.beat()
            await asyncio.sleep(self._lease / 4)

    async def beat(self) -> bool:
        """Show once that this replica lives; False if the database does not answer."""
        row = await self._ask(_BEAT, self._replica, self._lease)
        if row is None:
            return False
        self._compare(row["now"])
        return True

    async def sweep(self) -> None:
        """Remove what dead replicas and silent chats left."""
        for statement in _SWEEP:
            await self._ask(statement)

    async def leave(self) -> None:
        """Go: what was claimed here is free at once."""
        await self._ask("DELETE FROM replicas WHERE id = %s", self._replica)
        await self._drop()

    @contextlib.asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[asyncio.Event]:
        """Wait until this replica is the one that holds ``name``; the event is set when it is so no longer."""
        while not await self._take(name):  # noqa: ASYNC110 - who frees a name tells nobody
            await asyncio.sleep(TRY)
        lost = self._held[name] = asyncio.Event()
        try:
            yield lost
        finally:
            if self._held.pop(name, None) is lost and not lost.is_set():
                await self._ask("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)

    async def _take(self, name: str) -> bool:
        row = await self._ask("SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS mine", f"{name}")
        return bool(row and row["mine"])

    async def _ask(self, sql: str, *values: object) -> dict[str, object] | None:
        """Return the first row; None if the connection is gone: all names are lost with it."""
        async with self._asking:
            try:
                async with asyncio.timeout(SILENT):
                    if self._conn is None or self._conn.closed:
                        self._conn = await self._connect()
                    cursor = await self._conn.execute(sql, values)
                    return dict(await cursor.fetchone() or {}) if cursor.description else {}
            except (psycopg.Error, TimeoutError) as error:
                log.warning("this replica has no word from the database: %s", error or "no answer")
                await self._drop()
                return None

    async def _drop(self) -> None:
        held, self._held = self._held, {}
        for lost in held.values():
            lost.set()
        conn, self._conn = self._conn, None
        if conn is not None:
            await conn.close()

    def _compare(self, now: object) -> None:
        if isinstance(now, datetime):
            away = abs((datetime.now(UTC) - now).total_seconds())
            if away > SKEW and not self._told:
                log.warning("this machine's clock is %.0f s away from the database's: set it right", away)
            self._told = away > SKEW
