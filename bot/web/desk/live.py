"""Streams that tell the desk's pages of changes, and who else looks at a ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import keeping
from bot.support.authority import Action
from bot.web.context import clock, web_of
from bot.web.desk import acts, signin
from bot.web.desk.signin import allowed
from bot.web.streams import event, stream


@allowed(Action.VIEW_TICKETS)
async def events(request: Request) -> Response:
    """Say when any ticket changes."""
    return _live(request, ["tickets"])


@allowed(Action.VIEW_TICKETS, hidden=True)
async def ticket_events(request: Request) -> Response:
    """Say when a ticket or its chat changes, or somebody else comes to look."""
    number = request.path_params["number"]
    shown = await web_of(request).desk.ticket(acts.actor(request), number)
    return _live(request, ["tickets", f"chat:{shown.row['chat']}", f"ticket:{number}"], number)


def _live(request: Request, topics: list[str], number: int = 0) -> Response:
    web_of(request).streams.admit(f"staff:{acts.actor(request).login}")
    return stream(_changes(request, topics, number))


async def _changes(request: Request, topics: list[str], number: int) -> AsyncIterator[str]:
    """Tell of changes as long as the session lasts; the page then fetches what it shows."""
    web, login = web_of(request), acts.actor(request).login
    with web.streams.watch(web.db, topics, f"staff:{login}") as watch:
        while (news := await watch.wait()) != "end":
            actor = await signin.actor_of(request)
            if actor is None or not actor.may(Action.VIEW_TICKETS):
                return
            if number:
                await web.db.write(keeping.look, number, login, clock())
            yield event("changed" if news == "change" else "ping")


ROUTES = [
    Route("/desk/events", events),
    Route("/desk/tickets/{number:int}/events", ticket_events),
]
