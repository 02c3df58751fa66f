"""The parts of a running posbot: how they wait for a wake-up, and how they end, never for ever."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Protocol

LAST_SECONDS = 5.0
"""Time that work under way gets when posbot stops; what is cut off is done again at the next start."""


class Part(Protocol):
    """Something that runs until cancelled and says when it was last alive (monotonic seconds)."""

    @property
    def seen_at(self) -> float:
        """When it was last alive."""

    async def run(self) -> None:
        """Run until cancelled."""


async def wake_or(wake: asyncio.Event, seconds: float) -> None:
    """Return when ``wake`` is set, after ``seconds`` at the latest."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()


async def finish(tasks: Iterable[asyncio.Task[None]], seconds: float = LAST_SECONDS) -> None:
    """Let tasks end by themselves, but not for ever."""
    under_way = set(tasks)
    if not under_way:
        return
    _, slow = await asyncio.wait(under_way, timeout=seconds)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
