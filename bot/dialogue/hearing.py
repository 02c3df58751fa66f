"""A typed message, from the most particular meaning to the most general one.

A ticket being prepared, then a question of a tree, then "solved?", then anything new. Whatever is asked, a way
out ("back", "human", "cancel") is understood.
"""

from __future__ import annotations

from bot.dialogue import answers, escalation, ticketing, walk
from bot.dialogue.model import Button, Heard
from bot.dialogue.scene import Scene
from intents.model import Answer, Match, Question

LONG = 25
"""Characters from which a typed reply may be a new problem rather than an answer."""
SURE = 0.75
"""Confidence from which another fault named in mid-tree is offered."""


def hear(scene: Scene, text: str) -> None:
    """Answer a typed message."""
    if not text.strip():
        scene.say("empty", answers.menu_rows(scene))
        return
    _mood(scene, text)
    labels = [label for label, _ in scene.session.offered]
    meaning = scene.understanding.followup(text, labels)
    if scene.session.draft is not None:
        _hear_draft(scene, text, meaning)
    elif _way_out(scene, meaning):
        return
    elif scene.session.waiting == "solved":
        _hear_verdict(scene, text, meaning)
    elif scene.session.symptom and isinstance(walk.here(scene), Question):
        _hear_question(scene, text, meaning)
    else:
        fresh(scene, text, meaning)


def fresh(scene: Scene, text: str, meaning: str | None = None) -> None:
    """Answer a message that continues nothing: match it against everything known."""
    match = _match(scene, text)
    if meaning in ("thanks", "later", "cancel") and match.outcome != "answer":
        scene.say(meaning)
    elif match.code:
        _code(scene, match.code)
    elif _about_ticket(scene, text, match, meaning):
        return
    elif match.outcome == "answer" and match.intent:
        walk.open_intent(scene, match.intent)
    elif match.outcome == "clarify":
        clarify(scene, match)
    elif scene.session.waiting == "code":
        _code(scene, text.strip()[:12])
    else:
        not_understood(scene)


def clarify(scene: Scene, match: Match) -> None:
    """Offer the best candidates as buttons."""
    best = [Button(scene.title(found.intent), f"open:{found.intent}") for found in match.candidates[:3]]
    scene.set(misses=0, waiting="")
    rows = [*([button] for button in best), [scene.button("none"), scene.button("human")]]
    scene.say("did_you_mean", rows)


def not_understood(scene: Scene) -> None:
    """Say so: first ask to rephrase, then show the menu and a human."""
    misses = scene.session.misses + 1
    scene.set(misses=misses, waiting="")
    if scene.session.anger:
        escalation.start(scene, "chat.human", scene.words("sorry_human"), escalation.USUAL)
    elif misses == 1:
        scene.say("rephrase", [[scene.button("menu"), scene.button("human")]])
    else:
        scene.say("menu_or_human", answers.menu_rows(scene))


def _match(scene: Scene, text: str) -> Match:
    match = scene.understanding.match(text)
    confidence = match.candidates[0].confidence if match.candidates else 0.0
    scene.heard = Heard(match.outcome, match.intent, round(confidence, 4), match.code)
    if match.brand:
        names = {"brand_id": match.brand, "brand": match.model or match.brand}
        scene.set(facts={**scene.session.facts, **names})
    return match


def _mood(scene: Scene, text: str) -> None:
    if scene.understanding.angry(text):
        scene.set(anger=scene.session.anger + 1)


def _way_out(scene: Scene, meaning: str | None) -> bool:
    """Take "human", "restart", "back", "cancel" and "none of these"; False if it is none of them."""
    session = scene.session
    if meaning == "human":
        symptom = scene.knowledge.symptom(session.symptom)
        escalation.start(scene, session.about or "chat.human", scene.words("asked_for_human"),
                         escalation.usual_slots(symptom))  # fmt: skip
    elif meaning == "restart":
        walk.restart(scene)
    elif meaning == "cancel" and session.busy:
        scene.session = session.idle()
        scene.say("cancelled", [[scene.button("menu"), scene.button("human")]])
    elif meaning == "back" and session.symptom:
        walk.back(scene)
    elif meaning == "none_of_these" and session.offered:
        scene.set(offered=())
        not_understood(scene)
    else:
        return False
    return True


def _hear_draft(scene: Scene, text: str, meaning: str | None) -> None:
    draft = scene.session.draft
    asking = draft.asking if draft else ""
    if asking not in ("", "details", "screen") and len(text) > 3:
        match = scene.understanding.match(text)
        found = scene.knowledge.intents.get(match.intent or "")
        if match.outcome == "answer" and isinstance(found, Answer) and not found.action and not match.code:
            answers.tangent(scene, found)
            escalation.repeat(scene)
            return
    escalation.hear(scene, text, meaning)


def _hear_verdict(scene: Scene, text: str, meaning: str | None) -> None:
    if meaning in ("solved", "yes", "thanks"):
        walk.solved(scene)
    elif meaning in ("not_solved", "no"):
        walk.unsolved(scene)
    elif meaning == "dont_understand":
        walk.show(scene, scene.words("slowly")) if scene.session.symptom else scene.say("rephrase_help")
    elif meaning == "later":
        scene.say("later")
    else:
        _tangent_or_fresh(scene, text, meaning)


def _hear_question(scene: Scene, text: str, meaning: str | None) -> None:
    node = walk.here(scene)
    if meaning == "later":
        scene.say("later")
    elif meaning == "dont_understand" and isinstance(node, Question):
        hint = scene.text(node.hint) if node.hint else scene.words("slowly")
        walk.show(scene, hint)
    elif not walk.hear_choice(scene, text, meaning):
        _tangent_or_fresh(scene, text, meaning)


def _tangent_or_fresh(scene: Scene, text: str, meaning: str | None) -> None:
    """Something else in mid-tree: answer a question and resume; offer to change to another fault."""
    match = _match(scene, text)
    found = scene.knowledge.intents.get(match.intent or "")
    if not scene.session.symptom:
        fresh(scene, text, meaning)
    elif match.code:
        _code(scene, match.code)
    elif match.outcome == "answer" and isinstance(found, Answer):
        _answer_aside(scene, found)
    elif match.outcome == "answer" and found and found.id != scene.session.symptom and _sure(match):
        rows = [
            [Button(scene.title(found.id), f"open:{found.id}")],
            [scene.button("resume"), scene.button("human")],
        ]
        scene.say("another_fault", rows, new=scene.title(found.id), old=scene.title(scene.session.symptom))
    else:
        _repeat(scene)


def _answer_aside(scene: Scene, found: Answer) -> None:
    if found.action:
        answers.show(scene, found)
        return
    answers.tangent(scene, found)
    walk.show(scene, scene.words("back_to", title=scene.title(scene.session.symptom)))


def _repeat(scene: Scene) -> None:
    misses = scene.session.misses + 1
    scene.set(misses=misses)
    if scene.session.anger and misses > 1:
        _way_out(scene, "human")
        return
    walk.show(scene, scene.words("tap_or_type" if misses == 1 else "tap_or_human"))


def _sure(match: Match) -> bool:
    return bool(match.candidates) and match.candidates[0].confidence >= SURE


def _code(scene: Scene, code: str) -> None:
    symptom = answers.code(scene, code)
    if symptom is not None:
        walk.enter(scene, symptom)


def _about_ticket(scene: Scene, text: str, match: Match, meaning: str | None) -> bool:
    """Deal with a message that may belong to a ticket; False if it is answered like any other."""
    waiting = scene.open_tickets
    found = scene.knowledge.intents.get(match.intent or "")
    question = match.outcome == "answer" and isinstance(found, Answer)
    if waiting and not question:
        newest = waiting[0]
        if match.outcome == "answer" and match.intent and match.intent not in {t.intent for t in waiting}:
            ticketing.ask_which(scene, newest, match.intent, text)
        else:
            ticketing.add(scene, next((t for t in waiting if t.intent == match.intent), newest), text)
        return True
    resolved = next((ticket for ticket in scene.tickets if ticket.status == "resolved"), None)
    if resolved and not question and (meaning == "not_solved" or match.intent == resolved.intent):
        ticketing.ask_reopen(scene, resolved, text)
        return True
    return False
