"""Operations on the outbox and the timers: what must still happen, kept until it has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store import pacing, ticketing
from bot.store.base import Row, Tx
from bot.store.owning import FREE, OURS, lane
from bot.store.times import later as after
from bot.store.times import stamp

PUT_OFF = timedelta(minutes=5)
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


@dataclass(frozen=True, slots=True)
class Sent:
    """It arrived; ``remote`` is its id there."""

    remote: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """It did not arrive: try again after some seconds."""

    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """It can never arrive."""

    why: str


Result = Sent | Later | Failed


async def claim(
    tx: Tx, now: str, limit: int, busy: Collection[str] = (), channel: str = "telegram", rate: float = 0,
    sole: bool = False,
) -> list[Parcel]:  # fmt: skip
    """On a shared database: make due parcels this replica's own, the oldest of each chat, within ``rate`` a second.

    ``sole``: one replica alone sends for this channel, so what another one left is taken over at once.
    """
    room = await pacing.room(tx, rate) if rate else limit
    paced = f"o.kind NOT IN {pacing.PACED}" if rate else "TRUE"
    rows = await tx.all(
        f"""WITH picked AS MATERIALIZED (
              SELECT o.id FROM outbox o WHERE o.state = 'pending' AND o.channel = :channel
                AND (o.due_at <= :now OR o.due_at > CASE WHEN o.attempts = 0 THEN :soon ELSE :longest END)
                AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.chat = o.chat AND e.state = 'pending' AND e.id < o.id)
                AND (:sole = 1 OR {FREE.format(table="o")}) AND o.chat <> ALL(:busy::text[])
                AND ({paced} OR :room > 0 AND {pacing.OPEN})
              ORDER BY {pacing.TURN}, o.id LIMIT :limit FOR UPDATE OF o SKIP LOCKED)
            UPDATE outbox SET owner = :me FROM picked WHERE outbox.id = picked.id
            RETURNING outbox.id, chat, channel, kind, payload, attempts, created_at""",  # noqa: S608 - words of this package
        now=now, soon=after(now, SOON), longest=after(now, LONGEST), limit=min(limit, room or limit), room=room,
        busy=list(busy), channel=channel, me=tx.replica, sole=int(sole),
    )  # fmt: skip
    if rate:
        await pacing.spend(tx, [row["chat"] for row in rows if row["kind"] in pacing.PACED], rate)
    return sorted((Parcel(**row) for row in rows), key=lambda parcel: parcel.id)


async def record(tx: Tx, results: Sequence[tuple[Parcel, Result]], now: datetime) -> None:
    """Record what became of parcels; nothing for those that another replica took over meanwhile."""
    for parcel, result in results:
        if isinstance(result, Sent):
            await sent(tx, parcel.id, result.remote, stamp(now))
        elif isinstance(result, Later):
            await later(tx, parcel.id, result.why, stamp(now + timedelta(seconds=result.seconds)))
        else:
            await failed(tx, parcel.id, result.why, stamp(now))


async def due(
    tx: Tx, now: str, limit: int, busy: Collection[str] = (), channel: str = "telegram",
    served: Mapping[str, float] | None = None,
) -> list[Parcel]:  # fmt: skip
    """Return a channel's oldest unsent parcel of each chat that is due and whose chat is not ``busy``.

    ``served`` tells when chats were last sent something: the one that waits longest since then comes first, so that
    a long queue of one chat delays no other.
    """
    last = served or {}
    rows = await tx.all(
        """SELECT id, chat, channel, kind, payload, attempts, created_at FROM outbox
           WHERE id IN (SELECT MIN(id) FROM outbox WHERE state = 'pending' GROUP BY chat)
             AND (due_at <= :now OR due_at > CASE WHEN attempts = 0 THEN :soon ELSE :longest END)
             AND channel = :channel ORDER BY id LIMIT :limit""",
        now=now, soon=after(now, SOON), longest=after(now, LONGEST), limit=limit + len(busy) + len(last),
        channel=channel,
    )  # fmt: skip
    free = [row for row in rows if row["chat"] not in busy]
    return [Parcel(**row) for row in sorted(free, key=lambda row: last.get(row["chat"], 0.0))[:limit]]


async def next_due(tx: Tx) -> str | None:
    """Return when the next parcel of any chat is due, None if none waits."""
    row = await tx.one(
        """SELECT MIN(due_at) AS at FROM outbox
           WHERE id IN (SELECT MIN(id) FROM outbox WHERE state = 'pending' GROUP BY chat)"""
    )
    return row["at"] if row else None


async def sent(tx: Tx, parcel: int, remote: str, at: str) -> None:
    """Record that a parcel arrived, and the id it got there."""
    await tx.do(
        f"""UPDATE outbox SET state = 'sent', sent_at = :at, remote = :remote, attempts = attempts + 1
            WHERE id = :id AND {OURS}""",  # noqa: S608 - words of this package
        at=at, remote=remote, id=parcel, me=tx.replica,
    )  # fmt: skip


async def later(tx: Tx, parcel: int, error: str, due_at: str) -> None:
    """Record a failed attempt and when to try again."""
    await tx.do(
        f"""UPDATE outbox SET attempts = attempts + 1, error = :error, due_at = :due_at, owner = NULL
            WHERE id = :id AND {OURS}""",  # noqa: S608 - words of this package
        error=error[:300], due_at=due_at, id=parcel, me=tx.replica,
    )  # fmt: skip


async def failed(tx: Tx, parcel: int, error: str, at: str) -> None:
    """Record that a parcel can never arrive; the ticket it belongs to shows it."""
    done = await tx.run(
        f"""UPDATE outbox SET attempts = attempts + 1, state = 'failed', error = :error
            WHERE id = :id AND {OURS}""",  # noqa: S608 - words of this package
        error=error[:300], id=parcel, me=tx.replica,
    )  # fmt: skip
    if not done:
        return
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
    await _put_off(tx, now)
    rows = await tx.all(
        """DELETE FROM timers WHERE due_at <= :now AND (chat, name) IN (
             SELECT chat, name FROM timers WHERE due_at <= :now ORDER BY due_at LIMIT :limit)
           RETURNING chat, name, serial, due_at""",
        now=now, limit=limit,
    )  # fmt: skip
    last = {row["chat"]: row for row in sorted(rows, key=lambda row: (row["due_at"], row["name"] != "nudge"))}
    await tx.lock(*(lane(chat) for chat in last))
    for row in last.values():
        await tx.do(
            """INSERT INTO inbox (channel, key, chat, payload, received_at)
               VALUES ('timer', :serial, :chat, :payload, :now) ON CONFLICT (channel, key) DO NOTHING""",
            serial=row["serial"], chat=row["chat"], payload=row["name"].encode(), now=now,
        )  # fmt: skip
    if rows:
        tx.notify("inbox")
    return len(last)


async def _put_off(tx: Tx, now: str) -> None:
    """Nobody is asked "are you still there" while the question itself is still on its way; no timer waits too long."""
    await tx.do(
        """UPDATE timers SET due_at = :later WHERE name = 'nudge' AND due_at <= :now
             AND EXISTS (SELECT 1 FROM outbox WHERE outbox.chat = timers.chat AND state = 'pending')""",
        now=now, later=after(now, PUT_OFF),
    )  # fmt: skip
    await tx.do("UPDATE timers SET due_at = :limit WHERE due_at > :limit", limit=after(now, LONGEST))
