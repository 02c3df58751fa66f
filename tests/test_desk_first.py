from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from website import Site, events, running

from bot.dialogue.engine import Dialogue
from bot.dialogue.model import OpenTicket, Step
from bot.store import media, ticketing
from bot.store.base import Database, Tx
from bot.store.times import stamp
from bot.web.tokens import LINK_SECONDS, SESSION_SECONDS, LoginLinks, Sessions

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = stamp(NOW)
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
HTML = {"Accept": "text/html"}


@pytest.fixture
async def site(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    async with running(db, dialogue) as found:
        yield found


@pytest.fixture
async def staff(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with site.client(headers={**HTML, "Accept-Language": "zh-CN"}) as client:
        assert (await client.get(f"/desk/login?token={site.login.new()}")).status_code == 303
        yield client


async def open_ticket(
    tx: Tx, title: str = "打印机不出纸", priority: str = "P2", intent: str = "print.no_output"
) -> int:
    change = OpenTicket(intent, title, priority, "有一部分收不了", (Step("print.no_output", "paper", "有纸"),),
                        {"taking_payments": "no", "brand": "新大陆 N910", "merchant": f"老王{SCRIPT}"})  # type: ignore[arg-type]  # fmt: skip
    number = await ticketing.apply(tx, f"web:{intent}{title}", "web", "zh", change, NOW)
    await tx.run(
        """INSERT INTO messages (chat, direction, author, kind, text, at)
           VALUES (:chat, 'in', 'merchant', 'text', :text, :at)""",
        chat=f"web:{intent}{title}", text=f"不出纸 {SCRIPT}", at=AT,
    )  # fmt: skip
    assert number is not None
    return number


PAGES = ["/desk", "/desk?show=done", "/desk/tickets/1", "/desk/tickets/1/events", "/desk/media/1", "/desk/events"]


@pytest.mark.parametrize("path", PAGES)
async def test_strangers_see_nothing(site: Site, path: str) -> None:
    await site.db.write(open_ticket)
    async with site.client(headers=HTML) as stranger:
        answer = await stranger.get(path)
        assert answer.status_code == 401
        assert "打印机不出纸" not in answer.text
        fragment = await stranger.get(path, headers={"HX-Request": "true"})
        assert fragment.headers["hx-redirect"] == "/desk/login"


async def test_a_login_link_works_once(site: Site) -> None:
    link = f"/desk/login?token={site.login.new()}"
    async with site.client() as first, site.client() as second:
        answer = await first.get(link)
        assert answer.headers["location"] == "/desk"
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "SameSite=strict" in answer.headers["set-cookie"]
        assert (await first.get("/desk")).status_code == 200
        assert (await first.get(link)).headers["location"] == "/desk"  # signed in already: no harm
        assert (await second.get(link)).status_code == 403
        assert (await second.get("/desk")).status_code == 401


async def test_looking_ahead_does_not_spend_a_link(site: Site) -> None:
    link = f"/desk/login?token={site.login.new()}"
    async with site.client() as browser:
        await browser.head(link)
        await browser.get(link, headers={"Sec-Purpose": "prefetch;prerender"})
        assert (await browser.get("/desk")).status_code == 401
        assert (await browser.get(link)).status_code == 303


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "203.0.113.9"}, {"Host": "evil.example"}], ids=str)
async def test_a_link_is_for_this_machine_only(site: Site, headers: dict[str, str]) -> None:
    link = f"/desk/login?token={site.login.new()}"
    async with site.client() as browser:
        assert (await browser.get(link, headers=headers)).status_code == 403
        assert (await browser.get(link)).status_code == 303


@pytest.mark.parametrize(("kind", "seconds"), [(LoginLinks, LINK_SECONDS), (Sessions, SESSION_SECONDS)])
def test_tokens_expire(kind: type[LoginLinks] | type[Sessions], seconds: float) -> None:
    now = 100.0
    tokens = kind(lambda: now)
    token = tokens.new()
    assert len(token) >= 43  # 256 bits
    now += seconds - 1
    assert tokens.good(token)
    now += 2
    assert not tokens.good(token)
    assert not tokens.end(token)


async def test_signing_out_ends_the_session(staff: httpx.AsyncClient) -> None:
    cookie = dict(staff.cookies)
    await staff.post("/desk/logout")
    staff.cookies.update(cookie)
    assert (await staff.get("/desk")).status_code == 401


async def test_the_list_has_the_urgent_first_and_escapes_everything(site: Site, staff: httpx.AsyncClient) -> None:
    for title, priority in (("问一下费率", "P4"), ("完全收不了款", "P1"), (f"怪标题{SCRIPT}", "P2")):
        await site.db.write(open_ticket, title, priority)
    page = (await staff.get("/desk")).text
    places = [page.index(title) for title in ("完全收不了款", "怪标题", "问一下费率")]
    assert places == sorted(places)
    assert "<script>alert" not in page
    assert "onerror=alert(1)>" not in page
    assert "网页" in page


async def test_the_ticket_shows_path_facts_transcript_and_events(site: Site, staff: httpx.AsyncClient) -> None:
    number = await site.db.write(open_ticket)
    page = (await staff.get(f"/desk/tickets/{number}")).text
    for part in (
        "打印机不出纸",
        "有纸",
        "新大陆 N910",
        "完全收不了",
        "不出纸 &lt;script&gt;",
        "提交了工单",
        "有一部分收不了",
    ):
        assert part in page, part
    assert "<script>alert" not in page
    assert (await staff.get("/desk/tickets/999")).status_code == 404


async def test_a_path_is_shown_in_words(site: Site, staff: httpx.AsyncClient, dialogue: Dialogue) -> None:
    symptom = next(intent for intent in dialogue.understanding.knowledge.intents.values() if hasattr(intent, "nodes"))

    async def opened(tx: Tx) -> None:
        change = OpenTicket(symptom.id, "x", "P3", "", (Step(symptom.id, symptom.start),), {})
        await ticketing.apply(tx, "web:path", "web", "zh", change, NOW)

    await site.db.write(opened)
    assert symptom.title.zh in (await staff.get("/desk/tickets/1")).text


async def test_files_of_merchants_are_never_pages(site: Site, staff: httpx.AsyncClient) -> None:
    await site.db.write(media.add, "web:x", "web", "document", "a.html", "text/html", SCRIPT.encode(), NOW)
    answer = await staff.get("/desk/media/1")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_new_ticket_is_told_within_a_second(site: Site, staff: httpx.AsyncClient) -> None:
    async with asyncio.timeout(10), staff.stream("GET", "/desk/events") as response:
        stream = events(response)
        await anext(stream)
        started = time.monotonic()
        await site.db.write(open_ticket)
        assert (await anext(stream))["event"] == "changed"
        assert time.monotonic() - started < 1


async def test_a_fragment_is_only_what_changes(site: Site, staff: httpx.AsyncClient) -> None:
    await site.db.write(open_ticket)
    for path in ("/desk", "/desk/tickets/1"):
        fragment = (await staff.get(path, headers={"HX-Request": "true"})).text
        assert "打印机不出纸" in fragment
        assert "<html" not in fragment


async def test_the_desk_speaks_english(site: Site, staff: httpx.AsyncClient) -> None:
    await site.db.write(open_ticket)
    await staff.post("/language", data={"lang": "en", "back": "/desk"})
    assert "Unresolved" in (await staff.get("/desk")).text
    assert "What was tried" in (await staff.get("/desk/tickets/1")).text


async def test_metrics_are_open_to_staff_elsewhere(site: Site, staff: httpx.AsyncClient) -> None:
    assert (await staff.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})).status_code == 200


async def test_the_list_is_quick_with_many_tickets(site: Site, staff: httpx.AsyncClient) -> None:
    async def many(tx: Tx) -> None:
        for number in range(2000):
            await ticketing.apply(
                tx, f"web:{number}", "web", "zh", OpenTicket("a.b", f"t{number}", "P3", "", (), {}), NOW
            )

    await site.db.write(many)
    await staff.get("/desk")
    started = time.monotonic()
    assert (await staff.get("/desk")).status_code == 200
    assert time.monotonic() - started < 0.5
