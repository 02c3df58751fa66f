"""Putting things to send into the outbox."""

from __future__ import annotations

import json

from bot.store.base import Tx

PUSHED = frozenset({"telegram"})
"""Channels that posbot sends to; the others come and fetch their messages."""


async def push(
    tx: Tx,
    chat: str,
    channel: str,
    kind: str,
    payload: dict[str, object],
    at: str,
    message: int | None = None,
) -> None:
    """Put something to send into the outbox."""
    await tx.do(
        """INSERT INTO outbox (chat, channel, kind, payload, message, created_at, due_at)
           VALUES (:chat, :channel, :kind, :payload, :message, :at, :at)""",
        chat=chat, channel=channel, kind=kind, payload=json.dumps(payload, ensure_ascii=False),
        message=message, at=at,
    )  # fmt: skip
    tx.notify("outbox")
