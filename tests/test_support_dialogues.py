"""Dialogues that depend on the office: nobody on duty, announcements, what is learnt."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import support
from support import ADMIN, CHEN, act, rows

from bot.app import DECODERS
from bot.channels.console import Console
from bot.dialogue.engine import Dialogue
from bot.service import Service
from bot.store.base import Database
from bot.store.support import settings
from bot.support.book import Book

SUNDAY = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def console(db: Database, dialogue: Dialogue, clock: Any) -> Console:
    book = Book(db, ZoneInfo("Asia/Shanghai"))
    return Console(db, Service(db, dialogue, DECODERS, clock=clock, only="console:t", offices=book), "console:t", None)


async def say(console: Console, *texts: str) -> str:
    """Type or press one after the other; return what came last."""
    replies: list[dict[str, Any]] = []
    for text in texts:
        replies = await console.press(text)
    return "\n".join(reply["text"] for reply in replies)


async def test_nobody_on_duty_is_told_with_hours_and_what_to_do(console: Console, clock: Any) -> None:
    clock.now = SUNDAY
    said = await say(console, "打不出小票", "转人工", "直接提交")
    for part in ("编号 1", "没有客服值班", "工作日 09:00–18:00", "3月2日（周一） 09:00", "先用还能用的方式收款"):
        assert part in said
    assert "按顺序处理" not in said


async def test_on_duty_nothing_of_it_is_said(console: Console, clock: Any) -> None:
    assert "值班" not in await say(console, "打不出小票", "转人工", "直接提交")


async def test_the_most_urgent_is_served_round_the_clock(console: Console, clock: Any) -> None:
    clock.now = SUNDAY
    said = await say(console, "打不出小票", "转人工", "完全收不了", "直接提交")
    assert "最紧急" in said
    assert "值班" not in said


async def test_ones_own_away_message(db: Database, console: Console, clock: Any) -> None:
    clock.now = SUNDAY
    away = {"zh": "急事打 400-800-1234。", "en": "Call 400."}
    await db.write(settings.change, act(clock, ADMIN), "away", away)
    assert "急事打 400-800-1234。" in await say(console, "打不出小票", "转人工", "直接提交")


async def test_an_outage_is_told_before_the_steps(db: Database, console: Console, clock: Any) -> None:
    await db.write(settings.announce, act(clock, CHEN), "【公告】今晚打印服务升级", "", ("print.",))
    await asyncio.sleep(0.05)
    said = await say(console, "打不出小票")
    assert said.index("【公告】") < said.index("吗"), said
    assert "【公告】" not in await say(console, "wifi连不上")
    assert "【公告】" in await say(console, "/start", "打不出小票")


async def test_how_it_ended_is_kept(db: Database, console: Console, clock: Any) -> None:
    await say(console, "打不出小票", "没有提示", "解决了")
    await say(console, "阿巴阿巴蛤蟆")
    await say(console, "打不出小票", "转人工", "直接提交")
    found = await rows(db, "SELECT kind, intent, text FROM outcomes ORDER BY id")
    kinds = [one["kind"] for one in found]
    assert kinds[0] == "solved"
    assert kinds[-1] == "escalated"
    assert found[0]["intent"] == "print.no_output"
    assert ("missed", "阿巴阿巴蛤蟆") in [(one["kind"], one["text"]) for one in found]


async def test_the_ticket_knows_the_machine(db: Database, console: Console, clock: Any) -> None:
    await say(console, "新大陆N910打不出小票", "转人工", "直接提交")
    assert (await support.row(db, 1))["brand"] == "newland"
