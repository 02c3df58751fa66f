"""The time of day jumps by up to a day, forth and back: nothing is stuck, sent twice, closed or erased for that."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import DECODERS
from bot.channels import local
from bot.dialogue.engine import PER_MINUTE, Dialogue
from bot.service import Service
from bot.store import inbox, outbox
from bot.store.base import Tx
from bot.store.sqlite import SqliteDatabase
from bot.store.times import stamp
from bot.store.turns import push
from bot.support.book import always
from bot.support.keeper import Keeper
from bot.support.policy import Policy
from tests.support import open_ticket, rows

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("jump"), st.sampled_from([-86400, -3600, -300, 300, 3600, 86400])),
        st.tuples(st.just("pass"), st.integers(1, 600)),
        st.tuples(st.just("say"), st.integers(1, 3)),
        st.tuples(st.just("push"), st.integers(1, 3)),
        st.tuples(st.just("fail"), st.integers(1, 60)),
    ),
    max_size=25,
)


class World:
    """A posbot whose time of day and steady time are moved by hand."""

    def __init__(self, db: SqliteDatabase, dialogue: Dialogue) -> None:
        self.db = db
        self.now, self.steady = START, 0.0
        self.service = Service(db, dialogue, DECODERS, clock=self.clock, steady=lambda: self.steady)
        self.keeper = Keeper(db, always, self.clock, lambda: self.steady)
        self.sent: Counter[int] = Counter()
        self.said = 0

    def clock(self) -> datetime:
        return self.now

    async def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.steady += seconds
        await self.work()

    async def work(self) -> None:
        await self.service._round()
        await self.service.drain()
        await self.keeper.round()

    async def say(self, chat: int) -> None:
        self.said += 1
        row = local.typed("web", f"web:{chat}", f"k{self.said}", "打不出小票", stamp(self.now))
        await self.db.write(inbox.receive, [row])
        await self.service.drain()

    async def push(self, chat: int) -> None:
        async def op(tx: Tx) -> None:
            await push(tx, f"tg:{chat}", "telegram", "send", {}, stamp(self.now))

        await self.db.write(op)

    async def deliver(self, pause: int = 0) -> None:
        """Send what is due; with a pause, every attempt fails and is tried again after it."""
        while parcels := await self.db.read(outbox.due, stamp(self.now), 10):
            for parcel in parcels:
                if pause:
                    at = stamp(self.now + timedelta(seconds=pause))
                    await self.db.write(outbox.later, parcel.id, "500", at)
                else:
                    self.sent[parcel.id] += 1
                    await self.db.write(outbox.sent, parcel.id, "", stamp(self.now))


async def live(steps: list[tuple[str, int]], dialogue: Dialogue) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = SqliteDatabase(Path(folder) / "posbot.db")
        await db.open()
        world = World(db, dialogue)
        old = START - timedelta(days=Policy().retention.chats - 2)
        await open_ticket(db, lambda: old, chat="tg:9", said="旧的", priority="P4")
        await world.work()
        for what, number in steps:
            if what == "jump":
                world.now += timedelta(seconds=number)
                await world.work()
            elif what == "pass":
                await world.pass_(number)
            elif what == "say":
                await world.say(number)
            elif what == "push":
                await world.push(number)
            else:
                await world.deliver(pause=number)
            said = await rows(db, "SELECT COUNT(*) AS n FROM messages WHERE text = '旧的'")
            assert said[0]["n"] == 1, "erased before its time"
            ticket = await rows(db, "SELECT status FROM tickets")
            assert ticket[0]["status"] == "open"
        await settle(world)
        await db.close()


async def settle(world: World) -> None:
    """Two hours of steady time later nothing waits any more, and nothing came twice."""
    for _ in range(13):
        await world.pass_(600)
        await world.deliver()
    pushed = await rows(world.db, "SELECT COUNT(*) AS n FROM outbox WHERE channel = 'telegram' AND state = 'pending'")
    assert pushed[0]["n"] == 0
    assert set(world.sent.values()) <= {1}
    assert not await rows(world.db, "SELECT 1 FROM timers")
    assert not await rows(world.db, "SELECT 1 FROM inbox WHERE done_at IS NULL")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_whatever_the_clock_does(dialogue: Dialogue, steps: list[tuple[str, int]]) -> None:
    asyncio.run(live(steps, dialogue))


async def world_of(tmp_path: Path, dialogue: Dialogue) -> World:
    db = SqliteDatabase(tmp_path / "posbot.db")
    await db.open()
    return World(db, dialogue)


async def test_a_day_forth_and_back_nudges_nobody(tmp_path: Path, dialogue: Dialogue) -> None:
    world = await world_of(tmp_path, dialogue)
    await world.work()
    await world.say(1)
    before = len(await rows(world.db, "SELECT 1 FROM messages"))
    for jump in (86400, -86400):
        world.now += timedelta(seconds=jump)
        await world.work()
        await world.pass_(30)
    assert len(await rows(world.db, "SELECT 1 FROM messages")) == before
    await world.db.close()


async def test_a_reply_written_before_the_clock_was_set_back_goes_at_once(tmp_path: Path, dialogue: Dialogue) -> None:
    world = await world_of(tmp_path, dialogue)
    await world.push(1)
    await world.push(2)
    await world.deliver(pause=45)
    await world.push(3)
    world.now -= timedelta(days=1)
    await world.deliver()
    assert len(world.sent) == 3
    await world.db.close()


async def test_after_a_long_pause_only_the_end_is_said(tmp_path: Path, dialogue: Dialogue) -> None:
    world = await world_of(tmp_path, dialogue)
    await world.say(1)
    world.now += timedelta(hours=3)  # posbot was stopped meanwhile: its next look at the clock is the first
    before = len(await rows(world.db, "SELECT 1 FROM messages"))
    await world.work()
    assert len(await rows(world.db, "SELECT 1 FROM messages")) == before + 1
    await world.db.close()


async def test_the_limit_lets_go_when_the_clock_was_set_back(tmp_path: Path, dialogue: Dialogue) -> None:
    world = await world_of(tmp_path, dialogue)
    for _ in range(PER_MINUTE + 2):
        await world.say(1)
    world.now -= timedelta(days=1)
    before = len(await rows(world.db, "SELECT 1 FROM messages WHERE direction = 'out'"))
    await world.say(1)
    assert len(await rows(world.db, "SELECT 1 FROM messages WHERE direction = 'out'")) == before + 1
    await world.db.close()
