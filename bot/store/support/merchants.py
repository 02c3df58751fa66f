"""Merchants as support sees them: their page, notes, and the block."""

from __future__ import annotations

from bot.store.base import Row, Tx
from bot.store.support import acting
from bot.store.support.acting import Act
from bot.support.errors import Invalid
from bot.support.hiding import hide

SHOWN = 100
MAX_NOTES = 5000


async def page(tx: Tx, chat: str) -> Row | None:
    """Return a merchant: ``name``, ``lang``, ``channel``, ``notes``, ``blocked_at``, ``terminals``, ``tickets``,
    ``messages`` (how many), ``since``; None if the chat is not known.
    """
    session = await tx.one("SELECT name, lang, channel, created_at FROM sessions WHERE chat = :chat", chat=chat)
    own = await tx.one("SELECT * FROM merchants WHERE chat = :chat", chat=chat)
    tickets = await _tickets(tx, chat)
    if session is None and own is None and not tickets:
        return None
    known, kept = session or {}, own or {}
    count = await tx.one("SELECT COUNT(*) AS n FROM messages WHERE chat = :chat", chat=chat)
    return {
        "chat": chat, "name": kept.get("name") or known.get("name") or "", "lang": known.get("lang"),
        "channel": known.get("channel"), "since": known.get("created_at"), "notes": kept.get("notes") or "",
        "blocked_at": kept.get("blocked_at"), "blocked_by": kept.get("blocked_by"),
        "messages": count["n"] if count else 0, "terminals": await _terminals(tx, chat),
        "tickets": tickets,
    }  # fmt: skip


async def write(tx: Tx, act: Act, chat: str, name: str, notes: str) -> None:
    """Keep a name and notes on a merchant, for staff only.

    Raises:
        Invalid: they are too long.

    """
    if len(name) > 100 or len(notes) > MAX_NOTES:
        raise Invalid("notes", most=MAX_NOTES)
    await tx.do(
        """INSERT INTO merchants (chat, name, notes) VALUES (:chat, :name, :notes)
           ON CONFLICT (chat) DO UPDATE SET name = excluded.name, notes = excluded.notes""",
        chat=chat, name=hide(name.strip()), notes=hide(notes.strip()),
    )  # fmt: skip
    await acting.audit(tx, act, "merchant_notes", f"chat:{chat}")
    tx.notify("tickets")


async def block(tx: Tx, act: Act, chat: str) -> None:
    """Block a merchant: what waits from and for them is dropped, what comes later is not even stored."""
    await tx.do(
        """INSERT INTO merchants (chat, blocked_at, blocked_by) VALUES (:chat, :at, :login)
           ON CONFLICT (chat) DO UPDATE SET blocked_at = excluded.blocked_at, blocked_by = excluded.blocked_by""",
        chat=chat, at=act.at, login=act.actor.login,
    )  # fmt: skip
    # a turn under way finds its update done and stores nothing
    await tx.do("UPDATE inbox SET done_at = :at, reason = 'blocked' WHERE chat = :chat AND done_at IS NULL",
                 at=act.at, chat=chat)  # fmt: skip
    await tx.do("DELETE FROM timers WHERE chat = :chat", chat=chat)
    await tx.do("UPDATE outbox SET state = 'failed', error = 'blocked' WHERE chat = :chat AND state = 'pending'",
                 chat=chat)  # fmt: skip
    await tx.do("UPDATE media SET state = 'failed' WHERE chat = :chat AND state IN ('remote', 'unread')", chat=chat)
    await acting.audit(tx, act, "block", f"chat:{chat}")
    tx.notify("tickets")


async def unblock(tx: Tx, act: Act, chat: str) -> None:
    """Let a merchant write again."""
    done = await tx.run("UPDATE merchants SET blocked_at = NULL, blocked_by = NULL WHERE chat = :chat", chat=chat)
    if done:
        await acting.audit(tx, act, "unblock", f"chat:{chat}")
        tx.notify("tickets")


async def blocked(tx: Tx) -> list[Row]:
    """Return the merchants that are blocked, the latest first."""
    return await tx.all(
        """SELECT m.chat, COALESCE(NULLIF(m.name, ''), s.name) AS name, m.blocked_at, m.blocked_by
           FROM merchants m LEFT JOIN sessions s ON s.chat = m.chat
           WHERE m.blocked_at IS NOT NULL ORDER BY m.blocked_at DESC"""
    )


async def _terminals(tx: Tx, chat: str) -> list[Row]:
    return await tx.all(
        """SELECT brand, model, serial, COUNT(*) AS tickets, MAX(created_at) AS last_at FROM tickets
           WHERE chat = :chat AND (brand <> '' OR model <> '' OR serial <> '')
           GROUP BY brand, model, serial ORDER BY last_at DESC LIMIT :shown""",
        chat=chat, shown=SHOWN,
    )  # fmt: skip


async def _tickets(tx: Tx, chat: str) -> list[Row]:
    return await tx.all(
        """SELECT number, status, priority, intent, title, assignee, created_at, resolved_at, rating FROM tickets
           WHERE chat = :chat ORDER BY number DESC LIMIT :shown""",
        chat=chat, shown=SHOWN,
    )  # fmt: skip
