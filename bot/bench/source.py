"""A stand-in for Telegram as the source of a load: hands out updates, takes replies, keeps when each came.

It knows only what posbot asks for, and is plain ASGI, because what it costs is lost to those who are measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import parse_qs

import uvicorn

TOKEN = "1:bench"  # noqa: S105 - opens nothing but this stand-in
TALK = ("打不出小票", "缺纸", "转人工", "直接提交", "/status")
"""What a merchant says, to a ticket; each line gets exactly one reply."""
HEADERS = [(b"content-type", b"application/json")]
ME = {"id": 1, "is_bot": True, "first_name": "bench", "username": "bench_bot"}
BATCH = 100
PATIENCE = 30.0
"""Seconds without any reply after which those that are missing count as lost."""


class Source:
    """Merchants' messages and the replies to them, by chat."""

    def __init__(self) -> None:
        self._next = time.time_ns() // 10**6  # update ids that no earlier run on this database had
        self._updates: deque[tuple[int, bytes]] = deque()
        self._new = asyncio.Event()
        self.asked: defaultdict[int, list[float]] = defaultdict(list)
        self.told: defaultdict[int, list[float]] = defaultdict(list)

    def say(self, lines: Iterable[tuple[int, str]]) -> None:
        """Write as merchants: a chat and what is said there."""
        now = time.time()
        for chat, text in lines:
            self._next += 1
            person = {"id": chat, "first_name": "Bench"}
            message = {"message_id": self._next, "date": int(now), "text": text, "chat": person | {"type": "private"},
                       "from": person | {"is_bot": False, "language_code": "zh"}}  # fmt: skip
            self._updates.append((self._next, json.dumps({"update_id": self._next, "message": message}).encode()))
            self.asked[chat].append(now)
        self._new.set()

    @property
    def missing(self) -> int:
        """Messages that have no reply yet."""
        return sum(len(asked) - len(self.told[chat]) for chat, asked in self.asked.items())

    async def answered(self) -> None:
        """Wait until every message has its reply; TimeoutError when none has come for a while."""
        last, since = self.missing, time.monotonic()
        while last > 0:
            await asyncio.sleep(0.05)
            missing = self.missing
            if missing != last:
                last, since = missing, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                raise TimeoutError

    def waits(self) -> list[float]:
        """Return the seconds from each message to its reply, shortest first."""
        pairs = (pair for chat, asked in self.asked.items() for pair in zip(asked, self.told[chat], strict=False))
        return sorted(told - asked for asked, told in pairs)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request of the Bot API."""
        method = scope["path"].rpartition("/")[2]
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        result = await self._result(method, scope["query_string"], body)
        content = b'{"ok":true,"result":' + result + b"}"
        await send({"type": "http.response.start", "status": 200,
                    "headers": [*HEADERS, (b"content-length", str(len(content)).encode())]})  # fmt: skip
        await send({"type": "http.response.body", "body": content})

    async def _result(self, method: str, query: bytes, body: bytes) -> bytes:
        if method == "getUpdates":
            given = parse_qs(query.decode())
            return await self._hand_out(int(given["offset"][0]), float(given["timeout"][0]))
        if method == "sendMessage":
            return self._take(json.loads(body))
        return json.dumps(ME if method == "getMe" else True).encode()

    async def _hand_out(self, offset: int, patience: float) -> bytes:
        while self._updates and self._updates[0][0] < offset:
            self._updates.popleft()
        if not self._updates:
            self._new.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._new.wait(), patience)
        found = [self._updates[index][1] for index in range(min(BATCH, len(self._updates)))]
        return b"[" + b",".join(found) + b"]"

    def _take(self, message: dict[str, Any]) -> bytes:
        chat = int(message["chat_id"])
        self.told[chat].append(time.time())
        return json.dumps({"message_id": len(self.told[chat]), "date": 0, "chat": {"id": chat, "type": "private"},
                           "text": message["text"]}).encode()  # fmt: skip


@contextlib.asynccontextmanager
async def serving(source: Source) -> AsyncIterator[str]:
    """Serve a source on this event loop; yields its address."""
    # asyncio switches Nagle off only where the protocol is named; else each answer waits 40 ms
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(source, ws="none", lifespan="off", log_level="critical", access_log=False,
                                           timeout_graceful_shutdown=1))  # fmt: skip
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # the command keeps Ctrl-C
    task = asyncio.create_task(server.serve([bound]))
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
