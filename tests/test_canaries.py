"""Secrets sent in by every way that the group and the desk add, then looked for wherever anything is kept or shown.

Telegram, web chat and console as a running program: see test_run.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from emulator import Emulator
from leftovers import in_files, places, shown, visible
from staffgroup import GROUP, WANG, at_work, now, open_one, png, settled, topic_of, until
from support import act, open_ticket
from telegram import Bot

from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.logs import JsonLines
from bot.redact import RedactingFilter
from bot.store.sqlite import SqliteDatabase
from bot.store.support import merchants, replies, triage
from bot.support import export
from bot.support.authority import Actor
from bot.support.errors import Invalid
from bot.web.app import create_app
from tests.redaction_corpus import luhn_digit

BODY = "411111" + "22223333" + "4"
CARD = BODY + luhn_digit(BODY)
PIN, CODE, IDENTITY = "739184", "88421357", "11010519491231002X"
SECRET = f"卡号{CARD}，密码是{PIN}，验证码 {CODE}，身份证{IDENTITY}，安全码 739"
CANARIES = (CARD, CARD[:12], PIN, CODE, IDENTITY, "安全码 739")
XIAOWANG = Actor("wang", "小王", "agent")


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[list[logging.Handler]]:
    """Log everything that any library says, as text and as JSON."""
    made = [logging.FileHandler(tmp_path / name) for name in ("text.log", "json.log")]
    made[1].setFormatter(JsonLines())
    root, level = logging.getLogger(), logging.getLogger().level
    for handler in made:
        handler.addFilter(RedactingFilter())
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield made
    root.setLevel(level)
    for handler in made:
        root.removeHandler(handler)
        handler.close()


async def healthy() -> dict[str, bool]:
    return {}


async def speak_everywhere(telegram: Emulator, db: SqliteDatabase) -> None:
    thread = await topic_of(telegram)
    telegram.user_text(5, SECRET)
    telegram.user_document(5, SECRET.encode(), f"{CARD}.csv")
    said = telegram.user_text(GROUP, SECRET, user=WANG, thread=thread)
    note = telegram.user_text(GROUP, f"// {SECRET}", user=WANG, thread=thread)
    telegram.user_text(GROUP, f"/kb {SECRET}", user=WANG, thread=thread)
    telegram.press_data(GROUP, f"t:1:{CARD}", message_id=thread, user=WANG)
    await until(lambda: not visible(telegram, GROUP, said) and not visible(telegram, GROUP, note))
    for op in (replies.reply, replies.note):
        await db.write(op, act(now, XIAOWANG), 1, SECRET)
    await db.write(merchants.write, act(now, XIAOWANG), "tg:5", f"张 {CARD}", SECRET)
    with pytest.raises(Invalid):
        await db.write(triage.tag, act(now, XIAOWANG), 1, CARD)
    logging.getLogger("bot.x").debug("%s", SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("bot.x").exception("a fault with %s", SECRET)


async def test_no_canary_is_kept_or_shown(
    telegram: Emulator, bot: Bot, db: SqliteDatabase, dialogue: Dialogue, hired: None, logs: object,
    tmp_path: Path,
) -> None:  # fmt: skip
    site = create_app(db, Settings(_env_file=None), healthy, dialogue=dialogue)
    transport = httpx.ASGITransport(site, client=("127.0.0.1", 5))
    browser = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
    async with at_work(bot, db, dialogue), browser:
        await open_one(db)
        await speak_everywhere(telegram, db)
        await settled(db)
        pages = [(await browser.get(path)).text for path in (f"/{CARD}", f"/desk/tickets?text={CARD}", "/metrics",
                                                            "/healthz", f"/desk/login?token={CARD}")]  # fmt: skip
        rows = await export.tickets(db, "", "9999", ZoneInfo("Asia/Shanghai"))
        exported = export.as_csv(export.COLUMNS, rows).decode("utf-8-sig")
        seen = "\n".join([*pages, exported, shown(telegram, GROUP), *telegram.texts(5)])
        assert [one for one in CANARIES if one in seen] == []
        assert await places(db, *CANARIES) == {}
        assert "•" in shown(telegram, GROUP)
        assert sum("已隐藏" in text for text in telegram.texts(5)) >= 1
        with sqlite3.connect(db.path) as source, sqlite3.connect(tmp_path / "backup.db") as target:
            source.backup(target)
    assert (tmp_path / "text.log").stat().st_size > 1000
    assert in_files(tmp_path, *CANARIES, telegram.token, telegram.token.partition(":")[2]) == {}


async def test_what_the_bot_asked_for_stays_and_is_masked_outside(db: SqliteDatabase, clock: Any) -> None:
    slots = {"serial": "N9101234567", "merchant": "898310148160001", "phone": "13800138000"}
    await open_ticket(db, clock, "web:1", said="打不出小票", channel="web", **slots)
    kept = await places(db, *slots.values())
    assert set(kept) == set(slots.values()), "staff need them on the ticket"
    table = export.as_csv(export.COLUMNS, await export.tickets(db, "", "9999", ZoneInfo("UTC"))).decode()
    assert [value for value in slots.values() if value in table] == []
    assert "•••••••4567" in table


async def test_the_original_with_a_card_is_deleted_whatever_it_is(
    telegram: Emulator, bot: Bot, db: SqliteDatabase, dialogue: Dialogue, hired: None
) -> None:  # fmt: skip
    async with at_work(bot, db, dialogue):
        text = telegram.user_text(5, "打不出小票")
        telegram.user_edit(5, text["message_id"], f"卡号{CARD}")
        album = telegram.user_album(5, [png(), png()], f"卡号{CARD}")
        forwarded = telegram.user_forwarded(6, f"客人的卡 {CARD}")
        voice = telegram.user_voice(6, caption=f"卡 {CARD}")
        harmless = telegram.user_text(6, "密码键盘没反应")
        for chat, message in ((5, text), (5, album[0]), (6, forwarded), (6, voice)):
            await until(lambda chat=chat, message=message: not visible(telegram, chat, message))
        await settled(db)
        assert visible(telegram, 5, album[1])
        assert visible(telegram, 6, harmless)
        assert sum("已隐藏" in text for text in telegram.texts(6)) == 2


async def test_an_original_that_cannot_be_deleted_holds_up_nobody(
    telegram: Emulator, bot: Bot, db: SqliteDatabase, dialogue: Dialogue, hired: None
) -> None:  # fmt: skip
    async with at_work(bot, db, dialogue):
        telegram.user_text(5, f"卡号{CARD}", date=int(now().timestamp()) - 50 * 3600)
        await until(lambda: any("请自己删一下" in text for text in telegram.texts(5)))
        telegram.user_text(5, "打不出小票")
        await until(lambda: "屏幕" in telegram.texts(5)[-1])
