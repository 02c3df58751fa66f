"""The real Telegram parts against a Bot API emulator over HTTP: intake, dialogue, outbox."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from conftest import Clock
from emulator import Emulator
from PIL import Image
from staffgroup import settled, until
from support import kinds
from telegram import Bot

from bot.app import DECODERS
from bot.channels.line import Line
from bot.channels.polling import Poller
from bot.channels.sender import Sender
from bot.channels.telegram import decode, receipt
from bot.dialogue.engine import Dialogue
from bot.dialogue.model import Reply
from bot.fetcher import Fetcher
from bot.service import Service
from bot.store import outbox, pushing, turns
from bot.store.base import Database, Row, Tx
from bot.store.inbox import Work
from bot.store.turns import stamp


@pytest.fixture
async def running(bot: Bot, db: Database, dialogue: Dialogue) -> AsyncIterator[None]:
    """Intake, worker, sender and photos of one bot, unpaced."""
    parts = [Poller(bot, db), Service(db, dialogue, DECODERS), Sender(bot, db, 0), Fetcher(db, Line(bot).fetch, None)]
    tasks = [asyncio.create_task(part.run()) for part in parts]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def parked(tx: Tx) -> list[Row]:
    return await tx.all("SELECT reason FROM inbox WHERE reason IS NOT NULL ORDER BY id")


def test_an_update_is_kept_as_it_came_and_read_as_text() -> None:
    said = "a\0b\ud800c\udc00 😀\\u0000"
    message = {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": said}
    row = receipt({"update_id": 7, "message": message}, "2026")
    assert json.loads(row.payload)["update"]["message"]["text"] == said
    work = Work(1, "telegram", row.chat, row.payload, "2026", None, None, ())
    assert decode(work).incoming.text == "a\ufffdb\ufffdc\ufffd 😀\\u0000"


@pytest.mark.usefixtures("running")
async def test_a_fault_is_answered_walked_and_escalated(telegram: Emulator, db: Database) -> None:
    telegram.user_text(5, "打不出小票")
    await until(lambda: "屏幕" in telegram.texts(5)[-1])
    query = telegram.user_press(5, "缺纸或盖没合好")
    await until(lambda: "解决了吗" in telegram.texts(5)[-1])
    await until(lambda: telegram.answers(query))
    telegram.user_text(5, "转人工")
    await until(lambda: "还能用别的方式收款" in telegram.texts(5)[-1])
    telegram.user_press(5, "直接提交")
    await until(lambda: "编号 1" in telegram.texts(5)[-1])


@pytest.mark.usefixtures("running")
async def test_a_deep_link_names_the_serial(telegram: Emulator) -> None:
    telegram.user_text(5, "/start sn_N9101234567")
    await until(lambda: "N9101234567" in telegram.texts(5)[-1])


@pytest.mark.usefixtures("running")
async def test_a_forged_press_has_no_effect_but_an_answer(telegram: Emulator, db: Database) -> None:
    telegram.user_text(5, "转人工")
    await until(lambda: telegram.texts(5))
    stolen = telegram.sent(5)[-1]["message"]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    for data in ("submit", "x:0", stolen, "a" * 64, ":", "é:1", f"{stolen}9999"):
        query = telegram.press_data(6, data)
        await until(lambda query=query: telegram.answers(query))
    await settled(db)
    assert all("按钮已经失效" in text or "expired" in text for text in telegram.texts(6))


@pytest.mark.usefixtures("running")
async def test_odd_messages_get_a_sensible_reply_and_the_next_is_handled(telegram: Emulator, db: Database) -> None:
    telegram.user_sticker(5)
    telegram.user_voice(5)
    telegram.user_video(5)
    telegram.user_location(5, 31.2, 121.5)
    telegram.user_contact(5, "13800138000")
    telegram.user_poll(5, "?", ["a", "b"])
    telegram.user_document(5, b"%PDF", "a.pdf")
    telegram.user_forwarded(5, "打不出小票")
    telegram.user_text(5, "😀😀😀")
    telegram.user_text(5, "\u202e\u200b\u2066")
    telegram.user_text(5, "啊" * 4096)
    await until(lambda: telegram.count(5) >= 11)
    await settled(db)
    assert await db.read(parked) == []


@pytest.mark.usefixtures("running")
async def test_an_edited_message_is_answered(telegram: Emulator) -> None:
    message = telegram.user_text(5, "你好")
    await until(lambda: telegram.texts(5))
    telegram.user_edit(5, message["message_id"], "打不出小票")
    await until(lambda: "屏幕" in telegram.texts(5)[-1])


@pytest.mark.usefixtures("running")
async def test_groups_channels_and_absurd_updates_are_parked_with_their_reason(
    telegram: Emulator, db: Database
) -> None:
    telegram.user_text(-1001, "hello")
    telegram.channel_post(-1002, "news")
    for absurd in (
        {"message": {"message_id": "x", "chat": 7, "date": []}},
        {"message": {"message_id": 10**30, "chat": {"id": 5, "type": "private"}, "date": 10**20, "text": "x"}},
        {"callback_query": {"id": 1, "from": None}},
        {"message": None},
        {"nonsense": {"a": [1, 2, {"b": None}]}},
    ):
        telegram.raw(absurd)
    telegram.raw(b'{"update_id": %UPDATE_ID%, "message": {"text": "\x00\xff broken')
    telegram.user_text(5, "打不出小票")
    await until(lambda: telegram.count(5) >= 1, 20)
    await settled(db)
    assert len(await db.read(parked)) >= 6
    assert telegram.pending() == []


@pytest.mark.usefixtures("running")
async def test_a_photo_is_kept_small_and_without_metadata(telegram: Emulator, db: Database) -> None:
    out = io.BytesIO()
    Image.new("RGB", (3000, 2000), "white").save(out, "PNG")
    telegram.user_photo(5, out.getvalue())
    await until(lambda: telegram.count(5) == 1)

    async def kept(tx: Tx) -> Row | None:
        return await tx.one("SELECT mime, content FROM media WHERE state = 'ready'")

    for _ in range(200):
        row = await db.read(kept)
        if row:
            break
        await asyncio.sleep(0.05)
    assert row is not None
    assert row["mime"] == "image/jpeg"
    with Image.open(io.BytesIO(row["content"])) as image:
        assert max(image.size) == 1600


@pytest.mark.usefixtures("running")
async def test_who_blocked_the_bot_is_not_tried_for_ever(telegram: Emulator, db: Database) -> None:
    telegram.user_text(5, "你好")
    await until(lambda: telegram.texts(5))
    telegram.block(5)
    telegram.user_text(5, "打不出小票")
    await until(lambda: not telegram.pending())
    await settled(db)
    assert (await db.read(outbox.depth))["failed"] == 1
    telegram.user_text(6, "打不出小票")
    await until(lambda: telegram.texts(6))


@pytest.mark.usefixtures("running")
@pytest.mark.timeout(120)
async def test_a_quarter_of_calls_failing_loses_no_reply(telegram: Emulator, db: Database) -> None:
    shares = {"429": 0.05, "500": 0.05, "502": 0.05, "drop_before": 0.05, "drop_after": 0.05}
    telegram.fault_mix(shares)
    for chat in range(100, 140):
        telegram.user_text(chat, "打不出小票")
        telegram.user_text(chat, "缺纸")
    await until(lambda: all(telegram.count(chat) >= 2 for chat in range(100, 140)), 60)
    await settled(db)
    dropped = telegram.fault_report()["struck"].get("drop_after", 0)
    total = sum(telegram.count(chat) for chat in range(100, 140))
    assert 80 <= total <= 80 + dropped
    for chat in range(100, 140):
        texts = telegram.texts(chat)
        assert "屏幕" in texts[0], "replies came out of order"


@pytest.mark.usefixtures("running")
async def test_an_outage_is_waited_out(telegram: Emulator, db: Database) -> None:
    telegram.user_text(5, "你好")
    await until(lambda: telegram.texts(5))
    telegram.outage("drop_before", 3)
    telegram.user_text(5, "打不出小票")
    await until(lambda: telegram.count(5) == 2, 30)


@pytest.mark.usefixtures("running")
async def test_a_card_number_is_hidden_deleted_and_the_merchant_told(telegram: Emulator, db: Database) -> None:
    message = telegram.user_text(5, "顾客卡号 4111 1111 1111 1111 刷不了")
    await until(lambda: "已隐藏" in "".join(telegram.texts(5)))
    await until(lambda: telegram.message(5, message["message_id"])["deleted"])

    async def everything(tx: Tx) -> str:
        found = []
        for table in ("inbox", "messages", "outbox", "sessions"):
            found += [repr(dict(row)) for row in await tx.all(f"SELECT * FROM {table}")]
        return "".join(found)

    assert "4111" not in await db.read(everything)


async def test_pacing_holds_telegrams_limits(telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue) -> None:
    telegram.rate_limits(per_chat=1, overall=30, burst=3)
    parts = [Poller(bot, db), Service(db, dialogue, DECODERS), Sender(bot, db, 30)]
    tasks = [asyncio.create_task(part.run()) for part in parts]
    for _ in range(6):
        telegram.user_text(5, "你好")
    telegram.user_text(6, "你好")
    await until(lambda: telegram.texts(6), 3)
    await until(lambda: telegram.count(5) == 6, 20)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    refused = [call for call in telegram.calls("sendMessage") if call["status"] == 429]
    assert len(refused) <= 1


TO_A_TICKET = ("打不出小票", "缺纸", "转人工", "直接提交")


async def ticketed(telegram: Emulator, chat: int) -> None:
    for number, line in enumerate(TO_A_TICKET, 1):
        telegram.user_text(chat, line)
        await until(lambda number=number: telegram.count(chat) >= number)


def attempts(telegram: Emulator, chat: int) -> int:
    return sum(str(call["params"]["chat_id"]) == str(chat) for call in telegram.calls("sendMessage"))


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("why", ["blocked", "deactivated", "migrated", "too long"])
async def test_what_can_never_arrive_is_tried_once_and_shown_to_staff(
    telegram: Emulator, db: Database, clock: Clock, why: str
) -> None:
    await ticketed(telegram, 5)
    before = attempts(telegram, 5)
    {"blocked": telegram.block, "deactivated": telegram.deactivate, "migrated": telegram.migrate}.get(
        why, telegram.chat_info
    )(5)
    reply = Reply("字" * 5000 if why == "too long" else "师傅明天到")
    await db.write(turns.speak, "tg:5", "telegram", reply, 1, stamp(clock()), author="wang")
    await settled(db)
    await asyncio.sleep(0.6)  # another round of the sender
    assert attempts(telegram, 5) == before + 1
    assert (await db.read(outbox.depth))["failed"] == 1
    assert "undelivered" in await kinds(db, 1)
    telegram.user_text(6, "打不出小票")
    await until(lambda: telegram.texts(6), 3)


@pytest.mark.usefixtures("running")
async def test_a_chat_that_is_told_to_wait_delays_nobody(telegram: Emulator, db: Database) -> None:
    telegram.fault("429", method="sendMessage", chat=5, times=3, retry_after=2)
    telegram.user_text(5, "你好")
    await until(lambda: attempts(telegram, 5))
    for chat in range(100, 120):
        telegram.user_text(chat, "打不出小票")
    await until(lambda: telegram.count(119), 10)
    await settled(db)
    assert max(seconds for _, seconds in telegram.reply_times(without=[5])) < 2
    assert telegram.count(5) == 1
    assert attempts(telegram, 5) == 4


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(("kind", "most"), [("hang", 1), ("hang_after", 2)])
async def test_an_answer_that_never_comes_is_given_up(telegram: Emulator, db: Database, kind: str, most: int) -> None:
    telegram.fault(kind, method="sendMessage", times=1)
    telegram.user_text(5, "打不出小票")
    telegram.user_text(5, "缺纸")
    await until(lambda: attempts(telegram, 5) == 3, 20)
    await settled(db)
    texts = telegram.texts(5)
    assert len(texts) <= most + 1
    assert "屏幕" in texts[0]
    assert "屏幕" not in texts[-1]


@pytest.fixture
async def moved(bot: Bot, db: Database, service: Service) -> AsyncIterator[None]:
    """Intake, worker and sender; the worker's time of day is moved by the test."""
    tasks = [asyncio.create_task(part.run()) for part in (Poller(bot, db), service, Sender(bot, db, 0))]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.usefixtures("moved")
async def test_nobody_is_nudged_who_could_not_read_the_question(telegram: Emulator, db: Database, clock: Clock) -> None:
    telegram.user_text(5, "你好")
    await until(lambda: telegram.count(5) == 1)
    telegram.fault("drop_before", method="sendMessage")
    telegram.user_text(5, "打不出小票")
    await until(lambda: attempts(telegram, 5) >= 2)
    clock.pass_(minutes=11)
    with contextlib.suppress(AssertionError):
        await until(lambda: False, 1.2)  # the worker looks at its timers
    telegram.clear_faults()
    await until(lambda: telegram.count(5) == 2, 20)
    await asyncio.sleep(1.2)
    assert telegram.count(5) == 2, "a nudge came with the reply that was late"
    clock.pass_(minutes=11)
    await until(lambda: telegram.count(5) == 3)
    assert "还在吗" in telegram.texts(5)[-1]


@pytest.mark.usefixtures("running")
async def test_what_nobody_waits_for_any_more_is_not_sent(telegram: Emulator, db: Database) -> None:
    telegram.fault("drop_before", method="sendMessage")
    for chat, passing in ((5, True), (6, False)):
        payload: dict[str, object] = {"text": "x", "labels": [], "token": None, "passing": passing}
        await db.write(pushing.push, f"tg:{chat}", "telegram", "send", payload, stamp(datetime.now(UTC)))
    await until(lambda: attempts(telegram, 5) >= 3)
    await until(lambda: attempts(telegram, 6) >= 3)
    telegram.clear_faults()
    await until(lambda: telegram.texts(6) == ["x"], 20)
    await settled(db)
    assert telegram.texts(5) == []
