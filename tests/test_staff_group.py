"""The staff group over HTTP against the Bot API emulator: topics, cards, both ways, healing, refusals, pace."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from emulator import Emulator
from PIL import Image
from support import act, rows
from telegram import Bot
from test_telegram import settled, until

from bot.app import DECODERS
from bot.channels import staff_group
from bot.channels.line import Line
from bot.channels.link import Link
from bot.channels.polling import Poller
from bot.channels.sender import Sender
from bot.dialogue.engine import Dialogue
from bot.dialogue.model import Incoming, OpenTicket, Session, Turn
from bot.fetcher import Fetcher
from bot.service import Service
from bot.store import inbox, turns
from bot.store.base import Database, Tx
from bot.store.inbox import Receipt
from bot.store.sqlite import SqliteDatabase
from bot.store.support import replies, staff, topics, topics_collect
from bot.support.authority import LOCAL, TABLE, Action, Actor, Role
from bot.support.book import always

ROOT = Path(__file__).parent.parent
GROUP = -1001234
WANG, LI, CHEN, ED, STRANGER = 9101, 9102, 9103, 9104, 9199
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


def now() -> datetime:
    return datetime.now(UTC)


def png(colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def telegram() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.group(GROUP, forum=True)
        for merchant in (5, 6, *range(100, 140)):
            emulator.chat_info(merchant)
        yield emulator


@pytest.fixture
async def bot(telegram: Emulator) -> AsyncIterator[Bot]:
    request = Link(telegram.url, patience=2)
    made = Bot(telegram.token, base_url=telegram.base_url, base_file_url=telegram.file_url, request=request)
    await made.initialize()
    yield made
    telegram.clear_faults()
    await made.shutdown()


@pytest.fixture
async def hired(db: Database) -> None:
    people = (("wang", "小王", "agent", WANG), ("li", "小李", "agent", LI), ("chen", "陈主管", "supervisor", CHEN),
              ("ed", "编辑", "editor", ED))  # fmt: skip
    for login, name, role, telegram_id in people:
        await db.write(staff.add, act(now, LOCAL), login, name, role, None, str(telegram_id))


@contextlib.asynccontextmanager
async def at_work(
    bot: Bot, db: Database, dialogue: Dialogue, group: int = GROUP, rate: float = 0, reader: Any = None
) -> AsyncIterator[Any]:  # fmt: skip
    """Run everything of one bot with a staff group."""
    built = await staff_group.build(db, bot, group, dialogue, always, rate, "https://desk.example/desk")
    service = Service(db, dialogue, DECODERS)
    service.aside = built.handler
    await built.check.look()
    parts = [Poller(bot, db), service, Sender(bot, db, rate), Fetcher(db, Line(bot).fetch, reader), built.sender]
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield built
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def running(bot: Bot, db: Database, dialogue: Dialogue, hired: None) -> AsyncIterator[None]:
    async with at_work(bot, db, dialogue):
        yield


async def open_one(db: Database, merchant: int = 5, channel: str = "telegram", said: str = "打印机卡纸了") -> int:
    """Open a ticket as a merchant's turn does, in one write: the running service never sees the update."""
    change = OpenTicket("print.jam", "打印机卡纸", "P3", "要报修", (), {"serial": "N91"}, True, "newland", "SP930")
    chat = f"tg:{merchant}" if channel == "telegram" else f"web:{merchant}"

    async def opened(tx: Tx) -> int | None:
        await inbox.receive(tx, [Receipt(channel, f"{chat}:{time.monotonic()}", chat, b"{}", turns.stamp(now()))])
        row = await tx.one("SELECT MAX(id) AS id FROM inbox")
        arrived = turns.Arrived(row["id"], channel, chat, Incoming("text", now(), said))
        return await turns.commit(tx, arrived, Turn(Session(lang="zh"), (), (change,)), now())

    return await db.write(opened) or 0


def cards(telegram: Emulator, number: int = 1) -> list[dict[str, Any]]:
    shown = [one for one in telegram.sent(GROUP) if "状态：" in one["text"] and not one["deleted"]]
    return [one for one in shown if f"#{number} ·" in one["text"]]


async def topic_of(telegram: Emulator, number: int = 1) -> int:
    await until(lambda: cards(telegram, number))
    await until(lambda: cards(telegram, number)[-1]["message_id"] in telegram.chat_state(GROUP)["pinned"])
    return int(cards(telegram, number)[-1]["thread"])


def reaction(telegram: Emulator, posted: int) -> str:
    found = telegram.message(GROUP, posted)["reactions"]
    return found[0]["emoji"] if found else ""


async def ticket(db: Database, number: int = 1) -> Any:
    return (await rows(db, "SELECT * FROM tickets WHERE number = :n", n=number))[0]


@pytest.mark.usefixtures("running")
async def test_a_ticket_gets_a_topic_with_a_pinned_card(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    card = cards(telegram)[0]
    assert thread
    for words in ("#1", "P3", "打印机卡纸", "newland SP930", "N91", "等待认领", "打印机卡纸了", "SLA"):
        assert words in card["text"]
    markup = card["message"]["reply_markup"]["inline_keyboard"]
    assert markup[-1][0]["url"] == "https://desk.example/desk/tickets/1"
    assert "#1" in next(one for one in telegram.chat_state(GROUP)["topics"] if one["id"] == thread)["name"]


@pytest.mark.usefixtures("running")
async def test_a_reply_reaches_the_merchant_within_a_second_and_claims(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    started = time.monotonic()
    posted = telegram.user_text(GROUP, "请先关机，打开纸仓", user=WANG, thread=thread)["message_id"]
    await until(lambda: any("请先关机" in text for text in telegram.texts(5)))
    assert time.monotonic() - started < 1
    assert "小王" in telegram.texts(5)[-1]
    await until(lambda: reaction(telegram, posted) == "👍")
    await until(lambda: "小王" in cards(telegram)[-1]["text"])
    assert (await ticket(db))["assignee"] == "wang"
    telegram.user_text(5, "还是不行")
    await until(lambda: any("还是不行" in one["text"] for one in telegram.sent(GROUP, thread)))
    assert not any("请先关机" in one["text"] for one in telegram.sent(GROUP, thread)), "echoed"


@pytest.mark.usefixtures("running")
async def test_notes_stay_among_staff(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    posted = telegram.user_text(GROUP, "// 这家上周也报过", user=WANG, thread=thread)["message_id"]
    telegram.user_text(GROUP, "/note 打印头老化", user=WANG, thread=thread)
    telegram.user_photo(GROUP, png(), "// 内部图", user=WANG, thread=thread)
    await until(lambda: reaction(telegram, posted) == "✍")
    await settled(db)
    notes = await rows(db, "SELECT data FROM ticket_events WHERE kind = 'note' ORDER BY id")
    assert len(notes) == 3
    assert telegram.texts(5) == []


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


@pytest.mark.usefixtures("running")
async def test_photos_and_albums_go_both_ways(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    telegram.user_photo(GROUP, png(), "看这里", user=WANG, thread=thread)
    await until(lambda: any("photo" in one["message"] for one in telegram.sent(5)))
    assert "看这里" in next(one for one in telegram.sent(5) if "photo" in one["message"])["text"]
    telegram.user_album(GROUP, [png("red"), png("blue")], "两张", user=WANG, thread=thread)
    await until(lambda: sum("media_group_id" in one["message"] for one in telegram.sent(5)) == 2)
    telegram.user_voice(GROUP, user=WANG, thread=thread)
    telegram.user_document(GROUP, b"%PDF", "说明.pdf", user=WANG, thread=thread)
    telegram.user_video(GROUP, user=WANG, thread=thread)
    telegram.user_sticker(GROUP, user=WANG, thread=thread)
    kinds = ("voice", "document", "video", "sticker")
    await until(lambda: all(any(kind in one["message"] for one in telegram.sent(5)) for kind in kinds))
    # the merchant is talking with a human now: photos go to the ticket
    telegram.user_photo(5, png(), "屏幕是这样")
    await until(lambda: any("photo" in one["message"] and "屏幕是这样" in one["text"]
                            for one in telegram.sent(GROUP, thread)))  # fmt: skip
    telegram.user_album(5, [png("red"), png("blue"), png("green")], "三张")
    await until(lambda: sum("media_group_id" in one["message"] for one in telegram.sent(GROUP, thread)) == 3)
    telegram.user_voice(5)
    telegram.user_sticker(5)
    telegram.user_location(5, 31.2, 121.5)
    for kind in ("voice", "sticker", "location"):
        await until(lambda kind=kind: any(kind in one["message"] for one in telegram.sent(GROUP, thread)))


@pytest.mark.usefixtures("running")
async def test_edits_are_synced(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    posted = telegram.user_text(GROUP, "请按红色按钮", user=WANG, thread=thread)["message_id"]
    await until(lambda: any("红色" in text for text in telegram.texts(5)))
    telegram.user_edit(GROUP, posted, "请按绿色按钮")
    await until(lambda: any("绿色" in text for text in telegram.texts(5)))
    assert not any("红色" in text for text in telegram.texts(5))
    assert any("绿色" in one["text"] for one in await rows(db, "SELECT text FROM messages"))
    photo = telegram.user_photo(GROUP, png(), "图一", user=WANG, thread=thread)["message_id"]
    await until(lambda: any("图一" in text for text in telegram.texts(5)))
    telegram.user_edit(GROUP, photo, "图二")
    await until(lambda: any("图二" in text for text in telegram.texts(5)))
    said = telegram.user_text(5, "按了")["message_id"]
    await until(lambda: any("按了" in one["text"] for one in telegram.sent(GROUP, thread)))
    telegram.user_edit(5, said, "按了没用")
    await until(lambda: any("改为：按了没用" in one["text"] for one in telegram.sent(GROUP, thread)))


@pytest.mark.usefixtures("running")
async def test_deleted_and_closed_topics_heal(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    telegram.user_text(GROUP, "在的", user=WANG, thread=thread)
    await until(lambda: any("在的" in text for text in telegram.texts(5)))
    telegram.close_topic(GROUP, thread)
    telegram.user_text(5, "关了也要到")
    await until(lambda: any("关了也要到" in one["text"] for one in telegram.sent(GROUP, thread)))
    telegram.delete_topic(GROUP, thread)
    telegram.user_text(5, "删了也要到")
    await until(lambda: any("删了也要到" in one["text"] for one in telegram.sent(GROUP)))
    fresh = await topic_of(telegram)
    assert fresh != thread
    assert any("删了也要到" in one["text"] for one in telegram.sent(GROUP, fresh))
    telegram.user_delete(GROUP, cards(telegram)[-1]["message_id"])
    telegram.user_text(GROUP, "/wait 请拍张照片", user=WANG, thread=fresh)
    await until(lambda: cards(telegram) and "等商户回复" in cards(telegram)[-1]["text"])


async def test_a_migrated_group_is_followed(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:
    telegram.group(-77, kind="group")
    async with at_work(bot, db, dialogue, -77):
        await open_one(db)
        await until(lambda: telegram.count(-77) == 1)
        card = telegram.sent(-77)[0]["message_id"]
        telegram.user_text(-77, "回复卡片", user=WANG, reply_to=card)
        await until(lambda: any("回复卡片" in text for text in telegram.texts(5)))
        telegram.user_text(-77, "闲聊，不给商户", user=WANG)
        fresh = telegram.migrate(-77)
        await until(lambda: telegram.count(fresh) >= 1)
        card = telegram.sent(fresh)[0]["message_id"]
        telegram.user_text(fresh, "搬家以后", user=WANG, reply_to=card)
        await until(lambda: any("搬家以后" in text for text in telegram.texts(5)))
        assert not any("闲聊" in text for text in telegram.texts(5))
        assert await db.read(topics.chat) == fresh
    async with at_work(bot, db, dialogue, -77):  # the configured id is the old one: the new one stays known
        await open_one(db, 6)
        await until(lambda: any("#2" in text for text in telegram.texts(fresh)))


@pytest.mark.usefixtures("running")
async def test_who_blocked_the_bot_is_shown_as_undelivered(telegram: Emulator, db: Database) -> None:
    await open_one(db)
    thread = await topic_of(telegram)
    telegram.block(5)
    posted = telegram.user_text(GROUP, "在吗", user=WANG, thread=thread)["message_id"]
    await until(lambda: reaction(telegram, posted) == "👎")
    await until(lambda: any("没有送达" in one["text"] for one in telegram.sent(GROUP, thread)))


@pytest.mark.usefixtures("running")
async def test_from_claim_to_rating_in_the_group_only(telegram: Emulator, db: Database) -> None:
    telegram.user_text(5, "打不出小票")
    await until(lambda: telegram.texts(5))
    telegram.user_text(5, "转人工")
    await until(lambda: "还能用别的方式收款" in telegram.texts(5)[-1])
    telegram.user_press(5, "直接提交")
    await until(lambda: "编号 1" in telegram.texts(5)[-1])
    thread = await topic_of(telegram)
    telegram.user_press(GROUP, "⚑ 优先级", user=WANG)
    await until(lambda: "🟠 P2" in cards(telegram)[-1]["buttons"][0])
    telegram.user_press(GROUP, "🟠 P2", user=WANG)
    await until(lambda: "· P2 ·" in cards(telegram)[-1]["text"])
    telegram.user_text(GROUP, "/kb 卡纸", user=WANG, thread=thread)
    await until(lambda: any(one["buttons"] and "点一个" in one["text"] for one in telegram.sent(GROUP, thread)))
    found = next(one for one in telegram.sent(GROUP, thread) if "点一个" in one["text"])
    count = telegram.count(5)
    telegram.user_press(GROUP, found["buttons"][0][0], user=WANG)
    await until(lambda: telegram.count(5) > count and "客服小王" in telegram.texts(5)[-1])
    telegram.user_text(GROUP, "/status", user=WANG, thread=thread)
    await until(lambda: any("负责人 小王" in one["text"] for one in telegram.sent(GROUP, thread)))
    telegram.user_text(GROUP, "/p4", user=WANG, thread=thread)
    await until(lambda: "· P4 ·" in cards(telegram)[-1]["text"])
    telegram.user_text(GROUP, "/nonsense", user=WANG, thread=thread)
    await until(lambda: any("/kb" in one["text"] for one in telegram.sent(GROUP, thread)))
    telegram.user_press(GROUP, "✅ 解决", user=WANG)
    await until(lambda: "已修好" in cards(telegram)[-1]["buttons"][0])
    telegram.user_press(GROUP, "已修好", user=WANG)
    await until(lambda: "已解决" in cards(telegram)[-1]["text"])
    await until(lambda: telegram.sent(5)[-1]["buttons"])
    label = next(one for row in telegram.sent(5)[-1]["buttons"] for one in row if "5" in one or "⭐⭐⭐⭐⭐" in one)
    telegram.user_press(5, label)
    await until(lambda: any("⭐" in one["text"] for one in cards(telegram)))
    assert (await ticket(db))["rating"] == 5
    telegram.user_text(GROUP, "/resolve 已说明 谢谢配合", user=WANG, thread=thread)
    await until(lambda: any("工单现在是" in one["text"] for one in telegram.sent(GROUP, thread)))


@pytest.mark.usefixtures("running")
async def test_a_web_merchant_is_worked_in_the_group_as_well(telegram: Emulator, db: Database) -> None:
    await open_one(db, channel="web")
    thread = await topic_of(telegram)
    posted = telegram.user_text(GROUP, "网页您好", user=WANG, thread=thread)["message_id"]
    await until(lambda: reaction(telegram, posted) == "👍")
    telegram.user_photo(GROUP, png(), "图", user=WANG, thread=thread)
    for _ in range(200):
        found = await rows(db, "SELECT m.text FROM messages m JOIN media d ON d.id = m.media WHERE d.state = 'ready'")
        if found:
            break
        await asyncio.sleep(0.02)
    assert found
    await db.write(replies.reply, act(now, Actor("wang", "小王", "agent")), 1, "从工作台说")
    await until(lambda: any("🖥 小王：从工作台说" in one["text"] for one in telegram.sent(GROUP, thread)))


async def test_the_topic_of_an_erased_merchant_is_deleted(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:
    async with at_work(bot, db, dialogue):
        await open_one(db)
        thread = await topic_of(telegram)
        await db.write(turns.forget, "tg:5")
        assert await db.write(topics_collect.forgotten, turns.stamp(now())) == 1
        await until(lambda: telegram.chat_state(GROUP)["topics"][0]["deleted"])
        assert not [one for one in telegram.sent(GROUP, thread) if not one["deleted"]]
        await settled(db)
        assert len(telegram.chat_state(GROUP)["topics"]) == 1


@pytest.mark.usefixtures("running")
async def test_names_and_texts_are_never_markup(telegram: Emulator, db: Database) -> None:
    await open_one(db, said="<b>粗</b> \u202egnp.exe [a](tg://user?id=1) _x_ &amp;")
    await topic_of(telegram)
    text = cards(telegram)[0]["text"]
    assert "<b>粗</b>" in text
    assert "\u202e" not in text
    assert "entities" not in cards(telegram)[0]["message"] or not cards(telegram)[0]["message"]["entities"]


@pytest.mark.timeout(90)
async def test_a_flood_of_tickets_does_not_delay_a_merchant(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:
    telegram.rate_limits(per_chat=1, overall=30, per_group_minute=20, burst=3)
    async with at_work(bot, db, dialogue, rate=30):
        for merchant in range(100, 140):
            await open_one(db, merchant)
        await until(lambda: len([c for c in telegram.calls("sendMessage") if c["status"] == 200]) >= 18, 20)
        started = time.monotonic()
        telegram.user_text(5, "打不出小票")
        await until(lambda: telegram.texts(5))
        assert time.monotonic() - started < 1
        thread = cards(telegram, 1)[0]["thread"]
        started = time.monotonic()
        telegram.user_text(GROUP, "马上看", user=WANG, thread=thread)
        await until(lambda: any("马上看" in text for text in telegram.texts(100)))
        assert time.monotonic() - started < 1
        refused = [call for call in telegram.calls("sendMessage") if call["status"] == 429]
        assert len(refused) <= 2


async def test_what_was_under_way_goes_on_after_a_restart(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:
    telegram.fault("500", method="createForumTopic", times=1)
    async with at_work(bot, db, dialogue):
        await open_one(db)
        await until(lambda: telegram.calls("createForumTopic"))
    async with at_work(bot, db, dialogue):
        thread = await topic_of(telegram)
        telegram.outage("drop_before", 0)
        telegram.user_text(GROUP, "断网时写的", user=WANG, thread=thread)
    telegram.clear_faults()
    async with at_work(bot, db, dialogue):
        await until(lambda: any("断网时写的" in text for text in telegram.texts(5)))
        await settled(db)
    assert sum("断网时写的" in text for text in telegram.texts(5)) == 1
    assert len(cards(telegram)) == 1


async def test_a_fifth_of_calls_failing_loses_nothing(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:
    async with at_work(bot, db, dialogue):
        await open_one(db)
        thread = await topic_of(telegram)
        telegram.fault_mix({"429": 0.05, "500": 0.1, "drop_before": 0.05}, method="sendMessage")
        for index in range(10):
            telegram.user_text(GROUP, f"答{index}", user=WANG, thread=thread)
            telegram.user_text(5, f"问{index}")
        await until(lambda: all(any(f"答{i}" in text for text in telegram.texts(5)) for i in range(10)), 40)
        await until(lambda: all(any(f"问{i}" in one["text"] for one in telegram.sent(GROUP)) for i in range(10)), 40)


async def test_what_is_missing_in_the_group_is_said(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:
    telegram.group(-88, kind="supergroup", bot="member")
    async with at_work(bot, db, dialogue, -88):
        found = await db.read(topics.problems)
        assert len(found) == 2
        assert "话题" in found[0]
        assert "管理员" in found[1]
    telegram.group(-99, bot="left")
    async with at_work(bot, db, dialogue, -99):
        assert "不在客服群" in (await db.read(topics.problems))[0]
    async with at_work(bot, db, dialogue):
        assert await db.read(topics.problems) == []


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


@pytest.mark.timeout(120)
async def test_killed_in_the_middle_nothing_is_lost(telegram: Emulator, tmp_path: Path) -> None:
    """The real program, killed with SIGKILL again and again while both sides write."""
    path = tmp_path / "killed.db"
    database = SqliteDatabase(path)
    await database.open()
    await database.write(staff.add, act(now, LOCAL), "wang", "小王", "agent", None, str(WANG))
    await open_one(database)
    await database.close()
    env = {**os.environ, "POSBOT_TELEGRAM_TOKEN": telegram.token, "POSBOT_DATABASE": str(path),
           "POSBOT_TELEGRAM_API_URL": telegram.base_url.removesuffix("/bot"), "POSBOT_STAFF_CHAT": str(GROUP),
           "POSBOT_LISTEN": "127.0.0.1:0", "POSBOT_TELEGRAM_RATE": "0"}  # fmt: skip

    def start() -> subprocess.Popen[bytes]:
        code = "from bot.cli import main; main()"
        return subprocess.Popen([sys.executable, "-c", code, "run"], env=env, cwd=ROOT, stdout=subprocess.DEVNULL)

    process = start()
    kills = 3
    try:
        await until(lambda: cards(telegram), 40)
        thread = int(cards(telegram)[0]["thread"])
        telegram.user_text(GROUP, "开始", user=WANG, thread=thread)
        await until(lambda: any("开始" in text for text in telegram.texts(5)))
        for kill in range(kills):
            for index in range(5):
                telegram.user_text(GROUP, f"答{kill}{index}", user=WANG, thread=thread)
                telegram.user_text(5, f"问{kill}{index}")
            await asyncio.sleep(0.05 + 0.1 * kill)
            process.kill()
            process.wait()
            process = start()
        names = [f"{kill}{index}" for kill in range(kills) for index in range(5)]
        await until(lambda: all(any(f"答{one}" in text for text in telegram.texts(5)) for one in names), 40)
        await until(lambda: all(any(f"问{one}" in one_["text"] for one_ in telegram.sent(GROUP, thread))
                                for one in names), 40)  # fmt: skip
    finally:
        process.kill()
        process.wait()
    answers = [text for text in telegram.texts(5) if "答" in text]
    assert len(answers) <= len(names) + kills, "a duplicate only where a kill came between send and record"
    assert len([one for one in telegram.chat_state(GROUP)["topics"] if not one["deleted"]]) == 1
