"""A typed message, from the most particular meaning to the most general one.

A ticket being prepared, then a question of a tree, then "solved?", then anything new. Whatever is asked, a way
out ("back", "human", "cancel") is understood.
"""

from __future__ import annotations

from bot.dialogue import answers, escalation, ticketing, walk
from bot.dialogue.model import Button, Heard
from bot.dialogue.scene import Scene, join, pack
from intents.model import Answer, Match, Question

SURE = 0.75
"""Confidence from which another fault named in mid-tree is offered."""
_BARE = frozenset(
    {"yes", "no", "solved", "not_solved", "dont_understand", "back", "none_of_these"}
    | {f"choose:{number}" for number in range(1, 10)}
)
"""Replies that say nothing by themselves: out of a flow they are asked about, never guessed."""


def hear(scene: Scene, text: str) -> None:
    """Answer a typed message."""
    if not text.strip():
        scene.say("empty", answers.menu_rows(scene))
        return
    if scene.understanding.angry(text):
        scene.set(anger=scene.session.anger + 1)
    meaning = scene.understanding.followup(text)
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
    code = _named_code(scene, text, match)
    if meaning in ("thanks", "later", "cancel") and match.outcome != "answer":
        scene.say(meaning)
    elif scene.session.waiting == "code" and not code and meaning in ("no", "dont_understand", "none_of_these"):
        _no_code(scene)
    elif ticketing.concerns(scene, text, match, meaning):
        return
    elif code:
        _code(scene, code)
    elif meaning in _BARE and match.outcome != "answer" and not scene.session.anger:
        _ask_what(scene)
    elif match.outcome == "answer" and match.intent:
        walk.open_intent(scene, match.intent)
    elif match.outcome == "clarify" and not scene.session.anger:
        clarify(scene, match)
    else:
        not_understood(scene)


def clarify(scene: Scene, match: Match) -> None:
    """Offer the best candidates as buttons."""
    scene.ended("clarified", match.intent or "", scene.incoming.text)
    best = [Button(scene.title(found.intent), f"open:{found.intent}") for found in match.candidates[:3]]
    scene.set(misses=0, waiting="")
    rows = [*([button] for button in best), [scene.button("none"), scene.button("human")]]
    scene.say("did_you_mean", rows)


def not_understood(scene: Scene) -> None:
    """Say so: first ask to rephrase, then show the menu and a human."""
    misses = scene.session.misses + 1
    # what was typed and not understood is to be learnt from; a press of "none of these" only counts
    scene.ended("missed" if scene.heard else "none", text=scene.incoming.text if scene.heard else "")
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


def _named_code(scene: Scene, text: str, match: Match) -> str | None:
    """Return the code a message names: a known one, or an unknown one where a code was asked for or called so."""
    if match.code:
        return match.code
    asked = scene.session.waiting == "code"
    quotes = asked or match.outcome != "answer"
    prompt = scene.understanding.codes.find_prompt(text) if quotes else None
    called = match.outcome == "answer" and match.intent == "txn.code"
    return prompt or (answers.code_like(text, bare=asked) if asked or called else None)


def _no_code(scene: Scene) -> None:
    """There is no code, or the merchant cannot tell: go by what happens instead."""
    scene.set(waiting="")
    other = [Button(scene.title(intent), f"open:{intent}") for intent in ("txn.declined", "tree.start")]
    scene.say("no_code", [*pack(other), [scene.button("human")]])


def _ask_what(scene: Scene) -> None:
    """A bare "no" or "still broken": show again what was offered last, or ask what it is about."""
    offered = [Button(label, action) for label, action in scene.session.offered]
    if offered:
        scene.say("tap_or_type", pack(offered))
    else:
        scene.say("which_fault", answers.menu_rows(scene))


def _way_out(scene: Scene, meaning: str | None) -> bool:
    """Take "human", "restart", "back", "cancel" and "none of these"; False if it is none of them."""
    session = scene.session
    if meaning == "human":
        ticketing.to_human(scene)
    elif meaning == "restart":
        walk.restart(scene)
    elif meaning == "cancel" and session.busy:
        scene.ended("gave_up", session.about)
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
    if meaning == "back" and draft is not None and draft.asking:
        walk.back_from_draft(scene)
        return
    asks = meaning is None and scene.messages.speaks_of("question_words", text)
    if asks and draft is not None and draft.asking:
        match = scene.understanding.match(text)
        found = scene.knowledge.intents.get(match.intent or "")
        if match.outcome == "answer" and isinstance(found, Answer) and not found.action and not match.code:
            escalation.repeat(scene, answers.tangent(scene, found))
            return
    escalation.hear(scene, text, meaning)


def _hear_verdict(scene: Scene, text: str, meaning: str | None) -> None:
    angry = scene.understanding.angry(text)
    if meaning in ("solved", "yes", "thanks"):
        walk.solved(scene)
    elif meaning in ("not_solved", "no") and angry:
        ticketing.to_human(scene)
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
        walk.show(scene, scene.text(node.hint) if node.hint else scene.words("slowly"))
    elif walk.hear_choice(scene, text, meaning):
        return
    elif meaning == "solved":
        walk.solved(scene)
    else:
        _tangent_or_fresh(scene, text, meaning)


def _tangent_or_fresh(scene: Scene, text: str, meaning: str | None) -> None:
    """Something else in mid-tree: answer a question and resume; offer to change to another fault."""
    if not scene.session.symptom:
        fresh(scene, text, meaning)
        return
    match = _match(scene, text)
    found = scene.knowledge.intents.get(match.intent or "")
    if match.code:
        _code(scene, match.code)
    elif match.outcome == "answer" and isinstance(found, Answer):
        _answer_aside(scene, found)
    elif match.outcome == "answer" and found and found.id != scene.session.symptom and _sure(match):
        rows = [[Button(scene.title(found.id), f"open:{found.id}")], [scene.button("resume"), scene.button("human")]]
        scene.say("another_fault", rows, new=scene.title(found.id), old=scene.title(scene.session.symptom))
    else:
        _repeat(scene)


def _answer_aside(scene: Scene, found: Answer) -> None:
    if found.action:
        answers.show(scene, found)
        return
    resumed = scene.words("back_to", title=scene.title(scene.session.symptom))
    walk.show(scene, join(answers.tangent(scene, found), resumed))


def _repeat(scene: Scene) -> None:
    misses = scene.session.misses + 1
    scene.set(misses=misses)
    if scene.session.anger:
        ticketing.to_human(scene)
        return
    walk.show(scene, scene.words("tap_or_type" if misses == 1 else "tap_or_human"))


def _sure(match: Match) -> bool:
    return bool(match.candidates) and match.candidates[0].confidence >= SURE


def _code(scene: Scene, code: str) -> None:
    leads_to = answers.code(scene, code)
    if leads_to is not None:
        walk.enter(scene, *leads_to)
