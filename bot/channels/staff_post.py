"""Posting into the staff group: topic, card, mirrored messages. What is gone or closed there is made anew."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.error import BadRequest, TelegramError

from bot.channels import staff_card
from bot.channels.staff_card import Facts
from bot.channels.staff_pace import NEW, REFRESH, STAFF, GroupPace
from bot.messages import Messages
from bot.store.base import Database
from bot.store.support import topics, topics_view
from bot.store.support.topics_view import View
from bot.store.times import stamp
from bot.support.book import Offices
from intents.model import Lang
from intents.understanding import Understanding

R = TypeVar("R")
TRIES = 6
_GONE = ("thread not found", "topic_deleted", "topic_id_invalid", "topic not found")
_NO_CARD = ("message to edit not found", "message can't be edited", "message_id_invalid")
_NO_TOPICS = ("not a forum", "not enough rights", "admin_required")
_UNLINKED = LinkPreviewOptions(is_disabled=True)
log = logging.getLogger(__name__)


class Poster:
    """Knows where a ticket stands in the group and puts things there."""

    def __init__(
        self, bot: Bot, db: Database, pace: GroupPace, messages: Messages, offices: Offices,
        knowledge: Callable[[], Understanding] | None = None, desk_url: str = "",
    ) -> None:  # fmt: skip
        self.bot = bot
        self.pace = pace
        self.messages = messages
        self._db = db
        self._offices = offices
        self._knowledge = knowledge
        self._desk_url = desk_url
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def lang(self) -> Lang:
        """Return the group's language."""
        return (await self._offices()).policy.group.lang

    async def card(self, ticket: int, urgent: bool = False) -> None:
        """Show the card as it stands now: edited in place, or posted and pinned."""
        view = await self._db.read(topics_view.ticket, ticket)
        if view is None:
            return
        # waited for outside the lock: a card that can wait must not hold up a merchant's words
        await self.pace.wait(STAFF if urgent else NEW if view.topic["card"] is None else REFRESH)
        async with self._lock(ticket):
            await self.healed(ticket, self._card)

    async def post(
        self, ticket: int, send: Callable[[int, dict[str, Any]], Awaitable[R]], priority: int, cost: int = 1
    ) -> R | None:
        """Call ``send`` with the group and where in it; there is a topic and a card first. None: no such ticket."""

        async def place(view: View, chat: int) -> R:
            where = {"message_thread_id": view.topic["thread"] or None}
            if not view.topic["thread"]:
                where = {"reply_parameters": ReplyParameters(view.topic["card"], allow_sending_without_reply=True)}
            return await send(chat, where)

        await self.pace.wait(priority, cost)
        async with self._lock(ticket):
            return await self.healed(ticket, place, carded=True, priority=priority)

    async def erase(self, thread: int, posts: list[int]) -> None:
        """Delete a topic with all that is in it; without a topic, the messages that can still be deleted."""
        chat = await self._db.read(topics.chat)
        if thread:
            await self.bot.delete_forum_topic(chat, thread)
            return
        for posted in posts:
            with contextlib.suppress(BadRequest):
                await self.bot.delete_message(chat, posted)

    async def healed(
        self, ticket: int, do: Callable[[View, int], Awaitable[R]], carded: bool = False, priority: int = NEW
    ) -> R | None:  # fmt: skip
        """Do something in a ticket's topic; a topic that is missing or closed is made or opened first."""
        for attempt in range(TRIES):
            view = await self._db.read(topics_view.ticket, ticket)
            chat = await self._db.read(topics.chat)
            if view is None or not chat or view.topic["mode"] == "erased":
                return None
            if view.topic["thread"] is None:
                await self._topic(view, chat)
                continue
            try:
                if carded and view.topic["card"] is None:
                    await self.pace.wait(priority)
                    await self._card(view, chat)
                    continue
                return await do(view, chat)
            except BadRequest as error:
                if attempt == TRIES - 1 or not await self._heal(view, chat, str(error).lower()):
                    raise
        return None

    async def _heal(self, view: View, chat: int, error: str) -> bool:
        number, thread = view.row["number"], view.topic["thread"]
        if any(word in error for word in _GONE):
            await self._db.write(topics.lost, number, thread)
        elif "topic_closed" in error or "topic closed" in error:
            await self._reopen(chat, number, thread)
        elif any(word in error for word in _NO_CARD):
            await self._db.write(topics.carded, number, None, 0, "", stamp(datetime.now(UTC)))
        else:
            return False
        return True

    async def _reopen(self, chat: int, number: int, thread: int) -> None:
        try:
            await self.bot.reopen_forum_topic(chat, thread)
        except BadRequest as error:
            if "not_modified" not in str(error).lower():
                log.warning("a closed topic cannot be opened, its ticket goes on without one: %s", error)
                await self._db.write(topics.placed, number, 0)

    async def _topic(self, view: View, chat: int) -> None:
        """Make the topic; where there can be none, the card stands by itself."""
        thread = 0
        try:
            made = await self.bot.create_forum_topic(chat, staff_card.title(facts(view, await self.lang())))
            thread = made.message_thread_id
        except BadRequest as error:
            if not any(word in str(error).lower() for word in _NO_TOPICS):
                raise
        await self._db.write(topics.placed, view.row["number"], thread)

    async def _card(self, view: View, chat: int) -> None:
        number, row = view.row["number"], facts(view, await self.lang())
        knowledge = self._knowledge() if self._knowledge else None
        text = staff_card.text(row, knowledge, await self._offices(), self.messages, datetime.now(UTC))
        rows = keyboard(
            number,
            staff_card.buttons(row, self.messages),
            (self.messages.say("staff.button.desk", row.lang), self._url(number)),
        )
        posted = view.topic["card"]
        if posted is not None:
            try:
                await self.bot.edit_message_text(text, chat, posted, reply_markup=rows, link_preview_options=_UNLINKED)
            except BadRequest as error:
                if "not modified" not in str(error).lower():
                    raise
        else:
            message: Message = await self.bot.send_message(
                chat, text, message_thread_id=view.topic["thread"] or None, reply_markup=rows,
                link_preview_options=_UNLINKED,
            )  # fmt: skip
            posted = message.message_id
        fresh = view.topic["card"] is None
        at = stamp(datetime.now(UTC))
        await self._db.write(topics.carded, number, posted, view.topic["event"], view.topic["mode"], at)
        if fresh and view.topic["thread"]:
            await self._pin(chat, posted)

    async def _pin(self, chat: int, posted: int) -> None:
        try:
            await self.bot.pin_chat_message(chat, posted, disable_notification=True)
        except TelegramError as error:
            log.warning("a card was not pinned: %s", error)

    def _lock(self, ticket: int) -> asyncio.Lock:
        if len(self._locks) > 10_000:
            for number in [number for number, lock in self._locks.items() if not lock.locked()]:
                del self._locks[number]
        return self._locks[ticket]

    def _url(self, number: int) -> str:
        return f"{self._desk_url}/tickets/{number}" if self._desk_url else ""


def facts(view: View, lang: Lang) -> Facts:
    """Return what the card shows of a ticket."""
    return Facts(view.row, view.name, view.assignee, view.blocked, view.said, view.topic["mode"], lang)


def keyboard(
    number: int, rows: staff_card.Buttons, link: tuple[str, str] = ("", "")
) -> InlineKeyboardMarkup:  # fmt: skip
    """Return buttons whose data names ticket and act; ``link`` is the label and the address of one more."""
    made = [[InlineKeyboardButton(label, callback_data=f"t:{number}:{what}") for label, what in row] for row in rows]
    if link[1]:
        made.append([InlineKeyboardButton(link[0], url=link[1])])
    return InlineKeyboardMarkup(made)
