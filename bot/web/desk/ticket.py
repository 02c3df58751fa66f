"""One ticket's page: what was said and tried, and everything that can be done about it."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store import media
from bot.store.base import Tx
from bot.store.support import acting, keeping, states, triage
from bot.support.authority import Action
from bot.support.hiding import hide
from bot.web import files, pages, visitor
from bot.web.context import clock, web_of
from bot.web.desk import acts, answers
from bot.web.desk.signin import allowed
from bot.web.desk.ticket_view import TicketView
from bot.web.desk.tickets import workers

_SHOWN_AS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@allowed(Action.VIEW_TICKETS, hidden=True)
async def ticket(request: Request) -> Response:
    """Show one ticket, or only its changing part to htmx."""
    web, me = web_of(request), acts.actor(request)
    shown = await web.desk.ticket(me, request.path_params["number"])
    others = await web.db.write(keeping.look, shown.row["number"], me.login, clock())
    view = TicketView(web, visitor.language(request))
    values: dict[str, Any] = {"ticket": view.ticket(shown, me), "others": others}
    if "hx-request" in request.headers:
        return pages.render(request, "desk/ticket_body.html", **values)
    return pages.render(
        request, "desk/ticket.html", **values, people=await workers(web), resolutions=states.RESOLUTIONS,
        priorities=triage.PRIORITIES, tags=[row["tag"] for row in await web.db.read(triage.tags)],
    )  # fmt: skip


@allowed(Action.VIEW_TICKETS, hidden=True)
async def answer_search(request: Request) -> Response:
    """Return canned replies and answers of the knowledge that fit some words, ready to be inserted."""
    web = web_of(request)
    query = request.query_params.get("q", "").strip()[:100]
    lang = "en" if request.query_params.get("lang") == "en" else "zh"
    canned = await web.db.read(keeping.canned)
    found = answers.search(query, canned, web.dialogue, lang)  # type: ignore[arg-type]  # one of two words
    return pages.render(request, "desk/answers.html", answers=found)


@allowed(Action.VIEW_TICKETS, hidden=True)
async def photo(request: Request) -> Response:
    """Return a file of a ticket, to be saved or shown inside the desk."""
    number = request.path_params["media"]
    found = await web_of(request).db.read(media.content, number)
    if found is None:
        raise HTTPException(404)
    shown = found["mime"] in _SHOWN_AS
    name = found["name"] or f"posbot-{number}.{_SHOWN_AS.get(found['mime'], 'bin')}"
    return files.saved(bytes(found["content"]), name, found["mime"] if shown else "application/octet-stream")


@allowed(Action.VIEW_TICKETS, hidden=True)
async def act(request: Request) -> Response:
    """Carry out one act on a ticket; the authority table is asked again by the act itself."""
    web, me, number = web_of(request), acts.actor(request), request.path_params["number"]
    what, form = request.path_params["act"], await request.form()
    door = web.desk

    def said(name: str) -> str:
        return acts.text(form, name)

    match what:
        case "reply":
            await door.reply(me, number, said("text"))
        case "note":
            await door.note(me, number, said("text"))
        case "claim":
            await door.claim(me, number, take=bool(form.get("take")))
        case "assign":
            await door.assign(me, number, said("login"))
        case "release":
            await door.release(me, number)
        case "priority":
            await door.prioritise(me, number, said("priority"))
        case "tag":
            await door.tag(me, number, said("tag"))
        case "untag":
            await door.untag(me, number, said("tag"))
        case "wait":
            await door.wait(me, number, said("text"))
        case "resume":
            await door.resume(me, number)
        case "resolve":
            await door.resolve(me, number, said("reason"), said("text"))
        case "reopen":
            await door.reopen(me, number)
        case "merge":
            await door.merge(me, number, acts.number(form, "into"))
        case "block" | "unblock":
            await (door.block if what == "block" else door.unblock)(me, await web.db.read(_chat, number))
        case _:
            raise HTTPException(404)
    hidden = hide(said("text")) != said("text")
    return acts.done(request, f"/desk/tickets/{number}", "done.hidden" if hidden else f"done.{what}")


async def _chat(tx: Tx, number: int) -> str:
    return str((await acting.ticket(tx, number))["chat"])


ROUTES = [
    Route("/desk/tickets/{number:int}", ticket),
    Route("/desk/tickets/{number:int}/{act:str}", act, methods=["POST"]),
    Route("/desk/answers", answer_search),
    Route("/desk/media/{media:int}", photo),
]
