"""What is left when a load is over: every message, reply and ticket counted, at Telegram and in the database."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TypeVar

from bot import app
from bot.config import Settings
from bot.store import inbox, outbox
from bot.store.base import Database, Row, Tx
from tests.emulator import Emulator, RemoteEmulator
from tests.soak.load import SCRIPT

REFERENCE = 9_999
"""The chat that says the script in peace, before the load: what it hears, all must hear."""
DIGITS = re.compile(r"\d+")
Telegram = Emulator | RemoteEmulator
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts over all chats of a load; ``strange`` are replies that the script has not."""

    messages: int
    messages_lost: int
    replies: int
    replies_lost: int
    replies_twice: int
    strange: int
    tickets: int
    tickets_lost: int
    tickets_twice: int
    out_of_order: int
    parked: int

    def clean(self) -> bool:
        """Tell whether nothing is missing, strange, in the wrong order, or a ticket there twice."""
        wrong = (self.messages_lost, self.replies_lost, self.strange, self.tickets_lost, self.tickets_twice,
                 self.out_of_order, self.parked)  # fmt: skip
        return not any(wrong)

    def __str__(self) -> str:
        return "\n".join(f"{name:14} {value}" for name, value in asdict(self).items())


def reference(telegram: Telegram) -> list[str]:
    """Say the script line by line in one chat; returns its replies, numbers hidden."""
    for number, line in enumerate(SCRIPT, 1):
        telegram.user_text(REFERENCE, line)
        until = time.monotonic() + 30
        while telegram.count(REFERENCE) < number:
            if time.monotonic() > until:
                raise TimeoutError(f"no reply to {line} within 30 s")
            time.sleep(0.02)
    return [_masked(text) for text in telegram.texts(REFERENCE)]


def settle(database: str, telegram: Telegram, seconds: float = 900) -> None:
    """Wait until nothing waits at Telegram, in the inbox or in the outbox. TimeoutError if it never comes to that."""
    until = time.monotonic() + seconds
    while telegram.waiting() or asyncio.run(_with(database, _left)):
        if time.monotonic() > until:
            raise TimeoutError(f"something still waits after {seconds:.0f} s")
        time.sleep(0.5)


def collect(database: str, telegram: Telegram, sent: Mapping[int, int], expected: Sequence[str]) -> Evidence:
    """Count what became of a load: ``sent`` lines of the script for each chat, ``expected`` its replies."""
    said = telegram.all_sent()
    counted = [heard([_masked(text) for text in said.get(str(chat), [])], expected[:count])
             for chat, count in sent.items()]  # fmt: skip
    lost, twice, strange, disorder = (sum(one[part] for one in counted) for part in range(4))
    messages, tickets, parked = asyncio.run(_with(database, _stored))
    wanted = sum(count >= SCRIPT.index("直接提交") + 1 for count in sent.values())
    opened = {chat: count for chat, count in tickets.items() if chat != f"tg:{REFERENCE}"}
    return Evidence(
        messages=sum(sent.values()),
        messages_lost=sum(max(0, count - messages[f"tg:{chat}"]) for chat, count in sent.items()),
        replies=sum(len(said.get(str(chat), [])) for chat in sent), replies_lost=lost, replies_twice=twice,
        strange=strange, tickets=sum(opened.values()), tickets_lost=max(0, wanted - len(opened)),
        tickets_twice=sum(count - 1 for count in opened.values()), out_of_order=disorder, parked=parked,
    )  # fmt: skip


def heard(texts: Sequence[str], expected: Sequence[str]) -> tuple[int, int, int, int]:
    """Return of one chat: replies lost, twice, strange, and whether they came in the wrong order."""
    once = [text for text, _ in groupby(texts)]
    there = Counter(texts)
    lost = sum(text not in there for text in expected)
    twice = sum(there[text] - 1 for text in expected if there[text])
    strange = sum(text not in expected for text in texts)
    known = [text for text in once if text in expected]
    return lost, twice, strange, known != [text for text in expected if text in there]


async def _with(database: str, read: Callable[[Database], Awaitable[T]]) -> T:
    db = app.database(Settings(database=database))
    await db.open()
    try:
        return await read(db)
    finally:
        await db.close()


async def _left(db: Database) -> int:
    waiting, unsent = await db.read(inbox.depth), await db.read(outbox.depth)
    return int(waiting["count"] + unsent["count"])


async def _stored(db: Database) -> tuple[Counter[str], dict[str, int], int]:
    """Return the messages and the tickets of each chat, and how many updates were set aside."""

    async def query(tx: Tx) -> tuple[list[Row], list[Row], list[Row]]:
        return (await tx.all("SELECT chat, COUNT(*) AS count FROM messages WHERE direction = 'in' GROUP BY chat"),
                await tx.all("SELECT chat, COUNT(*) AS count FROM tickets GROUP BY chat"),
                await tx.all("SELECT reason FROM inbox WHERE reason IS NOT NULL"))  # fmt: skip

    messages, tickets, parked = await db.read(query)
    return (Counter({row["chat"]: row["count"] for row in messages}),
            {row["chat"]: row["count"] for row in tickets}, len(parked))  # fmt: skip


def _masked(text: str) -> str:
    return DIGITS.sub("#", text)
