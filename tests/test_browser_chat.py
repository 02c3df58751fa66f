"""The merchant's pages in a real browser: Chromium as the distribution ships it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from browsers import CHROMIUM, DESKTOP, NARROW, PHONE, ask_for_a_person, enter, picture, visit
from playwright.async_api import Browser, expect
from website import Site, running

from bot.dialogue.engine import Dialogue
from bot.store.base import Database

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it (apt install chromium)")


@pytest.fixture
async def site(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    async with running(db, dialogue) as found:
        yield found


@pytest.mark.parametrize("options", [PHONE, NARROW, DESKTOP, {**PHONE, "color_scheme": "dark", "locale": "en-US"}],
                         ids=["phone", "narrow", "desktop", "dark-english"])  # fmt: skip
async def test_a_merchant_chats(browser: Browser, site: Site, options: dict[str, Any]) -> None:
    merchant = await enter(browser, site, **options)
    page = merchant.page
    await merchant.say("the printer prints nothing" if options.get("locale") == "en-US" else "打印机不出纸")
    mine = page.locator(".mine").last
    await expect(mine.locator(".stamp use")).to_have_attribute("href", "#i-check")
    await expect(page.locator(".theirs")).to_have_count(2)
    question = page.locator(".theirs").last
    button = question.locator(".keys button").first
    label = await button.inner_text()
    await button.click()
    await expect(page.locator(".mine .words").last).to_have_text(label)
    await expect(page.locator(".theirs.old .chosen").last).to_have_text(label)
    await page.set_input_files("#gallery", {"name": "a.png", "mimeType": "image/png", "buffer": picture()})
    await expect(page.locator("#preview")).to_be_visible()
    await page.click("#send")
    await expect(page.locator(".mine .photo .stamp use").last).to_have_attribute("href", "#i-check")
    wide = await page.locator("body").evaluate("body => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert merchant.wrong == []


async def test_the_history_is_there_after_a_reload(browser: Browser, site: Site) -> None:
    merchant = await enter(browser, site, **PHONE)
    await merchant.say("报91")
    await expect(merchant.page.locator(".theirs")).to_have_count(2)
    await merchant.page.reload()
    await expect(merchant.page.locator(".theirs")).to_have_count(2)
    await expect(merchant.page.locator(".mine")).to_have_text(re.compile("报91"))
    assert merchant.wrong == []


async def test_what_was_written_offline_is_sent_later_and_once(browser: Browser, site: Site) -> None:
    merchant = await enter(browser, site, **PHONE)
    page = merchant.page
    await page.context.set_offline(True)
    await merchant.say("报91")
    await expect(page.locator(".mine .trouble")).to_contain_text("等待网络")
    await expect(page.locator("#banner")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.locator(".mine .stamp use")).to_have_attribute("href", "#i-check")
    await expect(page.locator("#banner")).to_be_hidden()
    await expect(page.locator(".theirs")).to_have_count(2)
    await expect(page.locator(".mine")).to_have_count(1)
    assert all("ERR_INTERNET_DISCONNECTED" in text for text in merchant.wrong)


async def test_a_message_with_markup_stays_text(browser: Browser, site: Site) -> None:
    merchant = await enter(browser, site, **DESKTOP)
    await merchant.say("<img src=x onerror=alert(1)> <script>alert(1)</script>")
    await expect(merchant.page.locator(".mine .words")).to_contain_text("<script>")
    assert await merchant.page.locator(".log script, .log img[src=x]").count() == 0
    assert merchant.wrong == []


async def test_a_redacted_message_is_shown_as_it_is_kept(browser: Browser, site: Site) -> None:
    merchant = await enter(browser, site, **DESKTOP)
    await merchant.say("卡号 6222 0212 3456 7894 刷不了")
    await expect(merchant.page.locator(".mine .stamp use")).to_have_attribute("href", "#i-check")
    await expect(merchant.page.locator(".theirs")).to_have_count(2)
    await expect(merchant.page.locator(".mine .words")).not_to_contain_text("6222 0212 3456")


async def test_the_desk_shows_a_ticket_as_it_is_opened(browser: Browser, site: Site) -> None:
    staff = await visit(browser, site, **DESKTOP)
    await staff.page.goto(f"/desk/login?token={site.login.new()}")
    await expect(staff.page.locator("#live-state")).to_have_text("实时更新")
    await expect(staff.page.locator(".tickets")).to_have_count(0)
    merchant = await enter(browser, site, **PHONE)
    await ask_for_a_person(merchant)
    row = staff.page.locator(".tickets tbody tr")
    await expect(row).to_have_count(1)
    await row.click()
    await expect(staff.page.locator(".talk")).to_contain_text("我要找人工")
    await merchant.say("还有一件事")
    await expect(staff.page.locator(".talk")).to_contain_text("还有一件事")
    assert staff.wrong == []
    assert merchant.wrong == []
