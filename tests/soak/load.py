"""Merchants as a load: each chat walks one script to a ticket, at a steady rate over all chats."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.emulator import Emulator

SCRIPT = ("打不出小票", "缺纸", "转人工", "直接提交", "/status")
"""Each line gets exactly one reply; the fourth opens the chat's one ticket."""


@dataclass(slots=True)
class Load:
    """Sends messages from many chats until told to stop; remembers who sent how many."""

    telegram: Emulator
    rate: float
    first: int = 10_000
    sent: Counter[int] = field(default_factory=Counter)
    sent_at: dict[tuple[int, int], float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin sending in a thread."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop sending; chats that are half way are finished at once."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for chat, count in list(self.sent.items()):
            for line in SCRIPT[count:]:
                self._say(chat, line)

    def _run(self) -> None:
        side_by_side = max(1, int(self.rate * 2))
        dice = random.Random(1)
        active: list[int] = []
        following = self.first
        due = time.monotonic()
        while not self._stop.is_set():
            while len(active) < side_by_side:
                active.append(following)
                following += 1
            chat = dice.choice(active)
            self._say(chat, SCRIPT[self.sent[chat]])
            if self.sent[chat] == len(SCRIPT):
                active.remove(chat)
            due += 1 / self.rate
            time.sleep(max(0.0, due - time.monotonic()))

    def _say(self, chat: int, line: str) -> None:
        self.sent_at[chat, self.sent[chat]] = time.time()
        self.telegram.user_text(chat, line)
        self.sent[chat] += 1
