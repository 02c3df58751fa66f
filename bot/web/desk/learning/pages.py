"""The knowledge pages: what was not understood, trying a text, teaching, versions."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.store.support import learning
from bot.support.authority import Action
from bot.web import pages, visitor
from bot.web.context import Web, web_of
from bot.web.desk import acts
from bot.web.desk.learning import change, trying
from bot.web.desk.learning.likeness import grouped
from bot.web.desk.signin import allowed
from bot.web.desk.views import View, parsed

SHOWN = 60


@allowed(Action.VIEW_KNOWLEDGE)
async def misses(request: Request) -> Response:
    """Show what was not understood, alike texts together."""
    web = web_of(request)
    kind = request.query_params.get("kind", "missed")
    kind = kind if kind in learning.MISSES else "missed"
    rows = await web.db.read(learning.misses, kind)
    view = View(web, visitor.language(request))
    groups = [{"group": group, "age": view.age(group.at), "intent": group.intent, "title": view.intent(group.intent)}
              for group in grouped(rows)[:SHOWN]]  # fmt: skip
    return pages.render(request, "desk/misses.html", groups=groups, kind=kind, kinds=learning.MISSES,
                        total=len(rows), tab="misses")  # fmt: skip


@allowed(Action.EDIT_KNOWLEDGE)
async def reviewed(request: Request) -> Response:
    """Mark texts as looked at."""
    form = await request.form()
    await web_of(request).desk.do(Action.EDIT_KNOWLEDGE, acts.actor(request), learning.reviewed, change.ids(form))
    return acts.done(request, "/desk/knowledge", "done.reviewed", go=request.headers.get("x-page", ""))


@allowed(Action.VIEW_KNOWLEDGE)
async def attempt(request: Request) -> Response:
    """Show what the bot would say to a text, and why."""
    web, lang = web_of(request), visitor.language(request)
    text = request.query_params.get("text", "").strip()[:500]
    if web.dialogue is None:
        raise HTTPException(404)
    found = trying.explain(web.dialogue.understanding, text, View(web, lang), lang) if text else None
    template = "desk/tried.html" if "hx-request" in request.headers else "desk/try.html"
    return pages.render(request, template, text=text, found=found, tab="try")


@allowed(Action.VIEW_KNOWLEDGE)
async def browse(request: Request) -> Response:
    """Show every intent with its phrases."""
    web, lang = web_of(request), visitor.language(request)
    if web.dialogue is None:
        raise HTTPException(404)
    query = request.query_params.get("q", "")
    found = trying.listing(web.dialogue.understanding.knowledge, query, View(web, lang), lang)
    return pages.render(request, "desk/browse.html", intents=found, q=request.query_params.get("q", "")[:100],
                        tab="browse")  # fmt: skip


@allowed(Action.VIEW_KNOWLEDGE)
async def versions(request: Request) -> Response:
    """Show the versions of the knowledge."""
    web = web_of(request)
    view = View(web, visitor.language(request))
    rows = [{**row, "when": view.time(row["created_at"]), "effect": parsed(row["report"], {})}
            for row in await web.db.read(learning.versions)]  # fmt: skip
    return pages.render(request, "desk/versions.html", versions=rows, live=_live(web), tab="versions")


@allowed(Action.EDIT_KNOWLEDGE)
async def roll_back(request: Request) -> Response:
    """Make an earlier version the one in force again."""
    web = web_of(request)
    done = await web.desk.do(Action.EDIT_KNOWLEDGE, acts.actor(request), learning.roll_back,
                             request.path_params["version"])  # fmt: skip
    if done is None or web.teacher is None:
        raise HTTPException(404)
    await web.teacher.refresh()
    return acts.done(request, "/desk/knowledge/versions", "done.rolled_back", go="/desk/knowledge/versions")


@allowed(Action.VIEW_KNOWLEDGE)
async def match(request: Request) -> Response:
    """Return what a text means, for the teaching form's hint."""
    web = web_of(request)
    if web.dialogue is None:
        raise HTTPException(404)
    found: Any = web.dialogue.understanding.match(request.query_params.get("text", "")[:500])
    return JSONResponse({"intent": found.intent or "", "outcome": found.outcome})


def _live(web: Web) -> str:
    return web.dialogue.understanding.knowledge.version if web.dialogue else ""


ROUTES = [
    Route("/desk/knowledge", misses),
    Route("/desk/knowledge/reviewed", reviewed, methods=["POST"]),
    Route("/desk/knowledge/try", attempt),
    Route("/desk/knowledge/match", match),
    Route("/desk/knowledge/browse", browse),
    Route("/desk/knowledge/versions", versions),
    Route("/desk/knowledge/versions/{version:int}", roll_back, methods=["POST"]),
    *change.ROUTES,
]
