"""Answers without a tree: a question's steps, a response code's meaning, the menu."""

from __future__ import annotations

import re

from bot.dialogue import escalation, ticketing
from bot.dialogue.model import Button
from bot.dialogue.scene import Scene, join, pack
from bot.messages import traditional
from intents.model import Answer, Code, Intent, Symptom
from intents.text import half_width

SMALL_TALK = "chat."
_CALLED_CODE = re.compile(
    r"(?:代码|代碼|码|碼|code|error)[\s:：是为為]{0,4}([A-Za-z]{0,2}[0-9]{1,4}[A-Za-z]?)(?![A-Za-z0-9])"
)
_BARE_CODE = re.compile(r"[A-Za-z]{0,2}[0-9]{1,4}[A-Za-z]?")


def show(scene: Scene, intent: Intent, lead: str = "") -> None:
    """Give an intent's answer, or do what its ``action`` says; symptoms are walked elsewhere."""
    if not isinstance(intent, Answer):
        return
    if lead and intent.action:
        scene.lead(lead)
    if intent.action == "human":
        ticketing.to_human(scene)
    elif intent.action == "status":
        ticketing.status(scene, scene.incoming.text)
    elif intent.action == "menu":
        scene.reply(scene.text(intent.answer), menu_rows(scene))
    elif intent.action == "code":
        scene.set(waiting="code", about=intent.id)
        scene.reply(scene.text(intent.answer), [[scene.button("human")]])
    else:
        _steps(scene, intent, lead)


def tangent(scene: Scene, intent: Answer) -> str:
    """Return the answer to a question asked in the middle of something else, to be said before going on."""
    return _body(scene, intent)


def code(scene: Scene, named: str) -> tuple[Symptom, str] | None:
    """Say what a response code means; where it leads to a fault, return that and the words to say before."""
    entries = scene.understanding.lookup(named)
    scene.set(facts={**scene.session.facts, "screen": named})
    body = _code_text(scene, named, entries)
    leads_to = next((entry.leads_to for entry in entries[:1] if entry.leads_to), None)
    symptom = scene.knowledge.symptom(leads_to) if leads_to else None
    if symptom is not None:
        return symptom, body
    scene.set(waiting="solved" if entries else "code", about="txn.code", symptom="", node="", draft=None)
    if not entries:
        scene.reply(body, [[scene.button("human")]])
        return None
    scene.reply(join(scene.announced("txn.code"), body, scene.words("did_it_help")),
                [_verdict(scene, "txn.code"), [scene.button("human")]])  # fmt: skip
    return None


def code_like(text: str, bare: bool) -> str | None:
    """Return what a message calls a code though no table has it; ``bare``: the whole message may be one."""
    plain = half_width(text, 4096).strip()
    called = _CALLED_CODE.search(plain)
    if called:
        return called[1].upper()
    return plain.upper() if bare and _BARE_CODE.fullmatch(plain) else None


def unhelped(scene: Scene, intent: str) -> None:
    """An answer did not help: to a human, with what that answer says support needs."""
    scene.ended("unhelped", intent)
    found = scene.knowledge.intents.get(intent)
    ask_for = found.ask_for if isinstance(found, Answer) and found.ask_for else escalation.usual_slots(None)
    escalation.start(scene, intent or "chat.human", scene.words("answer_did_not_help"), ask_for)


def menu_rows(scene: Scene) -> list[list[Button]]:
    """Return the buttons of the menu."""
    intents = [Button(scene.title(intent), f"open:{intent}") for intent in scene.knowledge.menu]
    return [*pack(intents), [scene.button("human")]]


def _steps(scene: Scene, intent: Answer, lead: str) -> None:
    body = join(lead, scene.announced(intent.id) if not intent.id.startswith(SMALL_TALK) else "", _body(scene, intent))
    if intent.id.startswith(SMALL_TALK):
        scene.reply(body)
        return
    related = [Button(scene.title(other), f"open:{other}") for other in intent.related]
    scene.set(symptom="", node="", path=(), draft=None, waiting="solved", about=intent.id, misses=0)
    rows = [_verdict(scene, intent.id), *pack(related), [scene.button("human")]]
    scene.reply(join(body, scene.words("did_it_help")), rows)


def _body(scene: Scene, intent: Answer) -> str:
    brand = intent.brands.get(scene.session.facts.get("brand_id", ""))
    parts = [scene.text(intent.answer), "\n".join(scene.numbered(intent.steps))]
    return join(*parts, scene.text(brand) if brand else "")


def _verdict(scene: Scene, intent: str) -> list[Button]:
    return [scene.button("helped", f"helped:{intent}"), scene.button("unhelped", f"unhelped:{intent}")]


def _code_text(scene: Scene, named: str, entries: tuple[Code, ...]) -> str:
    if not entries:
        return scene.words("code_unknown", code=named)
    first = entries[0]
    lines = [scene.words("code_means", code=named, meaning=scene.text(first.meaning)),
             scene.words(f"code_retry.{first.retry}"), scene.words("code_do", do=scene.text(first.do))]  # fmt: skip
    if first.sure == "low":
        lines.append(scene.words("code_unsure"))
    differing = scene.understanding.codes.differences(named, scene.lang)
    return join("\n".join(lines), traditional(differing) if scene.lang == "zh-Hant" else differing)
