"""A published list of hostile texts in every field that is shown, looked at in a real browser on every page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from browsers import CHROMIUM, DESKTOP, Visit
from playwright.async_api import Browser, Page, async_playwright, expect
from support import act as acting
from support import hire
from website import Site, running

from bot.dialogue.engine import Dialogue
from bot.service import now_utc
from bot.store import media
from bot.store.base import Database, Tx
from bot.store.support import keeping, learning, merchants, settings
from bot.store.support.filters import Filter
from bot.store.times import stamp
from bot.support.accounts import Accounts
from bot.support.authority import LOCAL
from bot.web.visitor import chat_key

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it (apt install chromium)")
HOSTILE: list[str] = json.loads((Path(__file__).parent / "data" / "xss.json").read_text("utf-8"))
SHORT = [one for one in HOSTILE if len(one) <= 30]
ALL = "\n".join(HOSTILE)[:3400]
COOKIE = "0123456789abcdef" * 2
CHAT = chat_key(COOKIE)
WATCH = "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"


@pytest.fixture
async def site(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    async with running(db, dialogue) as found:
        await hire(db, now_utc)
        await db.write(_tickets)
        await db.write(_talk)
        await db.write(_people)
        await _kept(db)
        yield found


async def _tickets(tx: Tx) -> None:
    """One ticket for each hostile text, in every column a page shows, with events, misses and an audit line."""
    at, soon = stamp(now_utc()), "2099-01-01T00:00:00.000+00:00"
    for index, bad in enumerate(HOSTILE):
        slots = json.dumps({"details": bad, "phone": bad, bad: bad})
        path = json.dumps([{"symptom": bad, "node": bad, "said": bad}])
        await tx.run(
            """INSERT INTO tickets (chat, channel, fault, intent, title, status, priority, reason, lang, path, slots,
                 brand, model, serial, assignee, created_at, updated_at, due_at, warn_at, rating,
                 rating_word, resolution)
               VALUES (:chat, :bad, :fault, :bad, :bad, 'open', 'P2', :bad, 'zh', :path, :slots,
                 :bad, :bad, :bad, 'wang', :at, :at, :soon, :soon, 3, :bad, :bad)""",
            chat=CHAT, fault=f"{bad}{index}", bad=bad, path=path, slots=slots, at=at, soon=soon,
        )  # fmt: skip
        data = {"tag": bad, "reason": bad, "text": bad, "to": bad, "before": bad}
        for kind in ("tagged", "resolved", "note", "assigned", "priority", bad):
            await tx.run(
                "INSERT INTO ticket_events (ticket, at, actor, kind, data) VALUES (1, :at, :actor, :kind, :data)",
                at=at, actor=bad if index % 2 else "wang", kind=kind, data=json.dumps(data),
            )  # fmt: skip
        for kind in learning.MISSES:
            await tx.run(
                """INSERT INTO outcomes (at, chat, kind, intent, node, text, lang)
                   VALUES (:at, :chat, :kind, :bad, :bad, :bad, 'zh')""",
                at=at, chat=CHAT, kind=kind, bad=bad,
            )  # fmt: skip
        await tx.run("INSERT INTO audit (at, actor, action, subject, data) VALUES (:at, :bad, :bad, :bad, :data)",
                     at=at, bad=bad, data=json.dumps({"x": bad}))  # fmt: skip


async def _talk(tx: Tx) -> None:
    """Every hostile text from the merchant, from the bot with buttons, and from staff of such a name."""
    at = stamp(now_utc())
    for index in range(0, len(HOSTILE), 3):  # a fresh page gets 200 messages
        some = HOSTILE[index : index + 3]
        buttons = json.dumps([[{"label": bad, "action": "menu"} for bad in some]])
        for way, author, shown in (("in", "merchant", None), ("out", "bot", buttons), ("out", some[0], None)):
            await tx.run(
                """INSERT INTO messages (chat, direction, author, kind, text, at, buttons, token, ticket)
                   VALUES (:chat, :way, :author, 'text', :text, :at, :shown, :token, 1)""",
                chat=CHAT, way=way, author=author, text="\n".join(some), at=at, shown=shown,
                token=f"t{index}" if shown else None,
            )  # fmt: skip


async def _people(tx: Tx) -> None:
    at = stamp(now_utc())
    for index, bad in enumerate(SHORT):
        login = f"bad{index}"
        await tx.run("INSERT INTO staff (login, name, role, created_at) VALUES (:login, :bad, 'agent', :at)",
                     login=login, bad=bad, at=at)  # fmt: skip
        await tx.run("INSERT INTO presence (ticket, login, seen_at) VALUES (1, :login, :at)", login=login,
                     at="2099-01-01T00:00:00.000+00:00")  # fmt: skip
    await tx.run("""INSERT INTO sessions (chat, channel, name, lang, data, created_at, updated_at)
                    VALUES (:chat, 'web', :bad, 'zh', '{}', :at, :at)""", chat=CHAT, bad=HOSTILE[0], at=at)  # fmt: skip


async def _tags(tx: Tx) -> None:
    """The form would not take them; an older posbot might have."""
    for bad in HOSTILE:
        await tx.run("INSERT INTO ticket_tags (ticket, tag) VALUES (1, :bad)", bad=bad)


async def _kept(db: Database) -> None:
    """What staff keep: notes, tags, views, canned replies, announcements, versions, the away message, a file."""
    act = acting(now_utc, LOCAL)
    await db.write(merchants.write, act, CHAT, HOSTILE[5], ALL)
    for bad in SHORT[:40]:
        await db.write(keeping.save_view, act, bad, Filter(text=bad, tag=bad), "priority", True)
        await db.write(keeping.can, act, bad, ALL, ALL)
    await db.write(_tags)
    await db.write(settings.announce, act, ALL[:900], ALL[:900], (), (), "", "")
    await db.write(
        learning.publish, act, {}, HOSTILE[5], json.dumps({"tried": 1, "right_before": ALL, "right_after": 1})
    )
    await db.write(settings.change, act, "away", {"zh": ALL[:900], "en": ALL[:900]})
    number = await db.write(media.add, CHAT, "web", "document", HOSTILE[5], "text/html", ALL.encode(), act.at)
    picture = await db.write(media.add, CHAT, "web", "document", "a.svg", "image/svg+xml", ALL.encode(), act.at)

    async def attach(tx: Tx) -> None:
        for one in (number, picture):
            await tx.run("""INSERT INTO messages (chat, direction, author, kind, text, at, media, ticket)
                            VALUES (:chat, 'in', 'merchant', 'document', :bad, :at, :media, 1)""",
                         chat=CHAT, bad=HOSTILE[5], at=act.at, media=one)  # fmt: skip

    await db.write(attach)


def _pages() -> list[str]:
    bad = [quote(HOSTILE[5]), quote('" autofocus onfocus="alert(1)'), quote(ALL[:700])]
    found = ["/desk", "/desk?show=all", "/desk/tickets/1", f"/desk/merchants/{CHAT}", "/desk/statistics", "/desk/staff",
             "/desk/settings", "/desk/canned", "/desk/audit", "/desk/account", "/desk/knowledge/versions",
             *(f"/desk/knowledge?kind={kind}" for kind in learning.MISSES)]  # fmt: skip
    for one in bad:
        found += [f"/desk?q={one}&tag={one}&brand={one}", f"/desk/audit?actor={one}&subject={one}",
                  f"/desk/knowledge/try?text={one}", f"/desk/knowledge/browse?q={one}",
                  f"/desk/knowledge/teach?text={one}&intent={one}&ids={one}"]  # fmt: skip
    return found


async def _look(browser: Browser, site: Site, lang: str, cookies: dict[str, str]) -> Visit:
    context = await browser.new_context(base_url=site.base, locale=lang, **DESKTOP)  # type: ignore[arg-type]
    await context.add_cookies([{"name": name, "value": value, "url": site.base} for name, value in cookies.items()])
    await context.add_init_script(WATCH)
    found = Visit(await context.new_page(), site)
    found.page.on("dialog", lambda dialog: found.wrong.append(f"a dialog: {dialog.message}"))
    return found


async def _clean(page: Page) -> None:
    assert await page.evaluate("typeof window.pwned") == "undefined", page.url
    odd = await page.evaluate(
        "document.querySelectorAll('iframe, object, embed, base, math, marquee, [onerror], [onload], [onfocus]').length"
    )
    assert odd == 0, page.url


@pytest.mark.timeout(240)
@pytest.mark.parametrize("lang", ["zh-CN"])
async def test_nothing_hostile_runs_on_any_page(site: Site, lang: str) -> None:
    assert len(HOSTILE) >= 100
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        staff = await _look(browser, site, lang, {"posbot_desk": await Accounts(site.db, now_utc).open("admin")})
        for path in _pages():
            await staff.page.goto(path)
            await _clean(staff.page)
        await staff.page.goto("/desk/tickets/1")
        await expect(staff.page.locator(".talk")).to_contain_text("window.pwned=1")
        await staff.page.click("#insert-open")
        await expect(staff.page.locator("[data-insert]").first).to_be_visible()
        await _clean(staff.page)
        merchant = await _look(browser, site, lang, {"posbot_chat": COOKIE})
        await merchant.page.goto("/")
        await expect(merchant.page.locator("#log")).to_contain_text("window.pwned=1")
        await expect(merchant.page.locator(".keys button").last).to_be_visible()
        await _clean(merchant.page)
        await browser.close()
    assert staff.wrong == []
    assert merchant.wrong == []


async def test_hostile_texts_leave_as_text_only(site: Site) -> None:
    """Errors, the sign-in form and CSV say what was said to them, and nothing of it is markup or a formula."""
    token = await Accounts(site.db, now_utc).open("admin")
    async with site.client(headers={"Accept": "text/html"}) as client:
        for bad in HOSTILE:
            answer = await client.get(f"/{quote(bad)}")
            form = await client.get("/desk/login", params={"next": bad})
            for page in (answer.text, form.text):
                assert "alert(1)" not in page
        refused = await client.post("/desk/login", data={"login": HOSTILE[5], "password": "x", "next": HOSTILE[5]})
        assert "<script>alert" not in refused.text
        client.cookies.set("posbot_desk", token)
        for table in ("intent", "machine", "node", "bot_intent", "give_up"):
            text = (await client.get(f"/desk/statistics/{table}.csv")).text
            assert not any(cell.strip().startswith(("=", "+", "-", "@")) for cell in _cells(text)), table


def _cells(text: str) -> list[Any]:
    import csv
    import io

    return [cell for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) for cell in row]
