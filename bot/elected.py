"""Parts that only one of several replicas may run: it is elected, the others stand by and take over when it is gone."""

from __future__ import annotations

import asyncio
import logging
import time

from bot.errors import PosbotError
from bot.store.base import Database
from bot.waiting import Part

log = logging.getLogger(__name__)


def elected(db: Database, name: str, part: Part) -> Part:
    """Return a part that runs on one replica at a time; the part itself where there are no others."""
    return Elected(db, name, part) if db.shared else part


class Elected:
    """Runs a part while this replica holds its name in the database."""

    def __init__(self, db: Database, name: str, part: Part) -> None:
        self._db = db
        self._name = name
        self._part = part
        self._leads = False
        self._since = 0.0

    @property
    def seen_at(self) -> float:
        """When the part was last alive; standing by is being alive."""
        return max(self._part.seen_at, self._since) if self._leads else time.monotonic()

    async def run(self) -> None:
        """Stand by and lead in turns, until cancelled."""
        while True:
            async with self._db.alone(self._name) as lost:
                log.info("this replica runs the %s now", self._name)
                self._since = time.monotonic()
                self._leads = True
                try:
                    await self._lead(lost)
                finally:
                    self._leads = False
                log.warning("this replica runs the %s no longer", self._name)

    async def _lead(self, lost: asyncio.Event) -> None:
        part, gone = asyncio.ensure_future(self._part.run()), asyncio.ensure_future(lost.wait())
        try:
            await asyncio.wait((part, gone), return_when=asyncio.FIRST_COMPLETED)
            if part.done() and not part.cancelled():
                raise part.exception() or PosbotError("a part of posbot ended by itself")
        finally:
            part.cancel()
            gone.cancel()
            await asyncio.gather(part, gone, return_exceptions=True)
