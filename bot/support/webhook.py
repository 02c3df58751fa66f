"""The outgoing webhook: one POST for each new ticket, through the outbox, to the configured address only."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from bot.errors import StoreError
from bot.store import outbox
from bot.store.base import Database
from bot.store.outbox import Parcel
from bot.store.recording import record
from bot.store.support import hooks
from bot.store.times import read, stamp
from bot.waiting import wake_or

POLL_SECONDS = 1.0
TIMEOUT = 10.0
GIVE_UP = timedelta(hours=24)
LONGEST_PAUSE = 300.0
log = logging.getLogger(__name__)


class Webhook:
    """Tells another system of new tickets until cancelled.

    The body is JSON (event, number, priority, intent, title, status, created_at, url); the header
    ``X-Posbot-Signature`` is ``sha256=`` and the HMAC of the body with the secret. Redirects are not followed, proxies
    of the environment not used, answers not read.
    """

    def __init__(
        self, db: Database, url: str, secret: str, desk: str, clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._db = db
        self._url = url
        self._secret = secret.encode()
        self._desk = desk
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False, transport=transport)
        self._wake = asyncio.Event()
        self.seen_at = time.monotonic()

    async def run(self) -> None:
        """Tell for ever."""
        stop = self._db.listen("tickets", self._wake.set)
        try:
            while True:
                self.seen_at = time.monotonic()
                self._wake.clear()
                try:
                    await self.round()
                except StoreError as error:
                    log.error("the webhook has to wait: %s", error)
                await wake_or(self._wake, POLL_SECONDS)
        finally:
            stop()
            await self._client.aclose()

    async def round(self) -> None:
        """Queue what is new and send what is due, in order."""
        await self._db.write(hooks.collect, self._clock())
        while parcels := await self._db.read(outbox.due, stamp(self._clock()), 1, (), hooks.CHANNEL):
            if not await self._attempt(parcels[0]):
                return

    async def _attempt(self, parcel: Parcel) -> bool:
        error = await self._post(parcel)
        now = self._clock()
        if not error:
            await record(self._db, outbox.sent, parcel.id, "", stamp(now))
        elif now - read(parcel.created_at) > GIVE_UP:
            await record(self._db, outbox.failed, parcel.id, error, stamp(now))
        else:
            pause = min(LONGEST_PAUSE, 2.0 ** min(parcel.attempts, 10))
            await record(self._db, outbox.later, parcel.id, error, stamp(now + timedelta(seconds=pause)))
        return not error

    async def _post(self, parcel: Parcel) -> str:
        """Send one; returns what went wrong, "" if nothing did."""
        data = json.loads(parcel.payload)
        body = json.dumps({**data, "url": f"{self._desk}/tickets/{data['number']}"}, ensure_ascii=False).encode()
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Posbot-Signature": f"sha256={signature}"}
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as response:
                return "" if response.is_success else f"status {response.status_code}"
        except (httpx.HTTPError, OSError) as error:
            return type(error).__name__
