"""One turn under way: what is known, what was said, what will be answered. Handlers write here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.dialogue.model import (
    Button,
    Heard,
    Incoming,
    Outcome,
    Reply,
    Session,
    TicketChange,
    TicketView,
    Turn,
)
from bot.messages import Messages, speak, traditional
from bot.support.office import ALWAYS, Office
from intents.knowledge import Knowledge
from intents.model import Lang, Text, Texts
from intents.understanding import Understanding

LONGEST = 4096
"""UTF-16 units of a reply, as Telegram allows."""
MAX_TEXT = 4096
"""UTF-16 units that Telegram takes in a message."""
ROW = 22
"""Columns of labels that share one row of buttons on a phone."""


BOUND = frozenset({"submit", "redo", "go_on", "cancel", "slot", "skip", "same", "forget", "read"})
"""Buttons that act: they hold for the ticket being prepared, or the question of consent, that showed them."""


@dataclass(slots=True)
class Scene:
    """The working state of a turn; ``turn()`` freezes it."""

    understanding: Understanding
    messages: Messages
    session: Session
    incoming: Incoming
    tickets: tuple[TicketView, ...]
    now: datetime
    zone: ZoneInfo
    replies: list[Reply] = field(default_factory=list)
    changes: list[TicketChange] = field(default_factory=list)
    timers: dict[str, datetime | None] = field(default_factory=dict)
    heard: Heard | None = None
    forget: bool = False
    office: Office = ALWAYS
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge in force for this turn."""
        return self.understanding.knowledge

    @property
    def lang(self) -> Lang:
        """The language of the replies."""
        return self.session.lang or "zh"

    @property
    def open_tickets(self) -> tuple[TicketView, ...]:
        """The chat's tickets that support still works on, newest first."""
        return tuple(ticket for ticket in self.tickets if ticket.open)

    def set(self, **changes: Any) -> None:
        """Change the session."""
        self.session = replace(self.session, **changes)

    def words(self, key: str, **values: object) -> str:
        """Return a sentence of ``texts/``."""
        return self.messages.say(key, self.lang, **values)

    def text(self, text: Text) -> str:
        """Return a text of the knowledge base in the merchant's language."""
        return speak(text, self.lang)

    def button(self, key: str, action: str = "", **values: object) -> Button:
        """Return a button whose label is the sentence ``button.KEY``; its action is KEY unless given."""
        return Button(self.words(f"button.{key}", **values), action or key)

    def say(self, key: str, rows: Iterable[Sequence[Button]] = (), **values: object) -> None:
        """Reply with a sentence of ``texts/``."""
        self.reply(self.words(key, **values), rows)

    def reply(self, text: str, rows: Iterable[Sequence[Button]] = ()) -> None:
        """Reply with a text and rows of buttons; typed numbers then mean these buttons."""
        plain = [row for row in rows if row]
        frozen = tuple(tuple(self._bound(button) for button in row) for row in plain)
        first, rest = _split(text)
        if rest:
            self.replies.append(Reply(first))
        self.replies.append(Reply(rest or first, frozen))
        offered = tuple((button.label, button.action) for row in plain for button in row)
        self.set(offered=offered or self.session.offered, consent="")

    def _bound(self, button: Button) -> Button:
        """Return a button as it is shown: one that acts carries the round that it belongs to."""
        bound = button.action.partition(":")[0] in BOUND
        return replace(button, action=f"{button.action}@{self.session.round}") if bound else button

    def lead(self, text: str) -> None:
        """Put a line before the first reply, so that one message answers one message."""
        if self.replies:
            first = self.replies[0]
            self.replies[0] = replace(first, text=join(text, first.text))
        else:
            self.replies.append(Reply(text))

    def numbered(self, steps: Texts) -> list[str]:
        """Return the steps as numbered lines in the merchant's language."""
        lines = [f"{number}. {line}" for number, line in enumerate(steps.in_(self.lang), 1)]
        return [traditional(line) for line in lines] if self.lang == "zh-Hant" else lines

    def day(self, at: str) -> str:
        """Return a stored time as the shop's clock showed it."""
        return datetime.fromisoformat(at).astimezone(self.zone).strftime("%m-%d %H:%M")

    def title(self, intent: str) -> str:
        """Return an intent's title, or its id if the knowledge has it no longer."""
        found = self.knowledge.intents.get(intent)
        return self.text(found.title) if found else intent

    def ended(self, kind: str, intent: str = "", text: str = "") -> None:
        """Note how something ended, for statistics and learning."""
        session = self.session
        here = intent in ("", session.symptom)
        self.outcomes.append(Outcome(kind, intent or session.symptom, session.node if here else "", text[:500]))

    def announced(self, intent: str) -> str:
        """Return what is announced about a fault now, "" if nothing is."""
        brand = self.session.facts.get("brand_id", "")
        return self.office.said(intent, brand, self.lang, self.now.astimezone(UTC).isoformat(timespec="milliseconds"))

    def turn(self) -> Turn:
        """Return what this turn causes."""
        replies = tuple(replace(reply, text=clip(reply.text)) for reply in self.replies)
        return Turn(self.session, replies, tuple(self.changes), dict(self.timers), self.heard,
                    self.forget, tuple(self.outcomes))  # fmt: skip


def clip(text: str) -> str:
    """Return the text, cut to what one message may hold (UTF-16 units): merchants' words come back in summaries."""
    data = text.encode("utf-16-le", "surrogatepass")
    return text if len(data) <= 2 * LONGEST else data[: 2 * LONGEST - 2].decode("utf-16-le", "ignore") + "…"


def _split(text: str) -> tuple[str, str]:
    """Cut a text that Telegram would refuse at its last blank line; the second part is "" if it fits."""
    if len(text.encode("utf-16-le")) // 2 <= MAX_TEXT:
        return text, ""
    first, _, rest = text.rpartition("\n\n")
    return first, rest


def pack(buttons: Iterable[Button]) -> list[list[Button]]:
    """Lay buttons out in rows: short ones side by side, at most three, long ones alone."""
    rows: list[list[Button]] = []
    room = 0
    for button in buttons:
        width = 2 + sum(2 if ord(char) > 0x2E7F else 1 for char in button.label)
        if rows and width <= room and len(rows[-1]) < 3:
            rows[-1].append(button)
        else:
            rows.append([button])
            room = ROW
        room -= width
    return rows


def join(*parts: str) -> str:
    """Join the parts that are not empty, a blank line between."""
    return "\n\n".join(part for part in parts if part)
