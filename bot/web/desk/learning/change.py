"""Teaching: a phrase for an intent, or a new question; tried out, shown with its effect, published."""

from __future__ import annotations

import json
import re

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import learning, proposals
from bot.store.support.proposals import Proposal
from bot.support.authority import Action
from bot.web import pages, visitor
from bot.web.context import Web, web_of
from bot.web.desk import acts
from bot.web.desk.learning import overlay
from bot.web.desk.learning.diff import lines
from bot.web.desk.learning.teacher import Teacher
from bot.web.desk.signin import allowed
from bot.web.desk.views import View

PHRASE = 200
_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")


def ids(form: FormData) -> list[int]:
    """Return the misses that a form is about."""
    return [int(one) for one in acts.text(form, "ids").split(",") if one.isdecimal()][:500]


@allowed(Action.EDIT_KNOWLEDGE)
async def form_page(request: Request) -> Response:
    """Show the form: a phrase, and the intent that it means."""
    view = View(web_of(request), visitor.language(request))
    query = request.query_params
    texts = [text for text in query.getlist("text") if text][:20]
    return pages.render(request, "desk/teach.html", intents=view.intents(), texts=texts, ids=query.get("ids", ""),
                        guess=query.get("intent", ""), tab="misses")  # fmt: skip


@allowed(Action.EDIT_KNOWLEDGE)
async def propose(request: Request) -> Response:
    """Start to try out what a form says."""
    web, form = web_of(request), await request.form()
    teacher = _teacher(web)
    phrases = [" ".join(line.split()) for line in acts.text(form, "phrases").splitlines() if line.strip()][:50]
    if not phrases or max(map(len, phrases)) > PHRASE:
        raise HTTPException(422, pages.say(request, "teach.no_phrase"))
    base, files = await web.db.read(learning.current)
    intent = acts.text(form, "intent").strip()
    if intent == "new":
        intent, files = _question(request, files, form, phrases)
    elif web.dialogue is None or intent not in web.dialogue.understanding.knowledge.intents:
        raise HTTPException(422, pages.say(request, "teach.no_intent"))
    else:
        files = overlay.with_phrases(files, intent, phrases)
    note = acts.text(form, "note", 500).strip() or f"{intent}: {phrases[0]}"[:200]
    number = await web.desk.do(Action.EDIT_KNOWLEDGE, acts.actor(request), proposals.add, note, base, files, intent,
                               ids(form))  # fmt: skip
    teacher.start()
    to = f"/desk/knowledge/proposals/{number}"
    return acts.done(request, to, go=to)


def _question(request: Request, files: overlay.Overlay, form: FormData, phrases: list[str]
              ) -> tuple[str, dict[str, str]]:  # fmt: skip
    said = {name: acts.text(form, name, 3000).strip() for name in ("id", "title_zh", "title_en", "zh", "en")}
    if not _ID.fullmatch(said["id"]) or not all(said.values()):
        raise HTTPException(422, pages.say(request, "teach.incomplete"))
    chinese = [one for one in phrases if re.search(r"[\u3400-\u9fff]", one)]
    english = [one for one in phrases if one not in chinese]
    entry = {
        "id": said["id"], "title": {"zh": said["title_zh"], "en": said["title_en"]}, "impact": "P4",
        "phrases": {"zh": chinese or [said["title_zh"]], "en": english or [said["title_en"]]},
        "answer": {"zh": said["zh"], "en": said["en"]},
    }  # fmt: skip
    return said["id"], overlay.with_question(files, entry)


@allowed(Action.EDIT_KNOWLEDGE)
async def proposal_page(request: Request) -> Response:
    """Show how a change does, as soon as it was tried."""
    web = web_of(request)
    proposal = await _proposal(web, request)
    _, files = await web.db.read(learning.current)
    view = View(web, visitor.language(request))
    template = "desk/proposal_body.html" if "hx-request" in request.headers else "desk/proposal.html"
    return pages.render(request, template, proposal=proposal, diff=lines(files, proposal.files),
                        title=view.intent(proposal.intent), named=view.intent, tab="misses")  # fmt: skip


@allowed(Action.EDIT_KNOWLEDGE)
async def publish(request: Request) -> Response:
    """Make a change that was tried the version in force."""
    web = web_of(request)
    proposal, teacher = await _proposal(web, request), _teacher(web)
    base, _ = await web.db.read(learning.current)
    if proposal.state != "ready" or base != proposal.base:
        raise HTTPException(409, pages.say(request, "teach.stale"))
    me = acts.actor(request)
    report = json.dumps(proposal.effect, ensure_ascii=False)
    await web.desk.do(Action.EDIT_KNOWLEDGE, me, learning.publish, proposal.files, proposal.note, report)
    if proposal.misses:
        await web.desk.do(Action.EDIT_KNOWLEDGE, me, learning.reviewed, proposal.misses)
    await teacher.refresh(teacher.built(proposal.id))
    await web.desk.do(Action.EDIT_KNOWLEDGE, me, proposals.drop, proposal.id)
    return acts.done(request, "/desk/knowledge/versions", "done.published", go="/desk/knowledge/versions")


@allowed(Action.EDIT_KNOWLEDGE)
async def drop(request: Request) -> Response:
    """Drop a change."""
    web = web_of(request)
    proposal = await _proposal(web, request)
    await web.desk.do(Action.EDIT_KNOWLEDGE, acts.actor(request), proposals.drop, proposal.id)
    return acts.done(request, "/desk/knowledge", go="/desk/knowledge")


def _teacher(web: Web) -> Teacher:
    if web.teacher is None:
        raise HTTPException(404)
    return web.teacher


async def _proposal(web: Web, request: Request) -> Proposal:
    found = await web.db.read(proposals.get, request.path_params["proposal"])
    if found is None:
        raise HTTPException(404, pages.say(request, "teach.gone"))
    return found


ROUTES = [
    Route("/desk/knowledge/teach", form_page),
    Route("/desk/knowledge/teach", propose, methods=["POST"]),
    Route("/desk/knowledge/proposals/{proposal:int}", proposal_page),
    Route("/desk/knowledge/proposals/{proposal:int}/publish", publish, methods=["POST"]),
    Route("/desk/knowledge/proposals/{proposal:int}/drop", drop, methods=["POST"]),
]
