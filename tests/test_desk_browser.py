"""The desk in a real browser: from signing in to teaching the bot, with nothing wrong on any page."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect
from support import act, hire, rows
from test_browser_chat import CHROMIUM, DESKTOP, PHONE, Visit, enter, visit
from website import Site, running

from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from bot.service import now_utc
from bot.store.base import Database, Tx
from bot.store.support import keeping, staff
from bot.store.times import stamp
from bot.support.authority import LOCAL
from bot.support.passwords import hashed
from intents.load import understand

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it (apt install chromium)")
PASSWORD = "correct horse 9"
PHRASE = "机器嘎嘎响纸卷成麻花"
SMALL = {
    "print.jam": ("打印机卡纸了", "纸卡住了", "卡纸", "纸张卡在里面", "paper jam", "the paper is stuck"),
    "print.no_output": ("打印机不出纸", "打不出小票", "没有小票", "不打印", "no receipt", "it does not print"),
    "power.no_boot": ("开不了机", "机器黑屏", "按电源没反应", "does not turn on", "black screen"),
}


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    """A folder whose phrases are few, so that learning takes a moment only."""
    folder = tmp_path / "knowledge"
    (folder / "phrases").mkdir(parents=True)
    lines = [f"{name}:\n  zh: [{', '.join(x for x in texts if not x.isascii())}]\n  en: "
             f"[{', '.join(x for x in texts if x.isascii())}]\n" for name, texts in SMALL.items()]  # fmt: skip
    (folder / "phrases" / "few.yaml").write_text("".join(lines), "utf-8")
    return folder


@pytest.fixture
async def small(db: Database, knowledge: Path) -> AsyncIterator[tuple[Site, Dialogue]]:
    dialogue = Dialogue(await asyncio.to_thread(understand, knowledge), Messages())
    async with running(db, dialogue, knowledge=knowledge) as site:
        await people(db)
        yield site, dialogue


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield found
        await found.close()


async def people(db: Database) -> None:
    await hire(db, now_utc)
    for login in ("wang", "admin"):
        await db.write(staff.set_password, act(now_utc, LOCAL), login, await hashed(PASSWORD))
    await db.write(
        keeping.can, act(now_utc, LOCAL), "重启", "请长按电源键十秒重启。", "Hold the power key for ten seconds."
    )


async def sign_in(browser: Browser, site: Site, login: str, **options: object) -> Visit:
    found = await visit(browser, site, **{**DESKTOP, **options})
    await found.page.goto("/desk/login")
    await found.page.fill("#login", login)
    await found.page.fill("#password", PASSWORD)
    await found.page.press("#password", "Enter")
    await found.page.wait_for_url("**/desk")
    return found


async def ask_for_a_person(merchant: Visit) -> None:
    """Open a ticket in the web chat."""
    await merchant.say("我要找人工")
    for answered in range(2, 14):
        await expect(merchant.page.locator(".theirs")).to_have_count(answered)
        keys = merchant.page.locator(".theirs").last.locator(".keys button")
        labels = await keys.all_inner_texts()
        label = next((wanted for wanted in ("提交", "跳过", "完全收不了") if wanted in labels), labels[0])
        await keys.nth(labels.index(label)).click()
        if label == "提交":
            return


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

    async def missed(tx: Tx) -> None:
        for text in (PHRASE, f"{PHRASE}了"):
            await tx.run(
                "INSERT INTO outcomes (at, chat, kind, intent, node, text, lang) "
                "VALUES (:at, 'tg:1', 'missed', '', '', :text, 'zh')",
                at=stamp(now_utc()),
                text=text,
            )

    await site.db.write(missed)
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


AXE = Path(os.environ["POSBOT_AXE"]).read_text("utf-8") if "POSBOT_AXE" in os.environ else ""


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
        if AXE:
            # as a trusted tool the browser runs it beside the page's policy
            await page.evaluate(AXE)
            found = await page.evaluate(
                "axe.run().then(r => r.violations.filter(v => ['serious','critical'].includes(v.impact))"
                ".map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))]))"
            )
            assert found == [], path
    assert staff_.wrong == []
