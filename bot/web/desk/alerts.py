"""Overdue tickets for supervisors: counted in the bar of every page, told once each."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import listing
from bot.support.authority import Action
from bot.web import pages, visitor
from bot.web.context import web_of
from bot.web.desk.signin import allowed
from bot.web.desk.views import View


@allowed(Action.ASSIGN)
async def alerts(request: Request) -> Response:
    """Show the tickets that were escalated and are not resolved yet, the latest first."""
    web = web_of(request)
    view = View(web, visitor.language(request))
    rows = await web.db.read(listing.escalated)
    found = [{**row, "title": view.title(row), "late": view.age(row["due_at"])} for row in rows]
    return pages.render(request, "desk/alerts.html", alerts=found)


ROUTES = [Route("/desk/alerts", alerts)]
