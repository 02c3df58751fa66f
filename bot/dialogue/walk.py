"""Walking a symptom's tree with the merchant: show a node, take the answer, go back, ask "solved?"."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from bot.dialogue import answers, escalation
from bot.dialogue.model import Button, Step
from bot.dialogue.scene import Scene, join, pack
from intents import tree
from intents.model import Choice, Escalation, Fix, Node, Question, Stop, Symptom
from intents.text import normalise

PATIENCE = 3
"""Fixes that may fail before a human takes over."""
SHORTEST_ZH, SHORTEST_EN = 2, 4
"""Characters that a part of a label needs to be recognised inside a sentence."""
_OR = re.compile(r"[或、，,/]|\bor\b")
_DENIED = ("不是", "没有", "没", "不", "不会", "not ", "no ", "isn t ", "doesn t ")
NEAR = 80
"""rapidfuzz ratio (0..100) from which a typed text is taken for a button's label."""


def open_intent(scene: Scene, intent: str, lead: str = "") -> None:
    """Open a symptom's tree or a question's answer; a menu if the knowledge has it no longer."""
    found = scene.knowledge.intents.get(intent)
    if isinstance(found, Symptom):
        enter(scene, found, lead)
    elif found is not None:
        answers.show(scene, found, lead)
    else:
        scene.say("button_gone", answers.menu_rows(scene))


def enter(scene: Scene, symptom: Symptom, lead: str = "") -> None:
    """Start a tree at its first node."""
    scene.set(symptom=symptom.id, node=symptom.start, waiting="", about=symptom.id, misses=0, draft=None)
    show(scene, join(lead, scene.announced(symptom.id), scene.text(symptom.before) if symptom.before else ""))


def show(scene: Scene, lead: str = "") -> None:
    """Show the node where the session stands."""
    node = here(scene)
    if isinstance(node, Question):
        _ask(scene, node, lead)
    elif isinstance(node, Fix):
        _fix(scene, node, lead)
    elif isinstance(node, (Stop, Escalation)):
        _hand_over(scene, node, lead)
    elif scene.session.symptom:  # an edit of the knowledge removed the node under the merchant's feet
        scene.session = scene.session.idle()
        scene.say("button_gone", answers.menu_rows(scene))


def here(scene: Scene) -> Node | None:
    """Return the node where the session stands, None outside a tree (or if an edit removed it)."""
    return tree.at(scene.knowledge, scene.session.symptom, scene.session.node)


def choose(scene: Scene, index: int) -> None:
    """Take a choice (counted from 0) of the question where the session stands."""
    session = scene.session
    question = here(scene)
    if not isinstance(question, Question) or not 0 <= index < len(question.choices):
        scene.say("button_gone", [[scene.button("menu"), scene.button("human")]])
        return
    label = scene.text(question.choices[index].label)
    _go(scene, tree.choose(scene.knowledge, session.symptom, session.node, index), label)


def solved(scene: Scene) -> None:
    """The fix helped: say so and end."""
    scene.ended("solved", scene.session.about)
    scene.session = scene.session.idle()
    scene.say("solved")


def unsolved(scene: Scene) -> None:
    """The fix did not help: on to the next, or to a human when enough was tried."""
    node = here(scene)
    count = scene.session.unsolved + 1
    scene.set(unsolved=count, waiting="")
    if not isinstance(node, Fix):
        answers.unhelped(scene, scene.session.about)
        return
    arrival = tree.follow(scene.knowledge, scene.session.symptom, node.otherwise)
    ends = arrival is not None and isinstance(arrival.node, (Escalation, Stop))
    said = scene.words("button.unsolved")
    if count >= PATIENCE and not ends:
        _record(scene, said)
        symptom = scene.knowledge.symptom(scene.session.symptom)
        escalation.start(scene, scene.session.symptom, scene.words("tried_enough", count=count),
                         escalation.usual_slots(symptom))  # fmt: skip
        return
    _go(scene, arrival, said)


def back(scene: Scene) -> None:
    """Return to the question before."""
    if not scene.session.path:
        show(scene, scene.words("at_start"))
        return
    last = scene.session.path[-1]
    scene.set(symptom=last.symptom, node=last.node, path=scene.session.path[:-1], waiting="", draft=None)
    show(scene)


def back_from_draft(scene: Scene) -> None:
    """Go back while a ticket is prepared: to the slot before, or from the first one to where the tree stood."""
    draft = scene.session.draft
    if draft is None or any(slot in draft.filled for slot in draft.ask_for) or not scene.session.symptom:
        escalation.back(scene)
        return
    scene.set(draft=None)
    if isinstance(here(scene), (Question, Fix)):
        show(scene)
    else:
        back(scene)


def restart(scene: Scene) -> None:
    """Start the tree again from its first question."""
    first = scene.session.path[0].symptom if scene.session.path else scene.session.symptom
    symptom = scene.knowledge.symptom(first)
    scene.session = scene.session.idle()
    if symptom is None:
        scene.say("menu", answers.menu_rows(scene))
    else:
        enter(scene, symptom)


def return_to(scene: Scene, symptom: str, node: str) -> bool:
    """Stand at a node again (an old button was pressed); False if the knowledge has it no longer."""
    if tree.at(scene.knowledge, symptom, node) is None:
        return False
    session = scene.session
    if (session.symptom, session.node) != (symptom, node):
        places = [(step.symptom, step.node) for step in session.path]
        path = session.path[: places.index((symptom, node))] if (symptom, node) in places else session.path
        scene.set(symptom=symptom, node=node, path=path, about=symptom)
    scene.set(draft=None, waiting="")
    return True


def hear_choice(scene: Scene, text: str, meaning: str | None) -> bool:
    """Take a typed answer to the question where the session stands; False if it is none."""
    question = here(scene)
    if not isinstance(question, Question):
        return False
    still = meaning == "not_solved" and scene.messages.speaks_of("still_words", text)
    index = None if still else _choice_by_meaning(question, meaning)
    if index is None:
        index = _choice_by_words(scene, question, text)
    if index is None:
        return False
    choose(scene, index)
    return True


def _ask(scene: Scene, node: Question, lead: str) -> None:
    place = f"{scene.session.symptom}/{node.id}"
    choices = [Button(scene.text(choice.label), f"pick:{place}/{index}")
               for index, choice in enumerate(node.choices)]  # fmt: skip
    scene.reply(join(lead, scene.text(node.ask)), [*pack(choices), _way_out(scene)])


def _fix(scene: Scene, node: Fix, lead: str) -> None:
    place = f"{scene.session.symptom}/{node.id}"
    steps = node.brands.get(scene.session.facts.get("brand_id", ""), node.steps)
    body = "\n".join([scene.text(node.fix), *scene.numbered(steps)])
    scene.set(waiting="solved")
    row = [scene.button("solved", f"solved:{place}"), scene.button("unsolved", f"unsolved:{place}")]
    scene.reply(join(lead, body, scene.words("is_it_solved")), [row, _way_out(scene)])


def _hand_over(scene: Scene, node: Stop | Escalation, lead: str) -> None:
    symptom = scene.session.symptom
    reason = node.stop if isinstance(node, Stop) else node.escalate
    escalation.start(scene, symptom, scene.text(reason), node.ask_for, node.priority, lead)


def _way_out(scene: Scene) -> list[Button]:
    row = [scene.button("back")] if scene.session.path else []
    if len(scene.session.path) > 1:
        row.append(scene.button("restart"))
    return [*row, scene.button("human")]


def _record(scene: Scene, said: str) -> None:
    step = Step(scene.session.symptom, scene.session.node, said)
    scene.set(path=(*scene.session.path, step))


def _go(scene: Scene, arrival: tree.Arrival | None, said: str) -> None:
    _record(scene, said)
    if arrival is None:
        scene.say("button_gone", answers.menu_rows(scene))
    elif arrival.node is None:
        open_intent(scene, arrival.intent.id)
    elif arrival.intent.id != scene.session.symptom and isinstance(arrival.intent, Symptom):
        enter(scene, arrival.intent)
    else:
        scene.set(node=arrival.node.id, waiting="")
        show(scene)


def _choice_by_meaning(question: Question, meaning: str | None) -> int | None:
    means = {"solved": "yes", "not_solved": "no"}.get(meaning or "", meaning)
    for index, choice in enumerate(question.choices):
        if choice.means and choice.means == means:
            return index
    return None


def _choice_by_words(scene: Scene, question: Question, text: str) -> int | None:
    said = normalise(text)
    named = [index for index, choice in enumerate(question.choices) if _names(said, choice)]
    if len(named) == 1:
        return named[0]
    best, score = None, 0.0
    for index, choice in enumerate(question.choices):
        words = (choice.label.zh, choice.label.en, *choice.says.zh, *choice.says.en)
        here_score = max(fuzz.ratio(said, normalise(word)) for word in words)
        if here_score > score:
            best, score = index, here_score
    return best if score >= NEAR else None


def _names(said: str, choice: Choice) -> bool:
    """Tell whether a sentence names a choice: by a part of its label, or by what people say for it."""
    for words in (choice.label.zh, choice.label.en, *choice.says.zh, *choice.says.en):
        for part in map(normalise, _OR.split(words)):
            at = said.find(part) if len(part) >= (SHORTEST_EN if part.isascii() else SHORTEST_ZH) else -1
            if at >= 0 and not said[:at].endswith(_DENIED):
                return True
    return False
