"""The staff group's own state: where it is, each ticket's topic and card, which message there is which here."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.store import pushing
from bot.store.base import Row, Tx

CHANNEL = "group"
"""The outbox channel of what goes to the group: it never stands in a merchant's way."""


def queue(ticket: int, part: str = "") -> str:
    """Return the outbox chat of a ticket: each ticket waits only for itself, its card not even for that."""
    return f"group:{ticket}{part and ':' + part}"


async def settle(tx: Tx, configured: int) -> int:
    """Return the group's id now; a newly configured group starts from nothing."""
    home = await _setting(tx, "group.home")
    if home != str(configured):
        await _keep(tx, "group.home", str(configured))
        await _keep(tx, "group.chat", str(configured))
        await _reset(tx)
        return configured
    return await chat(tx)


async def chat(tx: Tx) -> int:
    """Return the group's id, 0 if there is none."""
    return int(await _setting(tx, "group.chat") or 0)


async def moved(tx: Tx, old: int, new: int, at: str) -> None:
    """Follow the group to its new id; topics and cards are made anew there."""
    if await chat(tx) != old or new == old:
        return
    await _keep(tx, "group.chat", str(new))
    await _reset(tx)
    for row in await tx.all(
        """SELECT t.ticket FROM topics t JOIN tickets k ON k.number = t.ticket
           WHERE k.status IN ('open', 'claimed', 'waiting') ORDER BY t.ticket"""
    ):
        await card(tx, row["ticket"], at)


async def problems(tx: Tx) -> list[str]:
    """Return what the group lacks (``staff.missing.KEY`` of the texts), [] if all is well or there is no group."""
    kept = await _setting(tx, "group.problems")
    found: list[str] = json.loads(kept) if kept else []
    return found


async def keep_problems(tx: Tx, found: Sequence[str]) -> bool:
    """Keep what the group lacks; tells whether that is news."""
    text = json.dumps(list(found), ensure_ascii=False)
    if await _setting(tx, "group.problems") == text:
        return False
    await _keep(tx, "group.problems", text)
    tx.notify("settings")
    return True


async def find(tx: Tx, thread: int, replied: int) -> int | None:
    """Return the ticket of a topic, or of the message that was replied to (plain groups)."""
    if thread:
        row = await tx.one("SELECT ticket FROM topics WHERE thread = :thread AND thread > 0", thread=thread)
        if row is not None:
            return int(row["ticket"])
    for posted in (replied, thread):
        row = await tx.one("SELECT ticket FROM topic_posts WHERE posted = :posted", posted=posted)
        if row is not None:
            return int(row["ticket"])
    return None


async def topic(tx: Tx, ticket: int) -> Row | None:
    """Return a ticket's row of ``topics``."""
    return await tx.one("SELECT * FROM topics WHERE ticket = :ticket", ticket=ticket)


async def card(tx: Tx, ticket: int, at: str, urgent: bool = False) -> None:
    """Have the card drawn anew; one that waits already will show the newest state."""
    chat = queue(ticket, "now" if urgent else "card")
    waits = await tx.one("SELECT id FROM outbox WHERE chat = :chat AND state = 'pending' AND attempts = 0", chat=chat)
    if waits is None:
        await pushing.push(tx, chat, CHANNEL, "card", {"ticket": ticket, "urgent": urgent}, at)


async def placed(tx: Tx, ticket: int, thread: int) -> None:
    """Keep a ticket's topic; its card is not in there yet."""
    await tx.do("UPDATE topics SET thread = :thread, card = NULL WHERE ticket = :ticket",
                 thread=thread, ticket=ticket)  # fmt: skip


async def lost(tx: Tx, ticket: int, thread: int | None) -> None:
    """The topic is gone: forget it, unless another one took its place meanwhile."""
    await tx.do(
        """UPDATE topics SET thread = NULL, card = NULL
           WHERE ticket = :ticket AND (thread = :thread OR :thread IS NULL)""",
        ticket=ticket, thread=thread,
    )  # fmt: skip


async def carded(tx: Tx, ticket: int, posted: int | None, event: int, mode: str, at: str) -> None:
    """Keep the card's message; if more happened since it was drawn, it is drawn again."""
    await tx.do("UPDATE topics SET card = :card WHERE ticket = :ticket", card=posted, ticket=ticket)
    if posted is None:
        return
    await post(tx, ticket, posted)
    row = await topic(tx, ticket)
    if row is not None and (row["event"] > event or row["mode"] != mode):
        await pushing.push(tx, queue(ticket, "card"), CHANNEL, "card", {"ticket": ticket, "urgent": False}, at)


async def post(tx: Tx, ticket: int, posted: int, message: int | None = None) -> None:
    """Keep that a message of the group belongs to a ticket (and is a message of its transcript)."""
    await tx.do(
        """INSERT INTO topic_posts (posted, ticket, message) VALUES (:posted, :ticket, :message)
           ON CONFLICT (posted) DO UPDATE SET ticket = excluded.ticket, message = excluded.message""",
        posted=posted, ticket=ticket, message=message,
    )  # fmt: skip


async def hint(
    tx: Tx, ticket: int, text: str, at: str, reply_to: int = 0, rows: object = (), people: Sequence[object] = ()
) -> None:
    """Say something in a ticket's topic, for staff only; ``people`` (Telegram id, name) are called by it."""
    payload = {"ticket": ticket, "text": text, "reply_to": reply_to, "rows": rows, "people": people}
    await pushing.push(tx, queue(ticket, "hint"), CHANNEL, "hint", payload, at)


async def answer(tx: Tx, callback: str, text: str, at: str, alert: bool = False) -> None:
    """Answer the press of a button."""
    await pushing.push(tx, f"group:press:{callback}", CHANNEL, "answer",
                     {"callback": callback, "text": text[:190], "alert": alert}, at)  # fmt: skip


async def once(tx: Tx, key: str) -> bool:
    """Tell whether this is the first time; of hints that are given once."""
    return bool(await tx.run("INSERT INTO settings (key, value) VALUES (:key, '1') ON CONFLICT (key) DO NOTHING",
                             key=f"group.once.{key}"))  # fmt: skip


async def seen(tx: Tx, table: str) -> int:
    """Return the newest row of a table that was looked at."""
    return int(await _setting(tx, f"group.seen.{table}") or 0)


async def saw(tx: Tx, table: str, newest: int) -> None:
    """Keep how far a table was looked at."""
    await _keep(tx, f"group.seen.{table}", str(newest))


async def _reset(tx: Tx) -> None:
    await tx.do("DELETE FROM topic_posts")
    await tx.do("UPDATE topics SET thread = NULL, card = NULL, mode = ''")


async def _setting(tx: Tx, key: str) -> str:
    row = await tx.one("SELECT value FROM settings WHERE key = :key", key=key)
    return str(row["value"]) if row else ""


async def _keep(tx: Tx, key: str, value: str) -> None:
    await tx.do("INSERT INTO settings (key, value) VALUES (:key, :value) "
                 "ON CONFLICT (key) DO UPDATE SET value = excluded.value", key=key, value=value)  # fmt: skip
