"""From "a human must look" to one ticket: ask what is missing, show it, confirm, open."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialogue.model import TICKET, AddToTicket, Draft, OpenTicket
from bot.dialogue.scene import Scene, join
from intents.model import Answer, Priority, Slot, Symptom

USUAL: tuple[Slot, ...] = ("taking_payments", "details", "photo", "phone")
MAX_SLOT = 500
"""Characters of one answer kept on the ticket's summary; the transcript holds it whole."""
SHORT_ZH, SHORT_EN = 4, 12
"""Characters up to which "yes" or "no" is consent or refusal; a longer text has something to add."""
OPEN_TICKETS = 5
"""Open tickets of a chat, of the new one's priority or above, from which on no further one is opened."""
A_DAY = 10
"""Tickets of a chat within a day from which on what is new joins one that is still open."""
_LAST4 = re.compile(r"(?<!\d)\d{4}(?!\d)")


def usual_slots(symptom: Symptom | None) -> tuple[Slot, ...]:
    """Return what to ask for when no node says it: the tree's own escalation, else the usual."""
    for node in symptom.nodes.values() if symptom else ():
        ask_for = getattr(node, "ask_for", ())
        if ask_for:
            return tuple(ask_for)
    return USUAL


def start(
    scene: Scene, intent: str, reason: str, ask_for: tuple[Slot, ...],
    priority: Priority | None = None, lead: str = "",
) -> None:  # fmt: skip
    """Prepare a ticket: say why, then ask for what is missing."""
    found = scene.knowledge.intents.get(intent)
    impact: Priority = priority or (found.impact if found else "P3")
    slots = _slots(found, ask_for)
    # what is known is not asked again
    facts: dict[str, str] = {name: value for name, value in scene.session.facts.items() if name in slots}
    draft = Draft(intent, impact, reason, slots, facts, known=len(facts), fresh=scene.session.fresh)
    scene.set(draft=draft, waiting="", about=intent, round=scene.session.round + 1)
    _next(scene, join(lead, reason))


def hear(scene: Scene, text: str, meaning: str | None) -> None:
    """Take a typed reply while a ticket is being prepared."""
    draft = _draft(scene)
    short = len(text) <= (SHORT_EN if text.isascii() else SHORT_ZH)
    taking = _taking(scene, text, meaning) if draft.asking == "taking_payments" else ""
    if draft.asking == "":
        _hear_summary(scene, text, meaning if short else None)
    elif taking:
        fill(scene, draft.asking, taking)
    elif meaning == "cancel":
        cancel(scene)
    elif meaning == "solved":
        scene.session = scene.session.idle()
        scene.say("solved")
    elif meaning == "restart":
        redo(scene)
    elif scene.understanding.angry(text) and draft.asking != "details":
        repeat(scene)
    elif meaning == "human":
        _ask(scene, scene.words("human_coming"))
    elif scene.messages.is_one_of("skip_words", text):
        fill(scene, draft.asking, "")
    elif meaning in ("dont_understand", "later"):
        _ask(scene, scene.words("skip_is_fine"))
    else:
        fill(scene, draft.asking, _answer(draft.asking, text))


def fill(scene: Scene, slot: str, value: str) -> None:
    """Keep the answer to a slot ("" for skipped) and go on to the next one."""
    draft = _draft(scene)
    filled = {**draft.filled, slot: value[:MAX_SLOT]}
    scene.set(draft=replace(draft, filled=filled, asking=""))
    if value and slot in ("serial", "merchant", "phone", "brand"):
        scene.set(facts={**scene.session.facts, slot: value[:MAX_SLOT]})
    _next(scene)


def attach(scene: Scene, value: str) -> None:
    """Take a photo or file while a ticket is being prepared: it answers the photo slot."""
    draft = _draft(scene)
    filled = {**draft.filled, "photo": value}
    asking = "" if draft.asking == "photo" else draft.asking
    scene.set(draft=replace(draft, filled=filled, asking=asking))
    if asking:
        _ask(scene, scene.words("photo_kept"))
    else:
        _next(scene, scene.words("photo_kept"))


def back(scene: Scene) -> None:
    """Ask the slot before again."""
    draft = _draft(scene)
    order = [slot for slot in draft.ask_for if slot in draft.filled]
    if order:
        filled = {slot: value for slot, value in draft.filled.items() if slot != order[-1]}
        scene.set(draft=replace(draft, filled=filled, asking=""))
    _next(scene)


def redo(scene: Scene) -> None:
    """Ask everything again."""
    scene.set(draft=replace(_draft(scene), filled={}, asking=""))
    _next(scene)


def cancel(scene: Scene) -> None:
    """Drop the preparation; nothing is submitted."""
    scene.session = scene.session.idle()
    scene.say("ticket_cancelled", [[scene.button("menu"), scene.button("human")]])


def submit(scene: Scene, key: str = "ticket_opened") -> None:
    """Open the ticket (or add to the open one of the same fault) and say its number."""
    draft = _draft(scene)
    scene.ended("escalated", draft.intent)
    slots = {slot: value for slot, value in draft.filled.items() if value}
    priority: Priority = "P1" if slots.get("taking_payments") == "no" else draft.priority
    same = next((ticket for ticket in scene.open_tickets if ticket.intent == draft.intent), None)
    if same is not None and not draft.fresh:
        scene.changes.append(AddToTicket(same.number, _as_text(scene, slots)))
        scene.say("added_to_ticket", number=same.number)
    elif _too_many(scene, priority):
        newest = scene.open_tickets[0]
        said = join(scene.title(draft.intent), _as_text(scene, slots))
        scene.changes.append(AddToTicket(newest.number, said))
        scene.say("tickets_full", number=newest.number, count=len(scene.open_tickets))
    else:
        scene.changes.append(OpenTicket(draft.intent, scene.title(draft.intent), priority, draft.reason,
                                        scene.session.path, slots, draft.fresh, *_machine(scene, slots)))  # fmt: skip
        opened = scene.words(key, number=TICKET, wait=_wait(scene, priority))
        scene.reply(join(opened, _meanwhile(scene, draft), scene.words("how_to_follow")))
    scene.session = scene.session.idle()


def _too_many(scene: Scene, priority: Priority) -> bool:
    """Tell whether a chat has so many tickets that a new one helps nobody; graver ones are opened all the same."""
    alike = [ticket for ticket in scene.open_tickets if ticket.priority <= priority]
    today = [one for one in scene.tickets if scene.now - datetime.fromisoformat(one.created_at) < timedelta(days=1)]
    return len(alike) >= OPEN_TICKETS or (bool(alike) and len(today) >= A_DAY)


def ask_first(scene: Scene) -> None:
    """Something would leave the ticket that is being prepared: ask what is to become of it."""
    rows = [[scene.button("submit_now", "submit"), scene.button("go_on")], [scene.button("drop", "cancel")]]
    scene.say("unfinished_ticket", rows, title=scene.title(_draft(scene).intent))


def _meanwhile(scene: Scene, draft: Draft) -> str:
    """Return how to go on taking payments until support answers, if that was a question at all."""
    if "taking_payments" not in draft.ask_for:
        return ""
    return scene.words("meanwhile.none" if draft.filled.get("taking_payments") == "no" else "meanwhile.some")


def repeat(scene: Scene, lead: str = "") -> None:
    """Ask the open question, or show the summary, again."""
    _ask(scene, lead) if _draft(scene).asking else _next(scene, lead)


def _slots(found: object, ask_for: tuple[Slot, ...]) -> tuple[Slot, ...]:
    wanted: tuple[Slot, ...] = ask_for or USUAL
    question_only = isinstance(found, Answer) and found.impact == "P4" and not found.id.startswith("chat.")
    first: tuple[Slot, ...] = () if question_only else ("taking_payments",)
    return tuple(dict.fromkeys((*first, *wanted)))


def _next(scene: Scene, lead: str = "") -> None:
    draft = _draft(scene)
    missing = next((slot for slot in draft.ask_for if slot not in draft.filled), "")
    scene.set(draft=replace(draft, asking=missing))
    if missing:
        _ask(scene, lead)
    else:
        _summary(scene, lead)


def _ask(scene: Scene, lead: str = "") -> None:
    draft = _draft(scene)
    slot = draft.asking
    rows = [[scene.button("skip", f"skip:{slot}"), scene.button("submit_now", "submit"), scene.button("cancel")]]
    if slot == "taking_payments":
        rows.insert(0, [scene.button("taking_yes", f"slot:{slot}=yes"), scene.button("taking_no", f"slot:{slot}=no")])
    total = len(draft.ask_for) - draft.known
    place = len(draft.filled) - draft.known + 1
    scene.reply(join(lead, scene.words("slot_place", place=place, total=total) + scene.words(f"slot.{slot}")), rows)


def _summary(scene: Scene, lead: str = "") -> None:
    draft = _draft(scene)
    slots = {slot: value for slot, value in draft.filled.items() if value}
    body = "\n".join([scene.words("summary_head", title=scene.title(draft.intent)), _as_text(scene, slots)])
    scene.reply(join(lead, body.strip(), scene.words("summary_ask")),
                [[scene.button("submit")], [scene.button("redo"), scene.button("cancel")]])  # fmt: skip
    scene.set(consent="submit")


def _wait(scene: Scene, priority: Priority) -> str:
    """Say how soon somebody looks at it; when nobody is on duty, when somebody will be."""
    if scene.office.serves(priority, scene.now):
        return scene.words(f"wait.{priority}")
    return scene.office.away(scene.messages, scene.lang, scene.now)


def _machine(scene: Scene, slots: dict[str, str]) -> tuple[str, str]:
    """Return brand and model of the machine, as the knowledge names them; "" where not known."""
    facts = scene.session.facts
    brand, model = facts.get("brand_id", ""), facts.get("brand", "")
    if not brand and slots.get("brand"):
        match = scene.understanding.match(slots["brand"])
        brand, model = match.brand or "", match.model or ""
    return brand, "" if model == brand else model


def _as_text(scene: Scene, slots: dict[str, str]) -> str:
    lines = []
    for slot, value in slots.items():
        known = slot == "taking_payments" and value in ("yes", "no")
        shown = scene.words(f"button.taking_{value}") if known else value
        lines.append(scene.words("slot_line", name=scene.words(f"slot_name.{slot}"), value=shown))
    return "\n".join(lines)


def _hear_summary(scene: Scene, text: str, meaning: str | None) -> None:
    agrees = meaning in ("yes", "solved", "thanks", "human")
    if scene.messages.is_one_of("submit_words", text) or (agrees and scene.session.consent == "submit"):
        submit(scene)
    elif agrees:
        _summary(scene)  # something else was said since: what is agreed to must be in sight
    elif meaning in ("no", "cancel"):
        cancel(scene)
    elif meaning in ("back", "restart"):
        back(scene) if meaning == "back" else redo(scene)
    else:
        draft = _draft(scene)
        details = join(draft.filled.get("details", ""), text)
        scene.set(draft=replace(draft, filled={**draft.filled, "details": details[:MAX_SLOT]}))
        _summary(scene, scene.words("noted"))


def _taking(scene: Scene, text: str, meaning: str | None) -> str:
    """Return whether a reply says that payments can still be taken: yes, no, or "" where it does not tell."""
    if scene.messages.speaks_of("taking_no_words", text) or meaning in ("no", "not_solved"):
        return "no"
    return "yes" if meaning == "yes" or scene.messages.speaks_of("taking_yes_words", text) else ""


def _answer(slot: str, text: str) -> str:
    if slot == "last4" and (digits := _LAST4.search(text)):
        return digits.group()
    return text


def _draft(scene: Scene) -> Draft:
    draft = scene.session.draft
    if draft is None:
        raise LookupError("no ticket is being prepared")
    return draft
