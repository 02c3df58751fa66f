"""Retention by the clock: everything has its time, and goes by itself."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from leftovers import everything, places
from support import CHEN, act, hire, open_ticket
from website import running as website

from bot.dialogue.engine import Dialogue
from bot.dialogue.model import Incoming, Outcome, Session
from bot.store import media, pushing
from bot.store.base import Database
from bot.store.support import merchants, outcomes, replies, search, settings, states, throttle
from bot.store.times import stamp
from bot.support.book import always
from bot.support.keeper import Keeper
from bot.support.office import Office
from bot.support.policy import Policy, Retention

WORDS = "烤鱼店卡纸"
STAYS = {
    "tickets": "number, fault and times", "ticket_events": "kinds and times", "settings": "the office's own",
    "migrations": "", "replicas": "", "pace": "",
    "staff": "until removed", "canned": "staff's own", "views": "staff's own", "announcements": "staff's own",
    "knowledge_versions": "staff's own", "ticket_tags": "staff's own", "topics": "which topics were deleted",
    "inbox": "what nobody handled yet", "search_fts_data": "", "search_fts_config": "", "sqlite_sequence": "",
    "_sqlite_migrations": "",
}  # fmt: skip
"""Tables that may hold rows after any time, and which; every other one must be empty."""


async def test_nothing_outlives_its_time(db: Database, clock: Any) -> None:
    await hire(db, clock)
    number = await open_ticket(db, clock, "web:1", said=WORDS, serial=WORDS, phone=WORDS, channel="web")
    await db.write(replies.note, act(clock, CHEN), number, WORDS)
    await db.write(replies.reply, act(clock, CHEN), number, WORDS)
    await db.write(merchants.write, act(clock, CHEN), "web:1", WORDS, WORDS)
    await db.write(media.upload, "web:1", "web", "a photo", b"jpeg", "image/jpeg", WORDS, stamp(clock()))
    await db.write(outcomes.add, "web:1", "zh", [Outcome("missed", text=WORDS)], stamp(clock()))
    await db.write(pushing.push, "web:1", "telegram", "send", {"text": WORDS}, stamp(clock()))
    await db.write(throttle.enter, ("login",), clock())
    await db.write(states.resolve, act(clock, CHEN), number, "fixed", WORDS)

    async def handled(tx: Any) -> None:
        await tx.run("UPDATE inbox SET done_at = received_at")
        await tx.run("UPDATE outbox SET state = 'sent'")

    await db.write(handled)
    assert len({name.partition(".")[0] for name in (await places(db, WORDS))[WORDS]}) >= 7

    clock.pass_(days=Retention().tickets + 1)
    steady = iter(range(0, 10**6, 4000))
    await Keeper(db, always, clock, lambda: float(next(steady))).round()
    await db.write(search.compact)
    assert await places(db, WORDS, search.searchable(WORDS), "web:1") == {}
    left = {name.partition(".")[0] for name in await everything(db)}
    assert left <= set(STAYS), "a table without a time: give it one in bot/store/support/retention.py"


@pytest.mark.parametrize(("lang", "words"), [("zh-CN", ("7 天", "怎么删除")), ("zh-TW", ("7 天", "怎麼刪除")),
                                             ("en", ("7 days", "How to erase it"))])  # fmt: skip
async def test_the_data_page_names_the_times_that_hold(
    db: Database, dialogue: Dialogue, clock: Any, lang: str, words: tuple[str, ...]
) -> None:
    keep = {"chats": 7, "tickets": 70, "technical": 3, "audit": 90}
    await db.write(settings.change, act(clock, CHEN), "retention", keep)
    async with website(db, dialogue) as site, site.client() as browser:
        page = await browser.get("/privacy", headers={"Accept-Language": lang})
        assert page.status_code == 200
        assert [word for word in (*words, "70", "90", "/forget") if word not in page.text] == []
        assert 'href="/privacy"' in (await browser.get("/")).text


async def test_the_command_names_the_times_that_hold(dialogue: Dialogue, clock: Any) -> None:
    office = Office(Policy(retention=Retention(chats=7, tickets=70)), ZoneInfo("Asia/Shanghai"))
    turn = dialogue.step(Session(), Incoming("text", clock(), "/privacy"), (), clock(), office)
    text = json.dumps([reply.text for reply in turn.replies], ensure_ascii=False)
    assert "7 天" in text
    assert "70 天" in text
