"""No update, however broken, blocks its chat: it is set aside with a reason, or answered, and the next is handled."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Clock
from support import rows

from bot.app import DECODERS
from bot.channels import telegram
from bot.dialogue.engine import Dialogue
from bot.dialogue.model import Reply, Turn
from bot.messages import Messages
from bot.service import Service
from bot.store import inbox
from bot.store.base import Database
from bot.store.inbox import Receipt
from bot.store.turns import stamp
from intents.understanding import Understanding

CHAT = {"id": 5, "type": "private", "first_name": "L"}
USER = {"id": 5, "is_bot": False, "first_name": "L"}


def update(number: int, **message: Any) -> dict[str, Any]:
    return {
        "update_id": number,
        "message": {"message_id": number, "date": 1772442000, "chat": CHAT, "from": USER} | message,
    }


BROKEN = {
    "no content": {},
    "a text that is a list": {"text": ["x"]},
    "a time out of range": {"text": "x", "date": 10**18},
    "a date that is a text": {"text": "x", "date": "soon"},
    "a user without an id": {"text": "x", "from": {"first_name": "L"}},
    "a name that is an object": {"text": "x", "from": {**USER, "first_name": {}}},
    "a photo without sizes": {"photo": [{}]},
    "a chat of a kind that does not exist": {"text": "x", "chat": {**CHAT, "type": "void"}},
    "an absurd id": {"text": "x", "message_id": 10**30},
}
ODD = {
    "NUL": "打不出\x00小票", "half a character": "x\ud800y", "only half a character": "\udfff",
    "a million": "卡" * 10**6,
    "a placeholder": "\ue000 {number}", "zero width": "\u200b", "control": "\x01\x02\x1b[31m",
}  # fmt: skip


class Faulty(Dialogue):
    """A dialogue with faults: it raises at one word, and says at another what no store takes."""

    def step(self, *args: Any, **kwargs: Any) -> Turn:
        text = args[1].text
        if text == "raise":
            raise ZeroDivisionError
        turn = super().step(*args, **kwargs)
        return Turn(turn.session, (Reply("\ud800"),)) if text == "unstorable" else turn


@pytest.fixture
def faulty(db: Database, understanding: Understanding, clock: Clock) -> Service:
    return Service(db, Faulty(understanding, Messages()), DECODERS, clock=clock)


async def handled(db: Database, service: Service, given: dict[str, Any]) -> list[str]:
    """Let an update come, and a good one after it; returns what was said to both."""
    at = stamp(service._clock())
    await db.write(inbox.receive, [telegram.receipt(one, at) for one in (given, update(900, text="打不出小票"))])
    await service.drain()
    assert (await db.read(inbox.depth))["count"] == 0
    return [row["text"] for row in await rows(db, "SELECT text FROM messages WHERE direction = 'out' ORDER BY id")]


@pytest.mark.parametrize("case", BROKEN)
async def test_what_is_no_message_is_set_aside_with_its_reason(db: Database, service: Service, case: str) -> None:
    said = await handled(db, service, update(1, **BROKEN[case]))
    assert "小票" in said[-1] or "纸" in said[-1]
    if len(said) == 1:
        assert (await rows(db, "SELECT reason FROM inbox ORDER BY id"))[0]["reason"]


@pytest.mark.parametrize("case", ODD)
async def test_odd_characters_are_answered(db: Database, service: Service, case: str) -> None:
    said = await handled(db, service, update(1, text=ODD[case]))
    assert len(said) == 2
    assert await rows(db, "SELECT reason FROM inbox WHERE reason IS NOT NULL") == []
    kept = await rows(db, "SELECT text FROM messages WHERE direction = 'in' ORDER BY id")
    assert "\x00" not in kept[0]["text"]


async def test_a_fault_of_the_dialogue_is_answered_with_an_apology(db: Database, faulty: Service) -> None:
    said = await handled(db, faulty, update(1, text="raise"))
    assert said[0] == Messages().say("fault", "zh")
    assert len(said) == 2


async def test_a_turn_that_the_store_refuses_is_set_aside(db: Database, faulty: Service) -> None:
    assert len(await handled(db, faulty, update(1, text="unstorable"))) == 1
    assert "UnicodeEncodeError" in (await rows(db, "SELECT reason FROM inbox ORDER BY id"))[0]["reason"]


async def test_bytes_that_are_no_json_are_set_aside(db: Database, service: Service) -> None:
    for number, payload in enumerate((b"unparsable", b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000)):
        await db.write(inbox.receive, [Receipt("telegram", f"x{number}", "tg:5", payload, stamp(service._clock()))])
    assert len(await handled(db, service, update(1, text="怎么退款"))) == 2
    assert len(await rows(db, "SELECT reason FROM inbox WHERE reason IS NOT NULL")) == 7


async def test_a_press_that_cannot_be_understood_is_answered_all_the_same(db: Database, service: Service) -> None:
    query = {"id": "q1", "from": {"id": "five"}, "chat_instance": "1", "data": [], "message": {"chat": CHAT}}
    await handled(db, service, {"update_id": 1, "callback_query": query})
    parcels = await rows(db, "SELECT payload FROM outbox WHERE kind = 'answer'")
    assert [json.loads(one["payload"])["callback"] for one in parcels] == ["q1"]
