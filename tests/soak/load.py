"""Merchants as a load: each chat walks one script to a ticket, at a steady rate over all chats."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.emulator import Emulator, RemoteEmulator

SCRIPT = ("打不出小票", "缺纸", "转人工", "直接提交", "/status")
"""Each line gets exactly one reply; the fourth opens the chat's one ticket."""
TICK = 0.02
"""Seconds between two helpings of messages."""
BACKLOG = 1000
"""Messages that may wait at Telegram; a rate that posbot, killed all the time, cannot keep up with pauses there."""


@dataclass(slots=True)
class Load:
    """Sends messages from many chats until told to stop; remembers who sent how many.

    ``side_by_side`` chats are under way at once; 0: two seconds' worth, so that a chat writes every two seconds.
    """

    telegram: Emulator | RemoteEmulator
    rate: float
    side_by_side: int = 0
    first: int = 10_000
    sent: Counter[int] = field(default_factory=Counter)
    _active: list[int] = field(default_factory=list)
    _dice: random.Random = field(default_factory=lambda: random.Random(1))
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
        rest = [(chat, line) for chat, count in self.sent.items() for line in SCRIPT[count:]]
        self.telegram.user_texts(rest)
        self.sent.update(chat for chat, _ in rest)

    @property
    def count(self) -> int:
        """Messages sent so far."""
        return sum(self.sent.values())

    def _run(self) -> None:
        owed = 0.0
        last = time.monotonic()
        while not self._stop.is_set():
            time.sleep(TICK)
            now = time.monotonic()
            owed, last = owed + (now - last) * self.rate, now
            if owed >= 1 and self.telegram.waiting() < BACKLOG:
                self.telegram.user_texts([self._next() for _ in range(int(owed))])
            owed %= 1

    def _next(self) -> tuple[int, str]:
        while len(self._active) < (self.side_by_side or max(1, int(self.rate * 2))):
            self._active.append(self.first)
            self.first += 1
        chat = self._dice.choice(self._active)
        line = SCRIPT[self.sent[chat]]
        self.sent[chat] += 1
        if self.sent[chat] == len(SCRIPT):
            self._active.remove(chat)
        return chat, line


def steadily(telegram: Emulator | RemoteEmulator, rate: float, seconds: float, chats: int, first: int = 10_000) -> int:
    """Write at a steady rate, chat after chat, each the script again and again; returns how many were written."""
    began = time.monotonic()
    written = 0
    while (passed := time.monotonic() - began) < seconds:
        due = range(written, int(passed * rate))
        telegram.user_texts([(first + number % chats, SCRIPT[number // chats % len(SCRIPT)]) for number in due])
        written = due.stop
        time.sleep(TICK)
    return written
