"""Tickets for an export, read in pages so that nobody waits for it."""

from __future__ import annotations

from bot.store.base import Row, Tx
from bot.store.support import acting
from bot.store.support.acting import Act

PAGE = 1000


async def tickets(tx: Tx, since: str, until: str, after: int = 0) -> list[Row]:
    """Return up to ``PAGE`` tickets opened in a period with a number above ``after``, by number."""
    return await tx.all(
        """SELECT t.number, t.created_at, t.status, t.priority, t.intent, t.title, t.brand, t.model, t.serial, t.slots,
                  t.channel, t.lang, t.assignee, t.first_reply_at, t.first_due_at, t.first_minutes, t.resolved_at,
                  t.solve_due_at, t.solve_minutes, t.resolution, t.resolved_by, t.merged_into, t.rating, t.rating_word
           FROM tickets t WHERE t.number > :after AND t.created_at >= :since AND t.created_at < :until
           ORDER BY t.number LIMIT :page""",
        after=after, since=since, until=until, page=PAGE,
    )  # fmt: skip


async def noted(tx: Tx, act: Act, count: int, since: str, until: str) -> None:
    """Record in the audit log that tickets were exported."""
    await acting.audit(tx, act, "export", "tickets", count=count, since=since, until=until)
