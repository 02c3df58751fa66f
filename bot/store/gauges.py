"""How much waits in the store: what /metrics shows of it."""

from __future__ import annotations

from bot.store.base import Row, Tx


async def timers(tx: Tx) -> str | None:
    """Return when the next timer is due, None if none is set."""
    row = await tx.one("SELECT MIN(due_at) AS due FROM timers")
    return row["due"] if row else None


async def files(tx: Tx) -> int:
    """Return how many photos and files wait to be fetched or read."""
    row = await tx.one("SELECT COUNT(*) AS count FROM media WHERE state IN ('remote', 'unread')")
    return int(row["count"]) if row else 0


async def retried(tx: Tx) -> int:
    """Return how many messages wait that were tried before."""
    row = await tx.one("SELECT COUNT(*) AS count FROM outbox WHERE state = 'pending' AND attempts > 0")
    return int(row["count"]) if row else 0


async def tickets(tx: Tx) -> list[Row]:
    """Return how many tickets are unresolved: rows of ``priority`` and ``count``."""
    return await tx.all(
        """SELECT priority, COUNT(*) AS count FROM tickets
           WHERE status IN ('open', 'claimed', 'waiting') GROUP BY priority"""
    )
