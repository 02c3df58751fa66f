"""What the group's sender must know of a ticket or a message at the moment of sending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store.base import Row, Tx
from bot.store.support import acting, claims


@dataclass(frozen=True, slots=True)
class View:
    """A ticket as the group sees it, with its row of ``topics``."""

    row: Row
    topic: Row
    name: str
    assignee: str
    blocked: bool
    said: tuple[str, ...]


async def ticket(tx: Tx, number: int) -> View | None:
    """Return a ticket that has a place in the group."""
    row = await tx.one("SELECT * FROM tickets WHERE number = :number", number=number)
    topic = await tx.one("SELECT * FROM topics WHERE ticket = :number", number=number)
    if row is None or topic is None:
        return None
    name = await tx.one(
        """SELECT COALESCE(NULLIF(m.name, ''), s.name, '') AS name
           FROM sessions s LEFT JOIN merchants m ON m.chat = s.chat WHERE s.chat = :chat""",
        chat=row["chat"],
    )
    said = await tx.all(
        """SELECT m.text FROM topic_messages x JOIN messages m ON m.id = x.message
           WHERE x.ticket = :number AND x.origin = 'card' AND m.text <> '' ORDER BY m.id DESC LIMIT 8""",
        number=number,
    )
    return View(row, topic, name["name"] if name else "",
                await claims.name_of(tx, row["assignee"]) if row["assignee"] else "",
                await acting.blocked(tx, row["chat"]), tuple(one["text"] for one in said[::-1]))  # fmt: skip


async def messages(tx: Tx, ids: Sequence[int]) -> list[Row]:
    """Return messages with their file, their update, and whether the group has them already; oldest first."""
    found = []
    for one in ids:
        row = await tx.one(
            """SELECT m.id, m.chat, m.direction, m.kind, m.text, COALESCE(s.name, m.author) AS name, m.author,
                      d.ref, d.mime, d.name AS file_name, d.state, d.content, i.payload, i.channel,
                      EXISTS (SELECT 1 FROM topic_posts WHERE message = m.id) AS posted
               FROM messages m LEFT JOIN media d ON d.id = m.media LEFT JOIN inbox i ON i.id = m.inbox
                 LEFT JOIN staff s ON s.login = m.author WHERE m.id = :id""",
            id=one,
        )  # fmt: skip
        found += [row] if row else []
    return found


async def mark(tx: Tx, message: int) -> Row | None:
    """Return how far a message of staff came: ``mark`` and its id in the group (``posted``)."""
    return await tx.one(
        """SELECT x.mark, p.posted FROM topic_messages x JOIN topic_posts p ON p.message = x.message
           WHERE x.message = :id ORDER BY p.posted LIMIT 1""",
        id=message,
    )


async def remote(tx: Tx, message: int) -> str:
    """Return a sent message's id at the merchant's, "" if it has none."""
    row = await tx.one("SELECT remote FROM outbox WHERE message = :id AND state = 'sent'", id=message)
    return str(row["remote"] or "") if row else ""
