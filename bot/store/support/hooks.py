"""New tickets for the outgoing webhook: each is put into the outbox once, whichever replica comes first."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store import pushing
from bot.store.base import Tx
from bot.store.times import stamp

CHANNEL = "webhook"
CHAT = "webhook"
RECENT = timedelta(hours=24)
"""Tickets older than that are not told: the webhook was set up after them."""


async def collect(tx: Tx, now: datetime) -> int:
    """Queue the tickets that were opened and not told yet; returns how many. Nothing of the merchant is in it."""
    rows = await tx.all(
        """UPDATE tickets SET hooked_at = :now WHERE hooked_at IS NULL AND created_at >= :since
           RETURNING number, priority, intent, title, status, created_at""",
        now=stamp(now), since=stamp(now - RECENT),
    )  # fmt: skip
    for row in sorted(rows, key=lambda one: one["number"]):
        await pushing.push(tx, CHAT, CHANNEL, "post", {"event": "ticket.opened", **row}, stamp(now))
    return len(rows)
