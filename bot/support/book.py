"""Where a running posbot finds the office's settings: read again when they change, and every few seconds."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from bot.store.base import Database
from bot.store.support import settings
from bot.support.office import ALWAYS, Office

SECONDS = 5.0
"""Age from which the settings are read again: another replica may have changed them."""
Offices = Callable[[], Awaitable[Office]]


async def always() -> Office:
    """Return an office that never closes."""
    return ALWAYS


class Book:
    """The office as the database has it; calling it returns the current one."""

    def __init__(self, db: Database, zone: ZoneInfo, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._zone = zone
        self._clock = clock
        self._office: Office | None = None
        self._read_at = 0.0
        self._stop = db.listen("settings", self._forget)

    async def __call__(self) -> Office:
        """Return the office in force."""
        now = self._clock()
        if self._office is None or now - self._read_at > SECONDS:
            policy = await self._db.read(settings.policy)
            announced = await self._db.read(settings.announcements)
            self._office = Office(policy, self._zone, tuple(announced))
            self._read_at = now
        return self._office

    def _forget(self) -> None:
        self._office = None
