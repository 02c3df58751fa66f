"""Who has a ticket: claim, take over, assign, release. Of two who claim at once one wins, the other is told who."""

from __future__ import annotations

from bot.store.base import Row, Tx
from bot.store.support import acting, clock
from bot.store.support.acting import Act
from bot.support.authority import TABLE, Action, Role
from bot.support.errors import AlreadyClaimed, Invalid, WrongStatus


async def claim(tx: Tx, act: Act, number: int, take: bool = False) -> None:
    """Take a ticket; ``take`` takes it over from whoever has it. The merchant is told when a human comes in.

    Raises:
        NoSuchTicket, WrongStatus: there is none, or it is done.
        AlreadyClaimed: somebody else has it.

    """
    row = await acting.ticket(tx, number)
    if row["assignee"] == act.actor.login and row["status"] != "open":
        return
    await _take(tx, act, row, take)
    if row["status"] == "open" and not row["handled"]:
        await acting.tell(tx, act, row, "ticket_claimed", who=await acting.signature(tx, act, row))


async def hold(tx: Tx, act: Act, row: Row) -> None:
    """Make sure that the actor may speak on the ticket: it is theirs, nobody's (then it becomes theirs), or any is.

    Raises:
        WrongStatus, AlreadyClaimed: as ``claim``.

    """
    other = row["assignee"] not in (None, act.actor.login)
    if other and not act.actor.may(Action.REPLY_ANY):
        raise AlreadyClaimed(row["number"], row["assignee"], await name_of(tx, row["assignee"]))
    if row["status"] in acting.UNRESOLVED and not other and (not row["assignee"] or row["status"] == "open"):
        await _take(tx, act, row, take=False)


async def assign(tx: Tx, act: Act, number: int, login: str) -> None:
    """Give a ticket to a member of staff; the merchant is told when it is the first one.

    Raises:
        NoSuchTicket, WrongStatus: there is none, or it is done.
        Invalid: nobody active has that login, or the role cannot work on tickets.

    """
    row = await acting.ticket(tx, number)
    name = await _worker(tx, login)
    done = await tx.run(
        """UPDATE tickets SET assignee = :login, status = CASE WHEN status = 'open' THEN 'claimed' ELSE status END
           WHERE number = :number AND status IN ('open', 'claimed', 'waiting')""",
        login=login, number=number,
    )  # fmt: skip
    if not done:
        raise WrongStatus(number, row["status"])
    await acting.record(tx, act, number, "assigned", before=row["assignee"] or "", to=login)
    if row["status"] == "open" and not row["handled"]:
        await acting.tell(tx, act, row, "ticket_claimed", who=await acting.signature(tx, act, row, name))


async def release(tx: Tx, act: Act, number: int) -> None:
    """Put a ticket back for everybody; the bot answers the merchant again.

    Raises:
        NoSuchTicket, WrongStatus: there is none, or nobody has it.
        AlreadyClaimed: somebody else has it, and the actor may not assign.

    """
    row = await acting.ticket(tx, number)
    if row["assignee"] not in (None, act.actor.login) and not act.actor.may(Action.ASSIGN):
        raise AlreadyClaimed(number, row["assignee"], await name_of(tx, row["assignee"]))
    done = await tx.run(
        """UPDATE tickets SET assignee = NULL, status = 'open', handled = 0
           WHERE number = :number AND status IN ('claimed', 'waiting')""",
        number=number,
    )
    if not done:
        raise WrongStatus(number, row["status"])
    await clock.resume(tx, number, act.now, act.office)
    await acting.record(tx, act, number, "released", before=row["assignee"] or "")


async def name_of(tx: Tx, login: str) -> str:
    """Return the name of a member of staff, the login itself if there is none."""
    row = await tx.one("SELECT name FROM staff WHERE login = :login", login=login)
    return str(row["name"]) if row else login


async def _take(tx: Tx, act: Act, row: Row, take: bool) -> None:
    number, login = row["number"], act.actor.login
    done = await tx.run(
        """UPDATE tickets SET assignee = :login, status = CASE WHEN status = 'open' THEN 'claimed' ELSE status END
           WHERE number = :number AND status IN ('open', 'claimed', 'waiting')
             AND (:take = 1 OR assignee IS NULL OR assignee = :login)""",
        login=login, number=number, take=int(take),
    )  # fmt: skip
    if not done:
        now = await acting.ticket(tx, number)
        if now["status"] not in acting.UNRESOLVED:
            raise WrongStatus(number, now["status"])
        raise AlreadyClaimed(number, now["assignee"], await name_of(tx, now["assignee"]))
    await acting.record(tx, act, number, "claimed", before=row["assignee"] or "")


async def _worker(tx: Tx, login: str) -> str:
    row = await tx.one("SELECT name, role FROM staff WHERE login = :login AND active = 1", login=login)
    role: Role | None = row["role"] if row else None
    if row is None or role is None or Action.REPLY not in TABLE[role]:
        raise Invalid("worker", login=login)
    return str(row["name"])
