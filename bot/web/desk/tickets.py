"""The ticket list: live, filtered, searched, sorted, in pages; many tickets at once; saved views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import keeping, listing, staff, states, triage
from bot.store.support.filters import SORTS
from bot.support.authority import TABLE, Action
from bot.web import pages, visitor
from bot.web.context import Web, clock, web_of
from bot.web.desk import acts, wanted
from bot.web.desk.signin import allowed
from bot.web.desk.views import View
from bot.web.desk.wanted import AGES, TABS, Wanted

BULK = ("claim", "assign", "priority", "tag", "resolve")


@allowed(Action.VIEW_TICKETS)
async def tickets(request: Request) -> Response:
    """Show the ticket list, or only its changing part to htmx."""
    web, me = web_of(request), acts.actor(request)
    asked = wanted.read(request.query_params)
    page = await web.desk.tickets(me, asked.filter(me.login), asked.sort, asked.after)
    view = View(web, visitor.language(request))
    values: dict[str, Any] = {
        "tickets": [view.line(row) for row in page.rows], "wanted": asked, "next": page.next, "tabs": TABS,
        "counts": await web.db.read(listing.counts, me.login, clock()),
    }  # fmt: skip
    if "hx-request" in request.headers:
        return pages.render(request, "desk/rows.html", **values)
    return pages.render(request, "desk/list.html", **values, **await _form(web, request, view))


async def _form(web: Web, request: Request, view: View) -> dict[str, Any]:
    """Return what the filter form, the saved views and the bulk bar offer."""
    found = await web.db.read(keeping.views, acts.actor(request).login)
    return {
        "intents": view.intents(), "brands": view.brands(), "ages": AGES, "sorts": tuple(SORTS),
        "tags": [row["tag"] for row in await web.db.read(triage.tags)], "people": await workers(web),
        "views": [(row, wanted.of_view(stored, sort).address()) for row, stored, sort in found],
        "resolutions": states.RESOLUTIONS, "priorities": triage.PRIORITIES,
        "problems": await view.problems() if acts.actor(request).may(Action.SETTINGS) else [],
    }  # fmt: skip


async def workers(web: Web) -> list[dict[str, Any]]:
    """Return those who can be given a ticket."""
    return [dict(row) for row in await web.db.read(staff.listing) if Action.REPLY in TABLE[row["role"]]]


@allowed(Action.BULK)
async def bulk(request: Request) -> Response:
    """Do one thing to many tickets; says for which it was refused."""
    web, me = web_of(request), acts.actor(request)
    form = await request.form()
    numbers = [int(value) for value in form.getlist("number") if isinstance(value, str) and value.isdecimal()]
    what, value = acts.text(form, "act"), acts.text(form, "value").strip()
    if what not in BULK or not numbers:
        raise HTTPException(422, pages.say(request, "bulk.none"))
    door = web.desk
    acts_on: dict[str, tuple[Callable[..., Awaitable[Any]], tuple[str, ...]]] = {
        "claim": (door.claim, ()), "assign": (door.assign, (value,)), "priority": (door.prioritise, (value,)),
        "tag": (door.tag, (value,)), "resolve": (door.resolve, (value,)),
    }  # fmt: skip
    act, values = acts_on[what]
    refused = await door.bulk(me, numbers, act, *values)
    if not refused:
        return acts.done(request, "/desk", "bulk.done", n=len(numbers))
    reasons = " ".join(dict.fromkeys(acts.sentence(request, error) for error in refused.values()))
    return acts.done(request, "/desk", "bulk.some", n=len(numbers) - len(refused), m=len(refused), text=reasons[:300])


@allowed(Action.VIEWS)
async def save_view(request: Request) -> Response:
    """Keep the list that is shown under a name."""
    web, me = web_of(request), acts.actor(request)
    form = await request.form()
    asked = _asked(acts.text(form, "query"))
    shared = bool(form.get("shared"))
    await web.desk.do(Action.SHARE_VIEWS if shared else Action.VIEWS, me, keeping.save_view,
                      acts.text(form, "name"), asked.filter(me.login), asked.sort, shared)  # fmt: skip
    return acts.done(request, asked.address(), "done.view", go=asked.address())


@allowed(Action.VIEWS)
async def drop_view(request: Request) -> Response:
    """Delete a saved view."""
    await web_of(request).desk.do(Action.VIEWS, acts.actor(request), keeping.drop_view, request.path_params["view"])
    return acts.done(request, "/desk", go="/desk")


def _asked(query: str) -> Wanted:
    return wanted.read(QueryParams(query[:2000]))


ROUTES = [
    Route("/desk", tickets),
    Route("/desk/bulk", bulk, methods=["POST"]),
    Route("/desk/views", save_view, methods=["POST"]),
    Route("/desk/views/{view:int}/drop", drop_view, methods=["POST"]),
]
