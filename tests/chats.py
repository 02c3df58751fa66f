"""Chats as data: what a merchant says and does, what must be answered, which ticket must stand at the end.

A step is one of ``said``, ``press``, ``photo``, ``silent`` (minutes), ``staff`` (what a member of staff does,
with its ``text``); with it ``answers`` (texts that must all be in
the replies), ``never`` (texts that must not), ``buttons`` (labels that must be offered). At the end ``ticket``: null
for none, or what must hold for the chat's newest ticket.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from bot.channels.console import Console
from bot.messages import Messages
from bot.store import outbox, ticketing
from bot.store.base import Row, Tx
from bot.store.turns import stamp
from bot.support.authority import Actor
from bot.support.book import always
from bot.support.desk import Desk

FOLDER = Path(__file__).parent / "dialogues"


def load() -> list[tuple[str, dict[str, Any]]]:
    """Return every chat with its test id."""
    chats = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for chat in yaml.safe_load(path.read_text(encoding="utf-8")):
            chats.append((f"{path.stem}: {chat['name']}", chat))
    return chats


async def play(console: Console, chat: dict[str, Any], clock: Any) -> None:
    """Play a chat and assert what it promises."""
    await console.start()
    for number, step in enumerate(chat["chat"], 1):
        replies = await _do(console, step, clock)
        _expect(f"step {number} {step}", replies, step)
    if "ticket" in chat:
        await _expect_ticket(console, chat["ticket"])


async def _do(console: Console, step: dict[str, Any], clock: Any) -> list[dict[str, Any]]:
    if "said" in step:
        return await console.say(str(step["said"]))
    if "press" in step:
        return await console.press(str(step["press"]))
    if "photo" in step:
        return await console.photo(Path(__file__).parent / "data" / step["photo"])
    if "staff" in step:
        await _staff(console, step, clock)
        return await console._replies()
    clock.pass_(minutes=step["silent"])
    await console.db.write(outbox.fire, stamp(clock()))
    return await console._replies()


async def _staff(console: Console, step: dict[str, Any], clock: Any) -> None:
    """Let a member of staff act on the chat's newest ticket: claim, reply, wait, resolve, release, reopen, block."""
    desk = Desk(console.db, always, Messages(), clock)
    number = (await console.db.read(_tickets, console.chat))[0]["number"]
    who, text = Actor("wang", "小王", "supervisor"), str(step.get("text", ""))
    await {
        "claim": lambda: desk.claim(who, number),
        "reply": lambda: desk.reply(who, number, text),
        "note": lambda: desk.note(who, number, text),
        "wait": lambda: desk.wait(who, number, text),
        "resolve": lambda: desk.resolve(who, number, step.get("reason", "fixed"), text),
        "release": lambda: desk.release(who, number),
        "reopen": lambda: desk.reopen(who, number),
        "block": lambda: desk.block(who, console.chat),
    }[step["staff"]]()


def _expect(where: str, replies: list[dict[str, Any]], step: dict[str, Any]) -> None:
    text = "\n".join(reply["text"] for reply in replies)
    labels = [label for reply in replies for row in reply["buttons"] for label in row]
    for wanted in _list(step.get("answers")):
        assert wanted in text, f"{where}: {wanted!r} is not in {text!r}"
    for unwanted in _list(step.get("never")):
        assert unwanted not in text, f"{where}: {unwanted!r} is in {text!r}"
    for label in _list(step.get("buttons")):
        assert label in labels, f"{where}: no button {label!r} in {labels}"
    if step.get("quiet"):
        assert not replies, f"{where}: answered {text!r}"
    elif "silent" not in step and "staff" not in step:
        assert replies, f"{where}: no answer"


async def _expect_ticket(console: Console, wanted: dict[str, Any] | None) -> None:
    rows = await console.db.read(_tickets, console.chat)
    if wanted is None:
        assert not rows, f"a ticket was opened: {dict(rows[0])}"
        return
    assert rows, "no ticket was opened"
    ticket = await console.db.read(ticketing.show, rows[0]["number"])
    assert ticket is not None
    slots = json.loads(ticket["slots"])
    for key, value in wanted.items():
        if key == "slots":
            assert {name: slots.get(name) for name in value} == value
        elif key == "count":
            assert len(rows) == value
        elif key == "path":
            walked = [step["symptom"] for step in json.loads(ticket["path"])]
            assert value in walked, f"{value} is not on the path {walked}"
        elif key == "added":
            texts = [json.loads(event["data"]).get("text", "") for event in ticket["events"]]
            assert any(value in text for text in texts), f"{value!r} was not added: {texts}"
        else:
            assert ticket[key] == value, f"{key}: {ticket[key]!r}, wanted {value!r}"


async def _tickets(tx: Tx, chat: str) -> list[Row]:
    return await tx.all("SELECT number FROM tickets WHERE chat = :chat ORDER BY number DESC", chat=chat)


def _list(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [str(value)]
