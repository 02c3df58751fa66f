"""Priority and tags."""

from __future__ import annotations

import re

from bot.store.base import Row, Tx
from bot.store.support import acting, clock
from bot.store.support.acting import Act
from bot.support.errors import Invalid
from bot.support.hiding import hide
from intents.model import Priority

PRIORITIES: tuple[Priority, ...] = ("P1", "P2", "P3", "P4")
_TAG = re.compile(r"[\w\-.:/]{1,40}")


async def prioritise(tx: Tx, act: Act, number: int, priority: str) -> None:
    """Change a ticket's priority; its due times follow.

    Raises:
        NoSuchTicket, Invalid: there is no such ticket, or no such priority.

    """
    if priority not in PRIORITIES:
        raise Invalid("priority")
    row = await acting.ticket(tx, number)
    if row["priority"] == priority:
        return
    await tx.do("UPDATE tickets SET priority = :priority WHERE number = :number", priority=priority, number=number)
    await clock.wind(tx, number, act.office)
    await acting.record(tx, act, number, "priority", before=row["priority"], to=priority)


async def tag(tx: Tx, act: Act, number: int, name: str) -> None:
    """Put a tag on a ticket: up to 40 letters, digits or ``- . : / _``, of any language.

    Raises:
        NoSuchTicket, Invalid: there is no such ticket, or it is no tag.

    """
    name = name.strip().casefold()
    if not _TAG.fullmatch(name) or hide(name) != name:
        raise Invalid("tag")
    await acting.ticket(tx, number)
    new = await tx.run("INSERT INTO ticket_tags (ticket, tag) VALUES (:number, :tag) ON CONFLICT DO NOTHING",
                       number=number, tag=name)  # fmt: skip
    if new:
        await acting.record(tx, act, number, "tagged", tag=name)


async def untag(tx: Tx, act: Act, number: int, name: str) -> None:
    """Take a tag off a ticket."""
    gone = await tx.run("DELETE FROM ticket_tags WHERE ticket = :number AND tag = :tag",
                        number=number, tag=name.strip().casefold())  # fmt: skip
    if gone:
        await acting.record(tx, act, number, "untagged", tag=name)


async def tags(tx: Tx) -> list[Row]:
    """Return every ``tag`` with its ``count`` of tickets, the most used first."""
    return await tx.all(
        "SELECT tag, COUNT(*) AS count FROM ticket_tags GROUP BY tag ORDER BY count DESC, tag LIMIT 200"
    )
