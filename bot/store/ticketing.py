"""Operations on tickets. That a chat has one open ticket per fault is an index's promise, not a query's."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from bot.dialogue.model import AddToTicket, OpenTicket, RateTicket, ReopenTicket, TicketChange
from bot.store.base import Row, Tx
from bot.store.support import clock, moves, search
from bot.store.times import stamp
from bot.support.office import ALWAYS, Office


async def apply(
    tx: Tx, chat: str, channel: str, lang: str, change: TicketChange, now: datetime, office: Office = ALWAYS
) -> int | None:
    """Carry out a change that a turn asks for; returns the ticket's number, None if it is not this chat's."""
    at = stamp(now)
    if isinstance(change, OpenTicket):
        number = await _open(tx, chat, channel, lang, change, at)
        row = await tx.one("SELECT * FROM tickets WHERE number = :number", number=number)
        if row is not None and row["clock_at"] is None:
            await clock.start(tx, number, now, office)
            await search.index(tx, row)
        return number
    await tx.lock(f"ticket:{change.number}")
    row = await tx.one("SELECT number FROM tickets WHERE number = :number AND chat = :chat",
                       number=change.number, chat=chat)  # fmt: skip
    if row is None:
        return None
    if isinstance(change, ReopenTicket):
        await _reopen(tx, change, now, office)
    elif isinstance(change, RateTicket):
        await _rate(tx, change, at)
    else:
        await _add(tx, change, now, office)
    return change.number


async def event(tx: Tx, ticket: int, at: str, actor: str, kind: str, **data: object) -> None:
    """Record what happened to a ticket, and by whom."""
    await tx.do(
        "INSERT INTO ticket_events (ticket, at, actor, kind, data) VALUES (:ticket, :at, :actor, :kind, :data)",
        ticket=ticket, at=at, actor=actor, kind=kind, data=json.dumps(data, ensure_ascii=False),
    )  # fmt: skip
    await tx.do("UPDATE tickets SET updated_at = :at WHERE number = :ticket", at=at, ticket=ticket)
    tx.notify("tickets")


async def listing(tx: Tx, limit: int = 100) -> list[Row]:
    """Return tickets for a list: unresolved first, then by priority, then the oldest first."""
    return await tx.all(
        """SELECT number, chat, channel, intent, title, status, priority, reason, assignee, created_at, updated_at
           FROM tickets
           ORDER BY CASE WHEN status IN ('open', 'claimed', 'waiting') THEN 0 ELSE 1 END, priority, number
           LIMIT :limit""",
        limit=limit,
    )


async def show(tx: Tx, number: int) -> Row | None:
    """Return one ticket with its ``events`` and ``messages``, or None."""
    ticket = await tx.one("SELECT * FROM tickets WHERE number = :number", number=number)
    if ticket is None:
        return None
    events = await tx.all("SELECT * FROM ticket_events WHERE ticket = :number ORDER BY id", number=number)
    messages = await tx.all(
        """SELECT id, direction, author, kind, text, at, media FROM messages
           WHERE chat = :chat ORDER BY id DESC LIMIT 200""",
        chat=ticket["chat"],
    )
    return {**ticket, "events": events, "messages": messages[::-1]}


async def _open(tx: Tx, chat: str, channel: str, lang: str, change: OpenTicket, at: str) -> int:
    fault = change.intent
    if change.fresh:
        # the merchant said it is another one (a second terminal, say): it gets a fault of its own
        count = await tx.one("SELECT COUNT(*) AS n FROM tickets WHERE chat = :chat AND intent = :intent",
                             chat=chat, intent=change.intent)  # fmt: skip
        fault = f"{change.intent}#{count['n'] if count else 0}"
    # a conflict would use a number up as well: only a race with another replica gets that far
    row = await tx.one(
        """SELECT number, created_at FROM tickets
           WHERE chat = :chat AND fault = :fault AND status IN ('open', 'claimed', 'waiting')""",
        chat=chat, fault=fault,
    ) or await _insert(tx, chat, channel, lang, fault, change, at)  # fmt: skip
    if row is None:
        raise LookupError("an insert returned no ticket")
    kind = "opened" if row["created_at"] == at else "added"
    await event(tx, row["number"], at, "merchant", kind, slots=change.slots)
    # what was said on the way here belongs to the ticket as well
    await tx.do("UPDATE messages SET ticket = :number WHERE chat = :chat AND ticket IS NULL",
                 number=row["number"], chat=chat)  # fmt: skip
    return int(row["number"])


async def _insert(tx: Tx, chat: str, channel: str, lang: str, fault: str, change: OpenTicket, at: str) -> Row | None:
    path = json.dumps([asdict(step) for step in change.path], ensure_ascii=False)
    return await tx.one(
        """INSERT INTO tickets (chat, channel, fault, intent, title, status, priority, reason, lang, path, slots,
                                brand, model, serial, created_at, updated_at)
           VALUES (:chat, :channel, :fault, :intent, :title, 'open', :priority, :reason, :lang, :path, :slots,
                   :brand, :model, :serial, :at, :at)
           ON CONFLICT (chat, fault) WHERE status IN ('open', 'claimed', 'waiting')
           DO UPDATE SET updated_at = excluded.updated_at
           RETURNING number, created_at""",
        chat=chat, channel=channel, fault=fault, intent=change.intent, title=change.title, reason=change.reason,
        priority=change.priority, lang=lang, path=path, slots=json.dumps(change.slots, ensure_ascii=False), at=at,
        brand=change.brand, model=change.model, serial=change.slots.get("serial", ""),
    )  # fmt: skip


async def _add(tx: Tx, change: AddToTicket, now: datetime, office: Office) -> None:
    if await moves.woken(tx, change.number):
        await clock.resume(tx, change.number, now, office)
    await event(tx, change.number, stamp(now), "merchant", "added", text=change.text)


async def _rate(tx: Tx, change: RateTicket, at: str) -> None:
    await tx.do(
        """UPDATE tickets SET rating = CASE WHEN :stars > 0 THEN :stars ELSE rating END,
             rating_word = CASE WHEN :word <> '' THEN :word ELSE rating_word END WHERE number = :number""",
        stars=change.stars, word=change.word, number=change.number,
    )  # fmt: skip
    await event(tx, change.number, at, "merchant", "rated", stars=change.stars, text=change.word)


async def _reopen(tx: Tx, change: ReopenTicket, now: datetime, office: Office) -> None:
    if await moves.opened_again(tx, change.number):
        await clock.start(tx, change.number, now, office)
    await event(tx, change.number, stamp(now), "merchant", "reopened", text=change.text)
