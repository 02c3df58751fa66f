"""One ticket with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.base import Row, Tx
from bot.store.support import claims, merchants
from bot.support.errors import NoSuchTicket

MESSAGES = 300
"""Messages of the chat that are shown, the newest; ``more`` tells whether there are earlier ones."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A ticket's row; the merchant (see ``merchants.page``); timeline; transcript; tags.

    Messages carry ``delivery`` (None: not pushed; pending, sent, failed) and its ``error``, and ``own``: whether
    they belong to this ticket.
    """

    row: Row
    merchant: Row | None
    events: list[Row]
    messages: list[Row]
    tags: list[str]
    assignee_name: str
    more: bool


async def ticket(tx: Tx, number: int) -> Shown:
    """Return a ticket.

    Raises:
        NoSuchTicket: there is none.

    """
    row = await tx.one("SELECT * FROM tickets WHERE number = :number", number=number)
    if row is None:
        raise NoSuchTicket(number)
    events = await tx.all(
        """SELECT e.id, e.at, e.actor, COALESCE(s.name, e.actor) AS name, e.kind, e.data
           FROM ticket_events e LEFT JOIN staff s ON s.login = e.actor WHERE e.ticket = :number ORDER BY e.id""",
        number=number,
    )
    messages = await _messages(tx, row["chat"], number)
    tags = await tx.all("SELECT tag FROM ticket_tags WHERE ticket = :number ORDER BY tag", number=number)
    name = await claims.name_of(tx, row["assignee"]) if row["assignee"] else ""
    return Shown(row, await merchants.page(tx, row["chat"]), events, messages[-MESSAGES:],
                 [one["tag"] for one in tags], name, len(messages) > MESSAGES)  # fmt: skip


async def _messages(tx: Tx, chat: str, number: int) -> list[Row]:
    rows = await tx.all(
        """SELECT m.id, m.direction, m.author, COALESCE(s.name, m.author) AS name, m.kind, m.text, m.at, m.buttons,
                  m.media, m.match, m.ticket, CASE WHEN m.ticket = :number THEN 1 ELSE 0 END AS own,
                  o.state AS delivery, o.error, d.state AS media_state, d.name AS media_name, d.mime AS media_mime
           FROM messages m LEFT JOIN staff s ON s.login = m.author
             LEFT JOIN outbox o ON o.message = m.id LEFT JOIN media d ON d.id = m.media
           WHERE m.chat = :chat ORDER BY m.id DESC LIMIT :most""",
        chat=chat, number=number, most=MESSAGES + 1,
    )  # fmt: skip
    return rows[::-1]
