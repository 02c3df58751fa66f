"""The merchant's web chat: a page, a stream of what was said, and posts that put messages into the inbox."""

from __future__ import annotations

from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels import local
from bot.photos import MAX_BYTES, BadPhoto
from bot.redact import redact_text
from bot.store.inbox import receive
from bot.web import chat_stream, history, pages, quota, uploads, visitor
from bot.web.context import now, web_of

MAX_CAPTION = 1000
WORDS = (
    "online", "typing", "connecting", "write", "caption", "photo", "photo_open", "staff", "you", "bot", "sending",
    "sent", "waiting", "failed", "retry", "discard", "too_large", "today", "yesterday", "file",
    "common", "human", "status", "help", "start", "privacy",
)  # fmt: skip
"""Sentences that the page's script shows."""


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
    """Give a new visitor an identity; nothing is stored until they come back with it.

    A post, not the page: a link on another site opens the page without the cookie (SameSite=Strict), and that must
    not cost a merchant their history.
    """
    visitor.allow_chat(request)
    response = JSONResponse({"ok": True})
    visitor.identify(request, response)
    return response


async def say(request: Request) -> Response:
    """Take a typed message."""
    chat = await quota.sender(request)
    body = await _body(request, Typed)
    receipt = local.typed("web", chat, _key(chat, body.key), body.text, now(), visitor.language(request))
    await web_of(request).db.write(receive, [receipt])
    return JSONResponse({"ok": True}, 202)


async def press(request: Request) -> Response:
    """Take a pressed button."""
    chat = await quota.sender(request)
    body = await _body(request, Pressed)
    receipt = local.pressed("web", chat, _key(chat, body.key), body.token, body.index, now())
    await web_of(request).db.write(receive, [receipt])
    return JSONResponse({"ok": True}, 202)


async def upload(request: Request) -> Response:
    """Take a photo, with a caption or without."""
    chat = await quota.sender(request)
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
    Route("/chat/events", chat_stream.events),
]
