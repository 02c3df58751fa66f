"""Two tickets of one merchant about the same thing become one."""

from __future__ import annotations

from bot.store.base import Tx
from bot.store.support import acting, clock, search
from bot.store.support.acting import Act
from bot.support.errors import Invalid, WrongStatus


async def merge(tx: Tx, act: Act, number: int, into: int) -> None:
    """Close a ticket as a duplicate of another one of the same merchant, who is told; messages and tags move there.

    Raises:
        NoSuchTicket: one of them does not exist.
        WrongStatus: one of them is done already.
        Invalid: they are one and the same, or of different merchants.

    """
    row, target = await acting.ticket(tx, number), await acting.ticket(tx, into)
    if number == into or row["chat"] != target["chat"]:
        raise Invalid("merge")
    if target["status"] not in acting.UNRESOLVED:
        raise WrongStatus(into, target["status"])
    done = await tx.run(
        """UPDATE tickets SET status = 'closed', resolved_at = :at, resolution = 'duplicate', resolved_by = :login,
             merged_into = :into, handled = 0
           WHERE number = :number AND status IN ('open', 'claimed', 'waiting')""",
        at=act.at, login=act.actor.login, into=into, number=number,
    )  # fmt: skip
    if not done:
        raise WrongStatus(number, row["status"])
    await clock.stop(tx, row, act.now, act.office)
    await acting.tell(tx, act, row, "ticket_merged", into=into)
    await _move(tx, number, into)
    await acting.record(tx, act, number, "merged", into=into)
    await acting.record(tx, act, into, "absorbed", other=number)


async def _move(tx: Tx, number: int, into: int) -> None:
    await tx.do("UPDATE messages SET ticket = :into WHERE ticket = :number", into=into, number=number)
    await tx.do(
        """INSERT INTO ticket_tags (ticket, tag) SELECT :into, tag FROM ticket_tags WHERE ticket = :number
           ON CONFLICT DO NOTHING""",
        into=into, number=number,
    )  # fmt: skip
    await search.index(tx, await acting.ticket(tx, into))
