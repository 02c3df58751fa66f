"""The seam for updates that the dialogue has nothing to do with: those of the staff group."""

from __future__ import annotations

from typing import Protocol

from bot.store.inbox import Work


class Aside(Protocol):
    """Handles some updates beside the dialogue, each in one write together with its inbox row."""

    async def takes(self, work: Work) -> bool:
        """Tell whether an update is for it."""

    async def handle(self, work: Work) -> None:
        """Carry out an update."""
