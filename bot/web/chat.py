"""The merchant's web chat: a page, a stream of what was said, and posts that put messages into the inbox."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels import local
from bot.errors import StoreError
from bot.photos import MAX_BYTES, BadPhoto
from bot.redact import redact_text
from bot.store.base import Row
from bot.store.inbox import receive
from bot.store.transcript import labels
from bot.web import history, pages, uploads, visitor
from bot.web.context import Web, now, web_of
from bot.web.streams import event, stream

MAX_CAPTION = 1000
START = "start:"
WORDS = (
    "online", "typing", "connecting", "write", "caption", "photo", "photo_open", "staff", "you", "bot", "sending",
    "sent", "waiting", "failed", "retry", "discard", "too_large", "today", "yesterday", "file",
    "common", "human", "status", "help", "start", "privacy",
)  # fmt: skip
"""Sentences that the page's script shows."""
log = logging.getLogger(__name__)


class Typed(BaseModel):
    """A typed message; ``key`` is made by the browser, so that a repeated post counts once."""

    key: UUID
    text: str


class Pressed(BaseModel):
    """A pressed button of a message."""

    key: UUID
    token: Annotated[str, Field(max_length=64)]
    index: Annotated[int, Field(ge=0, le=200)]


Body = TypeVar("Body", bound=BaseModel)


async def page(request: Request) -> Response:
    """Show the chat; its messages come by the stream."""
    visitor.allow_chat(request)
    return pages.render(request, "chat.html", words={word: pages.say(request, f"chat.{word}") for word in WORDS})


async def open_chat(request: Request) -> Response:
    """Give a new visitor an identity, and an empty chat its greeting.

    A post, not the page: a link on another site opens the page without the cookie (SameSite=Strict), and that must
    not cost a merchant their history.
    """
    visitor.allow_chat(request)
    response = JSONResponse({"ok": True})
    chat = visitor.identify(request, response)
    at = now()
    # the minute in the key: two tabs opened together greet once, an erased chat can begin again
    first = local.typed("web", chat, f"{START}{chat}:{at[:16]}", "/start", at, visitor.language(request))
    await web_of(request).db.write(history.greet, first)
    return response


async def say(request: Request) -> Response:
    """Take a typed message."""
    chat = visitor.chat_of(request)
    body = await _body(request, Typed)
    receipt = local.typed("web", chat, _key(chat, body.key), body.text, now(), visitor.language(request))
    await web_of(request).db.write(receive, [receipt])
    return JSONResponse({"ok": True}, 202)


async def press(request: Request) -> Response:
    """Take a pressed button."""
    chat = visitor.chat_of(request)
    body = await _body(request, Pressed)
    receipt = local.pressed("web", chat, _key(chat, body.key), body.token, body.index, now())
    await web_of(request).db.write(receive, [receipt])
    return JSONResponse({"ok": True}, 202)


async def upload(request: Request) -> Response:
    """Take a photo, with a caption or without."""
    chat = visitor.chat_of(request)
    async with request.form(max_files=1, max_fields=3) as form:
        key, caption, file = form.get("key"), form.get("caption", ""), form.get("photo")
        if not isinstance(file, UploadFile) or not isinstance(caption, str):
            raise HTTPException(400)
        content = await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise HTTPException(413, pages.say(request, "error.photo_large"))
    try:
        unique = _key(chat, UUID(str(key)))
        photo = await uploads.clean(content)
    except BadPhoto as error:
        raise HTTPException(422, pages.say(request, "error.photo")) from error
    except ValueError as error:
        raise HTTPException(400) from error
    clean = redact_text(caption[:MAX_CAPTION])
    hidden = tuple(sorted({finding.kind for finding in clean.found}))
    await web_of(request).db.write(history.receive_photo, chat, unique, photo, clean.text, now(), hidden)
    return JSONResponse({"ok": True}, 202)


async def events(request: Request) -> Response:
    """Stream the chat: what is new since ``Last-Event-ID`` (or ``after``), then everything as it happens."""
    chat, web = visitor.chat_of(request), web_of(request)
    web.streams.admit(chat)
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    return stream(_events(web, chat, int(seen) if seen.isdecimal() and len(seen) < 16 else 0))


async def _events(web: Web, chat: str, last: int) -> AsyncIterator[str]:
    ready = False
    with web.streams.watch(web.db, chat, [f"chat:{chat}"]) as watch:
        while (news := await watch.wait()) != "end":
            if news == "idle":
                yield event("ping")
                continue
            try:
                there, rows = await web.db.read(history.since, chat, last)
                if not there:  # the merchant was forgotten: nothing of what the page shows is kept any more
                    last = 0
                    yield event("cleared", None, 0)
                    there, rows = await web.db.read(history.since, chat, 0)
            except StoreError as error:
                log.warning("a chat's stream ends, the browser comes back: %s", error)
                return
            for row in rows:
                if (shown := _message(row, chat)) is not None:
                    yield event("message", shown, row["id"])
            if rows:
                last = rows[-1]["id"]
                watch.wake()  # there may be more than one helping
            elif not ready:
                ready = True
                yield event("ready")


def _message(row: Row, chat: str) -> dict[str, Any] | None:
    """Return a message as the browser needs it; None for what the merchant did not see happen."""
    key = row["key"] or ""
    if row["kind"] == "read" or key.startswith(START):
        return None
    return {
        "id": row["id"], "mine": row["direction"] == "in", "author": row["author"], "kind": row["kind"],
        "text": row["text"], "at": row["at"], "rows": labels(row["buttons"]), "token": row["token"],
        "photo": row["media"] if row["kind"] == "photo" else None, "key": key.removeprefix(f"{chat}:"),
        "file": {"id": row["media"], "name": row["name"]} if row["media"] and row["kind"] != "photo" else None,
    }  # fmt: skip


def _key(chat: str, key: UUID) -> str:
    return f"{chat}:{key}"


async def _body(request: Request, shape: type[Body]) -> Body:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415)
    try:
        return shape.model_validate_json(await request.body())
    except ValidationError as error:
        raise HTTPException(400) from error


ROUTES = [
    Route("/", page),
    Route("/chat/open", open_chat, methods=["POST"]),
    Route("/chat/messages", say, methods=["POST"]),
    Route("/chat/presses", press, methods=["POST"]),
    Route("/chat/photos", upload, methods=["POST"]),
    Route("/chat/events", events),
]
