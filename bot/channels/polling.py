"""Long polling: updates are committed to the inbox before Telegram is told that they arrived.

PTB's own Updater confirms a batch before it is handled, and parses it as a whole; here the raw answer is fetched,
each update is stored by itself, and only then does the next request's offset confirm them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from telegram import Bot
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError

from bot.channels.telegram import WANTED, named, receipt, unparsable
from bot.errors import ConfigError, StoreError
from bot.store.base import Database
from bot.store.inbox import receive
from bot.store.turns import stamp

WAIT = 25
"""Seconds that a request waits for updates."""
BATCH = 100
log = logging.getLogger(__name__)


class Poller:
    """Fetches updates of one bot into the inbox until cancelled."""

    def __init__(self, bot: Bot, db: Database) -> None:
        self._bot = bot
        self._db = db
        self._offset = 0
        self.seen_at = time.monotonic()

    async def run(self) -> None:
        """Fetch for ever; trouble is waited out, longer each time up to 30 s.

        Raises:
            ConfigError: Telegram refuses the token.

        """
        trouble = 0
        while True:
            try:
                await self._fetch()
                trouble = 0
            except InvalidToken as error:
                raise ConfigError("POSBOT_TELEGRAM_TOKEN: Telegram refuses this token") from error
            except (TelegramError, StoreError) as error:
                trouble += 1
                pause = min(30.0, 0.5 * 2**trouble)
                log.warning("updates cannot be fetched, next try in %.0f s: %s", pause, error)
                await asyncio.sleep(pause)
            self.seen_at = time.monotonic()

    async def _fetch(self) -> None:
        updates = parse(await self._request(BATCH))
        if updates is None:
            await self._isolate()
        elif updates:
            await self._store(updates)

    async def _store(self, updates: list[Any]) -> None:
        at = stamp(datetime.now(UTC))
        await self._db.write(receive, [receipt(update, at) for update in updates])
        numbers = [update["update_id"] for update in updates
                   if isinstance(update, dict) and _is_number(update.get("update_id"))]  # fmt: skip
        if numbers:
            self._offset = max(numbers) + 1

    async def _isolate(self) -> None:
        """A batch cannot be parsed: fetch one by one, and park the one that is at fault as it came."""
        body = await self._request(1)
        updates = parse(body)
        if updates is not None:
            await self._store(updates)
            return
        number = named(body)
        if number is None:
            raise NetworkError("an answer that is neither JSON nor names an update")
        await self._db.write(receive, [unparsable(body, stamp(datetime.now(UTC)))])
        self._offset = number + 1

    async def _request(self, limit: int) -> bytes:
        query = urlencode({"offset": self._offset, "limit": limit, "timeout": WAIT,
                           "allowed_updates": json.dumps(WANTED)})  # fmt: skip
        code, body = await self._bot.request.do_request(
            url=f"{self._bot.base_url}/getUpdates?{query}", method="POST", read_timeout=WAIT + 10.0
        )
        if code in (401, 404):
            raise InvalidToken("Telegram refuses the bot token")
        if code == 409:
            # a webhook that an earlier posbot set again in its last moments would keep updates away for ever
            await self._bot.delete_webhook(drop_pending_updates=False)
            raise Conflict("a webhook was set, or another posbot fetches updates of this bot")
        if code != 200:
            raise NetworkError(f"Telegram answered {code}")
        return body


def parse(body: bytes) -> list[Any] | None:
    """Return the updates of an answer of Telegram; None for what holds no list of them."""
    try:
        found = json.loads(body)["result"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _is_number(found: Any) -> bool:
    """Tell whether it is a number that an offset can be made of: an absurd one would end all fetching."""
    return isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**53
