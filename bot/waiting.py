"""Waiting for a wake-up, but never for ever."""

from __future__ import annotations

import asyncio
import contextlib


async def wake_or(wake: asyncio.Event, seconds: float) -> None:
    """Return when ``wake`` is set, after ``seconds`` at the latest."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
