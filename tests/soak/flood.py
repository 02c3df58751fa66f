"""A flood from many chats at once: how long one honest chat waits, and whether memory stays bounded."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bot.app import DECODERS
from bot.channels import local
from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from bot.service import Service
from bot.store import inbox
from bot.store.base import Database, Tx
from bot.store.sqlite import SqliteDatabase
from bot.store.times import stamp
from intents.load import understand

SAID = ("打不出小票", "报91", "手续费多扣了", "还是不行", "hello hello", "机器没信号了", "asdf jkl", "怎么退款")
EVERY = 2.0
"""Seconds between two messages of the honest chat."""
LIMIT = 10.0
"""Seconds that an answer to the honest chat may take: less than one round over a thousand chats."""
GROWTH = 60.0
"""MB by which memory may grow while a flood is handled."""


@dataclass(frozen=True, slots=True)
class Flooded:
    """What a flood came to."""

    messages: int
    seconds: float
    unanswered: int
    waits: tuple[float, ...]
    growth: float

    def good(self) -> bool:
        """Tell whether every promise held."""
        return not self.unanswered and max(self.waits) <= LIMIT and self.growth <= GROWTH

    def __str__(self) -> str:
        waits = sorted(self.waits)
        return (f"{self.messages} messages handled in {self.seconds:.1f} s ({self.messages / self.seconds:.0f}/s)\n"
                f"honest chat   {len(waits)} messages, answered after {waits[len(waits) // 2]:.2f} s "
                f"(first {self.waits[0]:.2f}, worst {waits[-1]:.2f})\n"
                f"unanswered    {self.unanswered}\nmemory grew   {self.growth:.1f} MB")  # fmt: skip


async def run(chats: int, each: int) -> Flooded:
    """Put ``each`` messages of ``chats`` chats into the inbox at once; another chat writes now and then."""
    dialogue = Dialogue(await asyncio.to_thread(understand), Messages())
    with tempfile.TemporaryDirectory() as folder:
        db = SqliteDatabase(Path(folder) / "posbot.db")
        await db.open()
        try:
            return await _flood(db, dialogue, chats, each)
        finally:
            await db.close()


async def _flood(db: Database, dialogue: Dialogue, chats: int, each: int) -> Flooded:
    dialogue.understanding.match(SAID[0])
    for number in range(each):
        await db.write(inbox.receive, [_message(f"web:flood{chat}", number) for chat in range(chats)])
    memory, began = _memory(), time.monotonic()
    service = asyncio.create_task(Service(db, dialogue, DECODERS).run())
    waits, number, most = [], 0, 0.0
    while True:
        waits.append(await _ask(db, number))
        most, number = max(most, _memory() - memory), number + 1
        left = await db.read(_left)
        if not left or time.monotonic() - began > 600:
            break
        await asyncio.sleep(max(0.0, EVERY - waits[-1]))
    seconds = time.monotonic() - began
    service.cancel()
    await asyncio.gather(service, return_exceptions=True)
    return Flooded(chats * each + number, seconds, left, tuple(waits), most)


def _message(chat: str, number: int) -> inbox.Receipt:
    return local.typed("web", chat, f"{chat}:{number}", SAID[number % len(SAID)], stamp(datetime.now(UTC)))


async def _ask(db: Database, number: int) -> float:
    """Say something in the honest chat; returns the seconds until it was answered."""
    began, said = time.monotonic(), asyncio.Event()
    stop = db.listen("chat:web:honest", said.set)
    await db.write(inbox.receive, [_message("web:honest", number)])
    async with asyncio.timeout(120):
        while await db.read(_answers) <= number:
            await said.wait()
            said.clear()
    stop()
    return time.monotonic() - began


async def _answers(tx: Tx) -> int:
    row = await tx.one("SELECT COUNT(*) AS n FROM messages WHERE chat = 'web:honest' AND direction = 'out'")
    return int(row["n"]) if row else 0


async def _left(tx: Tx) -> int:
    row = await tx.one("SELECT COUNT(*) AS n FROM inbox WHERE done_at IS NULL AND channel <> 'timer'")
    return int(row["n"]) if row else 0


def _memory() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6
