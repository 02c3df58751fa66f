"""HTML and errors: templates in the visitor's language, one sentence for what went wrong, never a trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.errors import StoreUnavailable
from bot.web import visitor
from bot.web.context import web_of
from bot.web.headers import harden

TEMPLATES = Environment(loader=PackageLoader("bot.web"), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)  # fmt: skip
_KNOWN = (400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503)


def render(request: HTTPConnection, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page; ``t(key)`` in its template says a sentence in the visitor's language."""
    lang, words = visitor.language(request), web_of(request).words

    def t(key: str, **filled: object) -> str:
        return words.say(key, lang, **filled)

    page = TEMPLATES.get_template(template)
    query = f"?{request.url.query}" if request.url.query else ""
    here = "/desk" if request.scope["method"] != "GET" else f"{request.url.path}{query}"
    actor = getattr(request.state, "actor", None)
    html = page.render(t=t, lang=lang, has=words.has, here=here, actor=actor, **values)
    return HTMLResponse(html, status, headers={"Vary": "Accept-Language, Cookie", "Content-Language": lang})


def say(request: HTTPConnection, key: str, **values: object) -> str:
    """Return one of the pages' sentences in the visitor's language."""
    return web_of(request).words.say(key, visitor.language(request), **values)


def error(request: HTTPConnection, status: int, sentence: str = "") -> Response:
    """Return an error: JSON for scripts, a page for people."""
    text = sentence or say(request, f"error.{status if status in _KNOWN else 500}")
    if is_script(request):
        return JSONResponse({"error": text}, status)
    title = HTTPStatus(status).phrase
    return render(request, "error.html", status, code=status, phrase=title, text=text)


async def on_http_error(request: Request, raised: Exception) -> Response:
    """Answer an HTTPException; its detail is shown only if a page wrote it for people."""
    status, headers, detail = 500, None, ""
    if isinstance(raised, HTTPException):
        status, headers = raised.status_code, raised.headers
        detail = raised.detail if raised.detail != HTTPStatus(status).phrase else ""
    response = error(request, status, detail)
    response.headers.update(headers or {})
    return response


async def on_store_error(request: Request, raised: Exception) -> Response:
    """Say that the store does not work now; browsers try again."""
    response = error(request, 503)
    response.headers["Retry-After"] = "2"
    return response


async def on_fault(request: Request, raised: Exception) -> Response:
    """Answer a fault of ours; the log keeps the trace."""
    response = error(request, 500)
    harden(response.headers, visitor.is_https(request))  # the guard's headers do not reach this one
    return response


async def choose_language(request: Request) -> Response:
    """Switch the pages' language and go back."""
    form = await request.form()
    lang, back = str(form.get("lang", "")), str(form.get("back", "/"))
    if lang not in ("zh", "zh-Hant", "en"):
        raise HTTPException(400)
    if not back.startswith("/") or back.startswith(("//", "/\\")):
        back = "/"
    response = RedirectResponse(back, 303)
    response.set_cookie(visitor.LANGUAGE_COOKIE, lang, max_age=365 * 86400, httponly=True, samesite="lax",
                        secure=visitor.is_https(request))  # fmt: skip
    return response


ERRORS: dict[Any, Any] = {HTTPException: on_http_error, StoreUnavailable: on_store_error, Exception: on_fault}


def is_script(request: HTTPConnection) -> bool:
    """Tell whether a script asks, which wants JSON."""
    return request.url.path.startswith("/chat/") or "text/html" not in request.headers.get("accept", "text/html")
