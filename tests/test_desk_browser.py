"""The desk in a real browser: from signing in to teaching the bot, with nothing wrong on any page."""

from __future__ import annotations

import pytest
from browsers import (
    CHROMIUM,
    DESKTOP,
    PHONE,
    PHRASE,
    ask_for_a_person,
    enter,
    missed,
    sign_in,
)
from playwright.async_api import Browser, expect
from support import rows
from website import Site

from bot.dialogue.engine import Dialogue

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it (apt install chromium)")


async def test_a_ticket_from_claim_to_resolution(browser: Browser, small: tuple[Site, Dialogue]) -> None:
    site, _ = small
    staff_ = await sign_in(browser, site, "wang")
    page = staff_.page
    await expect(page.locator("#live-state")).to_have_text("实时更新")
    merchant = await enter(browser, site, **PHONE)
    await ask_for_a_person(merchant)
    await expect(page.locator(".tickets tbody tr")).to_have_count(1)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator(".talk")).to_contain_text("我要找人工")
    await expect(page.locator("#live-state")).to_have_text("实时更新")
    await page.keyboard.press("c")
    await expect(page.locator(".marks .status")).to_contain_text("处理中")
    await page.keyboard.press("r")
    await page.click("#insert-open")
    await page.fill("#insert-q", "重启")
    await page.locator("[data-insert]").first.click()
    await expect(page.locator("#text-reply")).to_have_value("请长按电源键十秒重启。")
    await page.keyboard.press("Control+Enter")
    await expect(merchant.page.locator(".theirs").last).to_contain_text("请长按电源键十秒重启。")
    await expect(page.locator(".talk .staff")).to_contain_text("请长按电源键十秒重启。")
    await expect(page.locator("#text-reply")).to_have_value("")
    await page.locator("#talk").focus()
    await page.keyboard.press("n")
    await page.fill("#text-note", "怀疑主板 <b>x</b>")
    await page.click("#form-note button:has-text('保存备注')")
    await expect(page.locator(".talk .note")).to_contain_text("怀疑主板 <b>x</b>")
    await merchant.say("好了谢谢")
    await expect(page.locator(".talk")).to_contain_text("好了谢谢")
    await page.locator("#talk").focus()
    await page.keyboard.press("e")
    await page.select_option("#resolve-reason", "fixed")
    await page.click("#d-resolve button.btn-success")
    await expect(page.locator(".marks .status")).to_contain_text("已解决")
    await expect(merchant.page.locator(".theirs").last).not_to_contain_text("主板")
    assert staff_.wrong == []
    assert merchant.wrong == []


async def test_a_draft_outlives_a_lost_connection(browser: Browser, small: tuple[Site, Dialogue]) -> None:
    site, _ = small
    merchant = await enter(browser, site, **PHONE)
    await ask_for_a_person(merchant)
    staff_ = await sign_in(browser, site, "wang")
    page = staff_.page
    await page.goto("/desk/tickets/1")
    await page.fill("#text-reply", "先别关机")
    await page.context.set_offline(True)
    await page.click("#form-reply button:has-text('发送')")
    await expect(page.locator(".toast-box.bad")).to_contain_text("已保留")
    await page.context.set_offline(False)
    await page.reload()
    await expect(page.locator("#text-reply")).to_have_value("先别关机")
    await page.click("#form-reply button:has-text('发送')")
    await expect(merchant.page.locator(".theirs").last).to_contain_text("先别关机")
    assert len(await rows(site.db, "SELECT * FROM messages WHERE text = '先别关机'")) == 1


async def test_a_phrase_is_taught_and_the_bot_uses_it(browser: Browser, small: tuple[Site, Dialogue]) -> None:
    site, dialogue = small
    assert dialogue.understanding.match(PHRASE).outcome != "answer"

    await missed(site.db)
    staff_ = await sign_in(browser, site, "admin")
    page = staff_.page
    await page.goto("/desk/knowledge")
    await expect(page.locator(".misses > li")).to_have_count(1)
    await expect(page.locator(".misses .times")).to_have_text("2×")
    await page.click(".misses button:has-text('教它')")
    await page.select_option("#intent", "print.jam")
    await page.click("button:has-text('检查效果')")
    await expect(page.locator(".diff .plus").first).to_be_visible()
    await expect(page.locator("#effect")).to_be_visible(timeout=60_000)
    await expect(page.locator("#effect")).to_contain_text(PHRASE)
    await page.click("button:has-text('发布')")
    await page.wait_for_url("**/desk/knowledge/versions")
    await expect(page.locator("table")).to_contain_text("使用中")
    assert dialogue.understanding.match(PHRASE).intent == "print.jam"
    await page.goto(f"/desk/knowledge/try?text={PHRASE}")
    await expect(page.locator("#tried")).to_contain_text("直接回答")
    merchant = await enter(browser, site, **PHONE)
    await merchant.say(PHRASE)
    await expect(merchant.page.locator(".theirs")).to_have_count(2)
    await expect(merchant.page.locator(".theirs").last).to_contain_text("纸")
    await page.goto("/desk/knowledge")
    await expect(page.locator(".misses > li")).to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto("/desk/knowledge/versions")
    await page.locator("button:has-text('退回到此版本')").last.click()
    await expect(page.locator("tbody tr")).to_have_count(3)
    assert dialogue.understanding.match(PHRASE).outcome != "answer"
    assert staff_.wrong == []


@pytest.mark.parametrize("options", [DESKTOP, PHONE, {**DESKTOP, "color_scheme": "dark", "locale": "en-US"}],
                         ids=["desktop", "phone", "dark-english"])  # fmt: skip
async def test_no_page_has_anything_wrong(
    browser: Browser, small: tuple[Site, Dialogue], options: dict[str, object]
) -> None:
    site, _ = small
    merchant = await enter(browser, site, **PHONE)
    await ask_for_a_person(merchant)
    staff_ = await sign_in(browser, site, "admin", **options)
    page = staff_.page
    for path in (
        "/desk",
        "/desk/tickets/1",
        "/desk/knowledge",
        "/desk/knowledge/try?text=打印机不出纸",
        "/desk/knowledge/browse",
        "/desk/knowledge/versions",
        "/desk/knowledge/teach",
        "/desk/statistics",
        "/desk/staff",
        "/desk/settings",
        "/desk/canned",
        "/desk/audit",
    ):
        await page.goto(path)
        await expect(page.locator("main")).to_be_visible()
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    assert staff_.wrong == []
