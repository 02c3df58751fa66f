"""What every act of support shares: who acts and when, the record of it, the word to the merchant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from bot.dialogue.model import Button, Reply, dump_session, load_session
from bot.messages import Messages
from bot.store import ticketing, turns
from bot.store.base import Row, Tx
from bot.store.times import stamp
from bot.support.authority import LOCAL, Actor
from bot.support.errors import Invalid, NoSuchTicket
from bot.support.hiding import hide
from bot.support.office import Office
from intents.model import Lang

UNRESOLVED = ("open", "claimed", "waiting")
MAX_TEXT = 3500
"""Characters of a reply: Telegram takes 4096, and the sender's name stands before it."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, when, under which settings, and the sentences that merchants read."""

    actor: Actor
    now: datetime
    office: Office
    messages: Messages

    @property
    def at(self) -> str:
        """The time as the database writes it."""
        return stamp(self.now)

    @property
    def lang(self) -> Lang:
        """The language of the staff group."""
        return self.office.policy.group.lang


async def ticket(tx: Tx, number: int) -> Row:
    """Return a ticket's row; nobody else acts on it until the transaction ends.

    Raises:
        NoSuchTicket: there is none.

    """
    await tx.lock(f"ticket:{number}")
    row = await tx.one("SELECT * FROM tickets WHERE number = :number", number=number)
    if row is None:
        raise NoSuchTicket(number)
    return row


async def record(tx: Tx, act: Act, number: int, kind: str, **data: object) -> None:
    """Record an act on the ticket's timeline and, without its text, in the audit log."""
    await ticketing.event(tx, number, act.at, act.actor.login, kind, **data)
    await audit(tx, act, kind, f"ticket:{number}", **{key: value for key, value in data.items() if key != "text"})


async def audit(tx: Tx, act: Act, action: str, subject: str, **data: object) -> None:
    """Record an act in the audit log."""
    await tx.do(
        "INSERT INTO audit (at, actor, action, subject, data) VALUES (:at, :actor, :action, :subject, :data)",
        at=act.at, actor=act.actor.login, action=action, subject=subject, data=json.dumps(data, ensure_ascii=False),
    )  # fmt: skip


async def tell(tx: Tx, act: Act, row: Row, key: str, rows: Iterable[Sequence[Button]] = (), **values: object) -> None:
    """Say a sentence of ``texts/`` to a ticket's merchant, in the language that the chat has now."""
    lang = await language(tx, row)
    text = act.messages.say(key, lang, number=row["number"], **values)
    await say(tx, act, row, text, rows)


async def say(
    tx: Tx, act: Act, row: Row, text: str, rows: Iterable[Sequence[Button]] = (), author: str = "bot", lead: str = ""
) -> int | None:  # fmt: skip
    """Say something to a ticket's merchant; nothing to one who is blocked or erased. Returns the message's id."""
    if row["chat"] == "forgotten" or await blocked(tx, row["chat"]):
        return None
    await _came_between(tx, row["chat"])
    reply = Reply(text, tuple(tuple(line) for line in rows))
    return await turns.speak(tx, row["chat"], row["channel"], reply, row["number"], act.at, author, lead=lead)


async def _came_between(tx: Tx, chat: str) -> None:
    """See to it that a typed "yes" answers what is said now, not what the bot asked before."""
    kept = await tx.one("SELECT data FROM sessions WHERE chat = :chat", chat=chat)
    session = load_session(kept["data"] if kept else None)
    if session.consent:
        await tx.run("UPDATE sessions SET data = :data WHERE chat = :chat",
                     data=dump_session(replace(session, consent="")), chat=chat)  # fmt: skip


async def language(tx: Tx, row: Row) -> Lang:
    """Return the language to speak with a ticket's merchant."""
    session = await tx.one("SELECT lang FROM sessions WHERE chat = :chat", chat=row["chat"])
    return cast(Lang, (session["lang"] if session else None) or row["lang"] or "zh")


async def signature(tx: Tx, act: Act, row: Row, name: str = "") -> str:
    """Return who speaks, as a ticket's merchant reads it; whoever has the machine has no name there."""
    lang = await language(tx, row)
    if not name and act.actor.login == LOCAL.login:
        return act.messages.say("staff_nameless", lang)
    return act.messages.say("staff_name", lang, name=name or act.actor.name)


async def blocked(tx: Tx, chat: str) -> bool:
    """Tell whether a merchant is blocked."""
    row = await tx.one("SELECT 1 AS yes FROM merchants WHERE chat = :chat AND blocked_at IS NOT NULL", chat=chat)
    return row is not None


def usable(text: str) -> str:
    """Return a text that staff wrote, trimmed, without card numbers.

    Raises:
        Invalid: it is empty or too long.

    """
    text = hide(text.strip())
    if not text:
        raise Invalid("empty")
    if len(text) > MAX_TEXT:
        raise Invalid("long", count=len(text), most=MAX_TEXT)
    return text
