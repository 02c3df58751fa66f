"""The page that says what is kept, for how long, who sees it, and how it is erased."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.web import pages, visitor
from bot.web.context import web_of


async def page(request: Request) -> Response:
    """Show it with the times that are set at the desk; to whoever may use the web chat."""
    visitor.allow_chat(request)
    office = await web_of(request).offices()
    return pages.render(request, "privacy.html", keep=office.policy.retention.model_dump())


ROUTES = [Route("/privacy", page)]
