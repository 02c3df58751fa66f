"""What time does by itself: SLA warnings and escalations, closing, retention. One loop, safe beside other replicas."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot import forgotten
from bot.errors import ConfigError, StoreError
from bot.store import pacing
from bot.store.base import Database
from bot.store.support import retention, rewind, search, sweeps, upkeep
from bot.support.book import Offices
from bot.support.steady import Trust

SECONDS = 10.0
ERASE_EVERY = 3600.0
log = logging.getLogger(__name__)


class Keeper:
    """Sweeps until cancelled."""

    def __init__(
        self, db: Database, offices: Offices, clock: Callable[[], datetime],
        steady: Callable[[], float] = time.monotonic, listed: Path | None = None,
    ) -> None:  # fmt: skip
        self._db = db
        self._offices = offices
        self._clock = clock
        self._steady = steady
        self._listed = listed
        self._trusted = Trust(steady)
        self._erased_at = -ERASE_EVERY
        self.seen_at = time.monotonic()

    async def run(self) -> None:
        """Sweep for ever; the first thing is to index tickets of an older posbot."""
        while True:
            self.seen_at = time.monotonic()
            try:
                await self.round()
                if self._listed is not None:
                    await forgotten.write(self._db, self._listed)
                while await self._db.write(search.backfill):
                    self.seen_at = time.monotonic()
            except (StoreError, ConfigError) as error:
                log.error("the keeper has to wait: %s", error)
            await asyncio.sleep(SECONDS)

    async def round(self) -> bool:
        """Do what is due now; False while the clock is not trusted."""
        now, steady = self._clock(), self._steady()
        if not self._trusted(now):
            return False
        zone = (await self._offices()).zone
        while await self._db.write(rewind.due, zone):
            self.seen_at = time.monotonic()
            await asyncio.sleep(0)  # merchants' turns come between
        await self._db.write(sweeps.warn, now)
        await self._db.write(sweeps.escalate, now)
        await self._db.write(sweeps.close, now)
        if steady - self._erased_at >= ERASE_EVERY:
            self._erased_at = steady
            await self._erase(now)
        return True

    async def _erase(self, now: datetime) -> None:
        keep = (await self._offices()).policy.retention
        while await self._db.write(retention.sweep, keep, now):
            self.seen_at = time.monotonic()
            await asyncio.sleep(0.05)  # merchants' turns come first
        while await self._db.write(upkeep.drop_silent, now):
            self.seen_at = time.monotonic()
        if self._db.shared:
            await self._db.write(pacing.sweep)
        if await self._db.write(upkeep.take_mark):
            await self._db.write(search.compact)
