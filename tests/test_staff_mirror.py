"""What the topic shows of work at the desk and of the merchant; and the other way about."""

from __future__ import annotations

import asyncio

import pytest
from desks import HTML, JSON, desk
from emulator import Emulator
from staffgroup import GROUP, WANG, at_work, open_one, settled, topic_of, until
from support import WANG as AGENT
from support import rows
from telegram import Bot
from website import Site

from bot.dialogue.engine import Dialogue
from bot.store.base import Database


@pytest.mark.usefixtures("running")
async def test_notes_and_replies_of_the_desk_are_in_the_topic(
    telegram: Emulator, db: Database, site_beside: Site
) -> None:
    await open_one(db)
    thread = await topic_of(telegram)

    def shown(words: str) -> list[str]:
        return [one["text"] for one in telegram.sent(GROUP, thread) if words in one["text"]]

    async with desk(site_beside, AGENT, HTML) as wang:
        await wang.post("/desk/tickets/1/note", data={"text": "怀疑主板"})
        await until(lambda: shown("怀疑主板"))
        assert "内部备注" in shown("怀疑主板")[0]
        assert "小王" in shown("怀疑主板")[0]
        await wang.post("/desk/tickets/1/reply", data={"text": "请稍等"})
        await until(lambda: shown("🖥 小王：请稍等"))
        telegram.user_text(GROUP, "// 群里的备注", user=WANG, thread=thread)
        for _ in range(200):
            page = (await wang.get("/desk/tickets/1")).text
            if "群里的备注" in page:
                break
            await asyncio.sleep(0.02)
        assert "群里的备注" in page
        await settled(db)
    assert len(shown("怀疑主板")) == len(shown("请稍等")) == 1
    assert shown("群里的备注") == [], "a note of the group is not shown there twice"
    assert not any("主板" in text or "备注" in text for text in telegram.texts(5))


@pytest.mark.usefixtures("running")
async def test_a_merchants_presses_are_shown_as_text(telegram: Emulator, db: Database) -> None:
    telegram.user_text(5, "打不出小票")
    await until(lambda: telegram.texts(5))
    telegram.user_text(5, "转人工")
    await until(lambda: "还能用别的方式收款" in telegram.texts(5)[-1])
    telegram.user_press(5, "直接提交")
    await until(lambda: "编号 1" in telegram.texts(5)[-1])
    thread = await topic_of(telegram)
    telegram.user_text(GROUP, "/resolve", user=WANG, thread=thread)
    await until(lambda: telegram.sent(5)[-1]["buttons"])
    telegram.user_press(5, "还没好")
    await until(lambda: any("👆 还没好" in one["text"] for one in telegram.sent(GROUP, thread)))
    assert not any("👆 直接提交" in one["text"] for one in telegram.sent(GROUP)), "the card tells the way here"


@pytest.mark.usefixtures("running")
async def test_card_numbers_of_staff_are_hidden_and_they_are_told(
    telegram: Emulator, db: Database, site_beside: Site
) -> None:
    card = "4111" + "1111" * 3
    await open_one(db)
    thread = await topic_of(telegram)
    telegram.user_text(GROUP, f"是这张吗 {card}", user=WANG, thread=thread)
    await until(lambda: any("已隐藏" in one["text"] for one in telegram.sent(GROUP, thread)))
    await until(lambda: any("是这张吗" in text for text in telegram.texts(5)))
    async with desk(site_beside, AGENT, JSON) as wang:
        for what in ("reply", "note", "wait"):
            said = (await wang.post(f"/desk/tickets/1/{what}", data={"text": f"卡 {card}"})).json()["said"]
            assert "已隐藏" in said
        plain = await wang.post("/desk/tickets/1/reply", data={"text": "新机器的操作员密码是 0000"})
        assert plain.json()["said"] == "已回复"
    await settled(db)
    assert not any(card in text for text in telegram.texts(5))
    assert any("密码是 0000" in text for text in telegram.texts(5))
    for table in ("messages", "ticket_events", "search", "outbox", "inbox", "audit"):
        assert card not in str([dict(one) for one in await rows(db, f"SELECT * FROM {table}")])


async def test_what_is_missing_in_the_group_is_said_in_the_desk(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, site: Site
) -> None:
    from support import ADMIN

    telegram.group(-88, kind="supergroup", bot="member")
    async with at_work(bot, db, dialogue, -88), desk(site, ADMIN, HTML) as admin:
        for path in ("/desk", "/desk/settings"):
            assert "没有开启「话题」" in (await admin.get(path)).text
            english = await admin.get(path, headers={"Accept-Language": "en"})
            assert "has no topics" in english.text
