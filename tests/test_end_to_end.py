"""A ticket of the web chat and one of Telegram, each worked to its rating in the desk, and in the group."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from browsers import CHROMIUM, PHONE, Visit, ask_for_a_person, enter, people, sign_in
from emulator import Emulator
from playwright.async_api import Browser, expect
from staffgroup import GROUP, at_work, cards, settled, topic_of, until
from support import act, rows
from telegram import Bot
from website import Site, running

from bot.dialogue.engine import Dialogue
from bot.service import now_utc
from bot.store.base import Database
from bot.store.support import staff
from bot.support.authority import LOCAL

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it (apt install chromium)")
WANG = 9101
SECOND = 1.0
"""What a member of staff writes must be at the merchant's, and what a merchant writes on the desk's page, by then."""


@contextlib.asynccontextmanager
async def posbot(bot: Bot, db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    """Run web chat, desk, Telegram and the staff group over one database."""
    async with running(db, dialogue, serving=False) as site:
        await people(db)
        await db.write(staff.change, act(now_utc, LOCAL), "wang", "小王", "agent", str(WANG))
        async with at_work(bot, db, dialogue):
            yield site


async def by_telegram(telegram: Emulator) -> None:
    """Open a ticket as a merchant on Telegram."""
    telegram.user_text(5, "打不出小票")
    await until(lambda: telegram.texts(5))
    telegram.user_text(5, "转人工")
    await until(lambda: "还能用别的方式收款" in telegram.texts(5)[-1])
    telegram.user_press(5, "直接提交")
    await until(lambda: "编号 1" in telegram.texts(5)[-1])


async def rated(db: Database) -> None:
    await settled(db)
    ticket = (await rows(db, "SELECT * FROM tickets"))[0]
    assert (ticket["status"], ticket["resolution"], ticket["rating"]) == ("resolved", "fixed", 5)


async def work_at_the_desk(page: Visit, said: str) -> float:
    """Claim, answer; returns when the answer was sent off."""
    await page.page.goto("/desk/tickets/1")
    await expect(page.page.locator(".talk")).to_contain_text(said)
    await expect(page.page.locator("#live-state")).to_have_text("实时更新")
    await page.page.keyboard.press("c")
    await expect(page.page.locator(".marks .status")).to_contain_text("处理中")
    await page.page.fill("#text-reply", "请重启机器再试")
    started = time.monotonic()
    await page.page.press("#text-reply", "Control+Enter")
    return started


async def resolve_at_the_desk(page: Visit) -> None:
    await page.page.locator("#talk").focus()
    await page.page.keyboard.press("e")
    await page.page.select_option("#resolve-reason", "fixed")
    await page.page.click("#d-resolve button.btn-success")
    await expect(page.page.locator(".marks .status")).to_contain_text("已解决")


async def test_telegram_worked_in_the_desk(
    browser: Browser, telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue
) -> None:
    async with posbot(bot, db, dialogue) as site:
        await by_telegram(telegram)
        page = await sign_in(browser, site, "wang")
        started = await work_at_the_desk(page, "打不出小票")
        await until(lambda: any("请重启机器再试" in text for text in telegram.texts(5)))
        assert time.monotonic() - started < SECOND, "from the desk to the merchant"
        started = time.monotonic()
        telegram.user_text(5, "好了，谢谢")
        await page.page.locator("#talk .line", has_text="好了，谢谢").wait_for()
        assert time.monotonic() - started < SECOND, "from the merchant to the page"
        await resolve_at_the_desk(page)
        await until(lambda: telegram.sent(5)[-1]["buttons"])
        telegram.user_press(5, "5 很满意")
        await until(lambda: "谢谢" in telegram.texts(5)[-1])
        await rated(db)
        await page.page.reload()
        await expect(page.page.locator("main")).to_contain_text("5 / 5")
        assert page.wrong == []


async def test_the_web_chat_worked_in_the_desk(
    browser: Browser, telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue
) -> None:
    async with posbot(bot, db, dialogue) as site:
        merchant = await enter(browser, site, **PHONE)
        await ask_for_a_person(merchant)
        page = await sign_in(browser, site, "wang")
        started = await work_at_the_desk(page, "我要找人工")
        await merchant.page.locator(".theirs", has_text="请重启机器再试").wait_for()
        assert time.monotonic() - started < SECOND, "from the desk to the merchant"
        started = time.monotonic()
        await merchant.say("好了，谢谢")
        await page.page.locator("#talk .line", has_text="好了，谢谢").wait_for()
        assert time.monotonic() - started < SECOND, "from the merchant to the page"
        await resolve_at_the_desk(page)
        await merchant.page.locator(".keys button", has_text="5 很满意").click()
        await expect(merchant.page.locator(".theirs").last).to_contain_text("谢谢")
        await rated(db)
        assert page.wrong == merchant.wrong == []


async def work_in_the_group(telegram: Emulator) -> float:
    """Claim and answer in the topic; returns when the answer was written."""
    thread = await topic_of(telegram)
    telegram.user_press(GROUP, "✋ 认领", user=WANG)
    await until(lambda: "处理中" in cards(telegram)[-1]["text"])
    started = time.monotonic()
    telegram.user_text(GROUP, "请重启机器再试", user=WANG, thread=thread)
    return started


async def resolve_in_the_group(telegram: Emulator) -> None:
    await until(lambda: any("好了，谢谢" in one["text"] for one in telegram.sent(GROUP)))
    telegram.user_press(GROUP, "✅ 解决", user=WANG)
    await until(lambda: "已修好" in cards(telegram)[-1]["buttons"][0])
    telegram.user_press(GROUP, "已修好", user=WANG)
    await until(lambda: "已解决" in cards(telegram)[-1]["text"])


async def test_telegram_worked_in_the_group(telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue) -> None:
    async with posbot(bot, db, dialogue):
        await by_telegram(telegram)
        started = await work_in_the_group(telegram)
        await until(lambda: any("请重启机器再试" in text for text in telegram.texts(5)))
        assert time.monotonic() - started < SECOND, "from the topic to the merchant"
        telegram.user_text(5, "好了，谢谢")
        await resolve_in_the_group(telegram)
        await until(lambda: telegram.sent(5)[-1]["buttons"])
        telegram.user_press(5, "5 很满意")
        await until(lambda: any("⭐" in one["text"] for one in cards(telegram)))
        await rated(db)


async def test_the_web_chat_worked_in_the_group(
    browser: Browser, telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue
) -> None:
    async with posbot(bot, db, dialogue) as site:
        merchant = await enter(browser, site, **PHONE)
        await ask_for_a_person(merchant)
        started = await work_in_the_group(telegram)
        await merchant.page.locator(".theirs", has_text="请重启机器再试").wait_for()
        assert time.monotonic() - started < SECOND, "from the topic to the merchant"
        await merchant.say("好了，谢谢")
        await resolve_in_the_group(telegram)
        await merchant.page.locator(".keys button", has_text="5 很满意").click()
        await until(lambda: any("⭐" in one["text"] for one in cards(telegram)))
        await rated(db)
        assert merchant.wrong == []
