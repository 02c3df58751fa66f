"""Signing in to the desk by a one-time link, and who is signed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from bot.web import visitor
from bot.web.context import web_of
from bot.web.tokens import SESSION_SECONDS

COOKIE = "posbot_desk"
Endpoint = Callable[[Request], Awaitable[Response]]


def is_signed_in(request: HTTPConnection) -> bool:
    """Tell whether the browser belongs to staff."""
    return web_of(request).sessions.good(request.cookies.get(COOKIE, ""))


def staff_only(endpoint: Endpoint) -> Endpoint:
    """Keep everyone but staff out (401, or a whole new page for a fragment)."""

    @wraps(endpoint)
    async def checked(request: Request) -> Response:
        if not is_signed_in(request):
            raise HTTPException(401, headers={"HX-Redirect": "/desk"} if "hx-request" in request.headers else None)
        return await endpoint(request)

    return checked


async def login(request: Request) -> Response:
    """Spend a one-time link; a browser that only looks ahead does not."""
    if request.method != "GET" or "prefetch" in request.headers.get("sec-purpose", ""):
        return Response(status_code=204)
    if is_signed_in(request):
        return RedirectResponse("/desk", 303)
    web = web_of(request)
    if not visitor.is_local(request) or not web.login.end(request.query_params.get("token", "")):
        raise HTTPException(403, _sentence(request))
    response = RedirectResponse("/desk", 303)
    response.set_cookie(COOKIE, web.sessions.new(), max_age=int(SESSION_SECONDS), httponly=True, samesite="strict",
                        secure=visitor.is_https(request))  # fmt: skip
    return response


async def logout(request: Request) -> Response:
    """End the session."""
    web_of(request).sessions.end(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/desk", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


def _sentence(request: HTTPConnection) -> str:
    return web_of(request).words.say("error.link", visitor.language(request))
