"""The way of a ticket through its statuses: waiting, resumed, resolved, reopened."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.model import Button, dump_session, load_session
from bot.store.base import Row, Tx
from bot.store.support import acting, claims, clock, moves, search
from bot.store.support.acting import Act
from bot.support.errors import Invalid, WrongStatus
from intents.model import Lang

RESOLUTIONS = ("fixed", "explained", "replaced", "bank", "no_fault", "no_answer", "duplicate", "other")
"""Why a ticket is done. ``bank``: the money trouble is with bank or acquirer now."""
UNRATED = ("no_answer", "duplicate")
"""Ends after which nobody is asked how it was."""
STARS = 5


async def wait(tx: Tx, act: Act, number: int, text: str = "") -> None:
    """Wait for the merchant, who is told so and, with ``text``, what is asked; the SLA clock stands still.

    Raises:
        NoSuchTicket, WrongStatus, AlreadyClaimed, Invalid: it cannot be.

    """
    row = await acting.ticket(tx, number)
    if row["status"] not in clock.RUNNING:
        raise WrongStatus(number, row["status"])
    await claims.hold(tx, act, row)
    await tx.do("UPDATE tickets SET status = 'waiting', handled = 1 WHERE number = :number", number=number)
    text = acting.usable(text) if text.strip() else ""
    await clock.first_reply(tx, row, act.now, act.office)
    await clock.pause(tx, number, act.now, act.office)
    await acting.record(tx, act, number, "waiting", text=text)
    if text:
        await search.add(tx, number, text)
        await acting.tell(tx, act, row, "ticket_waiting_for", text=text)
    else:
        await acting.tell(tx, act, row, "ticket_waiting")


async def resume(tx: Tx, act: Act, number: int) -> None:
    """Wait no longer: support is at work again.

    Raises:
        NoSuchTicket, WrongStatus: it does not wait.

    """
    row = await acting.ticket(tx, number)
    if not await moves.woken(tx, number):
        raise WrongStatus(number, row["status"])
    await clock.resume(tx, number, act.now, act.office)
    await acting.record(tx, act, number, "resumed")


async def resolve(tx: Tx, act: Act, number: int, reason: str, text: str = "") -> None:
    """End a ticket with a reason and an optional last word; the merchant is told and, once, asked how it was.

    Raises:
        NoSuchTicket, WrongStatus: there is none, or it is resolved already.
        Invalid: the reason is none of ``RESOLUTIONS``.

    """
    if reason not in RESOLUTIONS:
        raise Invalid("reason", known=", ".join(RESOLUTIONS))
    text = acting.usable(text) if text.strip() else ""
    row = await acting.ticket(tx, number)
    done = await tx.run(
        """UPDATE tickets SET status = 'resolved', resolved_at = :at, resolution = :reason, resolved_by = :login,
             assignee = COALESCE(assignee, :login), handled = 0
           WHERE number = :number AND status IN ('open', 'claimed', 'waiting')""",
        at=act.at, reason=reason, login=act.actor.login, number=number,
    )  # fmt: skip
    if not done:
        raise WrongStatus(number, row["status"])
    await clock.stop(tx, row, act.now, act.office)
    await acting.record(tx, act, number, "resolved", reason=reason, text=text)
    await search.add(tx, number, text)
    await _say_resolved(tx, act, row, reason, text)


async def reopen(tx: Tx, act: Act, number: int) -> None:
    """Open a ticket again; a new clock starts, the merchant is told.

    Raises:
        NoSuchTicket, WrongStatus: there is none, or it is not done, or it was merged into another.

    """
    row = await acting.ticket(tx, number)
    if row["merged_into"] or not await moves.opened_again(tx, number):
        raise WrongStatus(number, row["status"])
    await clock.start(tx, number, act.now, act.office)
    await acting.record(tx, act, number, "reopened")
    await acting.tell(tx, act, row, "reopened")


async def _say_resolved(tx: Tx, act: Act, row: Row, reason: str, text: str) -> None:
    ask = row["asked_rating_at"] is None and reason not in UNRATED
    if ask:
        await tx.do("UPDATE tickets SET asked_rating_at = :at WHERE number = :number",
                     at=act.at, number=row["number"])  # fmt: skip
    lang = await acting.language(tx, row)
    parts = [act.messages.say("ticket_resolved", lang, number=row["number"], title=row["title"]), text,
             act.messages.say("ask_rating", lang) if ask else ""]  # fmt: skip
    rows = _buttons(act, row["number"], lang, ask)
    await acting.say(tx, act, row, "\n\n".join(filter(None, parts)), rows)
    await _offer(tx, row["chat"], [button for line in rows for button in line])


def _buttons(act: Act, number: int, lang: Lang, ask: bool) -> list[list[Button]]:
    again = Button(act.messages.say("button.not_yet", lang), f"reopen:{number}")
    # in this order a typed number means its own star
    stars = [Button(act.messages.say(f"button.rate{star}", lang), f"rate:{number}={star}")
             for star in range(1, STARS + 1)]  # fmt: skip
    return [stars[:3], stars[3:], [again]] if ask else [[again]]


async def _offer(tx: Tx, chat: str, buttons: list[Button]) -> None:
    """Let a typed "5" mean the button, unless the merchant is in the middle of something."""
    row = await tx.one("SELECT data FROM sessions WHERE chat = :chat", chat=chat)
    session = load_session(row["data"] if row else None)
    if row is None or session.busy:
        return
    offered = tuple((button.label, button.action) for button in buttons)
    await tx.do("UPDATE sessions SET data = :data WHERE chat = :chat",
                 data=dump_session(replace(session, offered=offered)), chat=chat)  # fmt: skip
