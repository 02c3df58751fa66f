"""The web pages over real HTTP, with the real service and store behind them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from starlette.applications import Starlette

from bot.app import DECODERS
from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.service import Service
from bot.store.base import Database
from bot.web.app import LoginLinks, create_app
from bot.web.desk.describe import from_knowledge
from bot.web.server import serve


@dataclass
class Site:
    """A running posbot without Telegram."""

    base: str
    db: Database
    app: Starlette
    login: LoginLinks
    parts: dict[str, bool]
    task: asyncio.Task[None]

    def client(self, **options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.base, trust_env=False, **options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def running(db: Database, dialogue: Dialogue, serving: bool = True, **options: Any) -> AsyncIterator[Site]:
    """Serve the pages until the block ends; ``serving``: what merchants write is handled as well."""
    settings = Settings(_env_file=None, **{"listen": f"127.0.0.1:{free_port()}", **options})
    parts = {"worker": True}
    login = LoginLinks()
    app = create_app(db, settings, lambda: _health(parts), login=login, dialogue=dialogue,
                     describe=from_knowledge(lambda: dialogue.understanding.knowledge))  # fmt: skip
    up = asyncio.Event()
    tasks = [asyncio.create_task(serve(app, settings, up.set))]
    if serving:
        tasks.append(asyncio.create_task(Service(db, dialogue, DECODERS).run()))
    await asyncio.wait_for(up.wait(), 10)
    try:
        yield Site(f"http://127.0.0.1:{settings.port}", db, app, login, parts, tasks[0])
    finally:
        await asyncio.sleep(0.05)  # a service stopped between two of its steps leaves a coroutine behind
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _health(parts: dict[str, bool]) -> dict[str, bool]:
    return parts


class Merchant:
    """A browser in the web chat: posts, and reads the stream."""

    def __init__(self, site: Site, **options: Any) -> None:
        self.http = site.client(**options)

    async def __aenter__(self) -> Merchant:
        (await self.http.post("/chat/open")).raise_for_status()
        await self.seen(1)  # as the page does: whoever listens is greeted
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def say(self, text: str, key: str = "") -> httpx.Response:
        return await self.http.post("/chat/messages", json={"key": key or str(uuid4()), "text": text})

    async def press(self, message: dict[str, Any], label: str) -> httpx.Response:
        index = [name for row in message["rows"] for name in row].index(label)
        body = {"key": str(uuid4()), "token": message["token"], "index": index}
        return await self.http.post("/chat/presses", json=body)

    async def upload(self, content: bytes, caption: str = "", key: str = "") -> httpx.Response:
        data = {"key": key or str(uuid4()), "caption": caption}
        return await self.http.post("/chat/photos", data=data, files={"photo": ("a.jpg", content, "image/jpeg")})

    @contextlib.asynccontextmanager
    async def listening(self, after: int = 0) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Open the stream, as a browser that comes back does."""
        headers = {"Last-Event-ID": str(after)} if after else {}
        async with self.http.stream("GET", "/chat/events", headers=headers, timeout=10) as response:
            response.raise_for_status()
            yield events(response)

    async def seen(self, count: int, after: int = 0) -> list[dict[str, Any]]:
        """Return the first ``count`` messages after an id, waiting for them."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(10), self.listening(after) as stream:
            async for event in stream:
                if event["event"] == "message":
                    found.append(event["data"])
                if len(found) >= count:
                    return found
        raise AssertionError("the stream ended")


async def events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Yield the events of a stream."""
    event: dict[str, Any] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if not line:
            yield event
            event = {}
        elif name == "data":
            event["data"] = json.loads(value)
        else:
            event[name] = value
