"""The door to support's acts: authority, accounts, sweeps, webhook, statistics, retention."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import support
from support import ADMIN, CHEN, ED, LI, WANG, act, kinds, open_ticket, row, rows, told

from bot.dialogue.model import Outcome
from bot.store import outbox
from bot.store.base import Database
from bot.store.support import (
    keeping,
    learning,
    merchants,
    outcomes,
    replies,
    retention,
    search,
    settings,
    staff,
    states,
    stats,
    stats_bot,
    sweeps,
)
from bot.store.times import stamp
from bot.support import passwords
from bot.support.accounts import Accounts, digest
from bot.support.authority import LOCAL, ROLES, TABLE, Action, Actor, may
from bot.support.book import Book, always
from bot.support.desk import Desk
from bot.support.errors import (
    AlreadyClaimed,
    Invalid,
    LoginRefused,
    NotAllowed,
    SupportError,
    Throttled,
    WrongStatus,
)
from bot.support.keeper import Keeper
from bot.support.office import Office
from bot.support.policy import Retention
from bot.support.steady import SETTLE
from bot.support.webhook import Webhook

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORKING = Office(zone=SHANGHAI)
PASSWORD = "很长的密码-2026"


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


# accounts


@pytest.fixture
async def people(db: Database, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setattr(passwords, "AT_ONCE", asyncio.Semaphore(2))  # a semaphore belongs to one event loop
    await db.write(staff.add, act(clock, LOCAL), "wang", "小王", "agent", await passwords.hashed(PASSWORD), "77")
    return Accounts(db, clock)


async def test_signing_in_and_out(db: Database, clock: Any, people: Accounts) -> None:
    token, actor = await people.login(" Wang ", PASSWORD, "127.0.0.1")
    assert actor == WANG == await people.who(token)
    stored = await rows(db, "SELECT token FROM staff_sessions")
    assert [one["token"] for one in stored] == [digest(token)]
    assert (await rows(db, "SELECT password FROM staff"))[0]["password"].startswith("$argon2id$")
    await people.logout(token)
    assert await people.who(token) is None
    assert await people.who("") is None


async def test_a_session_ends_when_idle_and_after_a_day_of_work(clock: Any, people: Accounts) -> None:
    token, _ = await people.login("wang", PASSWORD, "")
    for _ in range(3):
        clock.pass_(hours=3.9)
        assert await people.who(token)
    clock.pass_(hours=1)
    assert await people.who(token) is None
    token, _ = await people.login("wang", PASSWORD, "")
    clock.pass_(hours=4.1)
    assert await people.who(token) is None


async def test_removed_staff_see_nothing_at_once(db: Database, clock: Any, people: Accounts) -> None:
    token, _ = await people.login("wang", PASSWORD, "")
    assert await db.read(staff.by_telegram, "77") == WANG
    await db.write(staff.remove, act(clock, LOCAL), "wang")
    assert await people.who(token) is None
    assert await db.read(staff.by_telegram, "77") is None
    with pytest.raises(LoginRefused):
        await people.login("wang", PASSWORD, "")


async def test_a_new_password_ends_the_sessions(db: Database, clock: Any, people: Accounts) -> None:
    token, _ = await people.login("wang", PASSWORD, "")
    await db.write(staff.set_password, act(clock, LOCAL), "wang", await passwords.hashed("another-one-1"))
    assert await people.who(token) is None
    assert await people.login("wang", "another-one-1", "")


async def test_wrong_passwords_cost_time(clock: Any, people: Accounts) -> None:
    for _ in range(5):
        with pytest.raises(LoginRefused):
            await people.login("wang", "wrong", "10.0.0.1")
    with pytest.raises(Throttled) as refused:
        await people.login("wang", PASSWORD, "10.0.0.2")
    assert 0 < refused.value.seconds <= 15
    with pytest.raises(Throttled):
        await people.login("li", "x", "10.0.0.1")
    clock.pass_(days=-1)
    with pytest.raises(Throttled) as refused:
        await people.login("wang", PASSWORD, "10.0.0.2")
    assert refused.value.seconds <= 900
    clock.pass_(days=1, seconds=16)
    assert await people.login("wang", PASSWORD, "10.0.0.2")


async def test_attempts_side_by_side_are_counted_before_they_are_looked_at(people: Accounts) -> None:
    results = await asyncio.gather(*(people.login("wang", "wrong", "") for _ in range(12)), return_exceptions=True)
    assert sum(isinstance(one, LoginRefused) for one in results) == 5
    assert sum(isinstance(one, Throttled) for one in results) == 7


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaa", "x" * 129])
async def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        await passwords.hashed(password)


async def test_somebody_stays_to_administer(db: Database, clock: Any) -> None:
    await support.hire(db, clock)
    with pytest.raises(Invalid, match="administer"):
        await db.write(staff.remove, act(clock, LOCAL), "admin")
    with pytest.raises(Invalid, match="administer"):
        await db.write(staff.change, act(clock, LOCAL), "admin", "x", "agent")
    await db.write(staff.change, act(clock, LOCAL), "chen", "陈", "admin")
    await db.write(staff.remove, act(clock, LOCAL), "admin")


@pytest.mark.parametrize(
    ("login", "name", "role", "telegram"),
    [("X", "x", "agent", ""), ("bot", "x", "agent", ""), ("a b", "x", "agent", ""), ("ok", "", "agent", ""),
     ("ok", "x", "boss", ""), ("ok", "x", "agent", "@me"), ("ok", "x", "agent", "100"), ("wang", "x", "agent", "")],
)  # fmt: skip
async def test_staff_that_cannot_be(db: Database, clock: Any, login: str, name: str, role: str, telegram: str) -> None:
    await support.hire(db, clock)
    with pytest.raises(Invalid):
        await db.write(staff.add, act(clock, LOCAL), login, name, role, None, telegram)


async def test_tickets_of_removed_staff_go_back(db: Database, clock: Any, desk: Desk) -> None:
    await support.hire(db, clock)
    number = await open_ticket(db, clock)
    await desk.reply(WANG, number, "您好")
    await db.write(staff.remove, act(clock, LOCAL), "wang")
    ticket = await row(db, number)
    assert (ticket["assignee"], ticket["status"], ticket["handled"]) == (None, "open", 0)


# time


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


class Steady:
    """A steady clock that goes with the test's, but does not jump with it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


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


# webhook


async def test_new_tickets_are_told_once_signed_and_in_order(db: Database, clock: Any) -> None:
    seen: list[httpx.Request] = []
    answers = [503, 200, 200]

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(answers[min(len(seen), len(answers)) - 1])

    hook = Webhook(db, "https://crm.example/hook", "s", "https://d/desk", clock, httpx.MockTransport(answer))
    numbers = [await open_ticket(db, clock, f"tg:{chat}", serial="SECRET") for chat in range(2)]
    await hook.drain()
    assert len(seen) == 1
    await hook.drain()
    assert len(seen) == 1
    clock.pass_(seconds=3)
    await hook.drain()
    await hook.drain()
    told_of = [json.loads(request.content)["number"] for request in seen]
    assert told_of == [numbers[0], *numbers]
    assert {str(request.url) for request in seen} == {"https://crm.example/hook"}
    body = seen[-1].content
    assert seen[-1].headers["X-Posbot-Signature"] == f"sha256={hmac.new(b's', body, hashlib.sha256).hexdigest()}"
    assert b"SECRET" not in body
    assert await db.read(outbox.due, stamp(clock()), 10) == []


async def test_the_webhook_goes_nowhere_else(db: Database, clock: Any) -> None:
    seen: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://169.254.169.254/"})

    hook = Webhook(db, "https://crm.example/hook", "s", "", clock, httpx.MockTransport(redirect))
    await open_ticket(db, clock)
    for _ in range(8):
        await hook.drain()
        clock.pass_(hours=6)
    assert set(seen) == {"https://crm.example/hook"}
    parcel = (await rows(db, "SELECT state, error FROM outbox WHERE channel = 'webhook'"))[0]
    assert (parcel["state"], parcel["error"]) == ("failed", "status 302")


# settings, statistics, learning


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
