"""The outbox → Telegram: paced, retried, in order per chat; every result is recorded.

Sending has no idempotency key: after a lost response a message may be sent twice, never lost.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any

from aiolimiter import AsyncLimiter
from telegram import Bot, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels import staff_relay
from bot.channels.telegram import chat_id, keyboard
from bot.errors import StoreError
from bot.metrics import SENDS
from bot.store import outbox
from bot.store.base import Database
from bot.store.outbox import Parcel
from bot.store.turns import stamp
from bot.waiting import finish, wake_or

SIDE_BY_SIDE = 8
PACED = ("send", "media", "edit")
POLL_SECONDS = 0.5
STALE = timedelta(seconds=60)
"""Age from which answering a button press is pointless: Telegram has given up on it."""
LONGEST_PAUSE = 60.0
CHATS = 10_000
"""Chats whose pace is remembered; forgotten ones have been silent for long."""
log = logging.getLogger(__name__)


class Final(Exception):
    """A parcel that can never arrive."""


class Pace:
    """Telegram's limits: ``rate`` a second overall, one a second per chat with a burst of three; 0 = none."""

    def __init__(self, rate: float) -> None:
        self._overall = AsyncLimiter(max(1.0, rate), max(1.0, 1.0 / rate)) if rate else None
        self._chats: OrderedDict[str, AsyncLimiter] = OrderedDict()

    def ready(self, chat: str) -> bool:
        """Tell whether the chat may get a message now."""
        return self._overall is None or self._chat(chat).has_capacity()

    async def wait(self, chat: str) -> None:
        """Wait for room and take it."""
        if self._overall is not None:
            await self._chat(chat).acquire()
            await self._overall.acquire()

    def _chat(self, chat: str) -> AsyncLimiter:
        limiter = self._chats.pop(chat, None) or AsyncLimiter(3, 3)
        self._chats[chat] = limiter
        if len(self._chats) > CHATS:
            self._chats.popitem(last=False)
        return limiter


class Sender:
    """Sends what the outbox holds for Telegram until cancelled."""

    def __init__(self, bot: Bot, db: Database, rate: float) -> None:
        self._bot = bot
        self._db = db
        self._pace = Pace(rate)
        self._wake = asyncio.Event()
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)
        self.seen_at = time.monotonic()

    async def run(self) -> None:
        """Send for ever; what is under way when cancelled is finished and recorded."""
        stop = self._db.listen("outbox", self._wake.set)
        try:
            while True:
                self.seen_at = time.monotonic()
                self._wake.clear()
                try:
                    await self._round()
                except StoreError as error:
                    log.error("the outbox cannot be read: %s", error)
                await wake_or(self._wake, POLL_SECONDS)
        finally:
            stop()
            await finish(self._tasks)

    async def _round(self) -> None:
        found = await self._db.read(outbox.due, stamp(datetime.now(UTC)), 4 * SIDE_BY_SIDE, tuple(self._busy))
        for parcel in found:
            if parcel.chat in self._busy:
                continue
            self._busy.add(parcel.chat)
            task = asyncio.create_task(self._deliver(parcel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            if parcel.kind in PACED:
                await self._pace.wait(parcel.chat)
            async with self._slots:
                await self._attempt(parcel)
        except StoreError as error:
            log.error("a result was not recorded, the message may be sent again: %s", error)
            await asyncio.sleep(1)
        except Exception:  # the edge: one parcel's fault must not stop the others
            log.exception("a parcel could not be sent")
            await self._db.write(outbox.later, parcel.id, "internal fault", self._after(LONGEST_PAUSE))
        finally:
            self._busy.discard(parcel.chat)
            self._wake.set()

    async def _attempt(self, parcel: Parcel) -> None:
        try:
            remote = await self._send(parcel)
        except RetryAfter as error:
            await self._retry(parcel, "Telegram asks to wait", _seconds(error.retry_after))
        except (Forbidden, ChatMigrated, BadRequest, Final) as error:
            SENDS.labels("refused").inc()
            await self._db.write(outbox.failed, parcel.id, str(error), stamp(datetime.now(UTC)))
        except InvalidToken:
            log.error("Telegram refuses the bot token")
            await self._retry(parcel, "the token is refused", LONGEST_PAUSE)
        except (NetworkError, TelegramError) as error:
            await self._retry(parcel, type(error).__name__, min(LONGEST_PAUSE, 0.5 * 2 ** min(parcel.attempts, 8)))
        else:
            SENDS.labels("sent").inc()
            await self._db.write(outbox.sent, parcel.id, remote, stamp(datetime.now(UTC)))

    async def _retry(self, parcel: Parcel, why: str, pause: float) -> None:
        SENDS.labels("retried").inc()
        jitter = random.uniform(0, 0.2 * pause)  # noqa: S311 - spreads retries, guards nothing
        await self._db.write(outbox.later, parcel.id, why, self._after(pause + jitter))

    async def _send(self, parcel: Parcel) -> str:
        payload: dict[str, Any] = json.loads(parcel.payload)
        if parcel.kind == "answer":
            return await self._answer(parcel, payload)
        chat = chat_id(parcel.chat)
        if parcel.kind == "delete":
            await self._bot.delete_message(chat, int(payload["message"]))
            return ""
        if parcel.kind == "media":
            return await staff_relay.media(self._bot, self._db, chat, payload)
        if parcel.kind == "edit":
            return await staff_relay.edit(self._bot, self._db, chat, payload)
        message = await self._bot.send_message(
            chat, payload["text"], reply_markup=keyboard(payload["labels"], payload["token"]),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )  # fmt: skip
        return str(message.message_id)

    async def _answer(self, parcel: Parcel, payload: dict[str, Any]) -> str:
        if datetime.now(UTC) - datetime.fromisoformat(parcel.created_at) > STALE:
            raise Final("the press is too old to be answered")
        await self._bot.answer_callback_query(payload["callback"])
        return ""

    def _after(self, seconds: float) -> str:
        return stamp(datetime.now(UTC) + timedelta(seconds=seconds))


def _seconds(value: int | timedelta) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)
