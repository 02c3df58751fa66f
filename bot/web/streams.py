"""Server-sent events: streams that wake when something is committed, and all end at once on shutdown."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from bot.store.base import Database

HEARTBEAT = 15.0
"""Seconds of silence after which a stream says that it is alive."""
MOST = 2000
"""Streams open at once in this process."""
FOR_STAFF = 200
"""Streams among them that merchants never take."""
PER_OWNER = 8
"""Streams of one chat or one member of staff: a few tabs and their reconnects."""
PER_ADDRESS = 60
"""Streams of merchants from one address."""

News = Literal["change", "idle", "end"]


class Watch:
    """One stream's ear: ``wait`` returns what happened."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._wake.set()  # the first look finds what was there before
        self._ended = False

    async def wait(self) -> News:
        """Return ``change`` at once and after each commit, ``idle`` after a silence, ``end`` on shutdown."""
        try:
            async with asyncio.timeout(HEARTBEAT):
                await self._wake.wait()
        except TimeoutError:
            return "idle"
        self._wake.clear()
        return "end" if self._ended else "change"

    def wake(self) -> None:
        """Something was committed."""
        self._wake.set()

    def end(self) -> None:
        """The server goes down."""
        self._ended = True
        self._wake.set()


class Streams:
    """The open streams of this process."""

    def __init__(self) -> None:
        self._open: set[Watch] = set()
        self._owners: Counter[str] = Counter()
        self._closed = False

    def admit(self, owner: str, address: str = "") -> None:
        """Refuse a stream that is one too many (503; the browser tries again); merchants name their address."""
        room = MOST - FOR_STAFF if address else MOST
        crowded = self._owners[owner] >= PER_OWNER or self._owners[address] >= PER_ADDRESS
        if self._closed or len(self._open) >= room or crowded:
            raise HTTPException(503, headers={"Retry-After": "5"})

    @contextmanager
    def watch(self, db: Database, topics: Sequence[str], *owners: str) -> Iterator[Watch]:
        """Listen to topics as long as the block lasts."""
        watch = Watch()
        stops = [db.listen(topic, watch.wake) for topic in topics]
        self._open.add(watch)
        self._owners.update(owners)
        if self._closed:
            watch.end()
        try:
            yield watch
        finally:
            for stop in stops:
                stop()
            self._open.discard(watch)
            self._owners.subtract(owners)
            self._owners += Counter()  # drops those at nought

    def close(self) -> None:
        """End every stream now, and those that are just being opened."""
        self._closed = True
        for watch in self._open:
            watch.end()


def event(name: str, data: object = None, number: int | None = None) -> str:
    """Return one event as it goes over the wire."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def stream(events: AsyncIterator[str]) -> StreamingResponse:
    """Return a response that stays open and carries the events as they come."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
