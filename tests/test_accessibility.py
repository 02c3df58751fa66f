"""No serious accessibility fault on any page, by axe-core: light and dark, desk and phone."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from browsers import CHROMIUM, DESKTOP, PHONE, ask_for_a_person, enter, missed, sign_in, visit
from pictures import fill
from playwright.async_api import Browser, Page, expect
from website import Site

from bot.dialogue.engine import Dialogue

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it (apt install chromium)")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN = """axe.run().then(found => found.violations.filter(one => ["serious", "critical"].includes(one.impact))
    .map(one => [one.id, one.nodes.slice(0, 4).map(node => node.html.slice(0, 200))]))"""
PAGES = """
/desk /desk?show=all /desk/tickets/1 /desk/tickets/26 /desk/merchants/{chat} /desk/knowledge /desk/knowledge/teach
/desk/knowledge/try?text=打印机不出纸 /desk/knowledge/browse /desk/knowledge/versions /desk/statistics /desk/staff
/desk/settings /desk/canned /desk/audit
""".split()
STILL = {"bypass_csp": True, "reduced_motion": "reduce"}
LOOKS: list[dict[str, Any]] = [{**size, **STILL, "color_scheme": scheme} for size in (DESKTOP, PHONE)
                               for scheme in ("light", "dark")]  # fmt: skip
"""The page's own policy would keep axe out; what works under it is tested elsewhere."""


class Found(dict[str, Any]):
    """What axe found, by page."""

    async def look(self, name: str, page: Page) -> None:
        await page.evaluate(AXE)
        if faults := await page.evaluate(RUN):
            self[name] = faults


@pytest.mark.parametrize("look", LOOKS, ids=["desk-light", "desk-dark", "phone-light", "phone-dark"])
async def test_axe_finds_nothing_serious(browser: Browser, small: tuple[Site, Dialogue], look: dict[str, Any]) -> None:
    site, _ = small
    found = Found()
    merchant = await enter(browser, site, **look)
    await ask_for_a_person(merchant)
    await expect(merchant.page.locator(".theirs").last).to_contain_text("编号")
    await found.look("merchant chat", merchant.page)
    await missed(site.db)
    await fill(site.db, 24)
    stranger = await visit(browser, site, **look)
    await stranger.page.goto("/desk/login")
    await found.look("sign-in", stranger.page)
    page = (await sign_in(browser, site, "admin", **look)).page
    await page.goto("/desk/tickets/1")
    chat = (await page.locator('a[href^="/desk/merchants/"]').first.get_attribute("href") or "").rpartition("/")[2]
    for path in PAGES:
        await page.goto(path.format(chat=chat))
        await expect(page.locator("main")).to_be_visible()
        await found.look(path, page)
    await page.goto("/desk/knowledge")
    await page.locator(".misses button:has-text('教它')").first.click()
    await page.select_option("#intent", "print.jam")
    await page.click("button:has-text('检查效果')")
    await expect(page.locator("#effect")).to_be_visible(timeout=60_000)
    await found.look("proposal", page)
    await page.goto("/desk/tickets/1")
    await page.keyboard.press("e")
    await expect(page.locator("#d-resolve")).to_be_visible()
    await found.look("dialog", page)
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)
