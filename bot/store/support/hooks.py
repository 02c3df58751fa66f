"""New and overdue tickets for the outgoing webhook: each is told of once, whichever replica comes first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.store import pushing
from bot.store.base import Row, Tx
from bot.store.times import stamp

CHANNEL = "webhook"
CHAT = "webhook"
RECENT = timedelta(hours=24)
"""Tickets older than that are not told: the webhook was set up after them."""


async def collect(tx: Tx, now: datetime) -> int:
    """Queue what happened and was not told yet; returns how much. Nothing of the merchant is in it."""
    return await _opened(tx, now) + await _escalated(tx, now)


async def _opened(tx: Tx, now: datetime) -> int:
    rows = await tx.all(
        """UPDATE tickets SET hooked_at = :now WHERE hooked_at IS NULL AND created_at >= :since
           RETURNING number, priority, intent, title, status, created_at""",
        now=stamp(now), since=stamp(now - RECENT),
    )  # fmt: skip
    return await _queue(tx, "ticket.opened", rows, now)


async def _escalated(tx: Tx, now: datetime) -> int:
    rows = await tx.all(
        """UPDATE tickets SET hooked_escalation = escalated_at
           WHERE escalated_at >= :since AND (hooked_escalation IS NULL OR hooked_escalation <> escalated_at)
           RETURNING number, priority, intent, title, status, created_at, escalated_at""",
        since=stamp(now - RECENT),
    )  # fmt: skip
    return await _queue(tx, "ticket.escalated", rows, now)


async def _queue(tx: Tx, event: str, rows: Sequence[Row], now: datetime) -> int:
    for row in sorted(rows, key=lambda one: one["number"]):
        await pushing.push(tx, CHAT, CHANNEL, "post", {"event": event, **row}, stamp(now))
    return len(rows)
