"""What time does to tickets: warnings, escalations, closing. Each happens exactly once, whoever sweeps."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store import ticketing
from bot.store.base import Tx
from bot.store.times import stamp

REOPEN = timedelta(days=7)
"""How long a resolved ticket may be reopened by answering."""
BATCH = 200


async def warn(tx: Tx, now: datetime) -> list[int]:
    """Warn of tickets that are nearly due; returns their numbers."""
    return await _flag(tx, now, "warned_at", "warn_at", "warned")


async def escalate(tx: Tx, now: datetime) -> list[int]:
    """Escalate tickets that are overdue to supervisors; returns their numbers."""
    return await _flag(tx, now, "escalated_at", "due_at", "escalated")


async def close(tx: Tx, now: datetime) -> list[int]:
    """Close tickets that were resolved long enough ago; returns their numbers."""
    rows = await tx.all(
        """UPDATE tickets SET status = 'closed' WHERE status = 'resolved' AND number IN (
             SELECT number FROM tickets WHERE status = 'resolved' AND resolved_at <= :before
             ORDER BY resolved_at LIMIT :batch) RETURNING number""",
        before=stamp(now - REOPEN), batch=BATCH,
    )  # fmt: skip
    return await _tell(tx, [row["number"] for row in rows], stamp(now), "closed")


async def _flag(tx: Tx, now: datetime, flag: str, due: str, kind: str) -> list[int]:
    # both columns are NULL-ed together with what is due, so a flag that is set holds for this due time
    rows = await tx.all(
        f"""UPDATE tickets SET {flag} = :now WHERE {flag} IS NULL AND number IN (
              SELECT number FROM tickets WHERE {due} <= :now AND {flag} IS NULL
                AND status IN ('open', 'claimed') ORDER BY {due} LIMIT :batch)
            RETURNING number""",  # noqa: S608 - column names of this module
        now=stamp(now), batch=BATCH,
    )  # fmt: skip
    return await _tell(tx, [row["number"] for row in rows], stamp(now), kind)


async def _tell(tx: Tx, numbers: list[int], at: str, kind: str) -> list[int]:
    for number in sorted(numbers):
        await ticketing.event(tx, number, at, "clock", kind)
    return sorted(numbers)
