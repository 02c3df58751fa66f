"""What staff say: to the merchant, or among themselves."""

from __future__ import annotations

from bot.store.base import Tx
from bot.store.support import acting, claims, clock, search
from bot.store.support.acting import Act
from bot.support.errors import MerchantBlocked, WrongStatus


async def reply(tx: Tx, act: Act, number: int, text: str) -> int:
    """Answer the merchant: on the transcript, into the outbox. Returns the message's id.

    A ticket that nobody has becomes the actor's. From now on the bot is silent in that chat.

    Raises:
        NoSuchTicket, WrongStatus: there is none, or it is closed for good.
        AlreadyClaimed: somebody else has it (supervisors may answer all the same).
        MerchantBlocked, Invalid: it cannot be sent.

    """
    text = acting.usable(text)
    row = await acting.ticket(tx, number)
    if row["status"] == "closed":
        raise WrongStatus(number, row["status"])
    await claims.hold(tx, act, row)
    lead = act.messages.say("staff_says", await acting.language(tx, row), who=await acting.signature(tx, act, row))
    message = await acting.say(tx, act, row, text, author=act.actor.login, lead=lead)
    if message is None:
        raise MerchantBlocked(f"the merchant of ticket {number} is blocked: nothing was sent")
    await answered(tx, act, number)
    await search.add(tx, number, text)
    await acting.record(tx, act, number, "reply", text=text, message=message)
    return message


async def note(tx: Tx, act: Act, number: int, text: str, posted: int = 0) -> None:
    """Write a note that only staff see; ``posted`` is its message in the staff group, if it was written there.

    Raises:
        NoSuchTicket, Invalid: there is no such ticket, or nothing to write.

    """
    text = acting.usable(text)
    await acting.ticket(tx, number)
    await search.add(tx, number, text)
    await acting.record(tx, act, number, "note", text=text, **({"posted": posted} if posted else {}))


async def answered(tx: Tx, act: Act, number: int) -> None:
    """Record that staff answered: the first reply's clock stops, and the bot leaves the chat to them."""
    row = await acting.ticket(tx, number)
    if row["status"] == "resolved":
        return  # an afterword: the ticket stays resolved and the bot stays in charge
    await tx.do("UPDATE tickets SET handled = 1 WHERE number = :number", number=number)
    await clock.first_reply(tx, row, act.now, act.office)
    await clock.wind(tx, number, act.office)
