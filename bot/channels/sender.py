"""The outbox → Telegram: paced, retried, in order per chat; every result is recorded.

Sending has no idempotency key: after a lost response a message may be sent twice, never lost.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any

from aiolimiter import AsyncLimiter
from telegram import Bot
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
from bot.channels.telegram import CHANNEL, chat_id, say
from bot.metrics import DELIVERED, SEND_SECONDS, SENDS
from bot.outgoing import LONGEST_PAUSE, Deliveries, backoff, log
from bot.store import outbox, times
from bot.store.base import Database
from bot.store.outbox import Failed, Later, Parcel, Result, Sent
from bot.store.pacing import CHAT_BURST, CHAT_SECONDS, PACED

SIDE_BY_SIDE = 8
STALE = timedelta(seconds=60)
"""Age from which answering a button press is pointless: Telegram has given up on it."""
PASSING_TRIES = 3
"""Attempts for what is of use only now ("are you still there"): after an outage it would be an answer to nothing."""
ASKED_PAUSE = 0.8 * outbox.LONGEST.total_seconds()
"""Pause honoured at most where Telegram asks for one; asked again, it is granted again."""
CHATS = 10_000
"""Chats whose pace is remembered; forgotten ones have been silent for long."""


class Final(Exception):
    """A parcel that can never arrive."""


class Pace:
    """Telegram's limits: ``rate`` a second overall, one a second per chat with a burst of three; 0 = none."""

    def __init__(self, rate: float) -> None:
        self._overall = AsyncLimiter(max(1.0, rate), max(1.0, 1.0 / rate)) if rate else None
        self._chats: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def wait(self, chat: str) -> None:
        """Wait for room and take it."""
        if self._overall is not None:
            await self._chat(chat).acquire()
            await self._overall.acquire()

    def _chat(self, chat: str) -> AsyncLimiter:
        limiter = self._chats.pop(chat, None) or AsyncLimiter(CHAT_BURST, CHAT_BURST * CHAT_SECONDS)
        self._chats[chat] = limiter
        if len(self._chats) > CHATS:
            self._chats.popitem(last=False)
        return limiter


class Sender(Deliveries):
    """Sends what the outbox holds for Telegram. On a shared database the pace is kept there, for all replicas."""

    channel = CHANNEL

    def __init__(self, bot: Bot, db: Database, rate: float) -> None:
        super().__init__(db, rate=rate)
        self._bot = bot
        self._pace = Pace(0 if db.shared else rate)
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)

    async def deliver(self, parcel: Parcel) -> None:
        """Hold a slot until the result is recorded: what has none may come twice after a kill, so many and no more."""
        if parcel.kind in PACED:
            await self._pace.wait(parcel.chat)
        async with self._slots:
            await super().deliver(parcel)

    async def send(self, parcel: Parcel) -> Result:
        """Try once; the metric counts how it went."""
        result = await self._attempt(parcel)
        SENDS.labels({Sent: "sent", Later: "retried", Failed: "refused"}[type(result)]).inc()
        if isinstance(result, Sent):
            DELIVERED.observe(max(0.0, (self._clock() - times.read(parcel.created_at)).total_seconds()))
        return result

    async def _attempt(self, parcel: Parcel) -> Result:
        try:
            with SEND_SECONDS.time():
                return Sent(await self._send(parcel))
        except RetryAfter as error:
            return Later("Telegram asks to wait", min(seconds(error.retry_after), ASKED_PAUSE))
        except (Forbidden, ChatMigrated, BadRequest, Final) as error:
            return Failed(str(error))
        except InvalidToken:
            log.error("Telegram refuses the bot token")
            return Later("the token is refused", LONGEST_PAUSE)
        except (NetworkError, TelegramError) as error:
            return Later(type(error).__name__, backoff(parcel))

    async def _send(self, parcel: Parcel) -> str:
        payload: dict[str, Any] = json.loads(parcel.payload)
        if payload.get("passing") and parcel.attempts >= PASSING_TRIES:
            raise Final("nobody waits for it any more")
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
        return await say(self._bot, chat, payload["text"], payload["labels"], payload["token"])

    async def _answer(self, parcel: Parcel, payload: dict[str, Any]) -> str:
        if datetime.now(UTC) - datetime.fromisoformat(parcel.created_at) > STALE:
            raise Final("the press is too old to be answered")
        await self._bot.answer_callback_query(payload["callback"])
        return ""


def seconds(value: int | timedelta) -> float:
    """Return how long Telegram asks to wait."""
    return value.total_seconds() if isinstance(value, timedelta) else float(value)
