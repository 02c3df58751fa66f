"""The desk over HTTP: who may do what, claims, stale forms, escaping, every page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import PEOPLE, hire, row, rows, told
from support import act as acting
from website import Site, running

from bot.dialogue.engine import Dialogue
from bot.dialogue.model import OpenTicket
from bot.service import now_utc
from bot.store import ticketing
from bot.store.base import Database, Tx
from bot.store.support import keeping, staff
from bot.store.times import stamp
from bot.support.accounts import Accounts
from bot.support.authority import LOCAL, TABLE, Action, Actor
from bot.support.office import ALWAYS
from bot.support.passwords import hashed
from bot.web.desk.routes import ROUTES
from bot.web.desk.statistics import safe

SCRIPT = "<script>alert(1)</script>\u202e=1+1"
HTML = {"Accept": "text/html", "Accept-Language": "zh-CN"}
JSON = {"Accept": "application/json", "Accept-Language": "zh-CN"}
WANG, LI, CHEN, ED, ADMIN = PEOPLE

NEEDS: dict[tuple[str, str], Action] = {
    ("GET", "/desk"): Action.VIEW_TICKETS,
    ("GET", "/desk/events"): Action.VIEW_TICKETS,
    ("POST", "/desk/bulk"): Action.BULK,
    ("POST", "/desk/views"): Action.VIEWS,
    ("POST", "/desk/views/1/drop"): Action.VIEWS,
    ("GET", "/desk/tickets/1"): Action.VIEW_TICKETS,
    ("GET", "/desk/tickets/1/events"): Action.VIEW_TICKETS,
    ("POST", "/desk/tickets/1/reply"): Action.REPLY,
    ("POST", "/desk/tickets/1/note"): Action.NOTE,
    ("POST", "/desk/tickets/1/claim"): Action.CLAIM,
    ("POST", "/desk/tickets/1/assign"): Action.ASSIGN,
    ("POST", "/desk/tickets/1/release"): Action.CLAIM,
    ("POST", "/desk/tickets/1/priority"): Action.TRIAGE,
    ("POST", "/desk/tickets/1/tag"): Action.TRIAGE,
    ("POST", "/desk/tickets/1/untag"): Action.TRIAGE,
    ("POST", "/desk/tickets/1/wait"): Action.WAIT,
    ("POST", "/desk/tickets/1/resume"): Action.WAIT,
    ("POST", "/desk/tickets/1/resolve"): Action.RESOLVE,
    ("POST", "/desk/tickets/1/reopen"): Action.REOPEN,
    ("POST", "/desk/tickets/1/merge"): Action.MERGE,
    ("POST", "/desk/tickets/1/block"): Action.BLOCK,
    ("POST", "/desk/tickets/1/unblock"): Action.BLOCK,
    ("GET", "/desk/answers"): Action.VIEW_TICKETS,
    ("GET", "/desk/media/1"): Action.VIEW_TICKETS,
    ("GET", "/desk/merchants/tg:1"): Action.VIEW_TICKETS,
    ("POST", "/desk/merchants/tg:1"): Action.MERCHANT_NOTES,
    ("POST", "/desk/merchants/tg:1/block"): Action.BLOCK,
    ("POST", "/desk/merchants/tg:1/unblock"): Action.BLOCK,
    ("POST", "/desk/merchants/tg:9/forget"): Action.FORGET,
    ("GET", "/desk/knowledge"): Action.VIEW_KNOWLEDGE,
    ("GET", "/desk/knowledge/try"): Action.VIEW_KNOWLEDGE,
    ("GET", "/desk/knowledge/match"): Action.VIEW_KNOWLEDGE,
    ("GET", "/desk/knowledge/browse"): Action.VIEW_KNOWLEDGE,
    ("GET", "/desk/knowledge/versions"): Action.VIEW_KNOWLEDGE,
    ("POST", "/desk/knowledge/versions/7"): Action.EDIT_KNOWLEDGE,
    ("POST", "/desk/knowledge/reviewed"): Action.EDIT_KNOWLEDGE,
    ("GET", "/desk/knowledge/teach"): Action.EDIT_KNOWLEDGE,
    ("POST", "/desk/knowledge/teach"): Action.EDIT_KNOWLEDGE,
    ("GET", "/desk/knowledge/proposals/9"): Action.EDIT_KNOWLEDGE,
    ("POST", "/desk/knowledge/proposals/9/publish"): Action.EDIT_KNOWLEDGE,
    ("POST", "/desk/knowledge/proposals/9/drop"): Action.EDIT_KNOWLEDGE,
    ("GET", "/desk/statistics"): Action.STATISTICS,
    ("GET", "/desk/statistics/intent.csv"): Action.EXPORT,
    ("GET", "/desk/staff"): Action.STAFF,
    ("POST", "/desk/staff"): Action.STAFF,
    ("POST", "/desk/staff/nobody/change"): Action.STAFF,
    ("GET", "/desk/settings"): Action.ANNOUNCE,
    ("POST", "/desk/settings/away"): Action.SETTINGS,
    ("POST", "/desk/announcements"): Action.ANNOUNCE,
    ("POST", "/desk/announcements/1/end"): Action.ANNOUNCE,
    ("GET", "/desk/canned"): Action.CANNED,
    ("POST", "/desk/canned"): Action.CANNED,
    ("POST", "/desk/canned/9/drop"): Action.CANNED,
    ("GET", "/desk/audit"): Action.AUDIT,
    ("GET", "/desk/account"): Action.OWN_ACCOUNT,
    ("POST", "/desk/account/password"): Action.OWN_ACCOUNT,
}


@pytest.fixture
async def site(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    async with running(db, dialogue) as found:
        await hire(db, now_utc)
        yield found


async def open_ticket(
    db: Database, clock: Any, chat: str = "tg:1", priority: str = "P3", said: str = "打印机卡纸了",
    title: str = "打印机卡纸", **slots: str,
) -> int:  # fmt: skip
    """Open a ticket beside the running service."""
    change = OpenTicket("print.jam", title, priority, "要报修", (), slots, True, "newland", "SP930")  # type: ignore[arg-type]

    async def opened(tx: Tx) -> int:
        now = clock()
        await tx.run(
            "INSERT INTO messages (chat, direction, author, kind, text, at) "
            "VALUES (:chat, 'in', 'merchant', 'text', :text, :at)",
            chat=chat,
            text=said,
            at=stamp(now),
        )
        await tx.run(
            "INSERT INTO sessions (chat, channel, lang, data, created_at, updated_at) VALUES (:chat, "
            "'telegram', 'zh', '{}', :at, :at) ON CONFLICT (chat) DO NOTHING",
            chat=chat,
            at=stamp(now),
        )
        number = await ticketing.apply(tx, chat, "telegram", "zh", change, now, ALWAYS)
        assert number
        return number

    return await db.write(opened)


@contextlib.asynccontextmanager
async def desk(site: Site, who: Actor, headers: dict[str, str] = HTML) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who is signed in."""
    async with site.client(headers=headers) as client:
        client.cookies.set("posbot_desk", await Accounts(site.db, now_utc).open(who.login))
        yield client


def _paths() -> Iterator[tuple[str, str]]:
    for route in ROUTES:
        for method in sorted(route.methods or ()):
            if method != "HEAD" and route.path not in ("/desk/login", "/desk/logout", "/desk/logout/everywhere"):
                yield method, route.path


def test_the_matrix_names_every_route() -> None:
    for method, path in _paths():
        found = [
            one
            for one in NEEDS
            if one[0] == method
            and next((route.path for route in ROUTES if method in route.methods and route.path_regex.match(one[1])), "")
            == path
        ]
        assert found, (method, path)


@pytest.mark.parametrize("who", [None, *PEOPLE], ids=lambda one: one.login if one else "outsider")
async def test_the_authority_matrix(site: Site, who: Actor | None) -> None:
    """Every route × every role: refused as the table says, never carried out, and never a fault of ours."""
    await open_ticket(site.db, now_utc)
    client = site.client(headers=JSON)
    if who:
        client.cookies.set("posbot_desk", await Accounts(site.db, now_utc).open(who.login))
    async with client:
        for (method, path), action in NEEDS.items():
            if path.endswith("/events") and who and action in TABLE[who.role]:
                async with client.stream(method, path) as answer:
                    assert answer.status_code == 200
                continue
            answer = await client.request(method, path)
            where = (method, path, who and who.login, answer.status_code, answer.text[:200])
            if who is None:
                assert answer.status_code == 401, where
            elif action in TABLE[who.role]:
                assert answer.status_code not in (401, 403, 500), where
            elif path == "/desk":
                assert answer.headers["location"] == "/desk/knowledge", where
            else:
                assert answer.status_code in (403, 404), where
            if who and who.role == "editor" and ("/tickets/" in path or "/merchants/" in path):
                assert answer.status_code == 404, where


async def test_signing_in_with_a_password(site: Site) -> None:
    await site.db.write(staff.set_password, acting(now_utc, LOCAL), "wang", await hashed("correct horse 9"))
    async with site.client(headers=HTML) as client:
        wrong = await client.post("/desk/login", data={"login": "wang", "password": "nope nope nope"})
        assert wrong.status_code == 401
        assert "账号或密码不对" in wrong.text
        right = {"login": "Wang ", "password": "correct horse 9", "next": "//evil.example"}
        answer = await client.post("/desk/login", data=right)
        assert answer.headers["location"] == "/desk"
        assert "SameSite=strict" in answer.headers["set-cookie"]
        assert "小王" in (await client.get("/desk")).text
        await site.db.write(staff.remove, acting(now_utc, LOCAL), "wang")
        assert (await client.get("/desk")).status_code == 401


async def test_too_many_attempts_are_told_to_wait(site: Site) -> None:
    async with site.client(headers=HTML) as client:
        for _ in range(5):
            await client.post("/desk/login", data={"login": "wang", "password": "x"})
        answer = await client.post("/desk/login", data={"login": "wang", "password": "x"})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0


async def test_the_link_ends_with_the_first_account(db: Database, dialogue: Dialogue) -> None:
    async with running(db, dialogue) as site, site.client(headers=HTML) as client:
        await client.get(f"/desk/login?token={site.login.new()}")
        assert (await client.get("/desk/staff")).status_code == 200
        agent = {"login": "wang", "name": "小王", "role": "agent", "password": "correct horse 9"}
        assert (await client.post("/desk/staff", data=agent, headers=JSON)).status_code == 422
        assert (await client.post("/desk/staff", data={**agent, "role": "admin"}, headers=JSON)).status_code == 200
        assert (await client.get("/desk")).status_code == 401
        assert (await client.get(f"/desk/login?token={site.login.new()}")).status_code == 403


async def test_a_foreign_page_cannot_act(site: Site) -> None:
    number = await open_ticket(site.db, now_utc)
    async with desk(site, WANG) as wang:
        answer = await wang.post(f"/desk/tickets/{number}/claim", headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
    assert (await row(site.db, number))["assignee"] is None


async def test_of_two_who_claim_one_wins_and_the_other_is_told(site: Site) -> None:
    number = await open_ticket(site.db, now_utc)
    async with desk(site, WANG, JSON) as wang, desk(site, LI, JSON) as li:
        answers = await asyncio.gather(*(one.post(f"/desk/tickets/{number}/claim") for one in (wang, li)))
        assert sorted(one.status_code for one in answers) == [200, 409]
        loser = next(one for one in answers if one.status_code == 409)
        owner = {"wang": "小王", "li": "小李"}[(await row(site.db, number))["assignee"]]
        assert loser.json()["error"] == f"工单 {number} 已由{owner}接手。"


async def test_a_ticket_is_worked_to_the_end(site: Site) -> None:
    number = await open_ticket(site.db, now_utc)
    at = f"/desk/tickets/{number}"
    async with desk(site, WANG) as wang:
        for act, data in [("claim", {}), ("reply", {"text": "请重启机器"}), ("note", {"text": "可能是主板"}),
                          ("priority", {"priority": "P1"}), ("tag", {"tag": "主板"}), ("wait", {"text": "序列号"}),
                          ("resume", {}), ("untag", {"tag": "主板"}), ("resolve", {"reason": "fixed"}), ("reopen", {}),
                          ("release", {})]:  # fmt: skip
            answer = await wang.post(f"{at}/{act}", data=data)
            assert answer.status_code == 303, (act, answer.text[:300])
        page = (await wang.get(at)).text
        for part in ("请重启机器", "可能是主板", "P3 → P1", "已修好", "打印机卡纸了"):
            assert part in page, part
    said = await told(site.db)
    assert "请重启机器" in said
    assert not any("主板" in text for text in said)


async def test_a_stale_page_is_told_what_changed(site: Site) -> None:
    number = await open_ticket(site.db, now_utc)
    async with desk(site, WANG, JSON) as wang:
        await wang.post(f"/desk/tickets/{number}/resolve", data={"reason": "fixed"})
        answer = await wang.post(f"/desk/tickets/{number}/resolve", data={"reason": "fixed"})
        assert answer.status_code == 409
        assert "已解决" in answer.json()["error"]
        notes = await wang.post("/desk/merchants/tg:1", data={"name": "x", "notes": "y", "mark": "old"})
        assert notes.status_code == 409
        assert "别人改过" in notes.json()["error"]
    async with desk(site, ADMIN, JSON) as admin:
        assert (await admin.post("/desk/settings/away", data={"zh": "x", "mark": "old"})).status_code == 409


async def test_everything_is_escaped(site: Site) -> None:
    number = await open_ticket(
        site.db, now_utc, said=f"卡纸 {SCRIPT}", title=f"怪{SCRIPT}", merchant=SCRIPT, serial=SCRIPT
    )
    await site.db.write(keeping.can, acting(now_utc, ADMIN), f"t{SCRIPT}", f"z{SCRIPT}", "")
    async with desk(site, ADMIN) as admin:
        await admin.post(f"/desk/tickets/{number}/note", data={"text": SCRIPT})
        await admin.post("/desk/views", data={"name": SCRIPT[:50], "query": f"q={SCRIPT}"})
        for path in (
            f"/desk/tickets/{number}",
            "/desk",
            f"/desk?q={SCRIPT}&tag={SCRIPT}&show=x&sort=%00",
            "/desk/canned",
            "/desk/merchants/tg:1",
            "/desk/audit",
            f"/desk/answers?q={SCRIPT}",
            "/desk/statistics",
            f"/desk/knowledge/try?text={SCRIPT}",
            f"/desk/knowledge/teach?text={SCRIPT}&intent={SCRIPT}",
        ):
            answer = await admin.get(path)
            assert answer.status_code == 200, path
            assert "<script>alert" not in answer.text, path


async def test_lists_are_filtered_searched_and_paged(site: Site) -> None:
    for index in range(60):
        await open_ticket(site.db, now_utc, chat=f"tg:{index}", priority="P1" if index == 7 else "P3",
                          said="打印机不出纸" if index % 2 else "机器黑屏")  # fmt: skip
    async with desk(site, CHEN) as chen:
        page = (await chen.get("/desk")).text
        assert page.count('<tr id="ticket-') == 50
        after = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        assert (await chen.get(after)).text.count('<tr id="ticket-') == 10
        assert (await chen.get("/desk?q=黑屏")).text.count('<tr id="ticket-') == 30
        assert (await chen.get("/desk?priority=P1")).text.count('<tr id="ticket-') == 1
        answer = await chen.post(
            "/desk/bulk", data={"number": ["1", "2", "999"], "act": "tag", "value": "批量"}, headers=JSON
        )
        assert "完成 2 个" in answer.json()["said"]
        assert (await chen.get("/desk?tag=批量")).text.count('<tr id="ticket-') == 2
        await chen.post("/desk/views", data={"name": "黑的", "query": "q=黑屏&show=unassigned", "shared": "1"})
    async with desk(site, LI) as li:
        page = (await li.get("/desk")).text
        assert "黑的" in page
        assert "show=unassigned" in page


async def test_undelivered_replies_and_blocked_merchants_are_shown(site: Site) -> None:
    number = await open_ticket(site.db, now_utc)
    async with desk(site, CHEN) as chen:
        await chen.post(f"/desk/tickets/{number}/reply", data={"text": "在吗"})

        async def fail(tx: Tx) -> None:
            await tx.run("UPDATE outbox SET state = 'failed', error = 'blocked by the user'")

        await site.db.write(fail)
        assert "未送达" in (await chen.get(f"/desk/tickets/{number}")).text
        assert "未送达" in (await chen.get("/desk")).text
        await chen.post(f"/desk/tickets/{number}/block")
        answer = await chen.post(f"/desk/tickets/{number}/reply", data={"text": "在吗"}, headers=JSON)
        assert answer.status_code == 409
        assert "拉黑" in answer.json()["error"]


async def test_two_on_one_ticket_see_each_other(site: Site) -> None:
    number = await open_ticket(site.db, now_utc)
    async with desk(site, WANG) as wang, desk(site, LI) as li:
        await wang.get(f"/desk/tickets/{number}")
        assert "小王 也在看" in (await li.get(f"/desk/tickets/{number}")).text


@pytest.mark.parametrize("lang", ["zh-CN", "en-US", "zh-TW"])
async def test_every_page_in_every_language(site: Site, lang: str) -> None:
    number = await open_ticket(site.db, now_utc)
    pages = (
        "/desk",
        "/desk?show=all&older=1",
        f"/desk/tickets/{number}",
        "/desk/merchants/tg:1",
        "/desk/knowledge",
        "/desk/knowledge/try?text=打印机不出纸",
        "/desk/knowledge/browse?q=print",
        "/desk/knowledge/versions",
        "/desk/knowledge/teach",
        "/desk/statistics",
        "/desk/staff",
        "/desk/settings",
        "/desk/canned",
        "/desk/audit",
    )
    async with desk(site, ADMIN, {**HTML, "Accept-Language": lang}) as admin:
        for path in pages:
            answer = await admin.get(path)
            assert answer.status_code == 200, (path, answer.text[-500:])


async def test_settings_are_kept(site: Site) -> None:
    async with desk(site, ADMIN, HTML) as admin:
        page = (await admin.get("/desk/settings")).text
        marks = {name: page.split(f'action="/desk/settings/{name}"')[1].split('name="mark" value="')[1][:16]
                 for name in ("hours", "sla", "away", "retention")}  # fmt: skip
        hours = {
            "workday-0-from": "08:30",
            "workday-0-until": "12:00",
            "workday-1-from": "13:00",
            "workday-1-until": "00:00",
            "calendar": "weekdays",
            "closed": "2026-12-31",
            "open": "",
            "mark": marks["hours"],
        }
        assert (await admin.post("/desk/settings/hours", data=hours)).status_code == 303
        bad = {**hours, "workday-1-from": "11:00", "mark": marks["sla"]}
        assert (await admin.post("/desk/settings/hours", data=bad)).status_code == 409
        assert (
            await admin.post(
                "/desk/settings/retention",
                data={"chats": "10", "tickets": "20", "technical": "3", "audit": "40", "mark": marks["retention"]},
            )
        ).status_code == 303
        assert 'value="08:30"' in (await admin.get("/desk/settings")).text
        await admin.post(
            "/desk/announcements", data={"zh": "今晚维护", "starts": "2026-03-02T22:00", "intents": "print.jam"}
        )
        assert "今晚维护" in (await admin.get("/desk/settings")).text
    assert len(await rows(site.db, "SELECT * FROM audit WHERE action IN ('settings', 'announced')")) == 3


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\u202e=1", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe(cell).startswith("'")


def test_numbers_and_words_stay() -> None:
    assert [safe(-5), safe("打印机"), safe("a=b")] == ["-5", "打印机", "a=b"]


async def test_statistics_can_be_exported(site: Site) -> None:
    await open_ticket(site.db, now_utc)
    async with desk(site, CHEN) as chen:
        answer = await chen.get("/desk/statistics/intent.csv?days=7")
        assert answer.text.startswith('\ufeff"问题","数量"')
        assert (await chen.get("/desk/statistics/nothing.csv")).status_code == 404


def test_files_are_short() -> None:
    for path in Path("bot/web").rglob("*.py"):
        assert len(path.read_text("utf-8").splitlines()) <= 200, path
