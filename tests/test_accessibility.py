"""No serious accessibility fault on any page, by axe-core: light and dark, desk and phone."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from browsers import CHROMIUM, DESKTOP, PHONE, ask_for_a_person, enter, missed, visit
from pictures import fill
from playwright.async_api import Browser, Page, expect
from support import ADMIN, act, rows
from website import Site

from bot.service import now_utc
from bot.store.support import proposals
from bot.support.accounts import Accounts
from bot.web.desk.learning import overlay
from bot.web.desk.learning.effect import Effect, Shift

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it (apt install chromium)")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN = """axe.run().then(found => found.violations.filter(one => ["serious", "critical"].includes(one.impact))
    .map(one => [one.id, one.nodes.slice(0, 4).map(node => node.html.slice(0, 200))]))"""
PAGES = """
/desk /desk?show=all /desk/tickets/1 /desk/tickets/26 /desk/merchants/{chat} /desk/knowledge /desk/knowledge/teach
/desk/knowledge/try?text=打印机不出纸 /desk/knowledge/browse /desk/knowledge/versions /desk/statistics /desk/staff
/desk/settings /desk/canned /desk/audit /desk/knowledge/proposals/{change}
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


async def prepared(site: Site) -> int:
    """Put tickets of every kind, what was missed and a change that was tried there; returns the change's number."""
    await missed(site.db)
    await fill(site.db, 24)
    shift = Shift("纸卷成麻花", "print.jam", "", "print.jam")
    effect = Effect(9, 7, 8, (shift,), (shift,), 3, 0, 1, (shift,))
    files = overlay.with_phrases({}, "print.jam", ["纸卷成麻花"])
    number = await site.db.write(proposals.add, act(now_utc, ADMIN), "n", 0, files, "print.jam", [])
    await site.db.write(proposals.take, "w", now_utc())
    await site.db.write(proposals.tried, number, "w", [], effect.dump())
    return number


@pytest.mark.parametrize(
    "look",
    [pytest.param(LOOKS[0], id="desk-light"), pytest.param(LOOKS[1], id="desk-dark", marks=pytest.mark.long),
     pytest.param(LOOKS[2], id="phone-light", marks=pytest.mark.long), pytest.param(LOOKS[3], id="phone-dark")],
)  # fmt: skip
async def test_axe_finds_nothing_serious(browser: Browser, site: Site, look: dict[str, Any]) -> None:
    found = Found()
    merchant = await enter(browser, site, **look)
    await ask_for_a_person(merchant)
    await expect(merchant.page.locator(".theirs").last).to_contain_text("编号")
    await found.look("merchant chat", merchant.page)
    change = await prepared(site)
    page = (await visit(browser, site, **look)).page
    await page.goto("/desk/login")
    await found.look("sign-in", page)
    token = await Accounts(site.db, now_utc).open("admin")
    await page.context.add_cookies([{"name": "posbot_desk", "value": token, "url": site.base}])
    chat = (await rows(site.db, "SELECT chat FROM tickets WHERE number = 1"))[0]["chat"]
    for path in PAGES:
        await page.goto(path.format(chat=chat, change=change))
        await expect(page.locator("main")).to_be_visible()
        await found.look(path, page)
    await page.goto("/desk/tickets/1")
    await page.keyboard.press("e")
    await expect(page.locator("#d-resolve")).to_be_visible()
    await found.look("dialog", page)
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)
