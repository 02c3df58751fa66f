"""The queue of updates: getUpdates with its offsets, long polls and conflicts."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .params import Params
from .refusal import POLLING_TWICE, WEBHOOK_ACTIVE, Refusal

ON_REQUEST_ONLY = {"chat_member", "message_reaction", "message_reaction_count"}
ID_MARK = b"%UPDATE_ID%"
MOST = 100


@dataclass(slots=True)
class Pending:
    """An update that the bot has not confirmed; `tries` counts how often it was handed out.

    A webhook gets updates of one `lane` one after the other, those of others beside them.
    """

    id: int
    body: bytes
    at: float
    tries: int = 0
    lane: tuple[str, int] = ("", 0)


@dataclass(slots=True)
class Confirmed:
    """An update the bot confirmed, with the seconds since the epoch of creation and confirmation."""

    id: int
    at: float
    confirmed_at: float
    tries: int


class UpdateQueue:
    """Updates in order, until confirmed by an offset or by a webhook's 200."""

    def __init__(self) -> None:
        self.pending: deque[Pending] = deque()
        self.confirmed: list[Confirmed] = []
        self.webhook: dict[str, Any] | None = None
        self.allowed: list[str] = []
        self.last_id = 100_000
        self.wakers: set[Callable[[], object]] = set()
        self._poller: asyncio.Future[str] | None = None

    def push(self, kind: str, content: dict[str, Any]) -> int | None:
        """Queue an update; return its id, or None where allowed_updates keeps it out."""
        wanted = kind in self.allowed if self.allowed else kind not in ON_REQUEST_ONLY
        return self.push_raw({kind: content}) if wanted else None

    def push_raw(self, update: dict[str, Any] | bytes) -> int:
        """Queue an update of any shape; bytes go out as they are, %UPDATE_ID% replaced by its id."""
        given = update.get("update_id") if isinstance(update, dict) else None
        number = given if isinstance(given, int) and not isinstance(given, bool) else self.last_id + 1
        self.last_id = max(self.last_id, number)
        lane = ("", number)
        if isinstance(update, dict):
            body = json.dumps({"update_id": number} | update).encode()
            lane = lane_of(update) or lane
        else:
            body = update.replace(ID_MARK, str(number).encode())
        self.pending.append(Pending(number, body, time.time(), lane=lane))
        self.wake()
        return number

    def wake(self) -> None:
        """Tell the long poll and the webhook that something changed."""
        self._end_poll("wake")
        for waker in self.wakers:
            waker()

    def confirm(self, item: Pending) -> None:
        """Take a delivered update off the queue."""
        self.pending.remove(item)
        self.confirmed.append(Confirmed(item.id, item.at, time.time(), item.tries))

    def drop(self) -> None:
        """Forget everything that waits, as drop_pending_updates does."""
        self.pending.clear()

    async def poll(self, params: Params, gone: Callable[[], Awaitable[object]]) -> bytes:
        """Answer getUpdates with the JSON array; `gone` returns when the client hangs up."""
        if self.webhook is not None:
            raise Refusal(409, WEBHOOK_ACTIVE)
        if "allowed_updates" in params:
            self.allowed = params.data("allowed_updates") or []
        self._end_poll("conflict")
        self._confirm_before(params.number("offset"))
        timeout = min(params.number("timeout"), 50)
        if not self.pending and timeout > 0:
            await self._wait(timeout, gone)
        return self._batch(params.number("limit", MOST))

    def _confirm_before(self, offset: int) -> None:
        if offset < 0:
            while len(self.pending) > -offset:
                self.confirm(self.pending[0])
        while self.pending and self.pending[0].id < offset:
            self.confirm(self.pending[0])

    async def _wait(self, seconds: float, gone: Callable[[], Awaitable[object]]) -> None:
        """Wait for an update, a hang-up or the timeout; refuse when another poll takes over."""
        self._poller = poller = asyncio.get_running_loop().create_future()
        watcher = asyncio.ensure_future(gone())
        watcher.add_done_callback(lambda _: self._finish(poller, "gone"))
        done, _ = await asyncio.wait({poller}, timeout=seconds)
        watcher.cancel()
        if self._poller is poller:
            self._poller = None
        if done and poller.result() == "conflict":
            raise Refusal(409, POLLING_TWICE)

    def _batch(self, limit: int) -> bytes:
        most = min(max(limit, 1), MOST)
        batch = [self.pending[i] for i in range(min(most, len(self.pending)))]
        for item in batch:
            item.tries += 1
        return b"[" + b",".join(item.body for item in batch) + b"]"

    def _end_poll(self, why: str) -> None:
        if self._poller is not None:
            self._finish(self._poller, why)

    @staticmethod
    def _finish(poller: asyncio.Future[str], why: str) -> None:
        if not poller.done():
            poller.set_result(why)


def lane_of(update: dict[str, Any]) -> tuple[str, int] | None:
    """Return what Telegram's server keeps in order: a chat's messages with their edits, a user's presses."""
    for kind, lane, place in (("message", "chat", "chat"), ("edited_message", "chat", "chat"),
                              ("callback_query", "press", "from")):  # fmt: skip
        found = update.get(kind)
        owner = found.get(place) if isinstance(found, dict) else None
        if isinstance(owner, dict) and isinstance(owner.get("id"), int):
            return lane, owner["id"]
    return None
