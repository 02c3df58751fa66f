"""What staff do to tickets, on a real database."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import support
from support import CHEN, LI, WANG, act, kinds, open_ticket, row, rows, told

from bot.dialogue.model import AddToTicket, RateTicket, ReopenTicket
from bot.store import inbox, media, outbox, turns
from bot.store.base import Database
from bot.store.inbox import Receipt
from bot.store.support import claims, merchants, merging, replies, showing, states, triage
from bot.store.turns import stamp
from bot.support.errors import AlreadyClaimed, Invalid, MerchantBlocked, NoSuchTicket, WrongStatus


@pytest.fixture(autouse=True)
async def _staff(db: Database, clock: Any) -> None:
    await support.hire(db, clock)


async def test_of_two_who_claim_at_once_one_wins_and_the_other_is_told_who(db: Database, clock: Any) -> None:
    numbers = [await open_ticket(db, clock, f"tg:{chat}") for chat in range(20)]
    for number in numbers:
        results = await asyncio.gather(
            *(db.write(claims.claim, act(clock, who), number) for who in (WANG, LI)), return_exceptions=True
        )
        losers = [error for error in results if isinstance(error, AlreadyClaimed)]
        assert len(losers) == 1
        winner = (await row(db, number))["assignee"]
        assert (losers[0].login, losers[0].name) == (winner, {"wang": "小王", "li": "小李"}[winner])
        assert (await kinds(db, number)).count("claimed") == 1


async def test_the_merchant_hears_once_that_a_human_takes_over(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(claims.claim, act(clock), number)
    await db.write(claims.claim, act(clock), number)
    await db.write(claims.claim, act(clock, LI), number, take=True)
    assert [text for text in await told(db) if "已接手" in text] == [
        f"客服小王已接手您的工单 {number}，接下来由人工回复您。"
    ]
    assert (await row(db, number))["assignee"] == "li"


async def test_a_reply_reaches_transcript_outbox_and_timeline(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    clock.pass_(minutes=7)
    message = await db.write(replies.reply, act(clock), number, "  请重装纸卷  ")
    ticket = await row(db, number)
    assert (ticket["assignee"], ticket["status"], ticket["handled"]) == ("wang", "claimed", 1)
    assert ticket["first_minutes"] == 7
    parcel = json.loads((await rows(db, "SELECT payload FROM outbox WHERE message = :id", id=message))[0]["payload"])
    assert parcel["text"] == "客服小王：\n请重装纸卷"
    shown = await db.read(showing.ticket, number)
    assert (shown.messages[-1]["text"], shown.messages[-1]["name"]) == ("请重装纸卷", "小王")
    assert shown.messages[-1]["delivery"] == "pending"
    assert await kinds(db, number) == ["opened", "claimed", "reply"]


async def test_only_the_holder_and_supervisors_reply(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(claims.claim, act(clock), number)
    with pytest.raises(AlreadyClaimed, match="小王"):
        await db.write(replies.reply, act(clock, LI), number, "你好")
    await db.write(replies.reply, act(clock, CHEN), number, "你好")
    assert (await row(db, number))["assignee"] == "wang"


@pytest.mark.parametrize("text", ["", " \n ", "长" * 3501])
async def test_a_reply_that_cannot_be_sent_is_refused(db: Database, clock: Any, text: str) -> None:
    number = await open_ticket(db, clock)
    with pytest.raises(Invalid):
        await db.write(replies.reply, act(clock), number, text)
    assert (await row(db, number))["assignee"] is None


async def test_what_is_not_there_is_said(db: Database, clock: Any) -> None:
    with pytest.raises(NoSuchTicket):
        await db.write(claims.claim, act(clock), 99)
    with pytest.raises(NoSuchTicket):
        await db.read(showing.ticket, 99)


async def test_a_reply_that_cannot_be_delivered_is_seen_on_the_ticket(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(replies.reply, act(clock), number, "您好")
    parcel = (await db.read(outbox.due, stamp(clock()), 10))[0]
    await db.write(outbox.failed, parcel.id, "Forbidden: bot was blocked by the user", stamp(clock()))
    shown = await db.read(showing.ticket, number)
    assert (shown.messages[-1]["delivery"], shown.messages[-1]["error"]) == (
        "failed", "Forbidden: bot was blocked by the user",
    )  # fmt: skip
    assert shown.events[-1]["kind"] == "undelivered"


async def test_notes_stay_inside(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    before = await told(db)
    await db.write(replies.note, act(clock), number, "<b>客户态度急</b>")
    assert await told(db) == before
    event = (await db.read(showing.ticket, number)).events[-1]
    assert (event["kind"], json.loads(event["data"])["text"]) == ("note", "<b>客户态度急</b>")


async def test_a_waiting_ticket_goes_back_to_work_when_the_merchant_answers(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(states.wait, act(clock), number, "请拍一张背面标签")
    assert (await told(db))[-1].splitlines() == [
        f"工单 {number} 需要您补充：", "请拍一张背面标签", "直接在这里回复就行。",
    ]  # fmt: skip
    ticket = await row(db, number)
    assert (ticket["status"], ticket["due_at"], ticket["handled"]) == ("waiting", None, 1)
    clock.pass_(hours=3)
    await support.turn(db, clock, "tg:1", "拍好了", (AddToTicket(number, "拍好了"),))
    later = await row(db, number)
    assert (later["status"], later["paused_minutes"]) == ("claimed", 180)
    assert later["due_at"] > ticket["solve_due_at"]


async def test_the_end_is_told_and_asked_about_once(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(states.resolve, act(clock), number, "fixed", "已远程重置。")
    last = (await rows(db, "SELECT text, buttons FROM messages WHERE chat = 'tg:1' ORDER BY id DESC LIMIT 1"))[0]
    assert "已处理完" in last["text"]
    assert "已远程重置。" in last["text"]
    actions = [button["action"] for line in json.loads(last["buttons"]) for button in line]
    assert sorted(actions) == sorted([*(f"rate:{number}={star}" for star in range(1, 6)), f"reopen:{number}"])
    with pytest.raises(WrongStatus, match="resolved"):
        await db.write(states.resolve, act(clock, LI), number, "fixed")
    await db.write(states.reopen, act(clock), number)
    await db.write(states.resolve, act(clock), number, "fixed")
    assert "满意" not in (await told(db))[-1]


async def test_stars_and_a_word_are_kept(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(states.resolve, act(clock), number, "fixed")
    await support.turn(db, clock, "tg:1", "5", (RateTicket(number, 5),))
    await support.turn(db, clock, "tg:1", "很快", (RateTicket(number, word="很快"),))
    await support.turn(db, clock, "tg:2", "1", (RateTicket(number, 1),))
    ticket = await row(db, number)
    assert (ticket["rating"], ticket["rating_word"]) == (5, "很快")


async def test_a_merchant_reopens_and_the_clock_starts_anew(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(replies.reply, act(clock), number, "好了")
    await db.write(states.resolve, act(clock), number, "fixed")
    clock.pass_(days=2)
    await support.turn(db, clock, "tg:1", "还没好", (ReopenTicket(number, "还没好"),))
    ticket = await row(db, number)
    assert (ticket["status"], ticket["handled"], ticket["resolved_at"]) == ("claimed", 0, None)
    assert ticket["due_at"] > stamp(clock())


async def test_a_released_ticket_is_everybodys_and_the_bot_is_back(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(replies.reply, act(clock), number, "您好")
    with pytest.raises(AlreadyClaimed):
        await db.write(claims.release, act(clock, LI), number)
    await db.write(claims.release, act(clock), number)
    ticket = await row(db, number)
    assert (ticket["status"], ticket["assignee"], ticket["handled"]) == ("open", None, 0)


async def test_assigning_needs_somebody_who_works_on_tickets(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    for login in ("ed", "nobody"):
        with pytest.raises(Invalid):
            await db.write(claims.assign, act(clock, CHEN), number, login)
    await db.write(claims.assign, act(clock, CHEN), number, "li")
    assert (await row(db, number))["assignee"] == "li"
    assert "小李已接手" in (await told(db))[-1]


async def test_duplicates_of_one_merchant_become_one(db: Database, clock: Any) -> None:
    first, second = await open_ticket(db, clock), await open_ticket(db, clock, said="还是卡纸")
    foreign = await open_ticket(db, clock, "tg:2")
    await db.write(triage.tag, act(clock), second, "急")
    with pytest.raises(Invalid):
        await db.write(merging.merge, act(clock), second, foreign)
    with pytest.raises(Invalid):
        await db.write(merging.merge, act(clock), second, second)
    await db.write(merging.merge, act(clock), second, first)
    ticket = await row(db, second)
    assert (ticket["status"], ticket["merged_into"], ticket["resolution"]) == ("closed", first, "duplicate")
    shown = await db.read(showing.ticket, first)
    assert shown.tags == ["急"]
    assert sum(message["own"] for message in shown.messages) == 3
    with pytest.raises(WrongStatus):
        await db.write(states.reopen, act(clock), second)


async def test_tags_and_priorities_are_checked(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    for bad in ("", "two words", "x" * 41, "<b>"):
        with pytest.raises(Invalid):
            await db.write(triage.tag, act(clock), number, bad)
    await db.write(triage.tag, act(clock), number, "VIP客户")
    await db.write(triage.tag, act(clock), number, "vip客户")
    assert (await db.read(triage.tags))[0]["count"] == 1
    with pytest.raises(Invalid):
        await db.write(triage.prioritise, act(clock), number, "P0")
    before = (await row(db, number))["due_at"]
    await db.write(triage.prioritise, act(clock), number, "P1")
    assert (await row(db, number))["due_at"] < before


async def test_a_blocked_merchant_gets_nothing_and_costs_nothing(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(replies.reply, act(clock), number, "您好")
    await db.write(inbox.receive, [Receipt("telegram", "under-way", "tg:1", b"{}", stamp(clock()))])
    await db.write(merchants.block, act(clock, CHEN), "tg:1")
    assert await db.read(outbox.due, stamp(clock()), 10) == []
    assert await db.read(inbox.waiting, 10) == []
    assert await db.write(inbox.receive, [Receipt("telegram", "later", "tg:1", b"{}", stamp(clock()))]) == 0
    with pytest.raises(MerchantBlocked):
        await db.write(replies.reply, act(clock), number, "在吗")
    before = await told(db)
    await db.write(states.resolve, act(clock), number, "no_answer")
    assert await told(db) == before
    await db.write(turns.forget, "tg:1")
    assert await db.write(inbox.receive, [Receipt("telegram", "still", "tg:1", b"{}", stamp(clock()))]) == 0
    await db.write(merchants.unblock, act(clock, CHEN), "tg:1")
    assert await db.write(inbox.receive, [Receipt("telegram", "again", "tg:1", b"{}", stamp(clock()))]) == 1


async def test_photos_of_a_blocked_merchant_are_not_kept(db: Database, clock: Any) -> None:
    await db.write(merchants.block, act(clock, CHEN), "web:1")
    await db.write(media.upload, "web:1", "web", "k", b"photo", "image/jpeg", "", stamp(clock()))
    assert await rows(db, "SELECT 1 FROM media") == []


async def test_a_turn_under_way_when_the_block_comes_is_not_stored(db: Database, clock: Any) -> None:
    await db.write(inbox.receive, [Receipt("telegram", "1", "tg:5", b"{}", stamp(clock()))])
    work = (await db.read(inbox.waiting, 10))[0]
    await db.write(merchants.block, act(clock, CHEN), "tg:5")
    from bot.dialogue.model import Incoming, Reply, Session, Turn

    arrived = turns.Arrived(work.id, "telegram", "tg:5", Incoming("text", clock(), "x"))
    with pytest.raises(turns.AlreadyHandled):
        await db.write(turns.commit, arrived, Turn(Session(), (Reply("hi"),)), clock())
    assert await told(db, "tg:5") == []


async def test_a_merchants_page_shows_machines_and_tickets(db: Database, clock: Any) -> None:
    await open_ticket(db, clock, serial="N9101234")
    number = await open_ticket(db, clock, serial="N9101234", said="又卡了")
    await db.write(merchants.write, act(clock), "tg:1", "老张烤鱼", "周二休息")
    page = await db.read(merchants.page, "tg:1")
    assert page is not None
    assert (page["name"], page["notes"]) == ("老张烤鱼", "周二休息")
    assert [(one["model"], one["serial"], one["tickets"]) for one in page["terminals"]] == [("SP930", "N9101234", 2)]
    assert page["tickets"][0]["number"] == number
    assert await db.read(merchants.page, "tg:404") is None


async def test_every_change_is_in_the_audit_log_without_its_words(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock)
    await db.write(replies.reply, act(clock), number, "机密内容")
    await db.write(states.resolve, act(clock), number, "fixed")
    log = await rows(db, "SELECT actor, action, data FROM audit WHERE subject = :s ORDER BY id", s=f"ticket:{number}")
    assert [(one["actor"], one["action"]) for one in log] == [
        ("wang", "claimed"), ("wang", "reply"), ("wang", "resolved"),
    ]  # fmt: skip
    assert not any("机密" in one["data"] for one in log)


async def test_a_forgotten_merchant_leaves_nothing_with_support(db: Database, clock: Any) -> None:
    number = await open_ticket(db, clock, said="canary", serial="CANARY1", phone="CANARY2")
    await db.write(replies.note, act(clock), number, "canary note")
    await db.write(merchants.write, act(clock), "tg:1", "canary", "canary")
    await db.write(turns.forget, "tg:1")
    for table in ("tickets", "ticket_events", "search", "merchants", "audit", "outcomes", "messages"):
        for found in await rows(db, f"SELECT * FROM {table}"):
            assert "canary" not in json.dumps(dict(found), ensure_ascii=False).lower(), table
            assert "tg:1" not in json.dumps(dict(found)), table
