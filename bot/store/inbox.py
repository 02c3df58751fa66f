"""Operations on the inbox: every update is stored here, redacted, before it is acknowledged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.store import split
from bot.store.base import Row, Tx

TICKETS = 20
"""Tickets of a chat that a turn knows of, newest first."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An update as it came: ``key`` is unique within its channel, ``payload`` its redacted bytes.

    ``said`` is the merchant's text in it, ``said_at`` when it was written; ``edits`` names the message that was
    edited, if a card number was found in its new text.
    """

    channel: str
    key: str
    chat: str
    payload: bytes
    at: str
    said: str = ""
    said_at: str = ""
    edits: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """The oldest unhandled update of a chat, with all that a turn needs: its session and its tickets."""

    id: int
    channel: str
    chat: str
    payload: bytes
    received_at: str
    session: str | None
    home: str | None
    tickets: tuple[Row, ...]


async def receive(tx: Tx, receipts: Sequence[Receipt]) -> int:
    """Store updates; those that came before, or from a blocked merchant, are passed over. Returns how many were new."""
    new = 0
    for came in receipts:
        receipt = await split.completed(tx, came)
        new += await tx.run(
            """INSERT INTO inbox (channel, key, chat, payload, received_at)
               SELECT :channel, :key, :chat, :payload, :at
               WHERE NOT EXISTS (SELECT 1 FROM merchants WHERE chat = :chat AND blocked_at IS NOT NULL)
               ON CONFLICT (channel, key) DO NOTHING""",
            channel=receipt.channel, key=receipt.key, chat=receipt.chat, payload=receipt.payload, at=receipt.at,
        )  # fmt: skip
    if new:
        tx.notify("inbox")
    return new


async def waiting(tx: Tx, limit: int, busy: Collection[str] = (), only: str | None = None) -> list[Work]:
    """Return the oldest unhandled update of each chat that is not ``busy`` (only of one chat if given)."""
    rows = await tx.all(
        """SELECT id, channel, chat, payload, received_at FROM inbox
           WHERE id IN (SELECT MIN(id) FROM inbox WHERE done_at IS NULL GROUP BY chat)
             AND (:only = '' OR chat = :only)
           ORDER BY id LIMIT :limit""",
        limit=limit + len(busy), only=only or "",
    )  # fmt: skip
    return [await _with_session(tx, row) for row in rows if row["chat"] not in busy][:limit]


async def park(tx: Tx, update: int, reason: str, at: str) -> None:
    """Set an update aside that no reply can be made for; its reason stays."""
    await tx.run(
        "UPDATE inbox SET done_at = :at, reason = :reason WHERE id = :id",
        at=at,
        reason=reason[:500],
        id=update,
    )


async def depth(tx: Tx) -> Row:
    """Return how many updates wait (``count``) and since when (``oldest``, None if none does)."""
    row = await tx.one("SELECT COUNT(*) AS count, MIN(received_at) AS oldest FROM inbox WHERE done_at IS NULL")
    return row or {"count": 0, "oldest": None}


async def _with_session(tx: Tx, row: Row) -> Work:
    session = await tx.one("SELECT data, channel FROM sessions WHERE chat = :chat", chat=row["chat"])
    tickets = await tx.all(
        """SELECT number, status, intent, title, priority, created_at, updated_at, assignee,
                  handled AS answered, resolved_at
           FROM tickets WHERE chat = :chat ORDER BY number DESC LIMIT :limit""",
        chat=row["chat"], limit=TICKETS,
    )  # fmt: skip
    return Work(row["id"], row["channel"], row["chat"], bytes(row["payload"]), row["received_at"],
                session["data"] if session else None, session["channel"] if session else None,
                tuple(tickets))  # fmt: skip
