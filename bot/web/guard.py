"""Around every request: security headers, no posts from foreign pages, no bodies without end."""

from __future__ import annotations

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web import pages, visitor
from bot.web.headers import harden

BODY_BYTES = 64_000
BODY_LIMITS = {"/chat/photos": 10_100_000, "/desk/files": 10_100_000, "/webhook/telegram": 1_000_000}
"""Larger bodies that some paths take; a photo of 10 MB and its form fields."""
BODY_SECONDS = 60.0
"""Time to send a body in; a slow phone line needs a while, an attacker would take for ever."""


class Guard:
    """The middleware around all pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        garbled = not scope["query_string"].isascii()
        if garbled:
            scope = {**scope, "query_string": b""}
        request = HTTPConnection(scope)
        limit = BODY_LIMITS.get(scope["path"], BODY_BYTES)
        status = 400 if garbled else _refusal(request, scope["method"], limit)
        app: ASGIApp = pages.error(request, status) if status else self._app
        await app(scope, _limited(receive, limit), _with_headers(send, visitor.is_https(request)))


def is_foreign(request: HTTPConnection) -> bool:
    """Tell whether another site's page sent this; another port of this host is another site, too."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host", "")


def _refusal(request: HTTPConnection, method: str, limit: int) -> int:
    if "transfer-encoding" in request.headers and "content-length" in request.headers:
        return 400  # a proxy before us might read another length than we do
    if method in ("GET", "HEAD", "OPTIONS"):
        return 0
    if is_foreign(request):
        return 403
    length = request.headers.get("content-length", "0")
    return 413 if not length.isdecimal() or int(length) > limit else 0


def _with_headers(send: Send, https: bool) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            harden(MutableHeaders(scope=message), https)
        await send(message)

    return wrapped


def _limited(receive: Receive, limit: int) -> Receive:
    """Count what comes in: the length that a client promises may be missing or a lie."""
    received, whole = 0, False
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS

    async def wrapped() -> Message:
        nonlocal received, whole
        if whole:
            return await receive()  # only waits for the client to go away
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        received += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if received > limit:
            raise HTTPException(413)
        return message

    return wrapped
