"""The door to support's acts: authority, bulk, settings, statistics, learning."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import support
from support import ADMIN, CHEN, ED, LI, WANG, act, open_ticket, row, rows, told

from bot.dialogue.model import Outcome
from bot.store.base import Database
from bot.store.support import (
    keeping,
    learning,
    merchants,
    outcomes,
    replies,
    settings,
    staff,
    states,
    stats,
    stats_bot,
)
from bot.store.times import stamp
from bot.support.authority import ROLES, TABLE, Action, Actor, may
from bot.support.book import Book, always
from bot.support.desk import Desk
from bot.support.errors import (
    AlreadyClaimed,
    Invalid,
    NotAllowed,
    SupportError,
    WrongStatus,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def desk(db: Database, clock: Any) -> Desk:
    return Desk(db, always, support.MESSAGES, clock)


ACTS: dict[Action, Any] = {
    Action.VIEW_TICKETS: lambda desk, who: desk.ticket(who, 1),
    Action.CLAIM: lambda desk, who: desk.claim(who, 1),
    Action.TAKE_OVER: lambda desk, who: desk.claim(who, 1, take=True),
    Action.ASSIGN: lambda desk, who: desk.assign(who, 1, "li"),
    Action.REPLY: lambda desk, who: desk.reply(who, 1, "您好"),
    Action.NOTE: lambda desk, who: desk.note(who, 1, "记录"),
    Action.TRIAGE: lambda desk, who: desk.prioritise(who, 1, "P2"),
    Action.WAIT: lambda desk, who: desk.wait(who, 1),
    Action.RESOLVE: lambda desk, who: desk.resolve(who, 1, "fixed"),
    Action.REOPEN: lambda desk, who: desk.reopen(who, 1),
    Action.MERGE: lambda desk, who: desk.merge(who, 1, 2),
    Action.BULK: lambda desk, who: desk.bulk(who, [1], desk.tag, "vip"),
    Action.BLOCK: lambda desk, who: desk.block(who, "tg:1"),
    Action.FORGET: lambda desk, who: desk.forget(who, "tg:1"),
    Action.MERCHANT_NOTES: lambda desk, who: desk.do(Action.MERCHANT_NOTES, who, merchants.write, "tg:1", "a", "b"),
    Action.CANNED: lambda desk, who: desk.do(Action.CANNED, who, keeping.can, "问候", "您好", ""),
    Action.SETTINGS: lambda desk, who: desk.do(Action.SETTINGS, who, settings.change, "away", {"zh": "x"}),
    Action.ANNOUNCE: lambda desk, who: desk.do(Action.ANNOUNCE, who, settings.announce, "维护"),
    Action.STAFF: lambda desk, who: desk.do(Action.STAFF, who, staff.remove, "li"),
    Action.EDIT_KNOWLEDGE: lambda desk, who: desk.do(Action.EDIT_KNOWLEDGE, who, learning.publish, {}, "", "{}"),
}


@pytest.mark.parametrize("who", [None, WANG, CHEN, ED, ADMIN], ids=lambda who: who.role if who else "outsider")
@pytest.mark.parametrize("action", list(ACTS), ids=str)
async def test_each_role_does_what_the_table_says_and_nothing_else(
    db: Database, clock: Any, desk: Desk, action: Action, who: Actor | None
) -> None:
    await support.hire(db, clock)
    await open_ticket(db, clock)
    await open_ticket(db, clock, said="又来了")
    if action is Action.REOPEN:
        await db.write(states.resolve, act(clock), 1, "fixed")
    before = len(await rows(db, "SELECT 1 FROM audit"))
    if may(who, action):
        await ACTS[action](desk, who)
    else:
        with pytest.raises(NotAllowed):
            await ACTS[action](desk, who)
        assert len(await rows(db, "SELECT 1 FROM audit")) == before


def test_the_table() -> None:
    assert set(TABLE) == set(ROLES)
    assert TABLE["admin"] == set(Action)
    assert TABLE["agent"] < TABLE["supervisor"] < TABLE["admin"]
    assert Action.VIEW_TICKETS not in TABLE["editor"]
    assert not TABLE["editor"] & {Action.REPLY, Action.EXPORT, Action.AUDIT, Action.STAFF, Action.SETTINGS}
    assert not any(may(None, action) for action in Action)


async def test_many_at_once_each_for_itself(db: Database, clock: Any, desk: Desk) -> None:
    await support.hire(db, clock)
    numbers = [await open_ticket(db, clock, f"tg:{chat}") for chat in range(3)]
    await desk.resolve(WANG, numbers[1], "fixed")
    refused = await desk.bulk(CHEN, [*numbers, 99], desk.resolve, "explained")
    assert sorted(refused) == [numbers[1], 99]
    assert isinstance(refused[numbers[1]], WrongStatus)
    assert [(await row(db, number))["resolution"] for number in numbers] == ["explained", "fixed", "explained"]


async def test_claims_through_the_door_race_fairly(db: Database, clock: Any, desk: Desk) -> None:
    await support.hire(db, clock)
    number = await open_ticket(db, clock)
    results = await asyncio.gather(*(desk.claim(who, number) for who in (WANG, LI, CHEN)), return_exceptions=True)
    assert sum(isinstance(one, AlreadyClaimed) for one in results) == 2


async def test_settings_hold_at_once_and_are_checked(db: Database, clock: Any) -> None:
    book = Book(db, SHANGHAI)
    assert (await book()).policy.sla.P1.first == 15
    sla = {"P1": {"first": 5, "solve": 60, "always": True}}
    await db.write(settings.change, act(clock, ADMIN), "sla", sla)
    await asyncio.sleep(0.05)
    assert (await book()).policy.sla.P1.first == 5
    for section, value in (("sla", {"P1": {"first": 0}}), ("hours", {"workday": [["18:00", "09:00"]]}), ("x", {})):
        with pytest.raises(Invalid):
            await db.write(settings.change, act(clock, ADMIN), section, value)


async def test_announcements_begin_and_end(db: Database, clock: Any) -> None:
    book = Book(db, SHANGHAI)
    soon = stamp(clock() + timedelta(hours=1))
    number = await db.write(settings.announce, act(clock, CHEN), "银联维护", "", ("txn.",), (), soon)
    for bad in ("tomorrow", "2026-03-02T10:00:00"):
        with pytest.raises(Invalid):
            await db.write(settings.announce, act(clock, CHEN), "x", "", (), (), bad)
    await asyncio.sleep(0.05)
    office = await book()
    assert office.said("txn.declined", "", "zh", stamp(clock())) == ""
    clock.pass_(hours=2)
    assert office.said("txn.declined", "", "en", stamp(clock())) == "银联维护"
    assert office.said("print.jam", "", "zh", stamp(clock())) == ""
    await db.write(settings.end_announcement, act(clock, CHEN), number)
    await asyncio.sleep(0.05)
    clock.pass_(seconds=1)
    assert (await book()).said("txn.declined", "", "zh", stamp(clock())) == ""


async def test_statistics(db: Database, clock: Any, desk: Desk) -> None:
    since = stamp(clock())
    for minutes in (5, 10, 400):
        number = await open_ticket(db, clock, f"tg:{minutes}", priority="P2")
        clock.pass_(minutes=minutes)
        await desk.reply(WANG, number, "您好")
        await desk.resolve(WANG, number, "fixed")
    await open_ticket(db, clock, "tg:9", intent="net.wifi")
    ends = [Outcome("solved", "print.jam", "paper"), Outcome("gave_up", "print.jam", "head"),
            Outcome("escalated", "net.wifi", "x"), Outcome("missed", text="啥")]  # fmt: skip
    await db.write(outcomes.add, "tg:1", "zh", ends, stamp(clock()))
    period = (since, stamp(clock() + timedelta(seconds=1)))
    found = dict(await db.read(stats.summary, *period))
    assert (found["opened"], found["resolved"], found["first_met"], found["first_all"]) == (4, 3, 2, 3)
    times = await db.read(stats.times, *period)
    assert (times["first"].count, times["first"].median, times["first"].p90) == (3, 10, 400)
    assert [(one["intent"], one["count"]) for one in await db.read(stats.by_intent, *period)] == [
        ("print.jam", 3), ("net.wifi", 1),
    ]  # fmt: skip
    hours = await db.read(stats.by_hour, *period, SHANGHAI)
    assert hours[0, 17] == 3  # 09:00 UTC is 17:00 in Shanghai
    assert (await db.read(stats.by_person, *period))[0]["login"] == "wang"
    bot = dict(await db.read(stats_bot.summary, *period))
    assert (bot["solved"], bot["escalated"], bot["gave_up"], bot["missed"]) == (1, 1, 1, 1)
    assert [dict(one) for one in await db.read(stats_bot.give_up_points, *period)] == [
        {"intent": "print.jam", "node": "head", "count": 1}
    ]


async def test_misses_are_looked_at_once(db: Database, clock: Any) -> None:
    await db.write(outcomes.add, "tg:1", "zh", [Outcome("missed", text="啥玩意"), Outcome("none")], stamp(clock()))
    found = await db.read(learning.misses)
    assert [one["text"] for one in found] == ["啥玩意"]
    assert "chat" not in found[0]
    assert await db.write(learning.reviewed, act(clock, ED), [found[0]["id"]]) == 1
    assert await db.read(learning.misses) == []


async def test_knowledge_versions_go_forth_and_back(db: Database, clock: Any) -> None:
    assert await db.read(learning.current) == (0, {})
    first = await db.write(learning.publish, act(clock, ED), {"faq.yaml": "a"}, "加一句", "{}")
    await db.write(learning.publish, act(clock, ED), {"faq.yaml": "b"}, "再加", "{}")
    third = await db.write(learning.roll_back, act(clock, ED), first)
    assert await db.read(learning.current) == (third, {"faq.yaml": "a"})
    assert await db.write(learning.roll_back, act(clock, ED), 99) is None
    assert [one["author"] for one in await db.read(learning.versions)] == ["ed"] * 3


async def test_the_merchant_reads_the_language_of_the_chat(db: Database, clock: Any, desk: Desk) -> None:
    number = await open_ticket(db, clock)

    async def speak_english(tx: Any) -> None:
        await tx.run("UPDATE sessions SET lang = 'en'")

    await db.write(speak_english)
    await desk.claim(WANG, number)
    assert (await told(db))[-1].startswith("小王 from support has taken ticket")


async def test_errors_are_sentences(db: Database, clock: Any, desk: Desk) -> None:
    for call in (desk.claim(WANG, 404), desk.reply(ED, 1, "x"), desk.resolve(WANG, 404, "fixed")):
        with pytest.raises(SupportError) as refused:
            await call
        assert "\n" not in str(refused.value)
    await db.write(replies.note, act(clock), await open_ticket(db, clock), "x")
