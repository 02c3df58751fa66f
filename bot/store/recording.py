"""Writing down what was sent: whatever left must not leave again because the disk is full."""

from __future__ import annotations

import asyncio
import logging

from bot.errors import StoreUnavailable
from bot.store.base import Database, Operation, P, R

PAUSE_SECONDS = 1.0
log = logging.getLogger(__name__)


async def record(db: Database, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Write a result, and try until the store takes it."""
    while True:
        try:
            return await db.write(op, *args, **kwargs)
        except StoreUnavailable as error:
            log.debug("a result waits to be recorded: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)
