"""Photos and files of a web chat, for its own visitor only."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store import media
from bot.web import files, visitor
from bot.web.context import web_of


async def photo(request: Request) -> Response:
    """Return a photo of the visitor's own chat."""
    chat = visitor.chat_of(request)
    found = await web_of(request).db.read(media.content, request.path_params["media"], chat)
    if found is None or found["mime"] != "image/jpeg":
        raise HTTPException(404)
    return files.saved(bytes(found["content"]), f"photo-{request.path_params['media']}.jpg", "image/jpeg")


async def file(request: Request) -> Response:
    """Return a file that staff sent into the visitor's chat, to be saved."""
    chat, number = visitor.chat_of(request), request.path_params["media"]
    found = await web_of(request).db.read(media.content, number, chat)
    if found is None:
        raise HTTPException(404)
    return files.saved(bytes(found["content"]), found["name"] or f"posbot-{number}")


ROUTES = [
    Route("/chat/photos/{media:int}", photo),
    Route("/chat/files/{media:int}", file),
]
