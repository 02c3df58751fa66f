"""What staff do in the group, as operations: each together with its update, the parcels and the marks it causes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.messages import Messages
from bot.store import inbox, pushing
from bot.store.base import Row, Tx
from bot.store.support import acting, replies, search, staff, topics, topics_collect
from bot.store.support.acting import Act
from bot.store.times import stamp
from bot.store.turns import AlreadyHandled
from bot.support.authority import Action, require
from bot.support.errors import Invalid, NotAllowed
from bot.support.office import Office


class Outsider(NotAllowed):
    """Somebody who is not on the staff."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What an update of the group comes with: its inbox row, who sent it (a Telegram id), time and settings;
    whether something was hidden in it.
    """

    inbox: int
    user: str
    now: datetime
    office: Office
    messages: Messages
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something was written: the ticket, the message's id in the group, the group."""

    ticket: int
    posted: int
    chat: int


Deed = Callable[..., Awaitable[None]]


async def commit(tx: Tx, scene: Scene, action: Action, deed: Deed, spot: Spot, *args: Any) -> None:
    """Let a member of staff do something, and mark the update done; together or not at all.

    Raises:
        AlreadyHandled: the update was done before.
        SupportError: it was refused: Outsider, NotAllowed, or what the deed raises.

    """
    await done(tx, scene)
    actor = await staff.by_telegram(tx, scene.user)
    if actor is None:
        raise Outsider("not on the staff")
    act = Act(require(actor, action), scene.now, scene.office, scene.messages)
    await deed(tx, act, spot, *args)
    if scene.hidden:
        await topics.hint(tx, spot.ticket, act.messages.say("staff.hidden", act.lang), act.at, spot.posted)


async def done(tx: Tx, scene: Scene) -> None:
    """Mark the update done."""
    if not await inbox.done(tx, scene.inbox, stamp(scene.now)):
        raise AlreadyHandled(f"update {scene.inbox} was handled before")


async def unsay(tx: Tx, scene: Scene, spot: Spot) -> None:
    """Delete a message of staff from the group: a card number stands in it."""
    await pushing.push(tx, f"group:unsay:{spot.posted}", topics.CHANNEL, "erase",
                     {"thread": 0, "posts": [spot.posted]}, stamp(scene.now))  # fmt: skip


async def refuse(tx: Tx, scene: Scene, spot: Spot, callback: str, text: str, once: str = "") -> None:
    """Mark the update done and say why nothing was done; ``once``: only the first time for that key."""
    at = stamp(scene.now)
    await done(tx, scene)
    if callback:
        await topics.answer(tx, callback, text, at, alert=True)
    elif not once or await topics.once(tx, once):
        await topics.hint(tx, spot.ticket, text, at, spot.posted)


async def say(tx: Tx, act: Act, spot: Spot, text: str) -> None:
    """Tell the merchant what was written in the topic."""
    await ours(tx, act, spot, await replies.reply(tx, act, spot.ticket, text))


async def note(tx: Tx, act: Act, spot: Spot, text: str) -> None:
    """Keep what was written in the topic to staff."""
    await replies.note(tx, act, spot.ticket, text, spot.posted)
    await topics.post(tx, spot.ticket, spot.posted)
    await tick(tx, act, spot, "✍")


async def tick(tx: Tx, act: Act, spot: Spot, emoji: str = "👌") -> None:
    """Show on a message that it was understood."""
    await pushing.push(tx, f"group:react:-{spot.posted}", topics.CHANNEL, "react",
                     {"posted": spot.posted, "emoji": emoji}, act.at)  # fmt: skip


async def canned(tx: Tx, act: Act, spot: Spot, text: str) -> None:
    """Tell the merchant something that was chosen by a button; it is shown in the topic like the desk's answers."""
    await replies.reply(tx, act, spot.ticket, text)


async def edit(tx: Tx, act: Act, spot: Spot, text: str) -> None:
    """Change what the merchant was told to what the message in the topic says now."""
    row = await tx.one(
        """SELECT m.id, m.chat, m.kind, m.text FROM topic_posts p JOIN messages m ON m.id = p.message
           WHERE p.posted = :posted AND m.author = :login AND m.direction = 'out'""",
        posted=spot.posted, login=act.actor.login,
    )  # fmt: skip
    if row is None:
        # a note was edited: the new wording is kept beside the old
        await replies.note(tx, act, spot.ticket, text, spot.posted)
        return
    text = acting.usable(text)
    if row["text"] == text:
        return
    if text.startswith("//"):
        raise Invalid("sent_already")
    ticket = await acting.ticket(tx, spot.ticket)
    await tx.do("UPDATE messages SET text = :text WHERE id = :id", text=text, id=row["id"])
    await search.add(tx, spot.ticket, text)
    await acting.record(tx, act, spot.ticket, "edited", text=text, message=row["id"])
    if ticket["channel"] in pushing.PUSHED:
        await pushing.push(tx, row["chat"], ticket["channel"], "edit", {
            "message": row["id"], "text": f"{await lead(tx, act, ticket)}\n{text}", "caption": row["kind"] != "text",
        }, act.at)  # fmt: skip
    tx.notify(f"chat:{row['chat']}")


async def lead(tx: Tx, act: Act, row: Row) -> str:
    """Return the line that tells the merchant who speaks."""
    return act.messages.say("staff_says", await acting.language(tx, row),
                            who=await acting.signature(tx, act, row))  # fmt: skip


async def ours(tx: Tx, act: Act, spot: Spot, message: int, marked: bool = True) -> None:
    """Keep that a message of the transcript was written in the group; ``marked``: its delivery is shown there."""
    await tx.do(
        "INSERT INTO topic_messages (message, ticket, origin, mark) VALUES (:message, :ticket, 'group', :mark)",
        message=message, ticket=spot.ticket, mark="waiting" if marked else "",
    )  # fmt: skip
    await topics.post(tx, spot.ticket, spot.posted, message)
    if marked:
        await topics_collect.react(tx, message, act.at)
