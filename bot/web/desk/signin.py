"""Signing in to the desk, by account or by the one-time link, and who may see a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from bot.store.support import staff
from bot.support.accounts import SESSION
from bot.support.authority import LOCAL, Action, Actor
from bot.support.errors import LoginRefused, Throttled
from bot.web import pages, visitor
from bot.web.context import web_of

COOKIE = "posbot_desk"
HOMES = ((Action.VIEW_TICKETS, "/desk"), (Action.VIEW_KNOWLEDGE, "/desk/knowledge"))
"""Where each role starts: the first page that it may see."""
Endpoint = Callable[[Request], Awaitable[Response]]


async def actor_of(request: HTTPConnection) -> Actor | None:
    """Return who is signed in. Asked anew for each request, so that a removal holds at once."""
    token = request.cookies.get(COOKIE, "")
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
    web, token = web_of(request), request.cookies.get(COOKIE, "")
    web.sessions.end(token)
    await web.accounts.logout(token)
    response = RedirectResponse("/desk/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


async def _spend(request: Request) -> Response:
    web = web_of(request)
    open_ = not await web.db.read(staff.exists)
    if not open_ or not visitor.is_local(request) or not web.login.end(request.query_params["token"]):
        raise HTTPException(403, pages.say(request, "error.link"))
    return _signed_in(request, web.sessions.new(), "/desk")


async def _check(request: Request) -> Response:
    form = await request.form()
    name, password = str(form.get("login", "")), str(form.get("password", ""))
    address = request.client.host if request.client else ""
    back = str(form.get("next", ""))
    try:
        token, actor = await web_of(request).accounts.login(name, password, address)
    except LoginRefused:
        return await _form(request, 401, pages.say(request, "login.wrong"), name, back)
    except Throttled as error:
        response = await _form(request, 429, pages.say(request, "login.wait", n=error.seconds), name, back)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    return _signed_in(request, token, back if _is_desk(back) else home(actor))


def _signed_in(request: Request, token: str, to: str) -> Response:
    response = RedirectResponse(to, 303)
    response.set_cookie(COOKIE, token, max_age=int(SESSION.total_seconds()), httponly=True, samesite="strict",
                        secure=visitor.is_https(request))  # fmt: skip
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
