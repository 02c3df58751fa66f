"""The desk's pages: tickets to read, live. Working on them comes on top of this."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store import media
from bot.web import pages, visitor
from bot.web.context import Web, web_of
from bot.web.desk import queries, signin
from bot.web.desk.signin import staff_only
from bot.web.desk.views import View
from bot.web.streams import event, stream

_SHOWN_AS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@staff_only
async def tickets(request: Request) -> Response:
    """Show the ticket list, or only its changing part to htmx."""
    web = web_of(request)
    done = request.query_params.get("show") == "done"
    rows = await web.db.read(queries.listing, not done)
    counts = await web.db.read(queries.counts)
    view = View(web, visitor.language(request))
    template = "desk/rows.html" if "hx-request" in request.headers else "desk/list.html"
    return pages.render(request, template, tickets=[view.line(row) for row in rows], counts=counts, done=done,
                        shown=queries.SHOWN)  # fmt: skip


@staff_only
async def ticket(request: Request) -> Response:
    """Show one ticket, or only its changing part to htmx."""
    web = web_of(request)
    found = await web.db.read(queries.ticket, request.path_params["number"])
    if found is None:
        raise HTTPException(404)
    view = View(web, visitor.language(request))
    template = "desk/ticket_body.html" if "hx-request" in request.headers else "desk/ticket.html"
    return pages.render(request, template, ticket=view.ticket(found))


@staff_only
async def photo(request: Request) -> Response:
    """Return a file that a merchant sent, to be saved or shown inside the desk."""
    number = request.path_params["media"]
    found = await web_of(request).db.read(media.content, number)
    if found is None:
        raise HTTPException(404)
    kind = found["mime"] if found["mime"] in _SHOWN_AS else "application/octet-stream"
    name = f"posbot-{number}.{_SHOWN_AS.get(kind, 'bin')}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, max-age=3600"}
    return Response(bytes(found["content"]), media_type=kind, headers=headers)


@staff_only
async def ticket_events(request: Request) -> Response:
    """Say when a ticket or its chat changes."""
    web = web_of(request)
    found = await web.db.read(queries.ticket, request.path_params["number"])
    if found is None:
        raise HTTPException(404)
    return _live(web, request, ["tickets", f"chat:{found['chat']}"])


@staff_only
async def events(request: Request) -> Response:
    """Say when any ticket changes."""
    return _live(web_of(request), request, ["tickets"])


def _live(web: Web, request: Request, topics: list[str]) -> Response:
    cookie = request.cookies.get(signin.COOKIE, "")
    web.streams.admit(cookie)
    return stream(_changes(web, cookie, topics))


async def _changes(web: Web, cookie: str, topics: list[str]) -> AsyncIterator[str]:
    """Tell of changes as long as the session lasts; the page then fetches what it shows."""
    with web.streams.watch(web.db, cookie, topics) as watch:
        while (news := await watch.wait()) != "end" and web.sessions.good(cookie):
            yield event("changed" if news == "change" else "ping")


ROUTES = [
    Route("/desk", tickets),
    Route("/desk/login", signin.login),
    Route("/desk/logout", signin.logout, methods=["POST"]),
    Route("/desk/events", events),
    Route("/desk/tickets/{number:int}", ticket),
    Route("/desk/tickets/{number:int}/events", ticket_events),
    Route("/desk/media/{media:int}", photo),
]
