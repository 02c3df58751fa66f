"""The SLA clock of a ticket: what is due next. Set anew after every act that moves it."""

from __future__ import annotations

from datetime import datetime

from bot.store.base import Row, Tx
from bot.store.times import read, stamp
from bot.support import sla
from bot.support.office import Office
from bot.support.sla import Due

RUNNING = ("open", "claimed")
"""Statuses in which the merchant waits for support."""


async def start(tx: Tx, number: int, now: datetime, office: Office) -> None:
    """Start a ticket's clock (again): it was opened, or reopened."""
    await tx.do(
        """UPDATE tickets SET clock_at = :at, waiting_since = NULL, paused_minutes = 0,
             warned_at = NULL, escalated_at = NULL WHERE number = :number""",
        at=stamp(now), number=number,
    )  # fmt: skip
    await wind(tx, number, office)


async def wind(tx: Tx, number: int, office: Office) -> None:
    """Work out anew what is due; a new due time may be warned of again."""
    row = await tx.one("SELECT * FROM tickets WHERE number = :number", number=number)
    if row is None:
        return
    start = read(row["clock_at"] or row["created_at"])
    due = sla.due(office.policy.sla, office.time, row["priority"], start, row["paused_minutes"])
    at, warn = _next(row, due)
    same = at == row["due_at"]
    await tx.do(
        """UPDATE tickets SET first_due_at = :first, solve_due_at = :solve, due_at = :at, warn_at = :warn,
             warned_at = :warned, escalated_at = :escalated WHERE number = :number""",
        first=stamp(due.first), solve=stamp(due.solve), at=at, warn=warn, number=number,
        warned=row["warned_at"] if same else None, escalated=row["escalated_at"] if same else None,
    )  # fmt: skip


async def pause(tx: Tx, number: int, now: datetime, office: Office) -> None:
    """The ticket waits for the merchant from now on."""
    await tx.do("UPDATE tickets SET waiting_since = :at WHERE number = :number", at=stamp(now), number=number)
    await wind(tx, number, office)


async def resume(tx: Tx, number: int, now: datetime, office: Office) -> None:
    """The merchant answered: the time it took is added to the solution's due time."""
    row = await tx.one("SELECT priority, waiting_since, paused_minutes FROM tickets WHERE number = :number",
                       number=number)  # fmt: skip
    if row is not None and row["waiting_since"]:
        lost = sla.spent(office.policy.sla, office.time, row["priority"], read(row["waiting_since"]), now)
        await tx.do("UPDATE tickets SET waiting_since = NULL, paused_minutes = :paused WHERE number = :number",
                     paused=row["paused_minutes"] + round(lost), number=number)  # fmt: skip
    await wind(tx, number, office)


async def first_reply(tx: Tx, row: Row, now: datetime, office: Office) -> None:
    """Keep when a member of staff first answered; only the first time counts."""
    if row["first_reply_at"]:
        return
    minutes = _minutes(row, row["created_at"], now, office)
    await tx.do("UPDATE tickets SET first_reply_at = :at, first_minutes = :minutes WHERE number = :number",
                 at=stamp(now), minutes=minutes, number=row["number"])  # fmt: skip


async def stop(tx: Tx, row: Row, now: datetime, office: Office) -> None:
    """The ticket is resolved: keep how long it took, in minutes of its priority's time."""
    waited = 0.0
    if row["waiting_since"]:
        waited = sla.spent(office.policy.sla, office.time, row["priority"], read(row["waiting_since"]), now)
    minutes = _minutes(row, row["clock_at"] or row["created_at"], now, office)
    await tx.do("UPDATE tickets SET solve_minutes = :minutes, waiting_since = NULL WHERE number = :number",
                 minutes=max(0, minutes - row["paused_minutes"] - round(waited)), number=row["number"])  # fmt: skip
    await wind(tx, row["number"], office)


def _minutes(row: Row, since: str, now: datetime, office: Office) -> int:
    return round(sla.spent(office.policy.sla, office.time, row["priority"], read(since), now))


def _next(row: Row, due: Due) -> tuple[str | None, str | None]:
    if row["status"] not in RUNNING:
        return None, None
    if row["first_reply_at"] is None:
        return stamp(due.first), stamp(due.first_warn)
    return stamp(due.solve), stamp(due.solve_warn)
