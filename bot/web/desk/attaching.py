"""Photos and files from the desk to the merchant: one a request, so that a lost one is sent again by itself."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.photos import MAX_BYTES, BadPhoto
from bot.support.authority import Action
from bot.web import files, pages
from bot.web.context import web_of
from bot.web.desk import acts
from bot.web.desk.signin import allowed
from bot.web.files import BadFile


@allowed(Action.REPLY, hidden=True)
async def send(request: Request) -> Response:
    """Send a file to a ticket's merchant."""
    async with request.form(max_files=1, max_fields=2) as form:
        number, file = acts.number(form, "number"), form.get("file")
        if not isinstance(file, UploadFile):
            raise HTTPException(422)
        name, content = file.filename or "", await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise HTTPException(413, pages.say(request, "error.file_large"))
    try:
        found = await files.look(content, name)
    except BadPhoto as error:
        raise HTTPException(422, pages.say(request, "error.photo")) from error
    except BadFile as error:
        raise HTTPException(422, pages.say(request, "error.file")) from error
    await web_of(request).desk.send(acts.actor(request), number, found)
    return acts.done(request, f"/desk/tickets/{number}", "done.file")


ROUTES = [Route("/desk/files", send, methods=["POST"])]
