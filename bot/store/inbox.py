"""Operations on the inbox: every update is stored here, redacted, before it is acknowledged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.store import split
from bot.store.base import Row, Tx
from bot.store.owning import FREE, OURS, lane

TICKETS = 20
"""Tickets of a chat that a turn knows of, newest first."""
_TICKET = (
    """number, status, intent, title, priority, created_at, updated_at, assignee, handled AS answered, resolved_at"""
)

_OTHERS = frozenset({"id", "chat", "channel", "payload", "received_at", "data", "home"})


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
    ready: list[Receipt] = []
    await tx.lock(*(lane(receipt.chat) for receipt in receipts))
    for receipt in receipts:
        if split.concerned(receipt):  # the messages before it must be there to be looked at
            new, ready = new + await _insert(tx, ready), []
        ready.append(await split.completed(tx, receipt))
    new += await _insert(tx, ready)
    if new:
        tx.notify("inbox")
    return new


async def _insert(tx: Tx, receipts: Sequence[Receipt]) -> int:
    return await tx.many(
        """INSERT INTO inbox (channel, key, chat, payload, received_at)
           SELECT :channel, :key, :chat, :payload, :at
           WHERE NOT EXISTS (SELECT 1 FROM merchants WHERE chat = :chat AND blocked_at IS NOT NULL)
           ON CONFLICT (channel, key) DO NOTHING""",
        [{"channel": one.channel, "key": one.key, "chat": one.chat, "payload": one.payload, "at": one.at}
         for one in receipts],
    )  # fmt: skip


async def waiting(tx: Tx, limit: int, busy: Collection[str] = (), only: str | None = None) -> list[Work]:
    """Return the oldest unhandled update of each chat that is not ``busy`` (only of one chat if given).

    The chat that was answered longest ago comes first: many messages of some chats delay no other chat. One that was
    never answered stands where its message came in, so that ever new chats cannot overtake those that wait.
    """
    rows = await tx.all(
        """SELECT i.id, i.channel, i.chat, i.payload, i.received_at
           FROM inbox i LEFT JOIN sessions s ON s.chat = i.chat
           WHERE i.id IN (SELECT MIN(id) FROM inbox WHERE done_at IS NULL GROUP BY chat)
             AND (:only = '' OR i.chat = :only)
           ORDER BY COALESCE(s.updated_at, i.received_at), i.id LIMIT :limit""",
        limit=limit + len(busy), only=only or "",
    )  # fmt: skip
    return [await _with_session(tx, row) for row in rows if row["chat"] not in busy][:limit]


async def claim(tx: Tx, limit: int, busy: Collection[str] = (), only: str | None = None) -> list[Work]:
    """On a shared database: make the oldest unhandled update of chats that nobody works on this replica's own."""
    rows = await tx.all(
        f"""WITH picked AS MATERIALIZED (
              SELECT i.id FROM inbox i LEFT JOIN sessions s ON s.chat = i.chat
              WHERE i.done_at IS NULL AND (:only = '' OR i.chat = :only)
                AND NOT EXISTS (SELECT 1 FROM inbox e WHERE e.chat = i.chat AND e.done_at IS NULL AND e.id < i.id)
                AND {FREE.format(table="i")} AND i.chat <> ALL(:busy::text[])
              ORDER BY COALESCE(s.updated_at, i.received_at), i.id LIMIT :limit FOR UPDATE OF i SKIP LOCKED),
            mine AS (UPDATE inbox SET owner = :me FROM picked WHERE inbox.id = picked.id
                     RETURNING inbox.id, chat, channel, payload, received_at)
            SELECT mine.*, s.data, s.channel AS home, t.*
            FROM mine LEFT JOIN sessions s ON s.chat = mine.chat LEFT JOIN LATERAL (
              SELECT {_TICKET} FROM tickets WHERE tickets.chat = mine.chat ORDER BY number DESC LIMIT :tickets
            ) t ON TRUE
            ORDER BY mine.id, t.number DESC""",  # noqa: S608 - words of this package
        limit=limit, only=only or "", me=tx.replica, busy=list(busy), tickets=TICKETS,
    )  # fmt: skip
    return [_claimed(list(same)) for _, same in groupby(rows, key=lambda row: row["id"])]


def _claimed(rows: list[Row]) -> Work:
    first = rows[0]
    session = {"data": first["data"], "channel": first["home"]} if first["data"] is not None else None
    tickets = [{name: value for name, value in row.items() if name not in _OTHERS} for row in rows]
    return _work(first, session, [ticket for ticket in tickets if ticket["number"] is not None])


async def done(tx: Tx, update: int, at: str, payload: bytes | None = None) -> bool:
    """Mark an update done; False if it was before, another replica took it over, or it is not ``payload`` any more."""
    same = "" if payload is None else "AND payload = :payload"
    return bool(await tx.run(
        f"UPDATE inbox SET done_at = :at WHERE id = :id AND done_at IS NULL {same} AND {OURS}",  # noqa: S608 - words of this package
        at=at, id=update, me=tx.replica, **({} if payload is None else {"payload": payload}),
    ))  # fmt: skip


async def park(tx: Tx, update: int, reason: str, at: str) -> None:
    """Set an update aside that no reply can be made for; its reason stays."""
    await tx.do(
        f"UPDATE inbox SET done_at = :at, reason = :reason WHERE id = :id AND {OURS}",  # noqa: S608 - words of the package
        at=at, reason=reason[:500], id=update, me=tx.replica,
    )  # fmt: skip


async def depth(tx: Tx) -> Row:
    """Return how many updates wait (``count``) and since when (``oldest``, None if none does)."""
    row = await tx.one("SELECT COUNT(*) AS count, MIN(received_at) AS oldest FROM inbox WHERE done_at IS NULL")
    return row or {"count": 0, "oldest": None}


async def _with_session(tx: Tx, row: Row) -> Work:
    session = await tx.one("SELECT data, channel FROM sessions WHERE chat = :chat", chat=row["chat"])
    tickets = await tx.all(
        f"SELECT {_TICKET} FROM tickets WHERE chat = :chat ORDER BY number DESC LIMIT :limit",  # noqa: S608 - its columns
        chat=row["chat"], limit=TICKETS,
    )  # fmt: skip
    return _work(row, session, tickets)


def _work(row: Row, session: Row | None, tickets: Sequence[Row]) -> Work:
    return Work(row["id"], row["channel"], row["chat"], bytes(row["payload"]), row["received_at"],
                session["data"] if session else None, session["channel"] if session else None,
                tuple(tickets))  # fmt: skip
