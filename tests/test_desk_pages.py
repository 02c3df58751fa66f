"""The desk's other pages over HTTP: sign-in, settings, statistics, every page in every language."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from desks import HTML, JSON, desk, open_ticket
from support import PEOPLE, rows
from support import act as acting
from website import Site, running

from bot.dialogue.engine import Dialogue
from bot.service import now_utc
from bot.store.base import Database
from bot.store.support import staff
from bot.support.authority import LOCAL
from bot.support.export import safe
from bot.support.passwords import hashed

WANG, LI, CHEN, ED, ADMIN = PEOPLE


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
    assert [safe(-5), safe("打印机"), safe("a=b")] == [-5, "打印机", "a=b"]


async def test_statistics_can_be_exported(site: Site) -> None:
    await open_ticket(site.db, now_utc)
    async with desk(site, CHEN) as chen:
        answer = await chen.get("/desk/statistics/intent.csv?days=7")
        assert answer.text.startswith('\ufeff"问题","数量"')
        assert (await chen.get("/desk/statistics/nothing.csv")).status_code == 404


def test_files_are_short() -> None:
    for path in Path("bot/web").rglob("*.py"):
        assert len(path.read_text("utf-8").splitlines()) <= 200, path


async def test_the_list_and_the_statistics_are_exported_without_formulas(site: Site) -> None:
    await open_ticket(site.db, now_utc, title="=HYPERLINK(1)", chat="tg:1")
    await open_ticket(site.db, now_utc, title="打印机卡纸", chat="tg:2", priority="P1")
    async with desk(site, CHEN) as chen:
        answer = await chen.get("/desk/tickets.xlsx?priority=P3")
        assert answer.headers["content-disposition"].endswith('.xlsx"')
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        rows_ = list(sheet.iter_rows())
        assert len(rows_) == 2, "the list's filter holds"
        assert rows_[1][5].value == "'=HYPERLINK(1)"
        assert "f" not in {cell.data_type for cell in rows_[1]}
        assert "'=HYPERLINK(1)" in (await chen.get("/desk/tickets.csv?q=HYPERLINK&show=all")).text
        assert "打印机卡纸" in (await chen.get("/desk/tickets.csv")).text
        assert (await chen.get("/desk/tickets.pdf")).status_code == 404
        found = await chen.get("/desk/statistics/intent.xlsx?days=7")
        table = openpyxl.load_workbook(io.BytesIO(found.content)).active
        assert table is not None
        assert [cell.value for cell in table[1]] == ["问题", "数量"]
        assert table[2][1].value == 2, "numbers stay numbers"
    assert len(await rows(site.db, "SELECT * FROM audit WHERE action = 'export'")) == 3


@pytest.mark.parametrize(("lang", "sentence"), [("zh-CN", "账号是 2 到 32 个小写字母"), ("en", "a login has 2 to 32")])
async def test_a_refusal_speaks_the_readers_language(site: Site, lang: str, sentence: str) -> None:
    person = {"login": "X Y", "name": "x", "role": "agent", "password": "correct horse 9"}
    async with desk(site, ADMIN, {**JSON, "Accept-Language": lang}) as admin:
        answer = await admin.post("/desk/staff", data=person)
        assert answer.status_code == 422
        assert sentence in answer.json()["error"]
        page = (await admin.get("/desk/settings", headers={"Accept": "text/html"})).text
        mark = page.split('action="/desk/settings/hours"')[1].split('name="mark" value="')[1][:16]
        hours = {"workday-0-from": "18:00", "workday-0-until": "09:00", "calendar": "china", "mark": mark}
        refused = (await admin.post("/desk/settings/hours", data=hours)).json()["error"]
        assert ("结束要晚于开始" if lang == "zh-CN" else "must end after it starts") in refused
