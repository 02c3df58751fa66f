"""Who may act in the staff group: on every message and every button."""

from __future__ import annotations

import asyncio

import pytest
from emulator import Emulator
from staffgroup import (
    CHEN,
    ED,
    GROUP,
    LI,
    STRANGER,
    WANG,
    cards,
    now,
    open_one,
    png,
    reaction,
    settled,
    ticket,
    topic_of,
    until,
)
from support import act, rows

from bot.channels import staff_acts
from bot.store.base import Database
from bot.store.support import staff
from bot.support.authority import LOCAL, TABLE, Action, Role

ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


@pytest.mark.usefixtures("running")
async def test_of_two_who_claim_one_wins_and_the_other_is_told(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    first = telegram.user_press(GROUP, "✋ 认领", user=WANG)
    second = telegram.user_press(GROUP, "✋ 认领", user=LI)
    await until(lambda: telegram.answers(first) and telegram.answers(second))
    assert (await ticket(db))["assignee"] == "wang"
    assert "小王" in telegram.answers(second)[0]["text"]
    posted = telegram.user_text(GROUP, "我来", user=LI, thread=thread)["message_id"]
    await until(lambda: any("已认领" in one["text"] for one in telegram.sent(GROUP, thread)))
    assert not any("我来" in text for text in telegram.texts(5))
    assert reaction(telegram, posted) == ""
    await until(lambda: "✋ 转给我" in cards(telegram)[-1]["buttons"][0])
    telegram.user_press(GROUP, "✋ 转给我", user=LI)
    await until(lambda: "小李" in cards(telegram)[-1]["text"])


@pytest.mark.usefixtures("running")
async def test_outsiders_and_anonymous_admins_are_refused(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    for text in ("我也来说一句", "再说一句"):
        telegram.user_text(GROUP, text, user=STRANGER, thread=thread)
    query = telegram.user_press(GROUP, "✋ 认领", user=STRANGER)
    await until(lambda: telegram.answers(query))
    assert str(STRANGER) in telegram.answers(query)[0]["text"]
    await settled(db)
    hints = [one for one in telegram.sent(GROUP, thread) if "只有名单" in one["text"]]
    assert len(hints) == 1
    telegram.user_text(GROUP, "匿名说话", thread=thread, sender_chat={"id": GROUP, "type": "supergroup", "title": "g"},
                       **{"from": ANONYMOUS})  # fmt: skip
    await until(lambda: any("匿名" in one["text"] for one in telegram.sent(GROUP, thread)))
    telegram.user_text(GROUP, "编辑说话", user=ED, thread=thread)
    await until(lambda: any("权限" in one["text"] for one in telegram.sent(GROUP, thread)))
    forged = telegram.press_data(GROUP, "t:1:block!", cards(telegram)[0]["message_id"], WANG)
    await until(lambda: telegram.answers(forged))
    assert "权限" in telegram.answers(forged)[0]["text"]
    for data in ("t:999:claim", "t:1:nonsense", "x", "t:1:kb.no.such"):
        query = telegram.press_data(GROUP, data, cards(telegram)[0]["message_id"], WANG)
        await until(lambda query=query: telegram.answers(query))
    await settled(db)
    assert telegram.texts(5) == []
    assert (await ticket(db))["assignee"] is None


@pytest.mark.usefixtures("running")
async def test_removed_staff_can_do_nothing(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    await db.write(staff.remove, act(now, LOCAL), "wang")
    telegram.user_text(GROUP, "还在吗", user=WANG, thread=thread)
    await until(lambda: any("只有名单" in one["text"] for one in telegram.sent(GROUP, thread)))
    assert telegram.texts(5) == []


PRESSES = {"claim": Action.CLAIM, "take": Action.TAKE_OVER, "release": Action.CLAIM, "wait": Action.WAIT,
           "resume": Action.WAIT, "reopen": Action.REOPEN, "p1": Action.TRIAGE, "priority": Action.TRIAGE,
           "resolve": Action.RESOLVE, "r.fixed": Action.RESOLVE, "block": Action.BLOCK, "unblock": Action.BLOCK,
           "block!": Action.BLOCK, "kb.print.jam": Action.REPLY, "back": Action.VIEW_TICKETS}  # fmt: skip


@pytest.mark.usefixtures("running")
async def test_every_button_asks_the_authority_table(telegram: Emulator, db: Database) -> None:
    people: dict[int, Role | None] = {WANG: "agent", CHEN: "supervisor", ED: "editor", 9105: "admin", STRANGER: None,
                                      5: None}  # fmt: skip
    await db.write(staff.add, act(now, LOCAL), "root", "管理员", "admin", None, "9105")
    await open_one(db)
    await topic_of(telegram)
    card = cards(telegram)[0]["message_id"]
    asked = []
    for user, role in people.items():
        for name, action in PRESSES.items():
            query = telegram.press_data(GROUP, f"t:1:{name}", card, user)
            asked.append((query, role, action, name))
    await until(lambda: all(telegram.answers(query) for query, *_ in asked), 30)
    for query, role, action, name in asked:
        text = telegram.answers(query)[0]["text"]
        refused = "权限" in text or "只有名单" in text
        assert refused == (role is None or action not in TABLE[role]), (role, name, text)


def test_the_matrix_names_every_button() -> None:
    assert {*staff_acts.PRESSES, *staff_acts.MODES} - set(PRESSES) == {"p2", "p3", "p4"}, "of a kind with p1"


async def handled(db: Database, count: int) -> None:
    """Wait until so many updates were handled, and what came of them is out."""
    for _ in range(1000):
        if (await rows(db, "SELECT COUNT(*) AS n FROM inbox WHERE done_at IS NOT NULL"))[0]["n"] >= count:
            return await settled(db)
        await asyncio.sleep(0.02)
    raise AssertionError("the updates were not handled")


@pytest.mark.usefixtures("running")
async def test_every_command_and_message_asks_the_authority_table(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    before = await rows(db, "SELECT kind FROM ticket_events")
    for user in (ED, STRANGER, 5):
        for name in (*staff_acts.ACTIONS, "note"):
            telegram.user_text(GROUP, f"/{name} 卡纸", user=user, thread=thread)
        telegram.user_text(GROUP, "说话", user=user, thread=thread)
        telegram.user_text(GROUP, "// 备注", user=user, thread=thread)
        telegram.user_photo(GROUP, png(), "图", user=user, thread=thread)
    count = 1 + 3 * (len(staff_acts.ACTIONS) + 4)
    await handled(db, count)
    assert await rows(db, "SELECT kind FROM ticket_events") == before
    assert telegram.count(5) == 0
    assert (await ticket(db))["status"] == "open"
    named = ("claim", "note", "wait", "resume", "p1", "resolve", "reopen", "status", "kb", "release", "claim")
    for name in named:
        telegram.user_text(GROUP, f"/{name} 卡纸", user=WANG, thread=thread)
    await handled(db, count + len(named))
    assert len(await rows(db, "SELECT kind FROM ticket_events")) >= len(before) + 8
