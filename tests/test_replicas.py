"""Several posbots on one PostgreSQL: each update, parcel and timer once, in order, whoever dies or sleeps."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from emulator import Emulator
from postgres import Server
from support import rows

from bot.app import DECODERS
from bot.channels import local
from bot.dialogue.engine import Dialogue
from bot.dialogue.model import Incoming, Reply, Session, Turn
from bot.elected import Elected
from bot.outgoing import Deliveries
from bot.service import Service
from bot.store import inbox, outbox, pushing, turns
from bot.store.base import Tx
from bot.store.inbox import Receipt
from bot.store.outbox import Parcel, Result, Sent
from bot.store.postgres.database import PostgresDatabase
from bot.store.times import stamp
from bot.store.turns import AlreadyHandled, Arrived
from tests.soak.process import Posbot

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Make = Callable[..., Awaitable[PostgresDatabase]]


@pytest.fixture
async def replica(empty: str) -> AsyncIterator[Make]:
    """Makes replicas on one empty database."""
    made: list[PostgresDatabase] = []

    async def make(lease: float = 8) -> PostgresDatabase:
        made.append(PostgresDatabase(empty, lease=lease))
        await made[-1].open()
        return made[-1]

    yield make
    await asyncio.gather(*(one.close() for one in made))


def kill(db: PostgresDatabase, server: Server) -> None:
    """Let a replica die: its heart stops and its connections end."""
    for job in db._jobs:
        job.cancel()
    server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'posbot {db.replica}'")


def update(key: int, chat: str) -> Receipt:
    return local.typed("web", chat, str(key), ("打不出小票", "缺纸", "转人工", "直接提交")[key % 4], stamp(NOW))


async def until(ready: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await ready()):  # noqa: ASYNC110 - asks the database
            await asyncio.sleep(0.05)
        return found


@contextlib.asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_replicas_that_race_open_one_ticket_a_chat_and_keep_its_order(replica: Make, dialogue: Dialogue) -> None:
    first, second = await replica(), await replica()
    chats = [f"web:{number}" for number in range(300)]
    for line in range(4):
        for part in range(0, 300, 100):
            await first.write(
                inbox.receive,
                [Receipt("web", f"{chat}.{line}", chat, update(line, chat).payload, stamp(NOW))
                 for chat in chats[part : part + 100]],
            )  # fmt: skip

    async def done() -> bool:
        return not (await first.read(inbox.depth))["count"]

    async with running(*(Service(db, dialogue, DECODERS) for db in (first, second))):
        await until(done, 90)
    assert len(await rows(first, "SELECT number FROM tickets")) == 300
    assert len(await rows(first, "SELECT DISTINCT chat FROM tickets")) == 300
    assert len(await rows(first, "SELECT id FROM messages WHERE direction = 'in'")) == 1200
    assert len(await rows(first, "SELECT DISTINCT owner FROM inbox")) == 2
    wrong = """SELECT chat FROM (SELECT chat, inbox, LAG(inbox) OVER (PARTITION BY chat ORDER BY id) AS before
               FROM messages WHERE direction = 'in') said WHERE before > inbox"""
    assert await rows(first, wrong) == []


async def test_a_chats_next_update_waits_for_the_one_before_it(replica: Make) -> None:
    first, second = await replica(), await replica()
    await first.write(inbox.receive, [update(0, "web:1")])
    await first.write(inbox.receive, [Receipt("web", "2", "web:1", b"{}", stamp(NOW))])
    mine = await first.write(inbox.claim, 10)
    assert [work.id for work in mine] == [1]
    assert await second.write(inbox.claim, 10) == []
    assert await first.write(inbox.claim, 10, ("web:1",)) == []
    await first.write(inbox.done, 1, stamp(NOW))
    assert [work.id for work in await second.write(inbox.claim, 10)] == [2]


async def test_a_dead_replicas_work_is_taken_over_and_what_it_still_says_is_refused(
    replica: Make, server: Server
) -> None:
    dead = await replica(lease=1)
    await dead.write(inbox.receive, [update(0, "web:1")])
    work = (await dead.write(inbox.claim, 10))[0]
    alive = await replica()
    await asyncio.sleep(2)
    assert await alive.write(inbox.claim, 10) == []  # it only takes long: its heart beats
    kill(dead, server)

    async def taken() -> list[inbox.Work]:
        return await alive.write(inbox.claim, 10)

    assert [one.id for one in await until(taken, 5)] == [work.id]
    arrived = Arrived(work.id, "web", "web:1", Incoming("text", NOW, "x"))
    with pytest.raises(AlreadyHandled):  # it slept, wakes, and stores nothing
        await dead.write(turns.commit, arrived, Turn(Session(), (Reply("twice"),)), NOW)
    await alive.write(turns.commit, arrived, Turn(Session(), (Reply("once"),)), NOW)
    assert [row["text"] for row in await rows(alive, "SELECT text FROM messages WHERE direction = 'out'")] == ["once"]


async def test_a_replica_that_leaves_frees_its_work_at_once(replica: Make) -> None:
    leaving, staying = await replica(), await replica()
    await leaving.write(inbox.receive, [update(0, "web:1")])
    assert len(await leaving.write(inbox.claim, 10)) == 1
    await leaving.close()
    assert len(await staying.write(inbox.claim, 10)) == 1


class Post(Deliveries):
    """A channel that takes note of what it was given."""

    channel = "telegram"
    seen: list[tuple[float, str]]

    async def send(self, parcel: Parcel) -> Result:
        self.seen.append((time.monotonic(), parcel.chat))
        return Sent(str(len(self.seen)))


async def say(db: PostgresDatabase, chats: list[str]) -> None:
    for chat in chats:
        await db.write(pushing.push, chat, "telegram", "send", {"text": "x"}, stamp(NOW))


async def test_every_parcel_is_sent_once_by_one_of_the_replicas(replica: Make) -> None:
    posts = [Post(await replica(), lambda: NOW) for _ in range(2)]
    Post.seen = []
    await say(posts[0]._db, [f"tg:{number % 40}" for number in range(120)])  # type: ignore[arg-type]

    async def sent() -> bool:
        return not (await posts[0]._db.read(outbox.depth))["count"]

    async with running(*posts):
        await until(sent)
    assert len(Post.seen) == 120


async def test_the_pace_holds_for_the_sum_of_all_replicas(replica: Make) -> None:
    posts = [Post(await replica(), lambda: NOW, rate=20) for _ in range(2)]
    Post.seen = []
    await say(posts[0]._db, ["tg:1"] * 5 + [f"tg:{number}" for number in range(100, 130)])  # type: ignore[arg-type]
    began = time.monotonic()
    async with running(*posts):
        await asyncio.sleep(2)
    times = [at - began for at, _ in Post.seen]
    assert 20 < len(times) <= 20 + 20 * 2.1  # a burst of a second, then 20 a second
    assert sum(at < 0.9 for at, chat in ((at - began, chat) for at, chat in Post.seen) if chat == "tg:1") <= 3
    assert sum(chat == "tg:1" for _, chat in Post.seen) in (2, 3, 4, 5)


async def test_a_timer_fires_once_whoever_looks(replica: Make) -> None:
    found = [await replica() for _ in range(3)]

    async def wait(tx: Tx) -> None:
        for number in range(50):
            await tx.do("INSERT INTO timers (chat, name, due_at, serial) VALUES (:chat, 'nudge', :at, :serial)",
                        chat=f"web:{number}", at=stamp(NOW + timedelta(minutes=1)), serial=f"s{number}")  # fmt: skip

    await found[0].write(wait)
    later = stamp(NOW + timedelta(minutes=2))
    fired = await asyncio.gather(*(db.write(outbox.fire, later, 10) for db in found for _ in range(5)))
    await asyncio.gather(*(db.write(outbox.fire, later) for db in found))
    assert sum(fired) <= 50
    assert len(await rows(found[0], "SELECT id FROM inbox WHERE channel = 'timer'")) == 50


class Lead:
    """A part that takes note of when it runs."""

    def __init__(self) -> None:
        self.runs = False
        self.seen_at = 0.0

    async def run(self) -> None:
        self.runs = True
        try:
            await asyncio.Event().wait()
        finally:
            self.runs = False


async def test_one_replica_leads_and_another_takes_over(replica: Make, server: Server) -> None:
    dbs, leads = [await replica() for _ in range(3)], [Lead() for _ in range(3)]
    parts = [Elected(db, "intake", lead) for db, lead in zip(dbs, leads, strict=True)]

    async def one_leads() -> bool:
        return sum(lead.runs for lead in leads) == 1

    async with running(*parts):
        await until(one_leads)
        assert all(time.monotonic() - part.seen_at < 5 for part in parts)
        was = next(lead for lead in leads if lead.runs)
        await dbs[leads.index(was)].close()

        async def another_leads() -> bool:
            return any(lead.runs for lead in leads if lead is not was) and not was.runs

        await until(another_leads)
        assert await one_leads()


async def test_work_that_came_to_another_replica_wakes_this_one(replica: Make) -> None:
    here, there = await replica(), await replica()
    heard = asyncio.Event()
    here.listen("chat:web:1", heard.set)
    await asyncio.sleep(0.5)
    work = await there.write(inbox.receive, [update(0, "web:1")])
    assert work == 1
    arrived = Arrived(1, "web", "web:1", Incoming("text", NOW, "x"))
    await there.write(turns.commit, arrived, Turn(Session(), (Reply("y"),)), NOW)
    await asyncio.wait_for(heard.wait(), 0.4)


@pytest.mark.long
def test_a_killed_replica_is_replaced_within_seconds(empty: str, tmp_path: Path) -> None:
    with Emulator() as telegram:
        bots = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            bots.append(Posbot(telegram, tmp_path / name, POSBOT_DATABASE=empty))
            bots[-1].start()  # healthy: whoever stands by is alive
        try:
            telegram.user_text(5, "打不出小票")
            telegram.wait(lambda: telegram.texts(5), 20)
            bots[0].kill()  # it came first, and polled
            began = time.monotonic()
            telegram.user_text(5, "缺纸")
            telegram.wait(lambda: len(telegram.texts(5)) == 2, 20)
            assert time.monotonic() - began < 10
            assert "Traceback" not in bots[1].log.read_text()
        finally:
            for bot in bots:
                bot.terminate()
