"""Operations that read a chat's transcript, for the channels that come and fetch it."""

from __future__ import annotations

import json

from bot.store.base import Row, Tx


async def last(tx: Tx, chat: str) -> int:
    """Return the id of the chat's newest message, 0 if it has none."""
    row = await tx.one("SELECT MAX(id) AS id FROM messages WHERE chat = :chat", chat=chat)
    return int(row["id"] or 0) if row else 0


async def replies(tx: Tx, chat: str, after: int) -> list[Row]:
    """Return what was said to the merchant after a message id, oldest first."""
    return await tx.all(
        """SELECT id, text, buttons, token, at FROM messages
           WHERE chat = :chat AND id > :after AND direction = 'out' ORDER BY id""",
        chat=chat, after=after,
    )  # fmt: skip


async def button_named(tx: Tx, chat: str, label: str) -> tuple[str, int] | None:
    """Return (token, index) of the newest button of that label, None if the chat never had one."""
    rows = await tx.all(
        """SELECT token, buttons FROM messages WHERE chat = :chat AND token IS NOT NULL
           ORDER BY id DESC LIMIT 50""",
        chat=chat,
    )
    for row in rows:
        shown = [name for line in labels(row["buttons"]) for name in line]
        if label in shown:
            return row["token"], shown.index(label)
    return None


async def newest_open_ticket(tx: Tx, chat: str) -> int | None:
    """Return the number of the chat's newest open ticket."""
    row = await tx.one(
        """SELECT MAX(number) AS number FROM tickets
           WHERE chat = :chat AND status IN ('open', 'claimed', 'waiting')""",
        chat=chat,
    )
    return row["number"] if row else None


def labels(buttons: str | None) -> list[list[str]]:
    """Return the labels of stored buttons, in their rows."""
    return [[button["label"] for button in row] for row in json.loads(buttons)] if buttons else []
