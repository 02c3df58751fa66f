"""What time does to tickets: warnings, escalation, closing, erasing; and a clock that jumps."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import support
from support import WANG, kinds, open_ticket, row, rows

from bot.store.base import Database
from bot.store.support import (
    retention,
    search,
    sweeps,
)
from bot.support.book import always
from bot.support.desk import Desk
from bot.support.keeper import Keeper
from bot.support.office import Office
from bot.support.policy import Retention
from bot.support.steady import SETTLE

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORKING = Office(zone=SHANGHAI)


@pytest.fixture
def desk(db: Database, clock: Any) -> Desk:
    return Desk(db, always, support.MESSAGES, clock)


class Steady:
    """A steady clock that goes with the test's, but does not jump with it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_warned_and_escalated_exactly_once(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock, priority="P1")
    assert await db.write(sweeps.warn, clock()) == []
    clock.pass_(minutes=12)
    assert await db.write(sweeps.warn, clock()) == [number]
    assert await db.write(sweeps.escalate, clock()) == []
    clock.pass_(minutes=5)
    results = await asyncio.gather(*(db.write(sweeps.escalate, clock()) for _ in range(5)))
    assert [one for swept in results for one in swept] == [number]
    assert await db.write(sweeps.warn, clock()) == []
    assert await kinds(db, number) == ["opened", "warned", "escalated"]


async def test_after_the_first_reply_the_solution_is_due(db: Database, clock: Any, desk: Desk) -> None:
    number = await open_ticket(db, clock, priority="P1")
    clock.pass_(minutes=20)
    await db.write(sweeps.warn, clock())
    await db.write(sweeps.escalate, clock())
    await desk.reply(WANG, number, "在看")
    ticket = await row(db, number)
    assert (ticket["warned_at"], ticket["escalated_at"]) == (None, None)
    clock.pass_(hours=3)
    assert await db.write(sweeps.warn, clock()) == [number]
    await desk.wait(WANG, number)
    clock.pass_(days=3)
    assert await db.write(sweeps.escalate, clock()) == []


async def test_the_sla_knows_make_up_work_days(db: Database, clock: Any) -> None:
    clock.now = clock.now.replace(month=2, day=13, hour=9, minute=30)  # Friday 17:30; Saturday is worked, then holidays
    number = await open_ticket(db, clock, priority="P2", office=WORKING)
    ticket = await row(db, number)
    assert ticket["first_due_at"] == "2026-02-14T01:30:00.000+00:00"
    assert ticket["solve_due_at"] == "2026-02-14T09:30:00.000+00:00"
    clock.pass_(hours=1)
    assert await db.write(sweeps.escalate, clock()) == []


async def test_resolved_tickets_are_closed_after_a_week(db: Database, clock: Any, desk: Desk) -> None:
    number = await open_ticket(db, clock)
    await desk.resolve(WANG, number, "fixed")
    clock.pass_(days=6)
    assert await db.write(sweeps.close, clock()) == []
    clock.pass_(days=1)
    assert await db.write(sweeps.close, clock()) == [number]
    assert (await row(db, number))["status"] == "closed"


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_jumps_does_no_harm(db: Database, clock: Any, days: int) -> None:
    number = await open_ticket(db, clock)
    steady = Steady()
    keeper = Keeper(db, always, clock, steady)

    async def passes(seconds: float) -> bool:
        clock.pass_(seconds=seconds)
        steady.now += seconds
        return await keeper.round()

    assert await passes(10)
    clock.pass_(days=days)
    assert not await passes(10)
    clock.pass_(days=-days)  # set right again
    assert not await passes(10)
    assert await passes(SETTLE)
    assert await kinds(db, number) == ["opened"]
    clock.pass_(days=1)  # it really is a day later (the machine slept)
    assert not await passes(10)
    assert await passes(SETTLE)
    assert await kinds(db, number) == ["opened", "warned", "escalated"]


async def test_what_is_old_is_erased(db: Database, clock: Any, desk: Desk) -> None:
    old = await open_ticket(db, clock, "tg:1", said="canary", serial="CANARY")
    await desk.resolve(WANG, old, "fixed")
    still = await open_ticket(db, clock, "tg:2", said="还开着")
    clock.pass_(days=40)
    while await db.write(retention.sweep, Retention(chats=30, tickets=30, technical=10), clock()):
        pass
    assert (await row(db, old))["chat"] == "forgotten"
    assert [one["chat"] for one in await rows(db, "SELECT chat FROM messages WHERE direction = 'in'")] == ["tg:2"]
    assert (await row(db, still))["status"] == "open"
    await db.write(search.compact)
    for table in ("tickets", "ticket_events", "search", "inbox"):
        assert "canary" not in json.dumps([dict(one) for one in await rows(db, f"SELECT * FROM {table}")],
                                          default=str).lower()  # fmt: skip
