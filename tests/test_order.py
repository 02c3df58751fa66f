"""Order and duplicates: what is repeated, mixed between chats, edited before it came or cut by a restart ends alike.

Promised: a chat's updates are handled in the order in which they were received, each once; how the updates of other
chats fall between them, how often one comes and when posbot starts anew makes no difference. Not promised: an order
that Telegram itself does not keep within a chat.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.app import DECODERS
from bot.channels import telegram
from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from bot.service import Service
from bot.store import inbox, transcript
from bot.store.base import Row, Tx
from bot.store.sqlite import SqliteDatabase
from bot.store.times import stamp
from intents.load import understand

EXAMPLES = 10
CHATS = (5, 6, 7)
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SAID = ("打不出小票", "转人工", "能", "跳过", "提交", "好", "不行", "/status", "报91", "怎么退款", "取消", "谢谢", "1")


class Posbot:
    """A service on a real database that can be closed and opened again."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "posbot.db"
        self._loop = asyncio.new_event_loop()
        self._talk = Dialogue(_understanding(), Messages())
        self.open()

    def open(self) -> None:
        self.db = SqliteDatabase(self._path)
        self._do(self.db.open())
        self._service = Service(self.db, self._talk, DECODERS, clock=lambda: AT)

    def close(self) -> None:
        self._do(self.db.close())

    def receive(self, updates: list[dict[str, Any]]) -> None:
        self._do(self.db.write(inbox.receive, [telegram.receipt(update, stamp(AT)) for update in updates]))

    def handle(self) -> None:
        self._do(self._service.drain())

    def read(self, op: Any, *args: Any) -> Any:
        return self._do(self.db.read(op, *args))

    def end(self) -> None:
        self.close()
        self._loop.close()

    def _do(self, job: Any) -> Any:
        return self._loop.run_until_complete(job)


class Shuffled(RuleBasedStateMachine):
    """The model is the same updates handled one chat after the other, each once, without a restart."""

    @initialize()
    def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="posbot-order-")
        self.posbot = Posbot(Path(self._folder.name))
        self.sent: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        self.number = 100

    @rule(chat=st.sampled_from(CHATS), text=st.sampled_from(SAID))
    def say(self, chat: int, text: str) -> None:
        self._send(chat, "message", self._message(chat, text))

    @rule(chat=st.sampled_from(CHATS), text=st.sampled_from(SAID), known=st.booleans())
    def edit(self, chat: int, text: str, known: bool) -> None:
        message = self._message(chat, text) | {"edit_date": int(AT.timestamp())}
        self._send(chat, "edited_message", message | ({"message_id": 101} if known else {}))

    @rule(chat=st.sampled_from(CHATS), text=st.sampled_from(SAID))
    def edit_before_the_original(self, chat: int, text: str) -> None:
        message = self._message(chat, text)
        self._send(chat, "edited_message", message | {"edit_date": int(AT.timestamp())})
        self._send(chat, "message", message)

    @rule(chat=st.sampled_from(CHATS), nth=st.integers(0, 5), index=st.integers(0, 6))
    def press(self, chat: int, nth: int, index: int) -> None:
        self._send(chat, "callback_query", {"id": f"q{self.number}", "from": _user(chat), "chat_instance": "1",
                                            "message": self._message(chat, "?"), "data": (nth, index)})  # fmt: skip

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        self.posbot.receive([data.draw(st.sampled_from(self.sent))])

    @rule(data=st.data())
    def receive(self, data: st.DataObject) -> None:
        """Some of what waits arrives, the chats mixed at will, each chat's own updates in their order."""
        order = data.draw(st.permutations(range(len(self.waiting)))) if self.waiting else []
        mixed = [self.waiting[at] for at in order]
        lanes = {chat: iter([one for one in self.waiting if _chat(one) == chat]) for chat in CHATS}
        self._arrive([next(lanes[_chat(one)]) for one in mixed])
        self.waiting = []

    @rule()
    def handle(self) -> None:
        self.posbot.handle()

    @rule()
    def restart(self) -> None:
        self.posbot.close()
        self.posbot.open()

    @invariant()
    def nothing_is_handled_twice(self) -> None:
        if hasattr(self, "posbot"):
            assert self.posbot.read(_twice) == []

    def teardown(self) -> None:
        if not hasattr(self, "posbot"):
            return
        self._arrive(self.waiting)
        self.posbot.handle()
        self.posbot.receive(self.sent[::-1])  # as after a confirmation that was lost
        self.posbot.handle()
        try:
            for chat in CHATS:
                assert self._state(self.posbot, chat) == self._alone(chat)
            assert self.posbot.read(inbox.depth)["count"] == 0
        finally:
            self.posbot.end()
            self._folder.cleanup()

    def _alone(self, chat: int) -> Any:
        """Return how the chat stands when nobody else writes and each update is handled as it comes."""
        with tempfile.TemporaryDirectory(prefix="posbot-order-") as folder:
            posbot = Posbot(Path(folder))
            for update in (one for one in self.sent if _chat(one) == chat):
                posbot.receive([_aimed(posbot, chat, update)])
                posbot.handle()
            found = self._state(posbot, chat)
            posbot.end()
        return found

    def _arrive(self, updates: list[dict[str, Any]]) -> None:
        for update in updates:
            if "callback_query" in update:
                self.posbot.handle()  # nobody presses what is not shown yet
            self.posbot.receive([_aimed(self.posbot, _chat(update), update)])
            self.sent.append(update)

    def _state(self, posbot: Posbot, chat: int) -> Any:
        return posbot.read(_state, f"tg:{chat}")

    def _send(self, chat: int, kind: str, content: dict[str, Any]) -> None:
        self.number += 1
        self.waiting.append({"update_id": self.number, kind: content})

    def _message(self, chat: int, text: str) -> dict[str, Any]:
        return {"message_id": self.number, "date": int(AT.timestamp()), "from": _user(chat), "text": text,
                "chat": {"id": chat, "type": "private"}}  # fmt: skip


Shuffled.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # the steps are few: making them fewer would take longer than a test may
)
TestShuffled = Shuffled.TestCase


def _user(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "L", "language_code": "zh"}


def _chat(update: dict[str, Any]) -> int:
    content = next(value for key, value in update.items() if key != "update_id")
    return int(content["from"]["id"])


def _aimed(posbot: Posbot, chat: int, update: dict[str, Any]) -> dict[str, Any]:
    """Return a press with the token of the reply that it means: the nth newest with buttons."""
    query = update.get("callback_query")
    if query is None or not isinstance(query["data"], tuple):
        return update
    nth, index = query["data"]
    shown = [row["token"] for row in posbot.read(transcript.replies, f"tg:{chat}", 0) if row["token"]]
    token = shown[-1 - nth % len(shown)] if shown else "never"
    return {**update, "callback_query": {**query, "data": f"{token}:{index}"}}


async def _state(tx: Tx, chat: str) -> Any:
    said = await tx.all("SELECT direction, kind, text FROM messages WHERE chat = :chat ORDER BY id", chat=chat)
    tickets = await tx.all(
        "SELECT number, intent, status, priority, slots, path FROM tickets WHERE chat = :chat ORDER BY number",
        chat=chat,
    )
    session = await tx.one("SELECT data FROM sessions WHERE chat = :chat", chat=chat)
    events = await tx.all("SELECT kind, data FROM ticket_events WHERE ticket IN "
                          "(SELECT number FROM tickets WHERE chat = :chat) ORDER BY id", chat=chat)  # fmt: skip
    # numbers are given out over all chats: what counts is which ticket of the chat it is
    found: str = json.dumps([said, tickets, session, events], default=dict, ensure_ascii=False)
    return [_plain(found, [row["number"] for row in tickets])]


def _plain(found: str, numbers: list[int]) -> str:
    rows = json.loads(found)
    for at, ticket in enumerate(rows[1]):
        ticket["number"] = at
    for row in rows[0]:
        for number in numbers:
            row["text"] = row["text"].replace(f" {number}", " #")
    if rows[2]:
        session = json.loads(rows[2]["data"])
        rows[2] = {key: session.get(key) for key in ("draft", "symptom", "node", "waiting", "misses", "lang", "round")}
    return json.dumps(rows, ensure_ascii=False)


async def _twice(tx: Tx) -> list[Row]:
    return await tx.all("SELECT inbox FROM messages WHERE inbox IS NOT NULL GROUP BY inbox HAVING COUNT(*) > 1")


def _understanding() -> Any:
    global _known
    _known = _known or understand()
    return _known


_known: Any = None
