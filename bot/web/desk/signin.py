"""Signing in to the desk, by account or by the one-time link, and who may see a page."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from bot.store.support import staff
from bot.support import devices
from bot.support.accounts import SESSION
from bot.support.authority import LOCAL, Action, Actor
from bot.support.errors import LoginRefused, Throttled
from bot.web import pages, visitor
from bot.web.context import web_of

COOKIE = "posbot_desk"
DEVICE = "posbot_device"
HOMES = ((Action.VIEW_TICKETS, "/desk"), (Action.VIEW_KNOWLEDGE, "/desk/knowledge"))
"""Where each role starts: the first page that it may see."""
Endpoint = Callable[[Request], Awaitable[Response]]
log = logging.getLogger(__name__)


def token_of(request: HTTPConnection) -> str:
    """Return the token of the session that a browser brings, "" if it brings none."""
    return request.cookies.get(visitor.cookie_name(request, COOKIE), "")


async def actor_of(request: HTTPConnection) -> Actor | None:
    """Return who is signed in. Asked anew for each request, so that a removal holds at once."""
    token = token_of(request)
    web = web_of(request)
    if token and web.sessions.good(token):
        # the link is for the time before there are accounts; it ends with the first one
        return None if await web.db.read(staff.exists) else LOCAL
    return await web.accounts.who(token) if token else None


def allowed(action: Action, hidden: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Let only those in who may do ``action``; to others the page is refused, or not there at all (``hidden``)."""

    def decorate(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def checked(request: Request) -> Response:
            actor = await actor_of(request)
            if actor is None:
                return await _ask(request)
            request.state.actor = actor
            if not actor.may(action):
                if request.url.path == "/desk":
                    return RedirectResponse(home(actor), 303)
                raise HTTPException(404 if hidden else 403)
            return await endpoint(request)

        return checked

    return decorate


def home(actor: Actor) -> str:
    """Return the address where somebody starts."""
    return next(path for action, path in HOMES if actor.may(action))


async def login(request: Request) -> Response:
    """Show the sign-in form, or spend a one-time link; a browser that only looks ahead does not."""
    if request.method == "HEAD" or "prefetch" in request.headers.get("sec-purpose", ""):
        return Response(status_code=204)
    actor = await actor_of(request)
    if actor:
        return RedirectResponse(home(actor), 303)
    if request.method == "POST":
        return await _check(request)
    if "token" not in request.query_params:
        return await _form(request)
    return await _spend(request)


async def logout(request: Request) -> Response:
    """End the session."""
    web, token = web_of(request), token_of(request)
    web.sessions.end(token)
    await web.accounts.logout(token)
    return _signed_out(request)


async def logout_everywhere(request: Request) -> Response:
    """End every session of whoever asks, on every machine."""
    web, actor = web_of(request), await actor_of(request)
    if actor == LOCAL:
        web.sessions.clear()
    elif actor is not None:
        await web.accounts.logout_everywhere(actor.login)
    return _signed_out(request)


def _signed_out(request: Request) -> Response:
    response = RedirectResponse("/desk/login", 303)
    name = visitor.cookie_name(request, COOKIE)
    response.delete_cookie(name, httponly=True, samesite="strict", secure=visitor.is_https(request))
    response.headers["Clear-Site-Data"] = '"storage"'  # drafts of replies
    return response


async def _spend(request: Request) -> Response:
    web = web_of(request)
    open_ = not await web.db.read(staff.exists)
    if not open_ or not visitor.is_local(request) or not web.login.end(request.query_params["token"]):
        raise HTTPException(403, pages.say(request, "error.link"))
    return signed_in(request, RedirectResponse("/desk", 303), web.sessions.new())


async def _check(request: Request) -> Response:
    form = await request.form()
    name, password = str(form.get("login", "")), str(form.get("password", ""))
    back = str(form.get("next", ""))
    device = request.cookies.get(visitor.cookie_name(request, DEVICE), "")
    try:
        entry = await web_of(request).accounts.enter(name, password, visitor.address_of(request), device)
    except LoginRefused:
        log.warning("a sign-in was refused")
        return await _form(request, 401, pages.say(request, "login.wrong"), name, back)
    except Throttled as error:
        log.warning("a sign-in has to wait for %d s", error.seconds)
        response = await _form(request, 429, pages.say(request, "login.wait", n=error.seconds), name, back)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    to = RedirectResponse(back if _is_desk(back) else home(entry.actor), 303)
    return signed_in(request, to, entry.token, entry.device)


def signed_in(request: Request, response: Response, token: str, device: str = "") -> Response:
    """Put a new session into the answer's cookies, and the mark that lets this browser try again unhindered."""
    life = {COOKIE: (token, int(SESSION.total_seconds())), DEVICE: (device, devices.DAYS * 86400)}
    for name, (value, seconds) in life.items():
        if value:
            response.set_cookie(visitor.cookie_name(request, name), value, max_age=seconds, httponly=True,
                                samesite="strict", secure=visitor.is_https(request))  # fmt: skip
    return response


async def _ask(request: Request) -> Response:
    """Ask a stranger to sign in: a page for people, a sentence for scripts, a new page for a fragment."""
    if "hx-request" in request.headers or pages.is_script(request):
        response = pages.error(request, 401, pages.say(request, "login.again"))
        response.headers["HX-Redirect"] = "/desk/login"
        return response
    return await _form(request, 401, back=request.url.path if request.method == "GET" else "")


async def _form(request: Request, status: int = 200, fault: str = "", name: str = "", back: str = "") -> Response:
    accounts = await web_of(request).db.read(staff.exists)
    return pages.render(request, "desk/login.html", status, fault=fault, name=name[:64], back=back, accounts=accounts)


def _is_desk(path: str) -> bool:
    """Tell whether an address is one of the desk's pages, not another site's."""
    return path == "/desk" or (path.startswith("/desk/") and "//" not in path and "\\" not in path)
