"""Operations of the desk that only read."""

from __future__ import annotations

from bot.store import ticketing
from bot.store.base import Row, Tx

SHOWN = 200


async def listing(tx: Tx, unresolved: bool) -> list[Row]:
    """Return tickets for the list: by priority, then the oldest first; the resolved ones newest first."""
    order = "priority, number" if unresolved else "number DESC"
    states = "('open', 'claimed', 'waiting')" if unresolved else "('resolved', 'closed')"
    return await tx.all(
        f"""SELECT number, t.chat, t.channel, intent, title, status, priority, assignee, slots, t.created_at,
                   t.updated_at, s.name FROM tickets t LEFT JOIN sessions s ON s.chat = t.chat
            WHERE status IN {states} ORDER BY {order} LIMIT :shown""",  # noqa: S608 - the words stand here
        shown=SHOWN,
    )  # fmt: skip


async def counts(tx: Tx) -> Row:
    """Return how many tickets are unresolved, of these urgent and unassigned, and how many are done."""
    row = await tx.one(
        """SELECT COUNT(CASE WHEN status IN ('open', 'claimed', 'waiting') THEN 1 END) AS unresolved,
                  COUNT(CASE WHEN status IN ('open', 'claimed', 'waiting') AND priority = 'P1' THEN 1 END) AS urgent,
                  COUNT(CASE WHEN status = 'open' THEN 1 END) AS unassigned,
                  COUNT(CASE WHEN status IN ('resolved', 'closed') THEN 1 END) AS done FROM tickets"""
    )
    return row or {"unresolved": 0, "urgent": 0, "unassigned": 0, "done": 0}


async def ticket(tx: Tx, number: int) -> Row | None:
    """Return a ticket with its ``events``, ``messages`` and the merchant's ``name``, or None."""
    found = await ticketing.show(tx, number)
    if found is None:
        return None
    session = await tx.one("SELECT name FROM sessions WHERE chat = :chat", chat=found["chat"])
    return {**found, "name": session["name"] if session else None}
