"""The one loop of everything that goes out: takes due parcels, one of each chat side by side, records the results.

A channel says how to send and what an error means (``send``), nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.errors import StoreError
from bot.store import outbox
from bot.store.base import Database
from bot.store.outbox import Later, Parcel, Result
from bot.store.times import now_utc, stamp
from bot.waiting import LAST_SECONDS, finish, wake_or

LONGEST_PAUSE = 60.0
ROOM = 2000
"""Parcels under way at most; on a shared database less, so that others have something to do."""
SHARED_ROOM = 64
AGAIN_SECONDS = 1.0
log = logging.getLogger(__name__)


def backoff(parcel: Parcel, longest: float = LONGEST_PAUSE) -> float:
    """Return the seconds to wait after a failed attempt: longer each time."""
    return min(longest, 0.5 * 2.0 ** min(parcel.attempts, 12))


class Deliveries(ABC):
    """Delivers one channel's parcels until cancelled.

    ``hears``: topics that wake it; ``side_by_side``: sends at once; ``sole``: on a shared database one replica alone
    runs it; ``patience``: seconds that sends under way get when it is cancelled; ``rate``: messages a second over all
    replicas (0 = no limit, or its own).
    """

    channel: str
    hears: tuple[str, ...] = ("outbox",)
    poll = 0.5
    side_by_side = ROOM
    sole = False
    patience = LAST_SECONDS

    def __init__(self, db: Database, clock: Callable[[], datetime] = now_utc, rate: float = 0) -> None:
        self._db = db
        self._clock = clock
        self._rate = rate
        self._wake = asyncio.Event()
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._results: list[tuple[Parcel, Result]] = []
        self._writing = asyncio.Lock()
        self._slots = asyncio.Semaphore(self.side_by_side)
        self.seen_at = time.monotonic()

    async def turn(self, parcel: Parcel) -> None:  # noqa: B027 - most channels have no pace of their own
        """Wait until a parcel may go."""

    @abstractmethod
    async def send(self, parcel: Parcel) -> Result:
        """Try once to deliver a parcel."""

    async def prepare(self) -> None:  # noqa: B027 - most channels are given what is new
        """Put what is new into the outbox, where the channel finds it by itself."""

    async def run(self) -> None:
        """Deliver for ever; what is under way when cancelled is finished and recorded."""
        stops = [self._db.listen(topic, self._wake.set) for topic in self.hears]
        try:
            while True:
                self.seen_at = time.monotonic()
                self._wake.clear()
                try:
                    await self.prepare()
                    await self._begin()
                except StoreError as error:
                    log.error("what goes out by %s has to wait: %s", self.channel, error)
                await wake_or(self._wake, self.poll)
        finally:
            for stop in stops:
                stop()
            await finish(self._tasks, self.patience)

    async def drain(self) -> None:
        """Deliver what is due now, each chat as far as it goes, then return."""
        await self.prepare()
        while await self._begin():
            await asyncio.gather(*self._tasks)

    async def _begin(self) -> int:
        room = (SHARED_ROOM if self._db.shared else ROOM) - len(self._busy)
        if room <= 0:
            return 0
        found = [parcel for parcel in await self._due(room) if parcel.chat not in self._busy]
        for parcel in found:
            self._busy.add(parcel.chat)
            task = asyncio.create_task(self._deliver(parcel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(found)

    async def _due(self, room: int) -> list[Parcel]:
        now, busy = stamp(self._clock()), tuple(self._busy)
        if self._db.shared:
            return await self._db.write(outbox.claim, now, room, busy, self.channel, self._rate, self.sole)
        return await self._db.read(outbox.due, now, room, busy, self.channel)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            await self.turn(parcel)
            async with self._slots:  # until it is recorded: what was sent and is not known to be is sent again
                await self._keep(parcel, await self._result(parcel))
        finally:
            self._busy.discard(parcel.chat)
            self._wake.set()

    async def _result(self, parcel: Parcel) -> Result:
        try:
            result = await self.send(parcel)
        except StoreError as error:
            log.error("%s has to wait for the store: %s", self.channel, error)
            return Later("the store is out of order", AGAIN_SECONDS)
        except Exception:  # the edge: one parcel's fault must not stop the others
            log.exception("a parcel could not be sent")
            return Later("internal fault", LONGEST_PAUSE)
        if isinstance(result, Later):
            jitter = random.uniform(0, 0.2 * result.seconds)  # noqa: S311 - spreads retries, guards nothing
            return replace(result, seconds=result.seconds + jitter)
        return result

    async def _keep(self, parcel: Parcel, result: Result) -> None:
        """Record a result, together with those that came in while others were written."""
        self._results.append((parcel, result))
        async with self._writing:
            batch, self._results = self._results, []
            while batch:
                try:
                    await self._db.write(outbox.record, batch, self._clock())
                except StoreError as error:
                    log.error("results are not recorded yet: %s", error)
                    await asyncio.sleep(AGAIN_SECONDS)
                else:
                    return
