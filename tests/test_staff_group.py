"""Work in the staff group over HTTP against the Bot API emulator: topics, cards, both ways."""

from __future__ import annotations

import asyncio
import time

import pytest
from emulator import Emulator
from staffgroup import (
    GROUP,
    WANG,
    at_work,
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
from telegram import Bot

from bot.dialogue.engine import Dialogue
from bot.store import turns
from bot.store.base import Database
from bot.store.support import replies, topics_collect
from bot.support.authority import Actor


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
