"""What every act of the desk shares: reading its form, answering it, saying why it was refused."""

from __future__ import annotations

import hashlib
from datetime import date, time
from typing import Any

from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.support.authority import Actor
from bot.support.errors import (
    AlreadyClaimed,
    Invalid,
    LoginRefused,
    MerchantBlocked,
    NoSuchTicket,
    NotAllowed,
    SupportError,
    Throttled,
    WrongStatus,
)  # fmt: skip
from bot.web import pages, visitor

_STATUS: dict[type[SupportError], int] = {
    NotAllowed: 403, NoSuchTicket: 404, AlreadyClaimed: 409, WrongStatus: 409, MerchantBlocked: 409, Invalid: 422,
    LoginRefused: 401, Throttled: 429,
}  # fmt: skip


def actor(request: Request) -> Actor:
    """Return who acts; ``allowed`` let them in."""
    found: Actor = request.state.actor
    return found


def text(form: FormData, name: str, most: int = 20_000) -> str:
    """Return a field of a form as one text, "" if it is missing."""
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise HTTPException(422)
    return value.replace("\r\n", "\n")


def number(form: FormData, name: str) -> int:
    """Return a field that is a whole number; 422 if it is none."""
    value = text(form, name).strip().lstrip("#")
    if not value.isdecimal() or len(value) > 12:
        raise HTTPException(422)
    return int(value)


def done(request: Request, back: str, key: str = "done.ok", **values: object) -> Response:
    """Answer an act that was carried out: a word for scripts, the page again for people."""
    if pages.is_script(request):
        return JSONResponse({"said": pages.say(request, key, **values), "go": values.get("go", "")})
    return RedirectResponse(back, 303)


async def refused(request: Request, error: Exception) -> Response:
    """Answer an act that was not carried out."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return pages.error(request, status, sentence(request, error))


def sentence(request: Request, error: Exception) -> str:
    """Return why an act was refused, in the reader's language."""
    match error:
        case AlreadyClaimed():
            return pages.say(request, "refused.claimed", number=error.number, name=error.name)
        case WrongStatus():
            status = pages.say(request, f"status.{error.status}")
            return pages.say(request, "refused.status", number=error.number, status=status)
        case MerchantBlocked():
            return pages.say(request, "refused.blocked")
        case NoSuchTicket():
            return pages.say(request, "refused.gone", number=error.number)
        case Invalid():
            return pages.say(request, "refused.invalid", text=error.say(visitor.language(request)))
        case _:
            return pages.say(request, "error.403")


def mark(value: Any) -> str:
    """Return a short mark of what a form shows, to tell a stale one."""
    plain = value.model_dump_json() if isinstance(value, BaseModel) else repr(value)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def fresh(request: Request, form: FormData, value: Any) -> None:
    """Refuse a form whose page shows something else than what is stored now (409)."""
    if text(form, "mark") != mark(value):
        raise HTTPException(409, pages.say(request, "error.409"))


def day(value: str) -> date | None:
    """Return a date of a form, None if it is none."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def clock_time(value: str) -> time | None:
    """Return a time of day of a form, None if it is none."""
    try:
        return time.fromisoformat(value)
    except ValueError:
        return None


ERRORS: dict[Any, Any] = {SupportError: refused}
