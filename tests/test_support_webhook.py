"""The outgoing webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx
from support import open_ticket, rows

from bot.store import outbox
from bot.store.base import Database
from bot.store.times import stamp
from bot.support.webhook import Webhook


async def test_new_tickets_are_told_once_signed_and_in_order(db: Database, clock: Any) -> None:
    seen: list[httpx.Request] = []
    answers = [503, 200, 200]

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(answers[min(len(seen), len(answers)) - 1])

    hook = Webhook(db, "https://crm.example/hook", "s", "https://d/desk", clock, httpx.MockTransport(answer))
    numbers = [await open_ticket(db, clock, f"tg:{chat}", serial="SECRET") for chat in range(2)]
    await hook.drain()
    assert len(seen) == 1
    await hook.drain()
    assert len(seen) == 1
    clock.pass_(seconds=3)
    await hook.drain()
    await hook.drain()
    told_of = [json.loads(request.content)["number"] for request in seen]
    assert told_of == [numbers[0], *numbers]
    assert {str(request.url) for request in seen} == {"https://crm.example/hook"}
    body = seen[-1].content
    assert seen[-1].headers["X-Posbot-Signature"] == f"sha256={hmac.new(b's', body, hashlib.sha256).hexdigest()}"
    assert b"SECRET" not in body
    assert await db.read(outbox.due, stamp(clock()), 10) == []


async def test_the_webhook_goes_nowhere_else(db: Database, clock: Any) -> None:
    seen: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/"})

    hook = Webhook(db, "https://crm.example/hook", "s", "", clock, httpx.MockTransport(redirect))
    await open_ticket(db, clock)
    for _ in range(8):
        await hook.drain()
        clock.pass_(hours=6)
    assert set(seen) == {"https://crm.example/hook"}
    parcel = (await rows(db, "SELECT state, error FROM outbox WHERE channel = 'webhook'"))[0]
    assert (parcel["state"], parcel["error"]) == ("failed", "status 302")
