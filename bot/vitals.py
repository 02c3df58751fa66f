"""Whether this process is well: what /healthz, /readyz and /metrics show."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from bot.errors import PosbotError
from bot.store import probe
from bot.store.base import Database
from bot.waiting import Part

ALIVE_SECONDS = 60.0
"""Silence of a part after which it counts as dead; a long poll lasts 25 s."""
PROBE_SECONDS = 5.0
FRESH_SECONDS = 1.0
"""How long an answer of the store holds: asking writes, and anybody may ask."""


class Vitals:
    """The parts of a running posbot, its store, and whether it is stopping."""

    def __init__(self, db: Database, parts: Mapping[str, Part]) -> None:
        self._db = db
        self._parts = parts
        self._probe: asyncio.Task[bool] | None = None
        self._probed_at = 0.0
        self.stopping = False

    async def __call__(self) -> dict[str, bool]:
        """Return which parts are alive. ``serving`` is false from the moment it was asked to stop."""
        now = time.monotonic()
        state = {name: now - part.seen_at < ALIVE_SECONDS for name, part in self._parts.items()}
        return {**state, "store": await self._store_works(), "serving": not self.stopping}

    async def _store_works(self) -> bool:
        if self._probe is None or (self._probe.done() and time.monotonic() - self._probed_at > FRESH_SECONDS):
            self._probed_at = time.monotonic()
            self._probe = asyncio.create_task(_works(self._db))
        return await asyncio.shield(self._probe)


async def _works(db: Database) -> bool:
    try:
        await asyncio.wait_for(db.write(probe.write), PROBE_SECONDS)
    except (PosbotError, TimeoutError):
        return False
    return True
