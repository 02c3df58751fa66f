"""Pushing updates to a webhook as Telegram does: lanes side by side, each in order, again and again until a 200."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from .updates import Pending, UpdateQueue

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0


class Pusher:
    """Sends what is pending as long as a webhook is set."""

    def __init__(self, updates: UpdateQueue) -> None:
        self._updates = updates
        self._wake = asyncio.Event()
        self._busy: set[tuple[str, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        updates.wakers.add(self._wake.set)

    async def run(self) -> None:
        """Push until cancelled."""
        try:
            async with httpx.AsyncClient(timeout=10, verify=False, trust_env=False) as client:  # noqa: S501 - loopback
                while True:
                    self._wake.clear()
                    self._begin(client)
                    await self._wake.wait()
        finally:
            for task in self._tasks:
                task.cancel()

    def _begin(self, client: httpx.AsyncClient) -> None:
        """Push the first update of each lane that is free, as long as there is room."""
        hook = self._updates.webhook
        if hook is None:
            return
        for item in self._updates.pending:
            if len(self._tasks) >= hook["max_connections"]:
                return
            if item.lane not in self._busy:
                self._busy.add(item.lane)
                task = asyncio.create_task(self._deliver(client, item))
                self._tasks.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _deliver(self, client: httpx.AsyncClient, item: Pending) -> None:
        """Push one update until the bot takes it or the webhook is gone."""
        pause = FIRST_PAUSE
        try:
            while (hook := self._updates.webhook) is not None and item in self._updates.pending:
                asked = await self._push(client, hook, item)
                if asked is None:
                    return
                await asyncio.sleep(asked or pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            self._busy.discard(item.lane)

    async def _push(self, client: httpx.AsyncClient, hook: dict[str, Any], item: Pending) -> float | None:
        """Push once; return None if the bot took it, else the seconds it asks to wait."""
        headers = {"Content-Type": "application/json"}
        if hook["secret"]:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook["secret"]
        item.tries += 1
        wait = 0.0
        try:
            answer = await client.post(hook["url"], content=item.body, headers=headers)
            problem = "" if answer.status_code < 300 else f"Wrong response from the webhook: {answer.status_code}"
            wait = float(answer.headers.get("retry-after", 0))
        except httpx.HTTPError as error:
            problem = f"Connection failed: {type(error).__name__}"
        if problem:
            hook["errors"] = {"last_error_date": int(time.time()), "last_error_message": problem}
            return wait
        if item in self._updates.pending:
            self._updates.confirm(item)
        return None
