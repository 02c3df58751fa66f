"""A staff group at the Bot API emulator: the people in it, a bot at work there, what it shows."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from emulator import Emulator
from PIL import Image
from support import act, rows
from telegram import Bot

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
from bot.store import inbox, outbox, turns
from bot.store.base import Database, Tx
from bot.store.inbox import Receipt
from bot.store.support import staff
from bot.support.authority import LOCAL
from bot.support.book import Offices, always

GROUP = -1001234
WANG, LI, CHEN, ED, STRANGER = 9101, 9102, 9103, 9104, 9199


def now() -> datetime:
    return datetime.now(UTC)


def png(colour: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    return out.getvalue()


@contextlib.asynccontextmanager
async def at_work(
    bot: Bot, db: Database, dialogue: Dialogue, group: int = GROUP, rate: float = 0, offices: Offices = always,
    reader: Any = None,
) -> AsyncIterator[Any]:  # fmt: skip
    """Run everything of one bot with a staff group."""
    built = await staff_group.build(db, bot, group, dialogue, offices, rate, "https://desk.example/desk")
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


async def until(ready: Callable[[], Any], seconds: float = 10) -> Any:
    for _ in range(int(seconds / 0.02)):
        with contextlib.suppress(LookupError):
            if value := ready():
                return value
        await asyncio.sleep(0.02)
    raise AssertionError(f"not so within {seconds} s")


async def settled(db: Database) -> None:
    for _ in range(500):
        waits = (await db.read(inbox.depth))["count"] + (await db.read(outbox.depth))["count"]
        if not waits:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("inbox or outbox did not empty")


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


@pytest.fixture
async def running(bot: Bot, db: Database, dialogue: Dialogue, hired: None) -> AsyncIterator[None]:
    async with at_work(bot, db, dialogue):
        yield
