"""Canned replies, and the audit log."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import keeping
from bot.support.authority import Action
from bot.web import pages, visitor
from bot.web.context import web_of
from bot.web.desk import acts
from bot.web.desk.signin import allowed
from bot.web.desk.views import View

PAGE = 100


@allowed(Action.CANNED)
async def canned(request: Request) -> Response:
    """Show the canned replies."""
    web = web_of(request)
    view = View(web, visitor.language(request))
    rows = [{**row, "when": view.time(row["updated_at"])} for row in await web.db.read(keeping.canned)]
    return pages.render(request, "desk/canned.html", canned=rows)


@allowed(Action.CANNED)
async def keep(request: Request) -> Response:
    """Keep a canned reply, or change one."""
    form = await request.form()
    number = acts.number(form, "id") if form.get("id") else 0
    await web_of(request).desk.do(Action.CANNED, acts.actor(request), keeping.can, acts.text(form, "title"),
                                  acts.text(form, "zh"), acts.text(form, "en"), number)  # fmt: skip
    return acts.done(request, "/desk/canned", "done.saved", go="/desk/canned")


@allowed(Action.CANNED)
async def drop(request: Request) -> Response:
    """Delete a canned reply."""
    await web_of(request).desk.do(Action.CANNED, acts.actor(request), keeping.drop_canned, request.path_params["id"])
    return acts.done(request, "/desk/canned", "done.saved", go="/desk/canned")


@allowed(Action.AUDIT)
async def audit(request: Request) -> Response:
    """Show who did what, the newest first."""
    web, query = web_of(request), request.query_params
    before = query.get("before", "")
    who, subject = query.get("actor", "").strip()[:64], query.get("subject", "").strip()[:100]
    rows = await web.db.read(keeping.audit, int(before) if before.isdecimal() and len(before) < 16 else 0, who,
                             subject, PAGE)  # fmt: skip
    view = View(web, visitor.language(request))
    lines = [{**row, "when": view.time(row["at"]), "what": view.named("event", row["action"])} for row in rows]
    return pages.render(request, "desk/audit.html", lines=lines, who=who, subject=subject, tab="audit",
                        next=rows[-1]["id"] if len(rows) == PAGE else 0)  # fmt: skip


ROUTES = [
    Route("/desk/canned", canned),
    Route("/desk/canned", keep, methods=["POST"]),
    Route("/desk/canned/{id:int}/drop", drop, methods=["POST"]),
    Route("/desk/audit", audit),
]
