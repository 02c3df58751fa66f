"""A merchant's page: machines, tickets, notes, the block."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import merchants
from bot.support.authority import Action
from bot.web import pages, visitor
from bot.web.context import web_of
from bot.web.desk import acts
from bot.web.desk.signin import allowed
from bot.web.desk.views import View


@allowed(Action.VIEW_TICKETS, hidden=True)
async def merchant(request: Request) -> Response:
    """Show a merchant."""
    web = web_of(request)
    found = await web.db.read(merchants.page, request.path_params["chat"])
    if found is None:
        raise HTTPException(404)
    view = View(web, visitor.language(request))
    shown = {
        **found, "who": found["name"] or f"#{found['chat'].rpartition(':')[2][:6]}", "since": view.time(found["since"]),
        "tickets": [{**row, "age": view.age(row["created_at"]), "opened": view.time(row["created_at"])}
                    for row in found["tickets"]],
        "terminals": [{**row, "machine": view.machine(row["brand"], row["model"]), "last": view.time(row["last_at"])}
                      for row in found["terminals"]],
        "blocked": view.time(found["blocked_at"]), "mark": acts.mark((found["name"], found["notes"])),
    }  # fmt: skip
    return pages.render(request, "desk/merchant.html", merchant=shown)


@allowed(Action.MERCHANT_NOTES, hidden=True)
async def write(request: Request) -> Response:
    """Keep a name and notes."""
    web, chat, form = web_of(request), request.path_params["chat"], await request.form()
    found = await web.db.read(merchants.page, chat)
    if found is None:
        raise HTTPException(404)
    acts.fresh(request, form, (found["name"], found["notes"]))
    await web.desk.do(Action.MERCHANT_NOTES, acts.actor(request), merchants.write, chat,
                      acts.text(form, "name"), acts.text(form, "notes"))  # fmt: skip
    return acts.done(request, f"/desk/merchants/{chat}", "done.saved", go=f"/desk/merchants/{chat}")


@allowed(Action.VIEW_TICKETS, hidden=True)
async def act(request: Request) -> Response:
    """Block a merchant, let them write again, or erase everything about them."""
    door, me, chat = web_of(request).desk, acts.actor(request), request.path_params["chat"]
    what = request.path_params["act"]
    known = {"block": door.block, "unblock": door.unblock, "forget": door.forget}
    if what not in known:
        raise HTTPException(404)
    await known[what](me, chat)
    back = "/desk" if what == "forget" else f"/desk/merchants/{chat}"
    return acts.done(request, back, f"done.{what}", go=back)


ROUTES = [
    Route("/desk/merchants/{chat:str}", merchant),
    Route("/desk/merchants/{chat:str}", write, methods=["POST"]),
    Route("/desk/merchants/{chat:str}/{act:str}", act, methods=["POST"]),
]
