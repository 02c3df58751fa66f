"""The ticket list: filters, sorting, pages by key. It filters and sorts in one index and fetches a page's rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.base import Row, Tx
from bot.store.support import search
from bot.store.support.filters import SORTS, Filter, Order, Sort
from bot.store.times import stamp

PAGE = 50
FEW = 300
"""Tickets that are read rather than looked up in the search index."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of tickets; ``next`` is the cursor of the page after it, "" at the end."""

    rows: list[Row]
    next: str


async def page(
    tx: Tx, wanted: Filter, now: datetime, sort: Sort = "priority", after: str = "", size: int = PAGE
) -> Page:
    """Return tickets that a filter lets through. Search results are always the newest first.

    ``after`` is the ``next`` of the page before; one that is not understood begins at the beginning.
    """
    found = await condition(tx, wanted, now)
    if found is None:
        return Page([], "")
    table, conditions, values = found
    order = SORTS[sort]
    if wanted.text.strip():
        order = Order(search.SOURCES[tx.dialect].key, down=True, numeric=True) if table else SORTS["newest"]
    key = order.read(after)
    if key is not None:
        conditions.append(order.beyond)
        values |= key
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    listed = await tx.all(
        f"""SELECT t.number AS number, {order.by} AS key FROM {table} tickets t {where}
            ORDER BY {order.sql} LIMIT :size""",  # noqa: S608 - only words of this package
        **values, size=size + 1,
    )  # fmt: skip
    rows = await _rows(tx, [row["number"] for row in listed[:size]])
    return Page(rows, order.write(listed[size - 1]) if len(listed) > size else "")


async def condition(tx: Tx, wanted: Filter, now: datetime) -> tuple[str, list[str], dict[str, Any]] | None:
    """Return the table before ``tickets t``, conditions and parameters of a filter; None if it lets nothing through."""
    conditions, values = wanted.conditions(now)
    words = search.words(wanted.text, tx.dialect)
    if not words:
        return None if wanted.text.strip() else ("", conditions, values)
    # the index knows words, not filters: where few tickets pass the filter, reading those is quicker than
    # going through every ticket that has a common word
    few = await tx.all(f"SELECT t.number FROM tickets t WHERE {' AND '.join(conditions or ['1 = 1'])} LIMIT :few",  # noqa: S608
                       **values, few=FEW + 1)  # fmt: skip
    if not few:
        return None
    if len(few) > FEW:
        source = search.SOURCES[tx.dialect]
        both = [*conditions, source.condition, f"t.number = {source.key}"]
        return source.table, both, {**values, "words": words}
    parts = {f"part{index}": pattern for index, pattern in enumerate(search.patterns(wanted.text))}
    return "", [*conditions, search.reading(parts)], {**values, **parts}


async def counts(tx: Tx, login: str, now: datetime) -> Row:
    """Return how many unresolved tickets there are: ``unresolved``, ``mine``, ``unassigned``, ``waiting``,
    ``urgent`` (P1), ``at_risk`` (warned or due soon) and ``overdue``.
    """
    row = await tx.one(
        """SELECT COUNT(*) AS unresolved,
                  COUNT(CASE WHEN assignee = :login THEN 1 END) AS mine,
                  COUNT(CASE WHEN assignee IS NULL THEN 1 END) AS unassigned,
                  COUNT(CASE WHEN status = 'waiting' THEN 1 END) AS waiting,
                  COUNT(CASE WHEN priority = 'P1' THEN 1 END) AS urgent,
                  COUNT(CASE WHEN warn_at <= :now THEN 1 END) AS at_risk,
                  COUNT(CASE WHEN due_at <= :now THEN 1 END) AS overdue
           FROM tickets WHERE status IN ('open', 'claimed', 'waiting')""",
        login=login, now=stamp(now),
    )  # fmt: skip
    return row or {}


async def escalated(tx: Tx, limit: int = 50) -> list[Row]:
    """Return the unresolved tickets that were escalated for what is due now, the latest first."""
    return await tx.all(
        """SELECT number, title, intent, priority, assignee, due_at, escalated_at FROM tickets
           WHERE escalated_at IS NOT NULL AND status IN ('open', 'claimed') ORDER BY escalated_at DESC LIMIT :limit""",
        limit=limit,
    )


async def _rows(tx: Tx, numbers: list[int]) -> list[Row]:
    if not numbers:
        return []
    names = {f"n{index}": number for index, number in enumerate(numbers)}
    places = ", ".join(f":{name}" for name in names)
    rows = await tx.all(
        f"""SELECT t.number, t.chat, t.channel, t.intent, t.title, t.status, t.priority, t.assignee,
              t.brand, t.model, t.serial, t.slots, t.created_at, t.updated_at, t.due_at, t.warn_at,
              t.first_reply_at, t.resolved_at, t.resolution, t.rating, t.handled,
              a.name AS assignee_name, COALESCE(NULLIF(m.name, ''), s.name) AS name, m.blocked_at,
              EXISTS (SELECT 1 FROM messages w JOIN outbox o ON o.message = w.id
                      WHERE w.ticket = t.number AND o.state = 'failed') AS undelivered
            FROM tickets t LEFT JOIN sessions s ON s.chat = t.chat LEFT JOIN merchants m ON m.chat = t.chat
              LEFT JOIN staff a ON a.login = t.assignee
            WHERE t.number IN ({places})""",  # noqa: S608 - only names of parameters
        **names,
    )  # fmt: skip
    tagged = await tx.all(f"SELECT ticket, tag FROM ticket_tags WHERE ticket IN ({places}) ORDER BY tag",  # noqa: S608
                          **names)  # fmt: skip
    by_number = {row["number"]: {**row, "tags": [one["tag"] for one in tagged if one["ticket"] == row["number"]]}
                 for row in rows}  # fmt: skip
    return [by_number[number] for number in numbers if number in by_number]
