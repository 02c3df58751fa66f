"""Tickets for an export, read in pages so that nobody waits for it."""

from __future__ import annotations

from datetime import datetime

from bot.store.base import Row, Tx
from bot.store.support import acting, listing
from bot.store.support.acting import Act
from bot.store.support.filters import Filter

PAGE = 1000
_COLUMNS = """t.number, t.created_at, t.status, t.priority, t.intent, t.title, t.brand, t.model, t.serial, t.slots,
              t.channel, t.lang, t.assignee, t.first_reply_at, t.first_due_at, t.first_minutes, t.resolved_at,
              t.solve_due_at, t.solve_minutes, t.resolution, t.resolved_by, t.merged_into, t.rating, t.rating_word"""


async def tickets(tx: Tx, since: str, until: str, after: int = 0) -> list[Row]:
    """Return up to ``PAGE`` tickets opened in a period with a number above ``after``, by number."""
    return await tx.all(
        f"""SELECT {_COLUMNS} FROM tickets t
            WHERE t.number > :after AND t.created_at >= :since AND t.created_at < :until
            ORDER BY t.number LIMIT :page""",  # noqa: S608 - the columns stand above
        after=after, since=since, until=until, page=PAGE,
    )  # fmt: skip


async def wanted(tx: Tx, chosen: Filter, now: datetime, after: int = 0) -> list[Row]:
    """Return up to ``PAGE`` tickets that a filter lets through with a number above ``after``, by number."""
    found = await listing.condition(tx, chosen, now)
    if found is None:
        return []
    table, where, values = found
    return await tx.all(
        f"""SELECT {_COLUMNS} FROM {table} tickets t WHERE {' AND '.join([*where, 't.number > :after'])}
            ORDER BY t.number LIMIT :page""",  # noqa: S608 - only words of this package
        **values, after=after, page=PAGE,
    )  # fmt: skip


async def noted(tx: Tx, act: Act, count: int, since: str, until: str) -> None:
    """Record in the audit log that tickets were exported."""
    await acting.audit(tx, act, "export", "tickets", count=count, since=since, until=until)
