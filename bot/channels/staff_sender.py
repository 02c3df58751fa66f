"""The outbox → the staff group. Beside the merchants' sender, so that the group's pace never holds up a merchant."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram import ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.channels.staff_card import clean
from bot.channels.staff_mirror import mentioning, mirror
from bot.channels.staff_pace import STAFF
from bot.channels.staff_post import Poster, keyboard
from bot.errors import StoreError
from bot.store import outbox
from bot.store.base import Database
from bot.store.outbox import Parcel
from bot.store.support import topics, topics_collect, topics_view
from bot.store.times import stamp
from bot.waiting import wake_or

POLL_SECONDS = 0.3
LONGEST_PAUSE = 60.0
UNDER_WAY = 2000
STALE = timedelta(seconds=60)
REACTIONS = {"waiting": "👀", "sent": "👍", "failed": "👎"}
"""How far a message of staff came; Telegram allows a fixed set only, and no warning sign is in it."""
log = logging.getLogger(__name__)


class GroupSender:
    """Collects what happened to tickets and shows it in the group, until cancelled."""

    def __init__(self, poster: Poster, db: Database) -> None:
        self._poster = poster
        self._db = db
        self._wake = asyncio.Event()
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen_at = time.monotonic()

    async def run(self) -> None:
        """Send for ever; what waits for its turn when cancelled stays in the outbox."""
        stops = [self._db.listen(topic, self._wake.set) for topic in ("outbox", "tickets")]
        try:
            while True:
                self.seen_at = time.monotonic()
                self._wake.clear()
                try:
                    await self._round()
                except StoreError as error:
                    log.error("the staff group has to wait: %s", error)
                await wake_or(self._wake, POLL_SECONDS)
        finally:
            for stop in stops:
                stop()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _round(self) -> None:
        if await self._db.read(topics_collect.stale):
            await self._db.write(topics_collect.collect, datetime.now(UTC), self._poster.messages)
        room = UNDER_WAY - len(self._busy)
        if room <= 0:
            return
        for parcel in await self._db.read(outbox.due, self._after(0), room, tuple(self._busy), topics.CHANNEL):
            self._busy.add(parcel.chat)
            task = asyncio.create_task(self._deliver(parcel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            await self._attempt(parcel)
        except StoreError as error:
            log.error("a result was not recorded, it may be shown again: %s", error)
            await asyncio.sleep(1)
        except Exception:  # the edge: one parcel's fault must not stop the others
            log.exception("the staff group could not be told something")
            await self._later(parcel, "internal fault", LONGEST_PAUSE)
        finally:
            self._busy.discard(parcel.chat)
            self._wake.set()

    async def _attempt(self, parcel: Parcel) -> None:
        try:
            await self._send(parcel, json.loads(parcel.payload))
        except RetryAfter as error:
            seconds = error.retry_after
            pause = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
            self._poster.pace.hold(pause)
            await self._later(parcel, "Telegram asks to wait", pause)
        except ChatMigrated as error:
            old = await self._db.read(topics.chat)
            await self._db.write(topics.moved, old, error.new_chat_id, self._after(0))
            await self._later(parcel, "the group moved", 0)
        except Forbidden as error:
            log.warning("the bot cannot write into the staff group: %s", error)
            await self._later(parcel, str(error), LONGEST_PAUSE)
        except BadRequest as error:
            if parcel.kind not in ("react", "answer"):
                log.warning("the staff group was not told something: %s", error)
            if "chat not found" in str(error).lower():
                await self._later(parcel, str(error), LONGEST_PAUSE)
            else:
                await self._db.write(outbox.failed, parcel.id, str(error), self._after(0))
        except (NetworkError, TelegramError) as error:
            await self._later(parcel, type(error).__name__, min(LONGEST_PAUSE, 0.5 * 2 ** min(parcel.attempts, 8)))
        else:
            await self._db.write(outbox.sent, parcel.id, "", self._after(0))

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

    async def _later(self, parcel: Parcel, why: str, pause: float) -> None:
        jitter = random.uniform(0, 0.2 * pause)  # noqa: S311 - spreads retries, guards nothing
        await self._db.write(outbox.later, parcel.id, why, self._after(pause + jitter))

    def _after(self, seconds: float) -> str:
        return stamp(datetime.now(UTC) + timedelta(seconds=seconds))
