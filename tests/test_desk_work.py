"""Work on tickets at the desk over HTTP: claims, stale forms, escaping, lists."""

from __future__ import annotations

import asyncio

from desks import JSON, SCRIPT, desk, open_ticket
from support import PEOPLE, row, told
from support import act as acting
from website import Site

from bot.service import now_utc
from bot.store.base import Tx
from bot.store.support import keeping

WANG, LI, CHEN, ED, ADMIN = PEOPLE


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
