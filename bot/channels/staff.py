"""The staff group: each of its updates is understood, checked against the staff and carried out in one write."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from telegram import Update

from bot.channels import staff_acts
from bot.channels.staff_acts import ACTIONS, Wanted
from bot.channels.staff_meaning import Meaning, read
from bot.channels.telegram import pressed
from bot.errors import UndecodableUpdate
from bot.messages import Messages
from bot.store.base import Database
from bot.store.inbox import Work
from bot.store.payloads import unpack
from bot.store.support import topics, topics_acts, topics_media
from bot.store.support.topics_acts import Outsider, Scene, Spot
from bot.store.times import stamp
from bot.support.authority import Action
from bot.support.book import Offices
from bot.support.errors import (
    AlreadyClaimed,
    Invalid,
    MerchantBlocked,
    NoSuchTicket,
    NotAllowed,
    SupportError,
    WrongStatus,
)
from intents.model import Lang
from intents.understanding import Understanding

log = logging.getLogger(__name__)


class StaffGroup:
    """Handles what is written and pressed in the staff group."""

    def __init__(
        self, db: Database, messages: Messages, offices: Offices, clock: Callable[[], datetime],
        knowledge: Callable[[], Understanding], username: Callable[[], str] = str,
    ) -> None:  # fmt: skip
        self._db = db
        self._messages = messages
        self._offices = offices
        self._clock = clock
        self._knowledge = knowledge
        self._username = username

    async def takes(self, work: Work) -> bool:
        """Tell whether an update is the group's."""
        if work.channel != "telegram" or not work.chat.startswith("tg:-"):
            return False
        return work.chat == f"tg:{await self._db.read(topics.chat)}"

    async def handle(self, work: Work) -> None:
        """Carry out one update.

        Raises:
            UndecodableUpdate: it is no update of Telegram.
            AlreadyHandled: somebody else did it.

        """
        data: Any = None
        try:
            data = unpack(work.payload)
            update, hidden = Update.de_json(data["update"], None), bool(data.get("found"))
            meaning = read(update, self._username())
            _check(meaning)
        except Exception as error:  # Telegram's objects may be anything; whatever is wrong, only this update suffers
            raise UndecodableUpdate(f"not a Telegram update: {type(error).__name__}", pressed(data)) from error
        chat = int(work.chat.removeprefix("tg:"))
        scene = Scene(work.id, str(meaning.user), self._clock(), await self._offices(), self._messages, hidden)
        if meaning.kind == "moved":
            await self._db.write(_moved, scene, chat, meaning.moved_to)
            return
        if "card" in data.get("found", ()) and meaning.posted:
            await self._db.write(topics_acts.unsay, scene, Spot(0, meaning.posted, chat))
        ticket: int | None = meaning.ticket
        if not ticket:
            ticket = await self._db.read(topics.find, meaning.thread, meaning.replied)
        if meaning.kind == "edit" and ticket is None:
            ticket = await self._db.read(topics.find, 0, meaning.posted)
        if meaning.kind == "nothing" or (not ticket and meaning.kind != "press"):
            await self._db.write(topics_acts.done, scene)
            return
        await self._do(scene, meaning, Spot(ticket or 0, meaning.posted, chat))

    async def _do(self, scene: Scene, meaning: Meaning, spot: Spot) -> None:
        lang: Lang = "en" if meaning.lang and not meaning.lang.startswith("zh") else "zh"
        if meaning.anonymous:
            text = self._messages.say("staff.anonymous", lang)
            await self._db.write(topics_acts.refuse, scene, spot, meaning.callback, text)
            return
        try:
            wanted = self._wanted(meaning, lang)
            await self._db.write(topics_acts.commit, scene, wanted.action, wanted.deed, spot, *wanted.args)
        except SupportError as error:
            once = f"outsider.{meaning.user}" if isinstance(error, Outsider) else ""
            text = self._why(error, meaning, lang)
            await self._db.write(topics_acts.refuse, scene, spot, meaning.callback, text, once)

    def _wanted(self, meaning: Meaning, lang: Lang) -> Wanted:
        if meaning.kind == "say":
            return Wanted(Action.REPLY, topics_acts.say, (meaning.text,))
        if meaning.kind == "note":
            return Wanted(Action.NOTE, topics_acts.note, (meaning.text,))
        if meaning.kind == "media":
            return Wanted(Action.REPLY, topics_media.media, (meaning.item,))
        if meaning.kind == "edit":
            return Wanted(Action.REPLY, topics_acts.edit, (meaning.text,))
        if meaning.kind == "press":
            if not meaning.ticket:
                return Wanted(Action.VIEW_TICKETS, staff_acts.stale, (meaning.callback,))
            return staff_acts.pressed(meaning, self._knowledge())
        if meaning.name not in ACTIONS:
            return Wanted(Action.VIEW_TICKETS, staff_acts.help_, ())
        return staff_acts.typed(meaning, self._knowledge())

    def _why(self, error: SupportError, meaning: Meaning, lang: Lang) -> str:
        values: dict[str, Any] = {"id": meaning.user}
        if isinstance(error, Outsider):
            key = "outsider"
        elif isinstance(error, NotAllowed):
            key = "not_allowed"
        elif isinstance(error, AlreadyClaimed):
            key, values["name"] = "claimed_by", error.name
        elif isinstance(error, WrongStatus):
            key, values["status"] = "status_now", self._messages.say(f"staff.is_{error.status}", lang)
        elif isinstance(error, MerchantBlocked):
            key = "blocked"
        elif isinstance(error, NoSuchTicket):
            key = "gone"
        else:
            key, values["why"] = "invalid", error.say(lang) if isinstance(error, Invalid) else str(error)
        if not isinstance(error, (NotAllowed, Invalid, NoSuchTicket)):
            log.info("refused in the staff group: %s", error)
        return self._messages.say(f"staff.{key}", lang, **values)


def _check(meaning: Meaning) -> None:
    numbers = (meaning.user, meaning.posted, meaning.thread, meaning.replied, meaning.moved_to)
    if not all(isinstance(number, int) and abs(number) < 2**63 for number in numbers):
        raise ValueError("an id that no chat, message or person has")


async def _moved(tx: Any, scene: Scene, old: int, new: int) -> None:
    await topics_acts.done(tx, scene)
    await topics.moved(tx, old, new, stamp(scene.now))
