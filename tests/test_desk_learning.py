"""Proposed changes of the knowledge: kept in the database, tried by whoever is alive, shown by every replica."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desks import HTML, JSON, desk
from support import ADMIN, act, hire, rows
from website import running

from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from bot.service import now_utc
from bot.store.base import Database
from bot.store.support import learning, proposals
from bot.web.desk.learning import overlay
from bot.web.desk.learning.teacher import Teacher
from intents.load import understand

PHRASE = "机器嘎嘎响纸卷成麻花"


@pytest.fixture
async def dialogue_(knowledge: Path) -> Dialogue:
    return Dialogue(await asyncio.to_thread(understand, knowledge), Messages())


async def until(ready: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
    for _ in range(int(seconds / 0.05)):
        if value := await ready():
            return value
        await asyncio.sleep(0.05)
    raise AssertionError(f"not so within {seconds} s")


async def test_any_replica_shows_and_publishes_a_change(db: Database, knowledge: Path, dialogue_: Dialogue) -> None:
    await hire(db, now_utc)
    async with running(db, dialogue_, knowledge=knowledge) as first, desk(first, ADMIN, JSON) as admin:
        data = {"phrases": PHRASE, "intent": "print.jam"}
        at = (await admin.post("/desk/knowledge/teach", data=data)).json()["go"]
    # the process is gone; another one with a knowledge of its own goes on
    other = Dialogue(await asyncio.to_thread(understand, knowledge), Messages())
    async with running(db, other, knowledge=knowledge) as second, desk(second, ADMIN, HTML) as admin:
        page = (await admin.get(at)).text
        assert PHRASE in page, "the difference is shown while it is being tried"

        async def tried() -> bool:
            return "发布" in (await admin.get(at)).text

        await until(tried)
        assert (await admin.post(f"{at}/publish")).status_code == 303
        assert other.understanding.match(PHRASE).intent == "print.jam"
        assert (await admin.get(at)).status_code == 404
    assert (await rows(db, "SELECT report FROM knowledge_versions"))[0]["report"].startswith('{"tried"')


async def test_a_change_of_a_dead_process_is_taken_up_again(
    db: Database, clock: Any, knowledge: Path, dialogue_: Dialogue
) -> None:
    files = overlay.with_phrases({}, "print.jam", [PHRASE])
    number = await db.write(proposals.add, act(clock, ADMIN), "n", 0, files, "print.jam", [])
    taken = await asyncio.gather(*(db.write(proposals.take, name, now_utc()) for name in "abc"))
    assert sum(one is not None for one in taken) == 1, "one process tries it"
    dead = next(name for name, one in zip("abc", taken, strict=True) if one)
    assert await db.write(proposals.take, "d", now_utc()) is None
    later = now_utc() + proposals.ALIVE + timedelta(seconds=1)
    assert await db.write(proposals.take, "d", later)
    await db.write(proposals.tried, number, dead, ["late"], {})
    found = await db.read(proposals.get, number)
    assert found is not None
    assert found.state == "working", "what a process says that was given up does not count"
    teacher = Teacher(db, dialogue_, knowledge)
    teacher._worker = "d"
    await teacher._try(found)
    found = await db.read(proposals.get, number)
    assert found is not None
    assert found.state == "ready"
    assert found.effect["right_after"] >= found.effect["right_before"]


async def test_what_kills_processes_is_not_tried_for_ever(db: Database, clock: Any) -> None:
    number = await db.write(proposals.add, act(clock, ADMIN), "n", 0, {}, "print.jam", [])
    at = now_utc()
    for _ in range(proposals.TRIES):
        assert await db.write(proposals.take, "x", at)
        at += proposals.ALIVE + timedelta(seconds=1)
    assert await db.write(proposals.take, "x", at) is None
    found = await db.read(proposals.get, number)
    assert found is not None
    assert found.state == "faulty"


async def test_a_new_question_keeps_only_itself(db: Database, knowledge: Path, dialogue_: Dialogue) -> None:
    await hire(db, now_utc)
    async with running(db, dialogue_, knowledge=knowledge) as site, desk(site, ADMIN, JSON) as admin:
        data = {"phrases": "会员日几号\nwhen is member day", "intent": "new", "id": "care.member", "title_zh": "会员日",
                "title_en": "Member day", "zh": "每月八号。", "en": "On the eighth."}  # fmt: skip
        at = (await admin.post("/desk/knowledge/teach", data=data)).json()["go"]

        async def tried() -> bool:
            return (await rows(db, "SELECT state FROM proposals"))[0]["state"] != "working"

        await until(tried)
        page = (await admin.get(at, headers=HTML)).text
        assert "每月八号" in page
        assert page.count('class="plus"') < 20, "the difference is the question, not the whole file"
        assert (await admin.post(f"{at}/publish")).status_code == 200
        assert dialogue_.understanding.match("会员日几号").intent == "care.member"
    _, files = await db.read(learning.current)
    assert list(files) == [overlay.ADDED]
    assert len(files[overlay.ADDED]) < 1000
