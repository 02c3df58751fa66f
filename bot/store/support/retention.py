"""What is kept for how long. Small batches, so that merchants never wait for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store.base import Tx
from bot.store.support import erasing
from bot.store.times import stamp
from bot.support.policy import Retention

BATCH = 500
_OPEN = "SELECT 1 FROM tickets t WHERE t.chat = {table}.chat AND t.status IN ('open', 'claimed', 'waiting')"


async def sweep(tx: Tx, keep: Retention, now: datetime) -> int:
    """Erase one batch of everything that is over its time; returns how many rows went, 0 when all is done."""

    def before(days: int) -> str:
        return stamp(now - timedelta(days=days))

    gone = 0
    for table, column in (("messages", "at"), ("media", "created_at")):
        gone += await tx.run(
            f"""DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {column} < :before
                  AND NOT EXISTS ({_OPEN.format(table=table)}) ORDER BY {column} LIMIT :batch)""",  # noqa: S608
            before=before(keep.chats), batch=BATCH,
        )  # fmt: skip
    gone += await _old(tx, "outcomes", "at", before(keep.chats))
    gone += await _old(tx, "audit", "at", before(keep.audit))
    gone += await _old(tx, "inbox", "received_at", before(keep.technical), "AND done_at IS NOT NULL")
    gone += await _old(tx, "outbox", "created_at", before(keep.technical), "AND state = 'sent'")
    gone += await _old(tx, "outbox", "created_at", before(keep.chats), "AND state = 'failed'")
    gone += await _sessions(tx, before(keep.chats))
    gone += await _left_over(tx, before(1), stamp(now))
    gone += await _tickets(tx, before(keep.tickets))
    if gone:
        tx.notify("erased")
    return gone


async def _old(tx: Tx, table: str, column: str, before: str, more: str = "") -> int:
    return await tx.run(
        f"""DELETE FROM {table} WHERE id IN (
              SELECT id FROM {table} WHERE {column} < :before {more} LIMIT :batch)""",  # noqa: S608 - words above
        before=before, batch=BATCH,
    )  # fmt: skip


async def _sessions(tx: Tx, before: str) -> int:
    return await tx.run(
        f"""DELETE FROM sessions WHERE chat IN (SELECT chat FROM sessions WHERE updated_at < :before
              AND NOT EXISTS ({_OPEN.format(table='sessions')}) LIMIT :batch)""",  # noqa: S608
        before=before, batch=BATCH,
    )  # fmt: skip


async def _left_over(tx: Tx, yesterday: str, now: str) -> int:
    """Erase notes on merchants of whom nothing else is left, and the small traces of staff."""
    gone = await tx.run(
        """DELETE FROM merchants WHERE blocked_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM sessions WHERE chat = merchants.chat)
             AND NOT EXISTS (SELECT 1 FROM tickets WHERE chat = merchants.chat)"""
    )
    gone += await tx.run("DELETE FROM presence WHERE seen_at < :yesterday", yesterday=yesterday)
    gone += await tx.run("DELETE FROM throttle WHERE last_at < :yesterday", yesterday=yesterday)
    return gone + await tx.run("DELETE FROM staff_sessions WHERE expires_at < :now", now=now)


async def _tickets(tx: Tx, before: str) -> int:
    """Take from old tickets what says whose they were; number, fault and times remain for statistics."""
    rows = await tx.all(
        """UPDATE tickets SET chat = 'forgotten', fault = intent || ':' || number, slots = '{}', path = '[]',
             reason = '', serial = '', rating_word = NULL
           WHERE number IN (SELECT number FROM tickets WHERE created_at < :before AND chat <> 'forgotten'
             AND status IN ('resolved', 'closed') ORDER BY created_at LIMIT :batch) RETURNING number""",
        before=before, batch=BATCH,
    )  # fmt: skip
    for row in rows:
        await tx.do("UPDATE ticket_events SET data = '{}' WHERE ticket = :number", number=row["number"])
        await tx.do("DELETE FROM search WHERE ticket = :number", number=row["number"])
    if rows:
        await erasing.mark(tx)
    return len(rows)
