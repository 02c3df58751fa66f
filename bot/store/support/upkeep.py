"""Small operations of the keeper."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store import turns
from bot.store.base import Tx
from bot.store.times import stamp

SILENT = timedelta(days=1)
"""How long a web chat is kept in which nobody said anything."""
BATCH = 200


async def take_mark(tx: Tx) -> bool:
    """Tell whether something was erased since the search index was last rewritten, and take the mark away."""
    return bool(await tx.run("DELETE FROM settings WHERE key = 'search.erased'"))


async def drop_silent(tx: Tx, now: datetime) -> int:
    """Erase one batch of web chats that were opened, greeted, and left; returns how many, 0 when all is done."""
    rows = await tx.all(
        """SELECT chat FROM sessions s WHERE channel = 'web' AND updated_at < :before
             AND NOT EXISTS (SELECT 1 FROM messages WHERE chat = s.chat AND direction = 'in' AND text <> '/start')
             AND NOT EXISTS (SELECT 1 FROM tickets WHERE chat = s.chat)
             AND NOT EXISTS (SELECT 1 FROM inbox WHERE chat = s.chat AND done_at IS NULL)
           LIMIT :batch""",
        before=stamp(now - SILENT), batch=BATCH,
    )  # fmt: skip
    for row in rows:
        await turns.forget(tx, row["chat"])
    return len(rows)
