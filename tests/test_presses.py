"""Forged, stolen, old and repeated presses: none has an effect, each is answered; what is genuine works once."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from conftest import Clock
from support import LI, act, hire, open_ticket, rows

from bot.channels import telegram
from bot.channels.staff import StaffGroup
from bot.dialogue.engine import Dialogue
from bot.service import Service
from bot.store import inbox, transcript
from bot.store.base import Database
from bot.store.support import claims, states, topics
from bot.store.turns import stamp
from bot.support.book import always

GROUP, PRESSES = -1001234, 1000
EFFECTS = ("SELECT * FROM tickets ORDER BY number", "SELECT * FROM ticket_events ORDER BY id",
           "SELECT * FROM outcomes ORDER BY id", "SELECT chat, name FROM timers ORDER BY chat, name")  # fmt: skip


class World:
    """A service with chats whose updates are those of Telegram."""

    def __init__(self, db: Database, service: Service, clock: Clock) -> None:
        self.db, self.service, self.clock = db, service, clock
        self.number = 0

    async def say(self, user: int, *texts: str) -> None:
        for text in texts:
            message = {"message_id": self.number + 1, "text": text, **self._from(user), "chat": private(user)}
            await self._take({"message": message})

    async def press(self, user: int, data: Any, chat: dict[str, Any] | None = None, **message: Any) -> None:
        place = {"message_id": 9, "chat": chat or private(user), "date": 1, "text": "?", **message}
        query = {"id": f"q{self.number + 1}", "chat_instance": "1", "data": data, "message": place}
        await self._take({"callback_query": {**query, "from": self._from(user)["from"]}})

    async def _take(self, update: dict[str, Any]) -> None:
        self.number += 1
        self.clock.pass_(seconds=4)
        found = telegram.receipt({"update_id": self.number, **update}, stamp(self.clock()))
        await self.db.write(inbox.receive, [found])
        await self.service.drain()

    def _from(self, user: int) -> dict[str, Any]:
        at = int(self.clock().timestamp())
        return {"from": {"id": user, "is_bot": False, "first_name": "L", "language_code": "zh"}, "date": at}

    async def buttons(self, user: int, nth: int = -1) -> dict[str, str]:
        """Return what the buttons of a reply send, by label; the newest reply that has some, if no other is named."""
        found = [one for one in await self.db.read(transcript.replies, f"tg:{user}", 0) if one["buttons"]]
        shown = [label for line in transcript.labels(found[nth]["buttons"]) for label in line]
        return {label: f"{found[nth]['token']}:{index}" for index, label in enumerate(shown)}

    async def effects(self) -> list[Any]:
        """Return all that a press could have changed, sessions by what they are about."""
        sessions = await rows(self.db, "SELECT chat, data FROM sessions ORDER BY chat")
        drafts = [(row["chat"], json.loads(row["data"]).get("draft")) for row in sessions]
        return [[one for one in drafts if one[1]], *[await rows(self.db, query) for query in EFFECTS]]

    async def answered(self) -> int:
        """Return how many presses were answered."""
        return len(await rows(self.db, "SELECT DISTINCT payload FROM outbox WHERE kind = 'answer'"))

    async def said(self, user: int) -> str:
        """Return the newest reply."""
        return (await self.db.read(transcript.replies, f"tg:{user}", 0))[-1]["text"]

    async def tickets(self) -> int:
        return len(await rows(self.db, "SELECT number FROM tickets"))


def private(user: int) -> dict[str, Any]:
    return {"id": user, "type": "private", "first_name": "L"}


@pytest.fixture
async def world(db: Database, dialogue: Dialogue, service: Service, clock: Clock) -> World:
    await hire(db, clock)
    await db.write(topics.settle, GROUP)
    service.aside = StaffGroup(db, dialogue.messages, always, clock, lambda: dialogue.understanding)
    return World(db, service, clock)


async def test_a_thousand_forged_presses_do_nothing_and_are_answered(world: World) -> None:
    await open_ticket(world.db, world.clock, chat="tg:5")
    await world.say(6, "转人工", "能")
    old = await world.buttons(6)
    await world.press(6, old["取消"])
    await world.say(6, "打不出小票", "转人工", "能")
    await world.say(7, "转人工", "能", "跳过", "跳过", "跳过")
    stolen = await world.buttons(7)
    before, answered = await world.effects(), await world.answered()
    group, elsewhere = ({"id": GROUP, "type": "supergroup"}, {"id": -77, "type": "group"})
    dice = random.Random(1)
    token = stolen["提交"].partition(":")[0]
    garbage = ["", ":", "submit", "a" * 64, "é:1", "\x00:0", "x:0", "t:1:claim", f"{token}:", f"{token}:²",
               f"{token}:01", f"{token}9:0", token, f"{token}:0:0"]  # fmt: skip
    acts = ("claim", "take", "resolve", "r.fixed", "p1", "block!", "kb.print.jam")
    for _ in range(PRESSES):
        user = dice.choice((5, 6, 8))
        await dice.choice((
            lambda user=user: world.press(user, dice.choice(list(stolen.values()))),
            lambda: world.press(6, dice.choice([old[label] for label in ("跳过", "直接提交", "取消")])),
            lambda: world.press(7, f"{token}:{dice.choice((-1, 3, 99, 10**9))}"),
            lambda user=user: world.press(user, dice.choice(garbage)),
            lambda user=user: world.press(user, stolen["提交"], chat=private(7)),
            lambda: world.press(8, stolen["提交"], chat=elsewhere),
            lambda: world.press(5, dice.choice(list(stolen.values())), date=0, text=None),
            lambda: world.press(dice.choice((5, 999)), f"t:1:{dice.choice(acts)}", group),
        ))()  # fmt: skip
    assert await world.effects() == before
    assert await world.answered() == answered + PRESSES
    assert (await rows(world.db, "SELECT COUNT(*) AS n FROM inbox WHERE done_at IS NULL"))[0]["n"] == 0


async def test_a_button_that_acts_works_once(world: World) -> None:
    await world.say(7, "转人工", "能", "跳过", "跳过", "跳过")
    submit = (await world.buttons(7))["提交"]
    await world.press(7, submit)
    assert await world.tickets() == 1
    events = await world.effects()
    for _ in range(5):
        await world.press(7, submit)
        assert "失效" in await world.said(7)
    assert (await world.effects())[:3] == events[:3]


async def test_a_button_of_an_earlier_ticket_does_not_submit_this_one(world: World) -> None:
    await world.say(7, "转人工", "能")
    submit = (await world.buttons(7))["直接提交"]
    await world.say(7, "取消", "打不出小票", "转人工", "能")
    await world.press(7, submit)
    assert "前面的一步" in await world.said(7)
    assert await world.tickets() == 0
    await world.press(7, (await world.buttons(7))["直接提交"])
    assert await world.tickets() == 1


async def test_a_button_that_acts_expires(world: World) -> None:
    await world.say(7, "转人工")
    submit = (await world.buttons(7))["直接提交"]
    world.clock.pass_(hours=49)
    await world.press(7, submit)
    assert "前面的一步" in await world.said(7)
    assert await world.tickets() == 0


async def test_after_forgetting_no_button_works(world: World) -> None:
    await world.say(7, "打不出小票", "转人工", "能")
    shown = [data for nth in (-1, -2, -3) for data in (await world.buttons(7, nth)).values()]
    await world.say(7, "/cancel", "/forget")
    sure = await world.buttons(7)
    await world.press(7, next(iter(sure.values())))
    assert await rows(world.db, "SELECT id FROM messages WHERE chat = 'tg:7'") == []
    for data in [*shown, *sure.values()]:
        await world.press(7, data)
        assert "失效" in await world.said(7)
    assert await world.tickets() == 0


async def test_an_old_button_that_only_shows_something_keeps_working(world: World) -> None:
    await world.say(7, "打不出小票")
    old = await world.buttons(7)
    await world.say(7, "怎么退款")
    world.clock.pass_(days=3)
    await world.press(7, next(iter(old.values())))
    assert "失效" not in await world.said(7)


async def test_solved_pressed_on_an_old_fix_ends_that_fault_not_this_one(world: World) -> None:
    await world.say(7, "打印机卡纸了怎么办")
    await world.say(7, "机器开不了机")
    await world.press(7, (await world.buttons(7))["转人工"])
    draft = (await world.effects())[0]
    for nth in (0, 1):
        for data in (await world.buttons(7, nth)).values():
            await world.press(7, data)
            assert (await world.effects())[0] == draft


async def test_rating_ends_a_week_after_the_ticket_and_when_it_is_open_again(world: World) -> None:
    await world.say(7, "转人工")
    await world.press(7, (await world.buttons(7))["直接提交"])
    await world.db.write(claims.claim, act(world.clock, LI), 1)
    await world.db.write(states.resolve, act(world.clock, LI), 1, "fixed")
    stars = await world.buttons(7)
    five = next(data for label, data in stars.items() if label.startswith("5"))
    world.clock.pass_(days=8)
    await world.press(7, five)
    assert "失效" in await world.said(7)
    world.clock.pass_(days=-7)
    await world.press(7, five)
    assert (await rows(world.db, "SELECT rating FROM tickets"))[0]["rating"] == 5
    await world.say(7, "/start")
    await world.press(7, next(data for label, data in stars.items() if "没" in label or "打开" in label))
    await world.press(7, next(data for label, data in stars.items() if label.startswith("1")))
    assert (await rows(world.db, "SELECT rating FROM tickets"))[0]["rating"] == 5
