"""The staff group when things go wrong: topics gone, Telegram down, floods, kill -9."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from emulator import Emulator
from staffgroup import (
    GROUP,
    WANG,
    at_work,
    cards,
    now,
    open_one,
    reaction,
    settled,
    topic_of,
    until,
)
from support import act
from telegram import Bot

from bot.dialogue.engine import Dialogue
from bot.store.base import Database
from bot.store.sqlite import SqliteDatabase
from bot.store.support import staff, topics
from bot.support.authority import LOCAL

ROOT = Path(__file__).parent.parent


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
        assert found == ["topics", "admin"]
    telegram.group(-99, bot="left")
    async with at_work(bot, db, dialogue, -99):
        assert await db.read(topics.problems) == ["group"]
    async with at_work(bot, db, dialogue):
        assert await db.read(topics.problems) == []


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
