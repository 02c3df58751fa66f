"""Bent updates through the real service over a real database: each is handled or parked, and nothing is stuck."""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app import DECODERS
from bot.channels import telegram
from bot.channels.staff import StaffGroup
from bot.dialogue.engine import Dialogue
from bot.dialogue.model import Incoming, OpenTicket, Session, Turn
from bot.messages import Messages
from bot.service import Service
from bot.store import inbox, turns
from bot.store.base import Row, Tx
from bot.store.sqlite import SqliteDatabase
from bot.store.support import staff as people
from bot.store.support import topics
from bot.store.support.acting import Act
from bot.store.times import stamp
from bot.store.turns import Arrived
from bot.support.authority import LOCAL
from bot.support.book import always
from bot.support.office import ALWAYS
from intents.load import understand
from tests.fuzz import updates, words
from tests.fuzz.merchant import need
from tests.fuzz.run import Fuzz, Step

GROUP, TICKETS = -1001234, 3
KEPT = 2000
"""Rows of a table before it is emptied: the fuzzer looks at one update at a time."""
MEMBERS = {9101: "agent", 9103: "supervisor", 9104: "editor"}
USERS = (*MEMBERS, 5, 9199, 1087968824, 0, -1, 2**63)
PRESSES = ("claim", "take", "release", "wait", "resume", "reopen", "resolve", "priority", "block", "block!", "unblock",
           "back", "r.fixed", "r.x", "p1", "p9", "kb.print.jam", "kb.", "x", "")  # fmt: skip
COMMANDS = (
    "/claim",
    "/take",
    "/release",
    "/wait 2",
    "/resume",
    "/reopen",
    "/resolve",
    "/resolve fixed 好了",
    "/p1",
    "/status",
    "/help",
    "/kb 卡纸",
    "/kb",
    "/note x",
    "/nonsense",
    "//note",
    "//",
    "/claim@other",
    "/@",
    "/claim x y",
)


def staff() -> Fuzz:
    """Return the fuzzer of the staff group's updates: writers of every kind, tickets that are there and not."""
    return _fuzz(_in_group)


def merchants() -> Fuzz:
    """Return the fuzzer of merchants' updates."""
    return _fuzz(updates.bent)


class House:
    """A posbot without a network: database, service, staff group."""

    def __init__(self) -> None:
        logging.disable()  # what is refused is in the report
        memory = Path("/dev/shm")  # noqa: S108 - nothing but random updates is written there
        self.folder = tempfile.mkdtemp(prefix="posbot-fuzz-", dir=memory if memory.is_dir() else None)
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.loop = asyncio.new_event_loop()
        self.db = SqliteDatabase(Path(self.folder) / "posbot.db")
        talk = Dialogue(understand(), Messages())
        self.service = Service(self.db, talk, DECODERS)
        self.service.aside = StaffGroup(self.db, talk.messages, always, _now, lambda: talk.understanding)
        self.handled = 0
        self.loop.run_until_complete(self._furnish())

    def handle(self, given: Sequence[Any]) -> None:
        """Let updates be received and handled, all of them."""
        self.loop.run_until_complete(self._handle(given))

    async def _handle(self, given: Sequence[Any]) -> None:
        at = stamp(_now())
        await self.db.write(inbox.receive, [telegram.receipt(update, at) for update in given])
        await self.service.drain()
        left = await self.db.read(inbox.depth)
        need(left["count"] == 0, "an update is stuck", left)
        for row in await self.db.read(_failed):
            need(False, f"parked by an exception {row['reason'].partition(':')[0]}", row)
        self.handled += len(given)
        if self.handled > KEPT:
            self.handled = 0
            await self.db.write(_empty)

    async def _furnish(self) -> None:
        await self.db.open()
        await self.db.write(topics.settle, GROUP)
        for number, role in MEMBERS.items():
            act = Act(LOCAL, _now(), ALWAYS, self.service.dialogue.messages)
            await self.db.write(people.add, act, f"u{number}", "小王", role, None, str(number))
        for number in range(1, TICKETS + 1):
            await self._ticket(number)

    async def _ticket(self, number: int) -> None:
        chat = f"tg:{4 + number}"
        await self.db.write(inbox.receive, [inbox.Receipt("telegram", f"first{number}", chat, b"{}", stamp(_now()))])
        work = (await self.db.read(inbox.waiting, 1))[0]
        change = OpenTicket("print.jam", "卡纸", "P3", "", (), {}, True)
        arrived = Arrived(work.id, "telegram", chat, Incoming("text", _now(), "卡纸"))
        await self.db.write(turns.commit, arrived, Turn(Session(lang="zh"), (), (change,)), _now())
        await self.db.write(topics.card, number, stamp(_now()))
        await self.db.write(topics.post, number, 100 + number)


class Case:
    """Some updates for the house."""

    def __init__(self, house: House, given: Sequence[Any]) -> None:
        self._house, self._given = house, given

    def __call__(self) -> None:
        self._house.handle(self._given)

    def __str__(self) -> str:
        return json.dumps(self._given)


def _fuzz(update: Any) -> Fuzz:
    house = House()

    def fuzz(dice: random.Random) -> Iterator[Step]:
        yield Case(house, [update(dice) for _ in range(dice.choice((1, 1, 2, 5)))])

    return fuzz


def _in_group(dice: random.Random) -> dict[str, Any]:
    """Return an update of the group, three times of four with some of its values changed."""
    user = {"id": dice.choice(USERS), "is_bot": dice.random() < 0.1, "first_name": "Li"}
    message: dict[str, Any] = {
        "message_id": dice.randrange(1, 300), "date": 1772442000, "from": user,
        "chat": {"id": GROUP, "type": "supergroup", "title": "Support"},
        "message_thread_id": dice.choice((0, 1, 101, 102, 999)),
        "reply_to_message": {"message_id": dice.choice((101, 102, 7)), "date": 1, "chat": {"id": GROUP, "type": "x"}},
        "text": dice.choice((dice.choice(COMMANDS), words.text(dice))),
    }  # fmt: skip
    kind = dice.choice(("message", "message", "edited_message", "callback_query"))
    if kind == "callback_query":
        ticket = dice.choice((1, 2, 3, 0, 99, 10**12))
        data = dice.choice((f"t:{ticket}:{dice.choice(PRESSES)}", "aBc:1", "", "t:", "t:١:claim", "t:1:" + "a" * 60))
        content = {"id": str(dice.randrange(10**6)), "from": user, "chat_instance": "1", "data": data,
                   "message": message}  # fmt: skip
    else:
        content = {**message, **dice.choice(updates.CONTENTS)} if dice.random() < 0.4 else message
    update = {"update_id": dice.randrange(10**9), kind: content}
    for _ in range(dice.choice((0, 0, 1, 2))):
        updates.bend(dice, update)
    return update


async def _failed(tx: Tx) -> list[Row]:
    """Return updates that were parked for another reason than being no update."""
    return await tx.all(
        """SELECT reason, payload FROM inbox WHERE reason IS NOT NULL AND reason NOT LIKE 'not a Telegram%'
           AND reason NOT LIKE 'a%' LIMIT 1"""
    )


async def _empty(tx: Tx) -> None:
    for table in ("outbox", "inbox", "topic_posts", "media"):
        await tx.run(f"DELETE FROM {table} WHERE 1 = 1")
    for number in range(1, TICKETS + 1):
        await topics.post(tx, number, 100 + number)


def _now() -> datetime:
    return datetime.now(UTC)
