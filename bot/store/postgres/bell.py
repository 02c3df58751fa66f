"""Waking listeners across replicas: one NOTIFY for many commits, after them, on a connection of its own.

A NOTIFY inside a transaction would hold one lock of the whole database over its fsync: commits would queue up. What is
lost between a commit and its NOTIFY is found by polling.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

import psycopg

from bot.store.listeners import Listeners
from bot.store.postgres.tx import Connection

CHANNEL = "posbot"
GATHER = 0.01
"""Seconds in which topics are gathered for one NOTIFY."""
LONGEST = 7000
"""Bytes of a NOTIFY; PostgreSQL takes up to 8000."""
PAUSE = 0.5
log = logging.getLogger(__name__)
Connect = Callable[[], Awaitable[Connection]]


class Bell:
    """Rings for others and hears them ring."""

    def __init__(self, connect: Connect, listeners: Listeners, replica: str) -> None:
        self._connect = connect
        self._listeners = listeners
        self._replica = replica
        self._topics: set[str] = set()
        self._rung = asyncio.Event()

    def ring(self, topics: Iterable[str]) -> None:
        """Wake listeners here at once, elsewhere soon."""
        self._listeners.fire(topics)
        self._topics.update(topics)
        self._rung.set()

    async def send(self) -> None:
        """Tell others for ever; a lost connection is made anew."""
        await _for_ever(self._connect, self._send)

    async def hear(self) -> None:
        """Hear others for ever; after a gap everybody looks for what was missed."""
        await _for_ever(self._connect, self._hear)

    async def _send(self, conn: Connection) -> None:
        while True:
            await self._rung.wait()
            await asyncio.sleep(GATHER)
            self._rung.clear()
            topics, self._topics = self._topics, set()
            payloads = list(_packed(self._replica, sorted(topics)))
            await conn.execute("SELECT pg_notify(%s, p) FROM unnest(%s::text[]) AS p", (CHANNEL, payloads))

    async def _hear(self, conn: Connection) -> None:
        await conn.execute(f"LISTEN {CHANNEL}")
        self._listeners.fire_all()
        async for heard in conn.notifies():
            sender, *topics = heard.payload.split("\n")
            if sender != self._replica:
                self._listeners.fire(topics)


async def _for_ever(connect: Connect, use: Callable[[Connection], Awaitable[None]]) -> None:
    while True:
        try:
            async with await connect() as conn:
                await use(conn)
        except psycopg.Error as error:
            log.warning("the line between replicas is broken, next try in %.1f s: %s", PAUSE, error)
            await asyncio.sleep(PAUSE)


def _packed(replica: str, topics: Iterable[str]) -> Iterable[str]:
    payload = replica
    for topic in topics:
        if len(f"{payload}\n{topic}".encode()) > LONGEST:
            yield payload
            payload = replica
        payload = f"{payload}\n{topic}"
    yield payload
