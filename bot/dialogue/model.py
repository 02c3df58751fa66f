"""What goes into a turn and what comes out: frozen values, storable as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from intents.model import Lang, Priority, Slot

TICKET = "\ue000"
"""Stands in a reply for the number of the ticket that the same turn opens."""


LASTING = frozenset({"serial", "merchant", "phone", "brand", "brand_id"})
"""Facts that stay true of a merchant when a fault is over; the words on the screen do not."""


@dataclass(frozen=True, slots=True)
class Button:
    """A label, and the action (``name`` or ``name:argument``) that pressing it means."""

    label: str
    action: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the merchant; each inner tuple of ``rows`` is a row of buttons."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """What the merchant (or a timer) did.

    ``text`` is redacted. For a press it is the button's label and ``action`` its action; for media ``media`` says
    which kind, and ``text`` is its caption; for a timer ``action`` is the timer's name. ``found`` names what was
    hidden in the text (card, cvv, pin …). ``limited``: it counts for the limit of a minute. ``shown`` is when a pressed
    button was shown. ``kept`` is False for a file that was over the chat's measure of a day.
    """

    kind: Literal["text", "press", "media", "timer", "read"]
    at: datetime
    text: str = ""
    action: str = ""
    media: str = ""
    name: str = ""
    found: tuple[str, ...] = ()
    lang_hint: str = ""
    limited: bool = True
    shown: datetime | None = None
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the path through a tree, as the ticket shows it."""

    symptom: str
    node: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An escalation being prepared: what is asked, what is known, which slot is open now."""

    intent: str
    priority: Priority
    reason: str
    ask_for: tuple[Slot, ...]
    filled: dict[str, str] = field(default_factory=dict)
    asking: str = ""
    known: int = 0
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """Where a chat stands. Everything a replica needs to handle the next message.

    ``consent``: what a typed "yes" agrees to, "" once anything else was said. ``round``: counts tickets prepared and
    questions of consent; buttons that act belong to one of them.
    """

    lang: Lang | None = None
    lang_fixed: bool = False
    met: bool = False
    symptom: str = ""
    node: str = ""
    path: tuple[Step, ...] = ()
    waiting: Literal["", "solved", "code", "read", "which", "reopen", "forget", "describe", "word"] = ""
    about: str = ""
    said: str = ""
    offered: tuple[tuple[str, str], ...] = ()
    draft: Draft | None = None
    facts: dict[str, str] = field(default_factory=dict)
    misses: int = 0
    unsolved: int = 0
    anger: int = 0
    nudged: bool = False
    fresh: bool = False
    recent: tuple[float, ...] = ()
    pressed: tuple[float, ...] = ()
    warned_at: float = 0.0
    consent: Literal["", "submit", "forget", "read", "reopen"] = ""
    round: int = 0

    def idle(self, **changes: Any) -> Session:
        """Return the session with nothing under way; language and lasting facts stay."""
        lasting = {name: value for name, value in self.facts.items() if name in LASTING}
        blank = Session(self.lang, self.lang_fixed, self.met, facts=lasting, recent=self.recent,
                        pressed=self.pressed, warned_at=self.warned_at, round=self.round)  # fmt: skip
        return replace(blank, **changes)

    @property
    def busy(self) -> bool:
        """Whether something is under way that silence should end."""
        return bool(self.symptom or self.waiting or self.draft)


_SESSION = TypeAdapter(Session)


def dump_session(session: Session) -> str:
    """Return the session as JSON."""
    return _SESSION.dump_json(session, exclude_defaults=True).decode()


def load_session(data: str | None) -> Session:
    """Return the session from JSON; a fresh one if there is none or an older program's cannot be read."""
    if not data:
        return Session()
    try:
        return _SESSION.validate_json(data)
    except ValidationError:
        return Session(met=True)


@dataclass(frozen=True, slots=True)
class TicketView:
    """What the dialogue knows of one of the chat's tickets.

    ``answered``: a human is talking with the merchant, the bot is silent.
    """

    number: int
    status: str
    intent: str
    title: str
    priority: str
    created_at: str
    updated_at: str
    assignee: str = ""
    answered: bool = False
    resolved_at: str = ""

    @property
    def open(self) -> bool:
        """Whether support still works on it."""
        return self.status in ("open", "claimed", "waiting")


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Open one ticket, or add to the chat's open ticket of the same fault."""

    intent: str
    title: str
    priority: Priority
    reason: str
    path: tuple[Step, ...]
    slots: dict[str, str]
    fresh: bool = False
    brand: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class AddToTicket:
    """Put the merchant's message on a ticket."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class ReopenTicket:
    """Open a resolved ticket again."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class RateTicket:
    """What the merchant thinks of it: ``stars`` from 1 to 5 (0: unchanged) and a ``word`` ("": unchanged)."""

    number: int
    stars: int = 0
    word: str = ""


TicketChange = OpenTicket | AddToTicket | ReopenTicket | RateTicket


@dataclass(frozen=True, slots=True)
class Outcome:
    """How something ended, or what went wrong, for statistics and learning.

    ``kind``: solved, helped, unhelped, escalated, gave_up; or missed, clarified, none (of the candidates), with
    the ``text`` that was not understood.
    """

    kind: str
    intent: str = ""
    node: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """How the message was understood; kept on the transcript, for explaining and for learning."""

    outcome: str
    intent: str | None = None
    confidence: float = 0.0
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything one message causes; stored in one transaction.

    ``timers`` maps a timer's name to its due time, or None to stop it. ``ignored``: it was too much within a minute.
    """

    session: Session
    replies: tuple[Reply, ...] = ()
    changes: tuple[TicketChange, ...] = ()
    timers: dict[str, datetime | None] = field(default_factory=dict)
    heard: Heard | None = None
    forget: bool = False
    outcomes: tuple[Outcome, ...] = ()
    ignored: bool = False
