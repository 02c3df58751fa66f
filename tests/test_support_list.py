"""The ticket list: filters, sorting, pages, full-text search, counts, saved views."""

from __future__ import annotations

from typing import Any

import pytest
import support
from support import CHEN, LI, WANG, act, open_ticket

from bot.dialogue.model import AddToTicket
from bot.store.base import Database
from bot.store.support import claims, keeping, listing, replies, search, states, triage
from bot.store.support.filters import SORTS, Filter, Sort
from bot.support.errors import NotAllowed

ALL = Filter()


async def numbers(db: Database, clock: Any, wanted: Filter = ALL, sort: Sort = "oldest") -> list[int]:
    return [row["number"] for row in (await db.read(listing.page, wanted, clock(), sort)).rows]


@pytest.fixture
async def five(db: Database, clock: Any) -> list[int]:
    """1 urgent, 2 claimed by Wang, 3 waiting, 4 resolved, 5 another intent a day later."""
    await support.hire(db, clock)
    found = [await open_ticket(db, clock, f"tg:{chat}", priority="P1" if chat == 1 else "P3") for chat in range(1, 5)]
    await db.write(claims.claim, act(clock), found[1])
    await db.write(states.wait, act(clock, LI), found[2])
    await db.write(states.resolve, act(clock), found[3], "fixed")
    clock.pass_(days=1)
    found.append(
        await open_ticket(db, clock, "tg:5", intent="net.wifi", title="WiFi", said="WiFi連不上，機身 N9101234")
    )
    await db.write(triage.tag, act(clock), found[4], "vip")
    return found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [1, 2, 3, 5]),
        (Filter(status=()), [1, 2, 3, 4, 5]),
        (Filter(status=("waiting", "resolved")), [3, 4]),
        (Filter(priority=("P1",)), [1]),
        (Filter(assignee="wang"), [2]),
        (Filter(unassigned=True), [1, 5]),
        (Filter(intent=("net.wifi",)), [5]),
        (Filter(brand=("newland",)), [1, 2, 3, 5]),
        (Filter(brand=("pax",)), []),
        (Filter(tag="vip"), [5]),
        (Filter(chat="tg:4", status=()), [4]),
        (Filter(older=12), [1, 2, 3]),
        (Filter(newer=12), [5]),
        (Filter(at_risk=True), [1, 2]),
    ],
    ids=str,
)
async def test_filters(db: Database, clock: Any, five: list[int], wanted: Filter, expected: list[int]) -> None:
    assert await numbers(db, clock, wanted) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("newest", [5, 3, 2, 1]), ("oldest", [1, 2, 3, 5]), ("priority", [1, 2, 3, 5]), ("due", [1, 2, 5, 3])],
)
async def test_sorting(db: Database, clock: Any, five: list[int], sort: Sort, expected: list[int]) -> None:
    assert await numbers(db, clock, Filter(), sort) == expected


@pytest.mark.parametrize("sort", list(SORTS))
async def test_pages_follow_each_other_without_gap_or_repeat(db: Database, clock: Any, sort: Sort) -> None:
    for chat in range(23):
        await open_ticket(db, clock, f"tg:{chat}", priority=f"P{chat % 4 + 1}")
    whole = await numbers(db, clock, Filter(), sort)
    found, after = [], ""
    while True:
        page = await db.read(listing.page, Filter(), clock(), sort, after, 5)
        found += [row["number"] for row in page.rows]
        after = page.next
        if not after:
            break
    assert found == whole
    assert len(found) == 23


async def test_a_cursor_that_is_none_begins_at_the_beginning(db: Database, clock: Any, five: list[int]) -> None:
    for cursor in ("x", "%%%", "YWJj", "", "99|99"):
        assert len((await db.read(listing.page, Filter(), clock(), "newest", cursor)).rows) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("卡纸", [1, 2, 3]),  # two characters
        ("打印", [1, 2, 3]),
        ("連不上", [5]),  # traditional finds simplified and the other way
        ("连不上 wifi", [5]),
        ("n910", [5]),  # the beginning of a serial
        ("Ｎ９１０１２３４", [5]),
        ("纸卡", []),  # the other way round is another word
        ("wifi 卡纸 刷卡", []),
        ("电话不通", [2]),  # a note
        ("重启", [2]),  # a reply
        ('"', []),
        ("* OR NEAR(", []),
        ("' OR 1=1 --", []),
    ],
)
async def test_search(db: Database, clock: Any, five: list[int], text: str, expected: list[int]) -> None:
    await db.write(replies.reply, act(clock), 2, "请重启试试")
    await db.write(replies.note, act(clock), 2, "电话不通")
    assert sorted(await numbers(db, clock, Filter(text=text))) == expected


async def test_what_is_added_later_is_found_the_newest_first(db: Database, clock: Any, five: list[int]) -> None:
    await support.turn(db, clock, "tg:1", "现在屏幕发蓝", (AddToTicket(1, "现在屏幕发蓝"),))
    await support.turn(db, clock, "tg:5", "屏幕发蓝了", (AddToTicket(5, "屏幕发蓝了"),))
    assert await numbers(db, clock, Filter(text="发蓝")) == [5, 1]
    assert await numbers(db, clock, Filter(text="发蓝", priority=("P1",))) == [1]


async def test_older_tickets_are_indexed_afterwards(db: Database, clock: Any, five: list[int]) -> None:
    async def lose(tx: Any) -> None:
        await tx.run("DELETE FROM search")

    await db.write(lose)
    assert await numbers(db, clock, Filter(text="卡纸")) == []
    assert await db.write(search.backfill) == 5
    assert await db.write(search.backfill) == 0
    assert await numbers(db, clock, Filter(text="卡纸")) == [3, 2, 1]


async def test_counts(db: Database, clock: Any, five: list[int]) -> None:
    counts = dict(await db.read(listing.counts, "wang", clock()))
    assert counts == {
        "unresolved": 4, "mine": 1, "unassigned": 2, "waiting": 1, "urgent": 1, "at_risk": 2, "overdue": 2,
    }  # fmt: skip


async def test_views_are_ones_own_unless_shared(db: Database, clock: Any, five: list[int]) -> None:
    wanted = Filter(status=("waiting",), text="卡纸", unassigned=True)
    mine = await db.write(keeping.save_view, act(clock), "我的", wanted, "due")
    with pytest.raises(NotAllowed):
        await db.write(keeping.save_view, act(clock), "全组", wanted, "due", True)
    await db.write(keeping.save_view, act(clock, CHEN), "全组", Filter(), "newest", True)
    found = await db.read(keeping.views, "wang")
    assert [(row["name"], wanted, sort) for row, wanted, sort in found] == [
        ("我的", wanted, "due"), ("全组", Filter(), "newest"),
    ]  # fmt: skip
    assert [row["name"] for row, _, _ in await db.read(keeping.views, "li")] == ["全组"]
    await db.write(keeping.drop_view, act(clock, LI), mine)
    assert len(await db.read(keeping.views, "wang")) == 2
    await db.write(keeping.drop_view, act(clock), mine)
    assert len(await db.read(keeping.views, "wang")) == 1


def test_a_filter_from_an_address_takes_what_fits() -> None:
    data = {"status": "open,claimed", "older": "x", "unassigned": "on", "text": "卡纸", "odd": "1", "newer": "24"}
    assert Filter.load(data) == Filter(status=("open", "claimed"), unassigned=True, text="卡纸", newer=24)


async def test_people_on_one_ticket_see_each_other(db: Database, clock: Any, five: list[int]) -> None:
    assert await db.write(keeping.look, 1, WANG.login, clock()) == []
    assert await db.write(keeping.look, 1, LI.login, clock()) == ["小王"]
    clock.pass_(seconds=30)
    assert await db.write(keeping.look, 1, WANG.login, clock()) == ["小李"]
    clock.pass_(seconds=30)
    assert await db.write(keeping.look, 1, WANG.login, clock()) == []
