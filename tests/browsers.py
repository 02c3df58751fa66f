"""Real browsers on the pages: a merchant's, and those of staff."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect
from support import act, hire
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

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
NARROW = {"viewport": {"width": 320, "height": 560}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


class Visit:
    """A page, and what went wrong on it."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", lambda message: self._note(message.type in ("error", "warning"), message.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on(
            "request",
            lambda request: self._note(not request.url.startswith((site.base, "blob:", "data:")), request.url),
        )

    def _note(self, bad: bool, text: str) -> None:
        if bad:
            self.wrong.append(text)

    async def say(self, text: str) -> None:
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")


async def visit(browser: Browser, site: Site, **options: Any) -> Visit:
    context = await browser.new_context(base_url=site.base, **{"locale": "zh-CN", **options})
    context.set_default_timeout(10_000)
    return Visit(await context.new_page(), site)


async def enter(browser: Browser, site: Site, **options: Any) -> Visit:
    found = await visit(browser, site, **options)
    await found.page.goto("/")
    await expect(found.page.locator(".theirs .keys").first).to_be_visible()
    return found


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), (30, 80, 140)).save(out, "PNG")
    return out.getvalue()


PHRASE = "机器嘎嘎响纸卷成麻花"
PASSWORD = "correct horse 9"
SMALL = {
    "print.jam": ("打印机卡纸了", "纸卡住了", "卡纸", "纸张卡在里面", "paper jam", "the paper is stuck"),
    "print.no_output": ("打印机不出纸", "打不出小票", "没有小票", "不打印", "no receipt", "it does not print"),
    "power.no_boot": ("开不了机", "机器黑屏", "按电源没反应", "does not turn on", "black screen"),
}


async def people(db: Database) -> None:
    await hire(db, now_utc)
    for login in ("wang", "admin"):
        await db.write(staff.set_password, act(now_utc, LOCAL), login, await hashed(PASSWORD))
    await db.write(
        keeping.can, act(now_utc, LOCAL), "重启", "请长按电源键十秒重启。", "Hold the power key for ten seconds."
    )


async def missed(db: Database) -> None:
    """Let the bot have missed a phrase twice."""

    async def missed_(tx: Tx) -> None:
        for text in (PHRASE, f"{PHRASE}了"):
            await tx.run(
                "INSERT INTO outcomes (at, chat, kind, intent, node, text, lang) "
                "VALUES (:at, 'tg:1', 'missed', '', '', :text, 'zh')",
                at=stamp(now_utc()), text=text,
            )  # fmt: skip

    await db.write(missed_)


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


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        found = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield found
        await found.close()


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
