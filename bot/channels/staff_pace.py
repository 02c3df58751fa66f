"""The group's pace: 20 messages a minute over all topics together; what matters most goes first."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time

MINUTE = 60.0
STAFF, MERCHANT, NEW, REFRESH = range(4)
"""What waits, the first first: an answer to staff, a merchant's words, a new card, a card drawn anew."""


class GroupPace:
    """A token bucket with a queue by priority; ``per_minute`` 0 means no limit."""

    def __init__(self, per_minute: int = 20) -> None:
        self._size = float(per_minute)
        self._left = float(per_minute)
        self._at = time.monotonic()
        self._held_until = 0.0
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._number = itertools.count()
        self._task: asyncio.Task[None] | None = None

    async def wait(self, priority: int, cost: int = 1) -> None:
        """Wait for room for ``cost`` messages and take it."""
        for _ in range(cost):
            if self._size or self._held_until > time.monotonic():
                await self._turn(priority)

    def hold(self, seconds: float) -> None:
        """Telegram asks to wait."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)
        self._left = min(self._left, 1.0)

    async def _turn(self, priority: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._number), turn))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve())
        await turn

    async def _serve(self) -> None:
        while self._queue:
            pause = self._pause()
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            turn = heapq.heappop(self._queue)[2]
            if not turn.done():
                self._left -= 1
                turn.set_result(None)

    def _pause(self) -> float:
        now = time.monotonic()
        if now < self._held_until:
            return self._held_until - now
        if not self._size:
            self._left = 1.0
            return 0
        self._left = min(self._size, self._left + (now - self._at) * self._size / MINUTE)
        self._at = now
        return 0 if self._left >= 1 else (1 - self._left) * MINUTE / self._size
