"""The dialogue: (session, incoming, tickets, now) → turn. Pure: no clock, no store, no network."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.dialogue import actions, commands, escalation, hearing, rating, silence, ticketing
from bot.dialogue.model import Button, Incoming, Reply, Session, TicketView, Turn
from bot.dialogue.scene import Scene
from bot.dialogue.speech import reply_language
from bot.messages import Messages
from bot.support.office import ALWAYS, Office
from intents import screen
from intents.text import normalise
from intents.understanding import Understanding

PER_MINUTE = 20
"""Messages of one chat within a minute that are answered; more get one kind word."""
PRESSES = 60
"""Presses of buttons, likewise; a person who reads what a button brings is far below."""
MAX_TEXT = 4096
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Dialogue:
    """Answers one message at a time; ``understanding`` may be replaced between turns."""

    def __init__(
        self,
        understanding: Understanding,
        messages: Messages,
        reads_photos: bool = False,
        zone: ZoneInfo = SHANGHAI,
    ) -> None:
        self.understanding = understanding
        self.messages = messages
        self._reads_photos = reads_photos
        self._zone = zone

    def step(
        self, session: Session, incoming: Incoming, tickets: tuple[TicketView, ...], now: datetime,
        office: Office = ALWAYS,
    ) -> Turn:  # fmt: skip
        """Return everything that one message (or timer) causes."""
        scene = Scene(self.understanding, self.messages, session, incoming, tickets, now, self._zone, office=office)
        if incoming.kind == "timer":
            silence.fire(scene, incoming.action)
            if not scene.session.busy:
                silence.wind(scene)
            return scene.turn()
        if incoming.limited and _too_many(scene):
            return replace(scene.turn(), ignored=True)
        _choose_language(scene)
        _answer(scene, self._reads_photos)
        _frame(scene)
        silence.wind(scene)
        return scene.turn()

    def apology(self, session: Session) -> Turn:
        """Return the turn for a message that could not be handled: say so, offer a human, change nothing."""
        lang = session.lang or "zh"
        button = Button(self.messages.say("button.human", lang), "human")
        return Turn(replace(session, consent=""), (Reply(self.messages.say("fault", lang), ((button,),)),))


def _answer(scene: Scene, reads_photos: bool) -> None:
    incoming = scene.incoming
    text = incoming.text[:MAX_TEXT]
    handled = next((ticket for ticket in scene.open_tickets if ticket.answered), None)
    if incoming.kind == "press":
        actions.press(scene, incoming.action)
    elif incoming.kind == "text" and commands.is_command(text):
        commands.run(scene, text)
    elif handled is not None and scene.session.draft is None:
        # a human talks with this merchant: the bot only keeps the message
        if incoming.kind != "read":
            ticketing.add_quietly(scene, handled, text or f"[{incoming.media}]")
        if not incoming.kept:
            scene.say("media_full")
    elif not incoming.kept:
        _without_file(scene, text)
    elif incoming.kind == "media":
        _media(scene, text, reads_photos)
    elif incoming.kind == "read":
        _read(scene, text)
    elif scene.session.waiting == "word" and not _is_button(scene, text):
        rating.hear(scene, text)
    elif not actions.by_words(scene, text):
        hearing.hear(scene, text)


def _is_button(scene: Scene, text: str) -> bool:
    said = normalise(text)
    return any(said == normalise(label) for label, _ in scene.session.offered)


def _without_file(scene: Scene, caption: str) -> None:
    """The file is over the day's measure: say so, and answer the words that came with it."""
    if caption.strip():
        hearing.hear(scene, caption)
        scene.lead(scene.words("media_full"))
    else:
        scene.say("media_full")


def _media(scene: Scene, caption: str, reads_photos: bool) -> None:
    kind = scene.incoming.media
    if scene.session.draft is not None and kind in ("photo", "document", "video", "voice"):
        escalation.attach(scene, scene.words(f"media.{kind}"))
    elif caption.strip():
        hearing.hear(scene, caption)
    elif scene.open_tickets and kind in ("photo", "document", "video", "voice"):
        ticketing.add(scene, scene.open_tickets[0], scene.words(f"media.{kind}"))
    elif kind == "photo" and reads_photos:
        scene.say("reading_photo")
    else:
        known = scene.messages.has(f"got_{kind}")
        scene.say(f"got_{kind}" if known else "got_other", [[scene.button("menu"), scene.button("human")]])


def _read(scene: Scene, text: str) -> None:
    """A photo's text was read: ask whether what matters of it is right, then that counts as typed."""
    if scene.session.draft is not None or scene.open_tickets or scene.incoming.action == "file":
        return
    text = screen.focus(text, scene.understanding.codes, scene.knowledge.codes)
    if not text:
        scene.set(waiting="code")
        scene.say("could_not_read")
        return
    scene.set(waiting="read", said=text, round=scene.session.round + 1)
    rows = [[scene.button("read_yes", "read:yes"), scene.button("read_no", "read:no")]]
    scene.say("read_this", rows, text=text)
    scene.set(consent="read")


def _frame(scene: Scene) -> None:
    """Put before the answer what must be said first: what was hidden, who answers, that we are sorry."""
    incoming, session = scene.incoming, scene.session
    if not scene.replies and not (incoming.kind == "read" and incoming.found):
        return
    if 0 < session.anger <= 2 and scene.incoming.kind == "text" and scene.understanding.angry(incoming.text):
        scene.lead(scene.words("sorry"))
    if not session.met:
        scene.set(met=True)
        if scene.heard and scene.heard.intent not in ("chat.greeting", "chat.about"):
            scene.lead(scene.words("first_contact"))
    if incoming.found:
        kinds = scene.words("list_comma").join(scene.words(f"hidden.{kind}") for kind in incoming.found)
        scene.lead(scene.words("hidden_card" if "card" in incoming.found else "hidden", kinds=kinds))


def _choose_language(scene: Scene) -> None:
    session, incoming = scene.session, scene.incoming
    if session.lang_fixed:
        return
    draft = session.draft
    quoting = draft is not None and draft.asking not in ("", "taking_payments")  # a screen speaks its own language
    if incoming.kind == "text" and not commands.is_command(incoming.text) and not quoting:
        scene.set(lang=reply_language(incoming.text, session.lang))
    if scene.session.lang is None and incoming.lang_hint:
        hint = incoming.lang_hint.lower()
        traditional = hint.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo"))
        scene.set(lang="zh-Hant" if traditional else "zh" if hint.startswith("zh") else "en")


def _too_many(scene: Scene) -> bool:
    """Count the message or press; True if it is over the limit (one kind word a minute says so)."""
    press = scene.incoming.kind == "press"
    # Telegram says when something was written, but not when a button was pressed
    at = (scene.now if press else scene.incoming.at).timestamp()
    name, most = ("pressed", PRESSES) if press else ("recent", PER_MINUTE)
    before: tuple[float, ...] = getattr(scene.session, name)
    recent = tuple(moment for moment in before if abs(at - moment) < 60)[-most:]
    over = len(recent) >= most
    if over:
        if abs(at - scene.session.warned_at) >= 60:
            scene.say("too_many")
            scene.set(warned_at=at)
    else:
        scene.set(**{name: (*recent, at)})
    return over
