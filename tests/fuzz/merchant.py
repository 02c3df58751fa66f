"""One merchant's chat around the pure dialogue, with every promise of a turn checked after each step.

The store's part (tickets, shown buttons, erasing) is modelled in memory, so that thousands of steps a second run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.dialogue.engine import PER_MINUTE, Dialogue
from bot.dialogue.model import (
    TICKET,
    AddToTicket,
    Button,
    Incoming,
    OpenTicket,
    ReopenTicket,
    Reply,
    Session,
    TicketView,
    Turn,
    dump_session,
    load_session,
)
from intents.model import Lang
from intents.text import normalise

OPEN = ("open", "claimed", "waiting")
STATUSES = (*OPEN, "resolved", "closed")
TEXT_UNITS, LABEL_UNITS, ROW_BUTTONS, BUTTONS = 4096, 64, 8, 100
LANGS: tuple[Lang, ...] = ("zh", "zh-Hant", "en")
LANGUAGES = ("简体中文", "繁體中文", "English")
_PLACEHOLDER = re.compile(r"\{[a-z_0-9.]*\}")
_RUN = re.compile(r"[!-~]{40,}")
"""What nobody but a merchant writes, also where a quote was cut."""
_SIMPLIFIED = frozenset("这们说请问题码银纸单网络开关电话显样为时没认验证联")
"""Characters that Traditional Chinese never writes so."""


class Broken(AssertionError):
    """A promise of the dialogue does not hold."""


def units(text: str) -> int:
    """Return the length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def hanzi(text: str) -> int:
    """Return how many Chinese characters stand in a text."""
    return sum("\u4e00" <= char <= "\u9fff" for char in text)


def need(holds: object, what: str, *about: object) -> None:
    """Raise where a promise does not hold."""
    if not holds:
        raise Broken(f"{what}: {' | '.join(map(repr, about))}"[:3000])


@dataclass
class Merchant:
    """A chat: ``say``, ``press``, ``send``, ``wait``, ``fire``; each checks the turn and returns it."""

    dialogue: Dialogue
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    session: Session = field(default_factory=Session)
    tickets: tuple[TicketView, ...] = ()
    shown: list[Button] = field(default_factory=list)
    echoes: set[str] = field(default_factory=set)
    accepted: list[datetime] = field(default_factory=list)
    warned: datetime | None = None
    opened: int = 0

    def say(self, text: str, **more: Any) -> Turn:
        """Type a text."""
        return self._step(Incoming("text", self.now, text, **more))

    def press(self, index: int) -> Turn:
        """Press a button shown at any time, counted from the newest."""
        if not self.shown:
            return self.forge("gone")
        button = self.shown[-1 - index % len(self.shown)]
        return self._step(Incoming("press", self.now, button.label, action=button.action, limited=False))

    def forge(self, action: str) -> Turn:
        """Press a button that was never shown."""
        return self._step(Incoming("press", self.now, "", action=action, limited=False))

    def send(self, media: str, caption: str = "") -> Turn:
        """Send a photo or whatever else."""
        return self._step(Incoming("media", self.now, caption, media=media))

    def read(self, text: str) -> Turn:
        """Let the text of a photo come back."""
        return self._step(Incoming("read", self.now, text, limited=False))

    def fire(self, timer: str) -> Turn:
        """Let a timer become due."""
        self.now += timedelta(minutes=10)
        return self._step(Incoming("timer", self.now, action=timer, limited=False))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def support(self, index: int, status: str, answered: bool) -> None:
        """Let support do something with a ticket."""
        if self.tickets:
            at = index % len(self.tickets)
            changed = replace(self.tickets[at], status=status, answered=answered, assignee="li" if answered else "")
            self.tickets = (*self.tickets[:at], changed, *self.tickets[at + 1 :])

    def do(self, action: tuple[Any, ...]) -> None:
        """Do what a tuple names: ``("say", "打不出小票")``."""
        getattr(self, action[0])(*action[1:])

    def _step(self, incoming: Incoming) -> Turn:
        self.echoes |= {line for line in (incoming.text, *incoming.text.split("\n")) if line}
        before = self.session
        turn = self.dialogue.step(before, incoming, self.tickets, self.now)
        self._check_reply(before, incoming, turn)
        self._check_session(incoming, turn)
        self._check_changes(before, incoming, turn)
        for reply in turn.replies:
            self._check_text(reply, turn)
            self._check_buttons(reply)
        self._store(turn)
        return turn

    def _check_reply(self, before: Session, incoming: Incoming, turn: Turn) -> None:
        if incoming.kind in ("timer", "read"):
            return
        if incoming.limited and self._limit_speaks(incoming, turn):
            return
        command = incoming.kind == "text" and incoming.text[:1] == "/" and incoming.text[1:2].isalpha()
        handled = any(ticket.open and ticket.answered for ticket in self.tickets) and before.draft is None
        quiet = handled and not command and incoming.kind != "press"
        need(quiet or turn.replies, "no reply", incoming)
        need(not quiet or (not turn.replies and turn.changes), "the bot talks over a human", incoming, turn.replies)

    def _limit_speaks(self, incoming: Incoming, turn: Turn) -> bool:
        self.accepted = [at for at in self.accepted if incoming.at - at < timedelta(seconds=60)]
        if len(self.accepted) < PER_MINUTE:
            self.accepted.append(incoming.at)
            return False
        due = self.warned is None or incoming.at - self.warned >= timedelta(seconds=60)
        need(len(turn.replies) == due, "the limit must say one word a minute", incoming, turn.replies)
        need(not turn.changes, "the limit changed a ticket", turn.changes)
        self.warned = incoming.at if due else self.warned
        return True

    def _check_session(self, incoming: Incoming, turn: Turn) -> None:
        session = turn.session
        need(load_session(dump_session(session)) == session, "the session does not come back", session)
        need(units(dump_session(session)) < 100_000, "the session grows", len(dump_session(session)))
        draft = session.draft
        if draft is not None:
            need(draft.asking == "" or draft.asking in draft.ask_for, "asks for what it does not need", draft)
        if incoming.kind != "timer" and turn.timers:
            due = [at for at in turn.timers.values() if at is not None]
            need(bool(due) == session.busy, "timers do not follow the session", turn.timers, session)
            need(all(at > self.now for at in due), "a timer in the past", turn.timers)
        if incoming.action in ("end", "leave") and incoming.kind == "timer":
            need(session.draft is None, "silence dropped nothing but ended nothing", session)

    def _check_changes(self, before: Session, incoming: Incoming, turn: Turn) -> None:
        own = {ticket.number: ticket for ticket in self.tickets}
        opened = [change for change in turn.changes if isinstance(change, OpenTicket)]
        need(len(opened) <= 1, "several tickets by one message", opened)
        need(len(turn.changes) <= 1, "several changes by one message", turn.changes)
        for change in turn.changes:
            if isinstance(change, AddToTicket):
                need(change.number in own and own[change.number].open, "added to a ticket that is closed", change)
            elif isinstance(change, ReopenTicket):
                need(change.number in own and not own[change.number].open, "reopened an open ticket", change)
        if opened:
            need(before.draft is not None and turn.session.draft is None, "a ticket out of nothing", incoming)
            need(self._confirmed(before, incoming), "a ticket that nobody confirmed", incoming, before)
            need(any(TICKET in reply.text for reply in turn.replies), "a ticket without its number", turn.replies)

    def _confirmed(self, before: Session, incoming: Incoming) -> bool:
        if incoming.kind == "timer":
            return incoming.action in ("end", "leave")
        if incoming.kind == "press":
            return incoming.action == f"submit@{before.round}"
        return before.consent == "submit" or self._names_submit(incoming.text)

    def _names_submit(self, text: str) -> bool:
        """Tell whether a text says "submit" in so many words; a mere yes needs the summary in sight."""
        messages = self.dialogue.messages
        labels = [messages.say(key, lang) for key in ("button.submit", "button.submit_now") for lang in LANGS]
        return messages.is_one_of("submit_words", text) or normalise(text) in map(normalise, labels)

    def _check_text(self, reply: Reply, turn: Turn) -> None:
        text = reply.text
        need(text.strip(), "an empty reply", reply)
        need(units(text) <= TEXT_UNITS, "a reply too long for Telegram", units(text), text[:200])
        need(text.encode(), "a reply that cannot be stored", text)
        opens = any(isinstance(change, OpenTicket) for change in turn.changes)
        own = self._own_words(text, turn)
        need(opens or TICKET not in own, "a ticket's place without a ticket", own)
        need(not _PLACEHOLDER.search(own), "an unfilled place", own)
        if len(own) > 12 and units(text) < TEXT_UNITS and turn.session.waiting != "read":  # it quotes a cut text
            self._check_language(own, turn.session.lang or "zh")

    def _check_language(self, own: str, lang: str) -> None:
        chinese, letters = hanzi(own), sum(char.isascii() and char.isalpha() for char in own)
        if lang == "en":
            need(chinese * 5 <= letters + 5, "Chinese to an English reader", own)
        else:
            need(chinese * 5 >= letters, "English to a Chinese reader", own)
        if lang == "zh-Hant":
            need(not _SIMPLIFIED & set(own), "Simplified to a Traditional reader", own, _SIMPLIFIED & set(own))

    def _own_words(self, text: str, turn: Turn) -> str:
        """Return a reply without what it only quotes: the merchant's words, stored titles, language names."""
        quoted = {*self.echoes, *LANGUAGES, *(ticket.title for ticket in self.tickets)}
        for draft in (self.session.draft, turn.session.draft):
            quoted |= (
                {line for value in draft.filled.values() for line in (value, *value.split("\n"))} if draft else set()
            )
        for words in sorted(quoted, key=len, reverse=True):
            if len(words) > 1 or words == TICKET:
                for part in (words, words[:500], words[:500].strip()):
                    text = text.replace(part, " ") if part else text
        return _RUN.sub(" ", text)

    def _check_buttons(self, reply: Reply) -> None:
        need(sum(map(len, reply.rows)) <= BUTTONS, "too many buttons", reply.rows)
        for row in reply.rows:
            need(0 < len(row) <= ROW_BUTTONS, "a row that does not fit", row)
            for button in row:
                need(0 < units(button.label) <= LABEL_UNITS, "a label that does not fit", button)
                need(not _PLACEHOLDER.search(button.label), "an unfilled place in a label", button)
                need(button.action, "a button without an action", button)

    def _store(self, turn: Turn) -> None:
        if turn.forget:
            self.session, self.tickets = Session(), ()
            self.shown.clear()
        else:
            self.session = turn.session
        self.shown += [button for reply in turn.replies for row in reply.rows for button in row]
        del self.shown[:-200]
        for change in () if turn.forget else turn.changes:
            if isinstance(change, OpenTicket):
                self._open(change)
            elif isinstance(change, ReopenTicket):
                self.tickets = tuple(
                    replace(ticket, status="open", answered=False) if ticket.number == change.number else ticket
                    for ticket in self.tickets
                )

    def _open(self, change: OpenTicket) -> None:
        self.opened += 1
        at = self.now.isoformat(timespec="milliseconds")
        ticket = TicketView(self.opened, "open", change.intent, change.title, change.priority, at, at)
        self.tickets = (ticket, *self.tickets)[:20]
