"""What the bot needs in the staff group, and what of it is missing: one sentence each, in the log and in the desk."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime

from telegram import Bot, ChatMemberAdministrator
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.errors import StoreError
from bot.messages import Messages
from bot.store.base import Database
from bot.store.support import topics, topics_collect
from bot.store.times import stamp

EVERY = 300.0
POLL = 15.0
log = logging.getLogger(__name__)


class GroupCheck:
    """Looks at the group at the start and every few minutes, until cancelled."""

    def __init__(self, bot: Bot, db: Database, messages: Messages) -> None:
        self._bot = bot
        self._db = db
        self._messages = messages
        self.seen_at = time.monotonic()

    async def run(self) -> None:
        """Look for ever; topics of merchants who were erased are deleted on the way."""
        looked = -EVERY
        while True:
            self.seen_at = time.monotonic()
            if self.seen_at - looked >= EVERY:
                looked = self.seen_at
                await self.look()
            try:
                await self._db.write(topics_collect.forgotten, stamp(datetime.now(UTC)))
            except StoreError as error:
                log.error("erased merchants' topics have to wait: %s", error)
            await asyncio.sleep(POLL)

    async def look(self) -> None:
        """Keep what is missing; say it in the log when it is news."""
        try:
            found = await self._missing(await self._db.read(topics.chat))
            news = await self._db.write(topics.keep_problems, found)
        except (TelegramError, StoreError) as error:
            log.warning("the staff group could not be checked: %s", error)
            return
        for key in found if news else ():
            log.warning("the staff group lacks something: %s", self._messages.say(f"staff.missing.{key}", "en"))

    async def _missing(self, chat: int) -> list[str]:
        try:
            group = await self._bot.get_chat(chat)
            me = await self._bot.get_chat_member(chat, self._bot.id)
        except ChatMigrated as error:
            await self._db.write(topics.moved, chat, error.new_chat_id, stamp(datetime.now(UTC)))
            return await self._missing(error.new_chat_id)
        except (BadRequest, Forbidden):
            return ["group"]
        if me.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
            return ["group"]
        found = [] if group.is_forum else ["topics"]
        if not isinstance(me, ChatMemberAdministrator):
            hears = bool(self._bot.bot.can_read_all_group_messages)
            return [*found, "admin", *([] if hears else ["privacy"])]
        if group.is_forum and not me.can_manage_topics:
            found.append("manage_topics")
        if not me.can_pin_messages:
            found.append("pin")
        return found
