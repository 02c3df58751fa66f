"""Telegram's webhook: what is pushed here is committed to the inbox before Telegram hears 200.

Every replica serves the route. Telegram keeps what it could not hand over for a day and sends it again; what came
twice is stored once.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import math
import time
from datetime import UTC, datetime, timedelta

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram import WANTED, receipt, unparsable
from bot.errors import ConfigError, StoreError
from bot.metrics import WEBHOOK_ERRORS, WEBHOOK_PENDING, WEBHOOK_PUSHES
from bot.store.base import Database
from bot.store.inbox import Receipt, receive
from bot.store.times import stamp

PATH = "/webhook/telegram"
CONNECTIONS = 40
"""Requests that Telegram may make side by side; those of one chat still come one after the other."""
EVERY, SOON = 20.0, 3.0
"""Seconds between looks at what Telegram says of the webhook: when all is well, and when it is not."""
RECENT = timedelta(seconds=2 * EVERY)
AGAIN = {"Retry-After": "1"}
"""Telegram heeds this; without it, it waits longer each time, up to minutes."""
log = logging.getLogger(__name__)


class WebhookIntake:
    """Takes updates at ``PATH`` and keeps the webhook set, until cancelled."""

    def __init__(self, bot: Bot, db: Database, base: str, secret: str) -> None:
        self._bot = bot
        self._db = db
        self._address = base + PATH
        self._secret = secret
        self._is_set = False
        self._before: datetime | None = None
        self._last_error: datetime | None = None
        self.seen_at = -math.inf
        self.route = Route(PATH, self.take, methods=["POST"])

    async def run(self) -> None:
        """Set the webhook, look after it for ever; it counts as alive while Telegram says that it works.

        Raises:
            ConfigError: Telegram refuses the token.

        """
        while True:  # noqa: ASYNC110 - Telegram is asked again and again, no event tells
            await asyncio.sleep(EVERY if await self._look() else SOON)

    async def take(self, request: Request) -> Response:
        """Store one update; 403 without the secret, 503 while the store refuses."""
        status = await self._take(request)
        WEBHOOK_PUSHES.labels(status).inc()
        return Response(status_code=status, headers=AGAIN if status == 503 else None)

    async def _take(self, request: Request) -> int:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return 403
        try:
            await self._db.write(receive, [_receipt(await request.body())])
        except StoreError as error:
            log.error("an update was not stored, Telegram sends it again: %s", error)
            return 503
        except ClientDisconnect:
            return 400
        return 200

    async def _look(self) -> bool:
        try:
            info = await self._bot.get_webhook_info()
            if not self._is_set or info.url != self._address:
                await self._set(info)
        except InvalidToken as error:
            raise ConfigError("POSBOT_TELEGRAM_TOKEN: Telegram refuses this token") from error
        except TelegramError as error:
            log.warning("the webhook cannot be looked after: %s", error)
            return False
        well = self._judge(info)
        self.seen_at = time.monotonic() if well else -math.inf
        return well

    async def _set(self, info: WebhookInfo) -> None:
        if self._is_set:
            log.warning("the webhook was changed by somebody else, it is set again")
        # always once: the secret and the kinds of updates cannot be asked for
        await self._bot.set_webhook(self._address, max_connections=CONNECTIONS, allowed_updates=WANTED,
                                    secret_token=self._secret, drop_pending_updates=False)  # fmt: skip
        self._is_set = True
        self._before = self._last_error = info.last_error_date  # while nobody served

    def _judge(self, info: WebhookInfo) -> bool:
        """Tell whether Telegram hands its updates over; say what went wrong once."""
        WEBHOOK_PENDING.set(info.pending_update_count)
        failed_at = info.last_error_date
        if failed_at is None or failed_at == self._before:
            return True
        if failed_at != self._last_error:
            self._last_error = failed_at
            WEBHOOK_ERRORS.inc()
            log.warning("Telegram could not hand an update over: %s", info.last_error_message)
        return not info.pending_update_count or datetime.now(UTC) - failed_at > RECENT


def _receipt(body: bytes) -> Receipt:
    at = stamp(datetime.now(UTC))
    try:
        return receipt(json.loads(body), at)
    except (ValueError, RecursionError):
        return unparsable(body, at)
