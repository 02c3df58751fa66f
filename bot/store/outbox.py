"""Operations on the outbox and the timers: what must still happen, kept until it has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.store import ticketing
from bot.store.base import Row, Tx
from bot.store.times import later as after

SOON = timedelta(minutes=1)
"""A new parcel is due sooner than that (an album waits for its parts) ..."""
LONGEST = timedelta(hours=1)
"""... a retry and a timer sooner than that. What is due later was written before the clock was set back."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to send: the oldest unsent of its chat."""

    id: int
    chat: str
    channel: str
    kind: str
    payload: str
    attempts: int
    created_at: str


async def due(tx: Tx, now: str, limit: int, busy: Collection[str] = (), channel: str = "telegram") -> list[Parcel]:
    """Return a channel's oldest unsent parcel of each chat that is due and whose chat is not ``busy``."""
    rows = await tx.all(
        """SELECT id, chat, channel, kind, payload, attempts, created_at FROM outbox
           WHERE id IN (SELECT MIN(id) FROM outbox WHERE state = 'pending' GROUP BY chat)
             AND (due_at <= :now OR due_at > CASE WHEN attempts = 0 THEN :soon ELSE :longest END)
             AND channel = :channel ORDER BY id LIMIT :limit""",
        now=now, soon=after(now, SOON), longest=after(now, LONGEST), limit=limit + len(busy), channel=channel,
    )  # fmt: skip
    return [Parcel(**row) for row in rows if row["chat"] not in busy][:limit]


async def next_due(tx: Tx) -> str | None:
    """Return when the next parcel of any chat is due, None if none waits."""
    row = await tx.one(
        """SELECT MIN(due_at) AS at FROM outbox
           WHERE id IN (SELECT MIN(id) FROM outbox WHERE state = 'pending' GROUP BY chat)"""
    )
    return row["at"] if row else None


async def sent(tx: Tx, parcel: int, remote: str, at: str) -> None:
    """Record that a parcel arrived, and the id it got there."""
    await tx.run(
        "UPDATE outbox SET state = 'sent', sent_at = :at, remote = :remote, attempts = attempts + 1 WHERE id = :id",
        at=at, remote=remote, id=parcel,
    )  # fmt: skip


async def later(tx: Tx, parcel: int, error: str, due_at: str) -> None:
    """Record a failed attempt and when to try again."""
    await tx.run(
        "UPDATE outbox SET attempts = attempts + 1, error = :error, due_at = :due_at WHERE id = :id",
        error=error[:300], due_at=due_at, id=parcel,
    )  # fmt: skip


async def failed(tx: Tx, parcel: int, error: str, at: str) -> None:
    """Record that a parcel can never arrive; the ticket it belongs to shows it."""
    await tx.run(
        "UPDATE outbox SET attempts = attempts + 1, state = 'failed', error = :error WHERE id = :id",
        error=error[:300], id=parcel,
    )  # fmt: skip
    row = await tx.one(
        """SELECT m.ticket, m.author FROM outbox o JOIN messages m ON m.id = o.message
           WHERE o.id = :id AND m.ticket IS NOT NULL""",
        id=parcel,
    )
    if row is not None:
        await ticketing.event(tx, row["ticket"], at, "sender", "undelivered", error=error[:300], author=row["author"])
    tx.notify("tickets")


async def depth(tx: Tx) -> Row:
    """Return how many parcels wait (``count``), since when (``oldest``), and how many failed for good."""
    row = await tx.one(
        """SELECT COUNT(CASE WHEN state = 'pending' THEN 1 END) AS count,
                  MIN(CASE WHEN state = 'pending' THEN created_at END) AS oldest,
                  COUNT(CASE WHEN state = 'failed' THEN 1 END) AS failed FROM outbox"""
    )
    return row or {"count": 0, "oldest": None, "failed": 0}


async def fire(tx: Tx, now: str, limit: int = 200) -> int:
    """Turn due timers into updates of their chats, each exactly once; returns how many chats were woken.

    Of a chat's timers that are due together only the last one counts: after a pause of posbot nobody is nudged and
    sent away at once.
    """
    await tx.run("UPDATE timers SET due_at = :limit WHERE due_at > :limit", limit=after(now, LONGEST))
    rows = await tx.all("SELECT chat, name, serial FROM timers WHERE due_at <= :now ORDER BY due_at, name DESC "
                        "LIMIT :limit", now=now, limit=limit)  # fmt: skip
    for row in rows:
        await tx.run("DELETE FROM timers WHERE chat = :chat AND name = :name", chat=row["chat"], name=row["name"])
    last = {row["chat"]: row for row in rows}
    for row in last.values():
        await tx.run(
            """INSERT INTO inbox (channel, key, chat, payload, received_at)
               VALUES ('timer', :serial, :chat, :payload, :now) ON CONFLICT (channel, key) DO NOTHING""",
            serial=row["serial"], chat=row["chat"], payload=row["name"].encode(), now=now,
        )  # fmt: skip
    if rows:
        tx.notify("inbox")
    return len(last)
