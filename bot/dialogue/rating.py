"""How the merchant found it: one to five, and a word. Asked once, when a ticket is resolved."""

from __future__ import annotations

from bot.dialogue import hearing, ticketing
from bot.dialogue.model import RateTicket
from bot.dialogue.scene import Scene

MAX_WORD = 500


def press(scene: Scene, argument: str) -> bool:
    """Take a pressed star of a ticket (``NUMBER=STARS``); False if there is no such star, or it is too late."""
    number, _, stars = argument.partition("=")
    ticket = ticketing.find(scene, int(number)) if number.isdecimal() else None
    if ticket is None or ticket.open or ticketing.is_over(scene, ticket) or stars not in ("1", "2", "3", "4", "5"):
        return False
    scene.changes.append(RateTicket(ticket.number, int(stars)))
    if scene.session.busy and scene.session.waiting != "word":
        scene.say("rated")  # in the middle of something: not to be taken out of it
        return True
    scene.session = scene.session.idle(waiting="word", said=str(ticket.number))
    scene.say("rated_good" if int(stars) >= 4 else "rated_bad", [[scene.button("no_word", "no_word")]])
    return True


def skip(scene: Scene, _: str) -> bool:
    """Leave it at the stars; False if no word was asked for."""
    if scene.session.waiting != "word":
        return False
    scene.session = scene.session.idle()
    scene.say("rated")
    return True


def hear(scene: Scene, text: str) -> None:
    """Take a typed text after the stars: it is the word, unless it plainly starts something else."""
    number = int(scene.session.said) if scene.session.said.isdecimal() else 0
    ticket = ticketing.find(scene, number)
    meaning = scene.understanding.followup(text)
    scene.session = scene.session.idle()
    if ticket is None or meaning in ("not_solved", "human", "restart"):
        hearing.hear(scene, text)
        return
    match = scene.understanding.match(text)
    if match.code or (match.outcome == "answer" and not (match.intent or "").startswith("chat.")):
        hearing.hear(scene, text)
        return
    if not scene.messages.is_one_of("skip_words", text):
        scene.changes.append(RateTicket(ticket.number, word=text.strip()[:MAX_WORD]))
    scene.say("rated")
