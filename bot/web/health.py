"""What machines ask: is posbot well, and its numbers."""

from __future__ import annotations

from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.store import inbox, outbox
from bot.web import visitor
from bot.web.context import web_of
from bot.web.desk import signin


async def healthz(request: Request) -> Response:
    """Say 200 only if every part is alive."""
    parts = dict(await web_of(request).health())
    well = all(parts.values())
    return JSONResponse({"ok": well, "parts": parts}, 200 if well else 503)


async def numbers(request: Request) -> Response:
    """Return the metrics, to this machine and to staff."""
    if not (visitor.is_local(request) or await signin.actor_of(request)):
        raise HTTPException(404)
    db = web_of(request).db
    waiting, unsent = await db.read(inbox.depth), await db.read(outbox.depth)
    metrics.INBOX_DEPTH.set(waiting["count"])
    metrics.INBOX_AGE.set(_age(waiting["oldest"]))
    metrics.OUTBOX_DEPTH.set(unsent["count"])
    metrics.OUTBOX_AGE.set(_age(unsent["oldest"]))
    metrics.OUTBOX_FAILED.set(unsent["failed"])
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _age(since: str | None) -> float:
    if since is None:
        return 0.0
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())


ROUTES = [Route("/healthz", healthz), Route("/metrics", numbers)]
