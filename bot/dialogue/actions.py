"""What a pressed button means. Old buttons work while what they point to exists; else they say why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.dialogue import answers, escalation, hearing, rating, ticketing, walk
from bot.dialogue.model import AddToTicket
from bot.dialogue.scene import BOUND, Scene
from intents.text import normalise

_WAYS_OUT = frozenset({"human", "back", "restart", "menu", "none", "cancel", "submit", "resume"})
_LEAVING = frozenset({"menu", "open", "new", "pick", "solved", "unsolved", "helped", "unhelped", "restart"})
"""What leaves a ticket that is being prepared; nothing already told may be dropped without a word."""
_CONSENT = frozenset({"forget", "read", "reopen"})
EXPIRY = timedelta(hours=48)
"""How long a button that acts works, also while what it belongs to is under way."""


def press(scene: Scene, action: str) -> None:
    """Do what a pressed button says; one that acts only in the round that it belongs to."""
    if action.partition(":")[0].partition("@")[0] in BOUND:
        action, _, number = action.rpartition("@")
        shown = scene.incoming.shown
        if number != str(scene.session.round) or (shown is not None and scene.now - shown > EXPIRY):
            _over(scene)
            return
    act(scene, action)


def act(scene: Scene, action: str) -> None:
    """Do what an action (``name`` or ``name:argument``) says."""
    name, _, argument = action.partition(":")
    if name in _LEAVING and scene.session.draft is not None:
        escalation.ask_first(scene)
        return
    handler = _ACTIONS.get(name)
    if handler is None or not handler(scene, argument):
        gone(scene)


def by_words(scene: Scene, text: str) -> bool:
    """Press the button that a typed text names, by its label or number; False if it names none."""
    said = normalise(text)
    here = normalise(scene.messages.label_in(scene.lang, text))
    draft = scene.session.draft
    for label, action in scene.session.offered:
        if said and normalise(label) in (said, here):
            act(scene, action)
            return True
    if scene.session.waiting == "which" and scene.messages.speaks_of("new_words", text):
        return _new(scene, scene.session.about)
    if draft is not None and draft.asking not in ("", "taking_payments"):
        return False  # a number answers the open question: an amount, the last four digits
    choices = [(label, action) for label, action in scene.session.offered if action not in _WAYS_OUT]
    labels = [label for label, _ in choices]
    meaning = scene.understanding.followup(text, labels) or ""
    if scene.session.waiting in _CONSENT and meaning in ("yes", "no"):
        return _consent(scene, meaning)
    index = int(meaning.removeprefix("choose:")) - 1 if meaning.startswith("choose:") else -1
    if not 0 <= index < len(labels):
        return False
    act(scene, choices[index][1])
    return True


def _consent(scene: Scene, meaning: str) -> bool:
    """Take a typed yes or no to a question of which the first button says yes and the second no."""
    if scene.session.consent != scene.session.waiting or len(scene.session.offered) < 2:
        return False
    act(scene, scene.session.offered[0 if meaning == "yes" else 1][1])
    return True


def gone(scene: Scene) -> None:
    """Say that a button belongs to something that is over."""
    scene.say("button_gone", [[scene.button("menu"), scene.button("human")]])


def _over(scene: Scene) -> None:
    """Say that a button's step is over; what is under way goes on."""
    if scene.session.draft is None:
        gone(scene)
    else:
        escalation.repeat(scene, scene.words("button_over"))


def _open(scene: Scene, intent: str) -> bool:
    if intent not in scene.knowledge.intents:
        return False
    scene.session = scene.session.idle(facts=scene.session.facts)
    walk.open_intent(scene, intent)
    return True


def _new(scene: Scene, intent: str) -> bool:
    said = scene.session.said
    if not _open(scene, intent):
        return False
    scene.set(fresh=True, said=said)
    if scene.session.draft is not None:
        scene.set(draft=replace(scene.session.draft, fresh=True))
    return True


def _pick(scene: Scene, place: str) -> bool:
    symptom, node, choice = (*place.split("/"), "", "")[:3]
    if not choice.isdecimal() or not walk.return_to(scene, symptom, node):
        return False
    walk.choose(scene, int(choice))
    return True


def _solved(scene: Scene, place: str) -> bool:
    symptom, _, node = place.partition("/")
    if not walk.return_to(scene, symptom, node):
        return False
    walk.solved(scene)
    return True


def _unsolved(scene: Scene, place: str) -> bool:
    symptom, _, node = place.partition("/")
    if not walk.return_to(scene, symptom, node):
        return False
    walk.unsolved(scene)
    return True


def _helped(scene: Scene, intent: str) -> bool:
    scene.ended("helped", intent)
    scene.session = scene.session.idle()
    scene.say("helped")
    return True


def _unhelped(scene: Scene, intent: str) -> bool:
    answers.unhelped(scene, intent)
    return True


def _human(scene: Scene, _: str) -> bool:
    if scene.session.draft is None:
        ticketing.to_human(scene)
    else:
        escalation.repeat(scene, scene.words("human_coming"))
    return True


def _menu(scene: Scene, _: str) -> bool:
    scene.session = scene.session.idle()
    scene.say("menu", answers.menu_rows(scene))
    return True


def _none(scene: Scene, _: str) -> bool:
    hearing.not_understood(scene)
    return True


def _back(scene: Scene, _: str) -> bool:
    if scene.session.draft is not None:
        walk.back_from_draft(scene)
    else:
        walk.back(scene)
    return bool(scene.replies)


def _restart(scene: Scene, _: str) -> bool:
    walk.restart(scene)
    return True


def _resume(scene: Scene, _: str) -> bool:
    walk.show(scene)
    return bool(scene.replies)


def _slot(scene: Scene, argument: str) -> bool:
    slot, _, value = argument.partition("=")
    draft = scene.session.draft
    if draft is None or slot not in draft.ask_for:
        return False
    escalation.fill(scene, slot, value)
    return True


def _submit(scene: Scene, _: str) -> bool:
    if scene.session.draft is None:
        return False
    escalation.submit(scene)
    return True


def _redo(scene: Scene, _: str) -> bool:
    if scene.session.draft is None:
        return False
    escalation.redo(scene)
    return True


def _go_on(scene: Scene, _: str) -> bool:
    if scene.session.draft is None:
        return False
    escalation.repeat(scene)
    return True


def _cancel(scene: Scene, _: str) -> bool:
    if scene.session.draft is None:
        return False
    escalation.cancel(scene)
    return True


def _same(scene: Scene, number: str) -> bool:
    ticket = ticketing.find(scene, int(number)) if number.isdecimal() else None
    if ticket is None or not ticket.open or scene.session.waiting != "which":
        return False
    scene.changes.append(AddToTicket(ticket.number, scene.session.said))
    scene.say("added_to_ticket", number=ticket.number)
    scene.session = scene.session.idle()
    return True


def _reopen(scene: Scene, number: str) -> bool:
    if not number.isdecimal():
        return False
    ticketing.reopen(scene, int(number))
    return True


def _lang(scene: Scene, lang: str) -> bool:
    if lang not in ("zh", "zh-Hant", "en"):
        return False
    scene.set(lang=lang, lang_fixed=True)
    scene.say("language_set")
    return True


def _forget(scene: Scene, answer: str) -> bool:
    if scene.session.waiting != "forget":
        return False
    scene.forget = answer == "yes"
    scene.session = scene.session.idle()
    scene.say("forgotten" if scene.forget else "not_forgotten")
    return True


def _read(scene: Scene, answer: str) -> bool:
    if scene.session.waiting != "read":
        return False
    said = scene.session.said
    scene.set(waiting="code", said="")  # a prompt's own entry comes before the matcher's guess
    if answer == "yes":
        hearing.fresh(scene, said)
    else:
        scene.say("type_the_code")
    return True


_ACTIONS: dict[str, Callable[[Scene, str], bool]] = {
    "open": _open, "new": _new, "pick": _pick, "solved": _solved, "unsolved": _unsolved,
    "helped": _helped, "unhelped": _unhelped, "human": _human, "menu": _menu, "none": _none,
    "back": _back, "restart": _restart, "resume": _resume, "slot": _slot, "skip": _slot,
    "submit": _submit, "redo": _redo, "go_on": _go_on, "cancel": _cancel, "same": _same, "reopen": _reopen,
    "rate": rating.press, "no_word": rating.skip, "lang": _lang, "forget": _forget, "read": _read,
}  # fmt: skip
