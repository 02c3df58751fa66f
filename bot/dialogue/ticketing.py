"""The merchant's side of tickets: status, adding to one, "the same or something new?", reopening."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.dialogue import escalation
from bot.dialogue.model import AddToTicket, Button, ReopenTicket, TicketView
from bot.dialogue.scene import Scene
from intents.model import Answer, Match

_PROGRESS = frozenset({"chat.ticket", "apply.progress", "chat.human"})
"""Intents that, while a ticket is open, ask how it stands."""
SHOWN = 5
REOPEN = timedelta(days=7)
"""How long a resolved ticket may be opened again; after that a new one is opened."""
_NUMBER = re.compile(r"(?<!\d)\d{1,9}(?!\d)")


def status(scene: Scene, text: str = "") -> None:
    """Say how the chat's tickets stand; only the one whose number stands in the text, if any does."""
    number = _NUMBER.search(text)
    if number:
        found = [ticket for ticket in scene.tickets if ticket.number == int(number.group())]
        if not found:
            scene.say("no_such_ticket", number=number.group())
            return
        scene.reply(_line(scene, found[0]), _offer(scene, found[0]))
        return
    if not scene.tickets:
        scene.say("no_tickets", [[scene.button("human")]])
        return
    scene.reply("\n".join(_line(scene, ticket) for ticket in scene.tickets[:SHOWN]), _offer(scene, scene.tickets[0]))


def add(scene: Scene, ticket: TicketView, text: str, key: str = "added_to_ticket") -> None:
    """Put a message on a ticket and say so."""
    scene.changes.append(AddToTicket(ticket.number, text))
    scene.say(key, number=ticket.number)


def add_quietly(scene: Scene, ticket: TicketView, text: str) -> None:
    """Put a message on a ticket that a human handles: the bot stays silent."""
    scene.changes.append(AddToTicket(ticket.number, text))


def ask_which(scene: Scene, ticket: TicketView, intent: str, text: str) -> None:
    """Ask whether a message is about the open ticket or a new fault."""
    scene.set(waiting="which", about=intent, said=text, round=scene.session.round + 1)
    same = scene.button("same", f"same:{ticket.number}", number=ticket.number)
    new = scene.button("new", f"new:{intent}")
    key = "which_terminal" if intent == ticket.intent else "which_ticket"
    scene.say(key, [[same], [new]], number=ticket.number, title=ticket.title, new=scene.title(intent))


def ask_reopen(scene: Scene, ticket: TicketView, text: str) -> None:
    """Ask whether a resolved ticket must be opened again."""
    scene.set(waiting="reopen", said=text)
    rows = [
        [scene.button("reopen", f"reopen:{ticket.number}", number=ticket.number)],
        [scene.button("no_new", "menu")],
    ]
    scene.say("ask_reopen", rows, number=ticket.number, title=ticket.title)
    scene.set(consent="reopen")


def reopen(scene: Scene, number: int) -> None:
    """Open a resolved ticket of this chat again."""
    ticket = find(scene, number)
    if ticket is None:
        scene.say("no_such_ticket", number=number)
    elif ticket.open:
        scene.say("still_open", number=number)
    elif not can_reopen(scene, ticket):
        scene.say("ticket_over", [[scene.button("menu"), scene.button("human")]], number=number)
    else:
        said = scene.session.said if scene.session.waiting == "reopen" else scene.incoming.text
        scene.changes.append(ReopenTicket(number, said))
        scene.say("reopened", number=number)
    scene.session = scene.session.idle()


def to_human(scene: Scene) -> None:
    """Pass the merchant to support: by a new ticket, or by the one that waits already."""
    session = scene.session
    if scene.open_tickets and not session.symptom and session.waiting in ("", "which", "reopen") and not session.fresh:
        ticket = scene.open_tickets[0]
        scene.set(waiting="which", said=scene.incoming.text)
        scene.say("human_already", [[scene.button("new", "new:chat.human")]], number=ticket.number,
                  status=scene.words(f"status.{ticket.status}"))  # fmt: skip
        return
    symptom = scene.knowledge.symptom(session.symptom)
    escalation.start(scene, session.about or "chat.human", scene.words("asked_for_human"),
                     escalation.usual_slots(symptom))  # fmt: skip


def concerns(scene: Scene, text: str, match: Match, meaning: str | None) -> bool:
    """Deal with a message that may belong to a ticket; False if it is answered like any other."""
    found = scene.knowledge.intents.get(match.intent or "")
    question = match.outcome == "answer" and isinstance(found, Answer) and match.intent not in _PROGRESS
    if scene.open_tickets and scene.session.waiting != "code":
        return not question and not match.code and _concerns_open(scene, text, match, meaning)
    resolved = next((ticket for ticket in scene.tickets if can_reopen(scene, ticket)), None)
    if resolved and meaning == "not_solved" and not scene.session.busy:
        reopen(scene, resolved.number)
        return True
    if resolved and not question and (meaning == "not_solved" or match.intent == resolved.intent):
        ask_reopen(scene, resolved, text)
        return True
    return False


def _concerns_open(scene: Scene, text: str, match: Match, meaning: str | None) -> bool:
    waiting = scene.open_tickets
    same = next((ticket for ticket in waiting if ticket.intent == match.intent), waiting[0])
    named = match.outcome == "answer"
    if named and match.intent in _PROGRESS:
        status(scene, text)
    elif scene.session.waiting == "which" and meaning is not None:
        ask_which(scene, waiting[0], scene.session.about, scene.session.said)
    elif meaning == "yes":
        scene.say("helped")
    elif meaning is not None and meaning.startswith("choose:"):
        return False
    elif scene.messages.speaks_of("other_terminal_words", text):
        ask_which(scene, same, match.intent if named and match.intent else same.intent, text)
    elif named and match.intent and same.intent != match.intent:
        ask_which(scene, waiting[0], match.intent, text)
    else:
        add(scene, same, text)
    return True


def can_reopen(scene: Scene, ticket: TicketView) -> bool:
    """Tell whether answering opens a ticket again: it was resolved, and not long ago."""
    return ticket.status == "resolved" and not is_over(scene, ticket)


def is_over(scene: Scene, ticket: TicketView) -> bool:
    """Tell whether a ticket was resolved too long ago for anything more, or never."""
    return not ticket.resolved_at or scene.now - datetime.fromisoformat(ticket.resolved_at) > REOPEN


def find(scene: Scene, number: int) -> TicketView | None:
    """Return this chat's ticket of that number."""
    return next((ticket for ticket in scene.tickets if ticket.number == number), None)


def _line(scene: Scene, ticket: TicketView) -> str:
    return scene.words("ticket_line", number=ticket.number, title=ticket.title,
                       status=scene.words(f"status.{ticket.status}"), at=scene.day(ticket.created_at))  # fmt: skip


def _offer(scene: Scene, ticket: TicketView) -> list[list[Button]]:
    if not can_reopen(scene, ticket):
        return []
    return [[scene.button("reopen", f"reopen:{ticket.number}", number=ticket.number)]]
