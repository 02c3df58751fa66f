"""How many messages a second replicas answer, and what one costs: SQLite against PostgreSQL, one replica or more."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import postgres
from tests.emulator import Emulator
from tests.soak.load import SCRIPT
from tests.soak.process import Posbot


@dataclass(frozen=True, slots=True)
class Speed:
    """What a run came to: messages a second, CPU seconds of posbot and of the database for one message."""

    name: str
    replicas: int
    messages: int
    rate: float
    cpu: float
    database: float

    def __str__(self) -> str:
        return (f"{self.name:10} {self.replicas} replica(s)  {self.messages} messages  {self.rate:7.1f} a second  "
                f"CPU for one: posbot {1000 * self.cpu:.2f} ms, database {1000 * self.database:.2f} ms")  # fmt: skip


def run(chats: int, replicas: int = 1, shared: bool = True) -> Speed:
    """Let ``chats`` merchants walk the script at once, each as fast as it is answered, and measure."""
    with contextlib.ExitStack() as stack:
        telegram = stack.enter_context(Emulator())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgres.server()) if shared else None
        bots = list(_started(telegram, folder, replicas, server))
        for bot in bots:
            stack.callback(bot.terminate)
        before = [bot.cpu() for bot in bots], server.cpu() if server else 0.0
        began = time.monotonic()
        for line in SCRIPT:  # all updates wait at Telegram at once: what is measured is posbot, not the emulator
            for chat in range(10_000, 10_000 + chats):
                telegram.user_text(chat, line)
        while telegram.total() < chats * len(SCRIPT):
            if time.monotonic() - began > 600:
                raise TimeoutError(f"{telegram.total()} of {chats * len(SCRIPT)} messages were answered")
            time.sleep(0.02)
        taken, count = time.monotonic() - began, chats * len(SCRIPT)
        cpu = sum(bot.cpu() for bot in bots) - sum(before[0])
        database = (server.cpu() if server else 0.0) - before[1]
        return Speed(
            "postgresql" if shared else "sqlite", replicas, count, count / taken, cpu / count, database / count
        )


def _started(telegram: Emulator, folder: Path, replicas: int, server: postgres.Server | None) -> Iterator[Posbot]:
    for number in range(replicas):
        place = folder / str(number)
        place.mkdir()
        extra = {"POSBOT_DATABASE": server.dsn()} if server else {}
        bot = Posbot(telegram, place, **extra)
        bot.start()
        yield bot


def main() -> int:
    """``python -m tests.soak.rate [CHATS]``: print one SQLite run, then 1, 2 and 3 replicas on PostgreSQL."""
    chats = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    for replicas, shared in ((1, False), (1, True), (2, True), (3, True)):
        sys.stdout.write(f"{run(chats, replicas, shared)}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
