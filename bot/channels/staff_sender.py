"""The outbox → the staff group. Beside the merchants' sender, so that the group's pace never holds up a merchant."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram import ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.channels.sender import ASKED_PAUSE, seconds
from bot.channels.staff_card import clean
from bot.channels.staff_mirror import NotYet, mentioning, mirror
from bot.channels.staff_pace import STAFF
from bot.channels.staff_post import Poster, keyboard
from bot.outgoing import LONGEST_PAUSE, Deliveries, backoff, log
from bot.store.base import Database
from bot.store.outbox import Failed, Later, Parcel, Result, Sent
from bot.store.support import topics, topics_collect, topics_view
from bot.store.times import stamp

STALE = timedelta(seconds=60)
REACTIONS = {"waiting": "👀", "sent": "👍", "failed": "👎"}
"""How far a message of staff came; Telegram allows a fixed set only, and no warning sign is in it."""


class GroupSender(Deliveries):
    """Collects what happened to tickets and shows it in the group."""

    channel = topics.CHANNEL
    hears = ("outbox", "tickets")
    poll = 0.3
    sole = True
    room = 2000  # all wait for one group's pace, and what is urgent overtakes there
    patience = 0  # what waits for the group's pace stays in the outbox

    def __init__(self, poster: Poster, db: Database) -> None:
        super().__init__(db)
        self._poster = poster

    async def prepare(self) -> None:
        """Collect what happened to tickets."""
        if await self._db.read(topics_collect.stale):
            await self._db.write(topics_collect.collect, self._clock(), self._poster.messages)

    async def send(self, parcel: Parcel) -> Result:
        """Try once to show something in the group."""
        try:
            await self._send(parcel, json.loads(parcel.payload))
        except RetryAfter as error:
            pause = seconds(error.retry_after)
            self._poster.pace.hold(pause)
            return Later("Telegram asks to wait", min(pause, ASKED_PAUSE))
        except ChatMigrated as error:
            old = await self._db.read(topics.chat)
            await self._db.write(topics.moved, old, error.new_chat_id, stamp(self._clock()))
            return Later("the group moved", 0)
        except Forbidden as error:
            log.warning("the bot cannot write into the staff group: %s", error)
            return Later(str(error), LONGEST_PAUSE)
        except BadRequest as error:
            return _refused(parcel, error)
        except NotYet:
            return Later("a file is being checked", self.poll)
        except (NetworkError, TelegramError) as error:
            return Later(type(error).__name__, backoff(parcel))
        return Sent()

    async def _send(self, parcel: Parcel, payload: dict[str, Any]) -> None:
        if parcel.kind == "card":
            await self._poster.card(payload["ticket"], payload["urgent"])
        elif parcel.kind == "mirror":
            await mirror(self._poster, self._db, payload["ticket"], payload["messages"])
        elif parcel.kind == "hint":
            await self._hint(payload)
        elif parcel.kind == "erase":
            await self._poster.erase(payload["thread"], payload["posts"])
        elif parcel.kind == "react":
            await self._react(payload)
        elif parcel.kind == "answer" and datetime.now(UTC) - datetime.fromisoformat(parcel.created_at) < STALE:
            await self._poster.bot.answer_callback_query(
                payload["callback"], payload["text"] or None, show_alert=payload["alert"]
            )

    async def _hint(self, payload: dict[str, Any]) -> None:
        rows = keyboard(payload["ticket"], payload["rows"]) if payload["rows"] else None

        async def send(chat: int, where: dict[str, Any]) -> int:
            if payload["reply_to"]:
                reply = ReplyParameters(payload["reply_to"], allow_sending_without_reply=True)
                where = {**where, "reply_parameters": reply}
            text, called = mentioning(clean(payload["text"])[:4000], payload.get("people", ()))
            sent = await self._poster.bot.send_message(chat, text, entities=called, reply_markup=rows, **where)
            return sent.message_id

        posted = await self._poster.post(payload["ticket"], send, STAFF)
        if posted:
            await self._db.write(topics.post, payload["ticket"], posted)

    async def _react(self, payload: dict[str, Any]) -> None:
        emoji, posted = payload.get("emoji"), payload.get("posted")
        if not emoji:
            row = await self._db.read(topics_view.mark, payload["message"])
            emoji, posted = (REACTIONS.get(row["mark"]), row["posted"]) if row else (None, None)
        if emoji and posted:
            await self._poster.bot.set_message_reaction(await self._db.read(topics.chat), posted, emoji)


def _refused(parcel: Parcel, error: BadRequest) -> Result:
    if parcel.kind not in ("react", "answer"):
        log.warning("the staff group was not told something: %s", error)
    if "chat not found" in str(error).lower():
        return Later(str(error), LONGEST_PAUSE)
    return Failed(str(error))
