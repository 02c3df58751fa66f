"""Photos and files of staff on their way to the merchant: on the transcript, and in the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.store import media, pushing
from bot.store.base import Row, Tx
from bot.store.support import acting, claims, replies, search
from bot.store.support.acting import Act
from bot.support.errors import MerchantBlocked, WrongStatus


@dataclass(frozen=True, slots=True)
class File:
    """A file that was looked at: what it is, whatever it was called."""

    kind: Literal["photo", "video", "document"]
    name: str
    mime: str
    content: bytes


async def file(tx: Tx, act: Act, number: int, one: File) -> int:
    """Send a file of the desk to the merchant; returns the message's id. As with ``replies.reply`` the ticket is held.

    Raises:
        NoSuchTicket, WrongStatus, AlreadyClaimed, MerchantBlocked: it cannot be sent.

    """
    row = await open_to(tx, act, number)
    # kept as a document whatever it shows: photos of merchants are read and talked about, those of staff are not
    kept = await media.add(tx, row["chat"], "desk", "document", one.name, one.mime, one.content, act.at)
    message = await said(tx, act, row, one.kind, "", kept)
    if row["channel"] in pushing.PUSHED:
        lead = act.messages.say("staff_says", await acting.language(tx, row), who=await acting.signature(tx, act, row))
        item = {"kind": one.kind, "media": kept, "text": lead, "name": one.name, "album": ""}
        await pushing.push(tx, row["chat"], row["channel"], "media", {"items": [item]}, act.at, message)
    await search.add(tx, number, one.name)
    await recorded(tx, act, number, message, "")
    return message


async def open_to(tx: Tx, act: Act, number: int) -> Row:
    """Return the ticket if the actor may send its merchant something; nobody's ticket becomes theirs.

    Raises:
        NoSuchTicket, WrongStatus, AlreadyClaimed, MerchantBlocked: they may not.

    """
    row = await acting.ticket(tx, number)
    if row["status"] == "closed":
        raise WrongStatus(number, row["status"])
    await claims.hold(tx, act, row)
    if row["chat"] == "forgotten" or await acting.blocked(tx, row["chat"]):
        raise MerchantBlocked(f"the merchant of ticket {number} is blocked: nothing was sent")
    return row


async def said(tx: Tx, act: Act, row: Row, kind: str, text: str, kept: int | None) -> int:
    """Put a file on the transcript; returns the message's id."""
    found = await tx.one(
        """INSERT INTO messages (chat, direction, author, kind, text, at, ticket, media)
           VALUES (:chat, 'out', :author, :kind, :text, :at, :ticket, :media) RETURNING id""",
        chat=row["chat"], author=act.actor.login, kind=kind, text=text, at=act.at, ticket=row["number"], media=kept,
    )  # fmt: skip
    tx.notify(f"chat:{row['chat']}")
    return int(found["id"]) if found else 0


async def recorded(tx: Tx, act: Act, number: int, message: int, text: str) -> None:
    """Record that staff answered with a file."""
    await replies.answered(tx, act, number)
    await acting.record(tx, act, number, "reply", text=text, message=message)
