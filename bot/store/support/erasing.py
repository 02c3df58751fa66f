"""Erasing what support kept of a merchant, beside chats and photos."""

from __future__ import annotations

from bot.store import pacing
from bot.store.base import Tx


async def forget(tx: Tx, chat: str) -> None:
    """Erase notes, search text, ratings and machine of a merchant; a block stays, or it could be undone so."""
    for table in ("search", "ticket_tags"):
        await tx.do(f"DELETE FROM {table} WHERE ticket IN (SELECT number FROM tickets WHERE chat = :chat)",  # noqa: S608 - the names stand here
                     chat=chat)  # fmt: skip
    await tx.do("UPDATE ticket_events SET data = '{}' WHERE ticket IN (SELECT number FROM tickets WHERE chat = :chat)",
                 chat=chat)  # fmt: skip
    await tx.do("UPDATE tickets SET rating_word = NULL, serial = '', handled = 0, due_at = NULL, warn_at = NULL "
                 "WHERE chat = :chat", chat=chat)  # fmt: skip
    await tx.do("DELETE FROM merchants WHERE chat = :chat AND blocked_at IS NULL", chat=chat)
    await tx.do("UPDATE merchants SET name = '', notes = '' WHERE chat = :chat", chat=chat)
    await tx.do("UPDATE audit SET subject = 'chat:forgotten' WHERE subject = :subject", subject=f"chat:{chat}")
    if tx.dialect == "postgres":
        await pacing.forget(tx, chat)
    await mark(tx)


async def mark(tx: Tx) -> None:
    """Remember that the search index holds pages of erased texts; the keeper rewrites it."""
    await tx.do("INSERT INTO settings (key, value) VALUES ('search.erased', '1') ON CONFLICT (key) DO NOTHING")
