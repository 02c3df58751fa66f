"""When the merchant goes silent: one nudge, then the session ends. An unfinished ticket is opened, never dropped."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue import escalation, walk
from bot.dialogue.scene import Scene

NUDGE = timedelta(minutes=10)
END = timedelta(minutes=60)
NUDGE_DRAFT = timedelta(minutes=5)
END_DRAFT = timedelta(minutes=20)


def fire(scene: Scene, timer: str) -> None:
    """Act on a due timer (``leave``: the console was closed)."""
    session = scene.session
    if session.draft is None and any(ticket.answered for ticket in scene.open_tickets):
        scene.session = session.idle()  # a human talks with this merchant: no word from the bot
    elif timer == "nudge" and session.waiting == "word":
        return
    elif timer == "end" and session.waiting == "word":
        scene.session = session.idle()
    elif timer == "nudge" and session.busy and not session.nudged:
        scene.set(nudged=True)
        if session.draft is None:
            scene.say("nudge", [[scene.button("human")]])
        else:
            submit = scene.button("submit_now" if session.draft.asking else "submit", "submit")
            scene.say("nudge_draft", [[submit, scene.button("cancel")]])
            scene.set(consent="" if session.draft.asking else "submit")
    elif timer in ("end", "leave") and session.draft is not None:
        escalation.submit(scene, "ticket_opened_silently")
    elif timer == "end" and session.busy:
        title = scene.title(session.about) if session.about else ""
        if session.about:
            scene.ended("gave_up", session.about)
        resumable = bool(session.symptom) and walk.here(scene) is not None
        scene.session = session.idle()
        scene.say("ended_with" if resumable and title else "ended", title=title)


def wind(scene: Scene) -> None:
    """Set the timers by where the session now stands."""
    session = scene.session
    if not session.busy:
        scene.timers = {"nudge": None, "end": None}
        return
    nudge, end = (NUDGE_DRAFT, END_DRAFT) if session.draft else (NUDGE, END)
    scene.timers = {"nudge": scene.now + nudge, "end": scene.now + end}
    scene.set(nudged=False)
