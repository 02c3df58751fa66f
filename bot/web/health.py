"""What machines ask: is posbot well, may it be sent requests, and its numbers."""

from __future__ import annotations

import contextlib
import hmac
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.errors import StoreError
from bot.store import gauges, inbox, outbox
from bot.store.base import Database
from bot.web import visitor
from bot.web.context import web_of
from bot.web.desk import signin

OWN = ("worker", "store", "serving")
"""The parts without which this process must get no requests; a Telegram that is down is no reason to send them away."""
PRIORITIES = ("P1", "P2", "P3", "P4")


async def healthz(request: Request) -> Response:
    """Say 200 only if every part is alive: for people and alerts."""
    return _verdict(dict(await web_of(request).health()))


async def readyz(request: Request) -> Response:
    """Say 200 while this process may be sent requests: for proxies; red first when it is asked to stop."""
    parts = await web_of(request).health()
    return _verdict({name: parts[name] for name in OWN if name in parts})


async def livez(request: Request) -> Response:
    """Say 200 as long as the event loop turns: what does not answer should be started anew."""
    return JSONResponse({"ok": True})


async def numbers(request: Request) -> Response:
    """Return the metrics: to this machine, to who has the token, and to staff."""
    if not (visitor.is_local(request) or _has_token(request) or await signin.actor_of(request)):
        raise HTTPException(404)
    for name, alive in (await web_of(request).health()).items():
        metrics.ALIVE.labels(name).set(alive)
    with contextlib.suppress(StoreError):  # posbot_part_alive says so; the rest stays as it was last
        await _measure(web_of(request).db)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _measure(db: Database) -> None:
    waiting, unsent = await db.read(inbox.depth), await db.read(outbox.depth)
    metrics.INBOX_DEPTH.set(waiting["count"])
    metrics.INBOX_AGE.set(_age(waiting["oldest"]))
    metrics.OUTBOX_DEPTH.set(unsent["count"])
    metrics.OUTBOX_AGE.set(_age(unsent["oldest"]))
    metrics.OUTBOX_FAILED.set(unsent["failed"])
    metrics.OUTBOX_RETRIED.set(await db.read(gauges.retried))
    metrics.TIMERS_AGE.set(_age(await db.read(gauges.timers)))
    metrics.FILES.set(await db.read(gauges.files))
    counts = {row["priority"]: row["count"] for row in await db.read(gauges.tickets)}
    for priority in PRIORITIES:
        metrics.TICKETS.labels(priority).set(counts.get(priority, 0))


def _verdict(parts: dict[str, bool]) -> Response:
    well = all(parts.values())
    return JSONResponse({"ok": well, "parts": parts}, 200 if well else 503)


def _has_token(request: Request) -> bool:
    token = web_of(request).settings.metrics_token.get_secret_value()
    given = request.headers.get("authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _age(since: str | None) -> float:
    if since is None:
        return 0.0
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/livez", livez), Route("/metrics", numbers)]
