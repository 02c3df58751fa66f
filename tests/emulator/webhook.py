"""Pushing updates to a webhook: in order, one at a time, again and again until a 200."""

from __future__ import annotations

import asyncio
import time

import httpx

from .updates import UpdateQueue

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0


class Pusher:
    """Sends the head of the queue as long as a webhook is set."""

    def __init__(self, updates: UpdateQueue) -> None:
        self._updates = updates
        self._wake = asyncio.Event()
        updates.wakers.add(self._wake.set)

    async def run(self) -> None:
        """Push until cancelled."""
        pause = FIRST_PAUSE
        async with httpx.AsyncClient(timeout=10, verify=False, trust_env=False) as client:  # noqa: S501 - loopback
            while True:
                if self._updates.webhook is None or not self._updates.pending:
                    self._wake.clear()
                    await self._wake.wait()
                elif await self._push(client):
                    pause = FIRST_PAUSE
                else:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)

    async def _push(self, client: httpx.AsyncClient) -> bool:
        """Push one update; return whether the bot took it."""
        hook, item = self._updates.webhook, self._updates.pending[0]
        if hook is None:
            return True
        headers = {"Content-Type": "application/json"}
        if hook["secret"]:
            headers["X-Telegram-Bot-Api-Secret-Token"] = hook["secret"]
        item.tries += 1
        try:
            answer = await client.post(hook["url"], content=item.body, headers=headers)
            problem = "" if answer.status_code < 300 else f"Wrong response from the webhook: {answer.status_code}"
        except httpx.HTTPError as error:
            problem = f"Connection failed: {type(error).__name__}"
        if problem:
            hook["errors"] = {"last_error_date": int(time.time()), "last_error_message": problem}
        elif item in self._updates.pending:
            self._updates.confirm(item)
        return not problem
