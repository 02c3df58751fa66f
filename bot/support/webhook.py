"""The outgoing webhook: one POST for each new ticket, through the outbox, to the configured address only."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from bot.outgoing import Deliveries, backoff
from bot.store.base import Database
from bot.store.outbox import Failed, Later, Parcel, Result, Sent
from bot.store.support import hooks
from bot.store.times import read

TIMEOUT = 10.0
GIVE_UP = timedelta(hours=24)
LONGEST_PAUSE = 300.0


class Webhook(Deliveries):
    """Tells another system of new tickets, one after the other.

    The body is JSON (event, number, priority, intent, title, status, created_at, url); the header
    ``X-Posbot-Signature`` is ``sha256=`` and the HMAC of the body with the secret. Redirects are not followed, proxies
    of the environment not used, answers not read.
    """

    channel = hooks.CHANNEL
    hears = ("tickets",)
    poll = 1.0
    sole = True

    def __init__(
        self, db: Database, url: str, secret: str, desk: str, clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        super().__init__(db, clock)
        self._url = url
        self._secret = secret.encode()
        self._desk = desk
        self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False, transport=transport)

    async def prepare(self) -> None:
        """Queue the tickets that are new."""
        await self._db.write(hooks.collect, self._clock())

    async def send(self, parcel: Parcel) -> Result:
        """Try once to tell of a ticket."""
        error = await self._post(parcel)
        if not error:
            return Sent()
        if self._clock() - read(parcel.created_at) > GIVE_UP:
            return Failed(error)
        return Later(error, backoff(parcel, LONGEST_PAUSE))

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
