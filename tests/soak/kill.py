"""kill -9 at random moments under load: nothing lost, no ticket twice, few replies twice."""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.emulator import Emulator
from tests.soak.load import SCRIPT, Load
from tests.soak.process import Posbot


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of kills came to."""

    kills: int
    messages: int
    replies: int
    replies_lost: int
    replies_twice: int
    tickets: int
    tickets_lost: int
    tickets_twice: int
    out_of_order: int
    slowest_start: float

    def good(self) -> bool:
        """Tell whether every promise held."""
        clean = not (self.replies_lost or self.tickets_lost or self.tickets_twice or self.out_of_order)
        return clean and self.replies_twice <= 8 * self.kills

    def __str__(self) -> str:
        return "\n".join(f"{name:14} {value:.2f}" if isinstance(value, float) else f"{name:14} {value}"
                         for name, value in asdict(self).items())  # fmt: skip


def run(kills: int, rate: float, seed: int = 1, graceful: bool = False) -> Outcome:
    """Kill posbot ``kills`` times under ``rate`` messages a second and count what is missing afterwards."""
    dice = random.Random(seed)
    with Emulator() as telegram, tempfile.TemporaryDirectory() as folder:
        posbot = Posbot(telegram, Path(folder))
        slowest = posbot.start()
        load = Load(telegram, rate)
        load.start()
        for _ in range(kills):
            time.sleep(dice.uniform(0.05, 1.5))
            posbot.terminate() if graceful else posbot.kill()
            slowest = max(slowest, posbot.start())
        load.stop()
        _settle(telegram, load)
        posbot.terminate()
        return _count(telegram, load, Path(folder) / "posbot.db", kills, slowest)


def _settle(telegram: Emulator, load: Load) -> None:
    until = time.monotonic() + 900
    while time.monotonic() < until:
        if not telegram.pending() and telegram.total() >= sum(load.sent.values()):
            time.sleep(1.5)
            return
        time.sleep(0.2)


def _count(telegram: Emulator, load: Load, database: Path, kills: int, slowest: float) -> Outcome:
    lost = twice = disorder = replies = 0
    for chat in load.sent:
        texts = telegram.texts(chat)
        replies += len(texts)
        once = [text for index, text in enumerate(texts) if text not in texts[:index]]
        lost += max(0, len(SCRIPT) - len(once))
        twice += len(texts) - len(once)
        disorder += not once or "屏幕" not in once[0]
    with sqlite3.connect(database) as db:
        counts = [row[0] for row in db.execute("SELECT COUNT(*) FROM tickets GROUP BY chat")]
    return Outcome(kills, sum(load.sent.values()), replies, lost, twice, sum(counts), len(load.sent) - len(counts),
                   sum(count - 1 for count in counts), disorder, slowest)  # fmt: skip
