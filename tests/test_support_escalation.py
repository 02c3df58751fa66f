"""An overdue ticket calls supervisors: in its topic, in the desk, by the webhook; due times follow the settings."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from desks import HTML, desk
from emulator import Emulator
from staffgroup import GROUP, WANG, at_work, cards, now, open_one, settled, topic_of, until
from support import ADMIN, CHEN, act, hire, kinds, open_ticket, row
from support import WANG as AGENT
from telegram import Bot
from website import Site

from bot.dialogue.engine import Dialogue
from bot.store.base import Database
from bot.store.support import rewind, settings, staff, sweeps
from bot.store.times import stamp
from bot.support.authority import LOCAL
from bot.support.book import always
from bot.support.keeper import Keeper
from bot.support.webhook import Webhook

SHANGHAI = ZoneInfo("Asia/Shanghai")


def notices(telegram: Emulator, group: int, words: str) -> list[dict[str, Any]]:
    return [one for one in telegram.sent(group) if words in one["text"]]


async def overdue(db: Database) -> None:
    """Let the time of ticket 1 pass."""
    later = now() + timedelta(days=30)
    for _ in range(3):
        await db.write(sweeps.warn, later)
        await db.write(sweeps.escalate, later)


@pytest.mark.parametrize("forum", [True, False], ids=["topic", "no-topic"])
async def test_supervisors_are_called_once_where_the_ticket_stands(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None, forum: bool
) -> None:
    group = GROUP if forum else -77
    if not forum:
        telegram.group(group, kind="group")
    async with at_work(bot, db, dialogue, group):
        await open_one(db)
        if forum:
            thread = await topic_of(telegram)
        else:
            await until(lambda: telegram.sent(group))
        await overdue(db)
        await until(lambda: notices(telegram, group, "已超时"))
        assert len(notices(telegram, group, "快到时限")) == 1
        notice = notices(telegram, group, "已超时")[0]
        called = notice["message"]["entities"]
        assert [(one["type"], one["user"]["id"]) for one in called] == [("text_mention", 9103)]
        assert notice["text"].encode("utf-16-le")[2 * called[0]["offset"] :].decode("utf-16-le") == "陈主管"
        if forum:
            assert notice["thread"] == thread
        else:
            assert notice["message"]["reply_to_message"]["message_id"] == telegram.sent(group)[0]["message_id"]
        await until(lambda: "⛔ SLA" in notices(telegram, group, "SLA")[0]["text"])
        await settled(db)
    async with at_work(bot, db, dialogue, group):
        await overdue(db)
        await open_one(db, 6)
        await until(lambda: notices(telegram, group, "#2 ·"))
        assert len(notices(telegram, group, "已超时")) == 1


async def test_supervisors_see_it_in_the_desk(site_beside: Site, clock: Any) -> None:
    site = site_beside
    await hire(site.db, now)
    clock.now = now()
    number = await open_ticket(site.db, clock, priority="P1")
    async with desk(site, CHEN, HTML) as chen, desk(site, AGENT, HTML) as wang:
        assert "data-alert" not in (await chen.get("/desk/alerts")).text
        await overdue(site.db)
        page = (await chen.get("/desk/alerts")).text
        assert f'data-ticket="{number}"' in page
        assert "已超时" in page
        assert (await wang.get("/desk/alerts")).status_code == 403
        assert "/desk/alerts" in (await chen.get("/desk")).text
        assert "/desk/alerts" not in (await wang.get("/desk")).text
        await chen.post(f"/desk/tickets/{number}/resolve", data={"reason": "fixed"})
        assert "data-alert" not in (await chen.get("/desk/alerts")).text


async def test_the_webhook_is_told_of_an_escalation_once(db: Database, clock: Any) -> None:
    seen: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200)

    hook = Webhook(db, "https://crm.example/hook", "s", "https://d/desk", clock, httpx.MockTransport(answer))
    number = await open_ticket(db, clock, priority="P1", serial="SECRET")
    clock.pass_(minutes=16)
    await db.write(sweeps.escalate, clock())
    for _ in range(3):
        await hook.drain()
    assert [(one["event"], one["number"]) for one in seen] == [("ticket.opened", number), ("ticket.escalated", number)]
    assert seen[1]["escalated_at"] == stamp(clock())
    assert "SECRET" not in json.dumps(seen)


async def test_due_times_follow_the_settings(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock, priority="P1")
    done = await open_ticket(db, clock, "tg:2", priority="P1")
    await db.write(sweeps.close, clock())
    before = (await row(db, number))["due_at"]
    keeper = Keeper(db, always, clock, lambda: clock.now.timestamp())
    assert await db.write(rewind.due, SHANGHAI) == 0
    sla = {"P1": {"first": 600, "solve": 6000, "always": True}}
    await db.write(settings.change, act(clock, ADMIN), "sla", sla)
    clock.pass_(minutes=20)  # late by the old times, long before the new ones
    assert await keeper.round()
    assert before < (await row(db, number))["due_at"] == stamp(clock() + timedelta(minutes=580))
    assert await kinds(db, number) == ["opened"]
    hours = {"workday": [["09:00", "10:00"]], "closed": ["2026-03-02", "2026-03-03"]}
    await db.write(settings.change, act(clock, ADMIN), "sla", {"P1": {"first": 30, "solve": 60, "always": False}})
    await db.write(settings.change, act(clock, ADMIN), "hours", hours)
    while await db.write(rewind.due, SHANGHAI):
        pass
    assert (await row(db, done))["due_at"] == "2026-03-04T01:30:00.000+00:00"
    assert await db.write(rewind.due, SHANGHAI) == 0


async def test_the_group_speaks_the_language_that_is_set(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:
    await db.write(settings.change, act(now, LOCAL), "group", {"lang": "en"})
    office = await always()
    english = office.__class__(await db.read(settings.policy), office.zone)

    async def offices() -> Any:
        return english

    async with at_work(bot, db, dialogue, offices=offices):
        await open_one(db)
        await until(lambda: notices(telegram, GROUP, "SLA"))
        card = notices(telegram, GROUP, "SLA")[0]
        assert "Status: unclaimed" in card["text"]
        assert "✋ Claim" in card["buttons"][0]
        await overdue(db)
        await until(lambda: notices(telegram, GROUP, "is overdue"))
        telegram.user_text(GROUP, "/resolve Fixed thanks", user=WANG, thread=card["thread"])
        await until(lambda: notices(telegram, GROUP, "Status: resolved"))
    assert cards(telegram) == []


async def test_without_supervisors_admins_are_called(db: Database, clock: Any) -> None:
    await db.write(staff.add, act(clock, LOCAL), "root", "管理员", "admin", None, "7")
    assert await db.read(staff.supervisors) == [(7, "管理员")]
    await db.write(staff.add, act(clock, LOCAL), "boss", "主管", "supervisor", None, "8")
    assert await db.read(staff.supervisors) == [(8, "主管")]
