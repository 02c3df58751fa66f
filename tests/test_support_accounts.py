"""Accounts of staff: sign-in, sessions, the throttle, who can be on the staff."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import support
from support import WANG, act, open_ticket, row, rows

from bot.store.base import Database
from bot.store.support import (
    staff,
)
from bot.support import passwords
from bot.support.accounts import Accounts, digest
from bot.support.authority import LOCAL
from bot.support.book import always
from bot.support.desk import Desk
from bot.support.errors import (
    Invalid,
    LoginRefused,
    Throttled,
)

PASSWORD = "很长的密码-2026"


@pytest.fixture
def desk(db: Database, clock: Any) -> Desk:
    return Desk(db, always, support.MESSAGES, clock)


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
