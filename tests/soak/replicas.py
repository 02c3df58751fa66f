"""Several replicas on one PostgreSQL under load, killed in turns, or their database restarted: nothing lost or twice.

python -m tests.soak.replicas kill --seconds 180 --every 30 --rate 100
python -m tests.soak.replicas restart --seconds 220 --every 20 --rate 50
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests import postgres
from tests.emulator import Emulator
from tests.soak.load import SCRIPT, Load
from tests.soak.process import Posbot

SHADOW = 10.0
"""Seconds after a blow in which replies may be slow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; times in seconds. ``slow_after_a_blow`` is the worst reply in the shadow of one."""

    blows: int
    messages: int
    replies_lost: int
    replies_twice: int
    tickets: int
    tickets_lost: int
    tickets_twice: int
    out_of_order: int
    median: float
    p99_outside: float
    slow_after_a_blow: float

    def good(self) -> bool:
        """Tell whether every promise held; a reply may come twice where a send and a blow met."""
        clean = not (self.replies_lost or self.tickets_lost or self.tickets_twice or self.out_of_order)
        return clean and self.replies_twice <= 8 * self.blows and self.p99_outside <= 1

    def __str__(self) -> str:
        return "\n".join(f"{name:18} {value:.2f}" if isinstance(value, float) else f"{name:18} {value}"
                         for name, value in asdict(self).items())  # fmt: skip


class Replicas:
    """Some posbots on one server, and who is hit next."""

    def __init__(self, telegram: Emulator, server: postgres.Server, folder: Path, count: int) -> None:
        self.server = server
        self.bots = []
        self.blows: list[float] = []
        for number in range(count):
            place = folder / str(number)
            place.mkdir()
            self.bots.append(Posbot(telegram, place, POSBOT_DATABASE=server.dsn()))
            self.bots[-1].start()

    def kill(self) -> None:
        """Kill the next replica and start it again."""
        bot = self.bots[len(self.blows) % len(self.bots)]
        self.blows.append(time.time())
        bot.kill()
        bot.start()

    def restart(self) -> None:
        """Let the database crash and start it again."""
        self.blows.append(time.time())
        self.server.stop("immediate")
        self.server.start()


def run(what: str, replicas: int, rate: float, seconds: float, every: float) -> Outcome:
    """Keep up the load for ``seconds`` and strike every ``every`` seconds; then count."""
    with contextlib.ExitStack() as stack:
        telegram = stack.enter_context(Emulator())
        server = stack.enter_context(postgres.server())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = Replicas(telegram, server, folder, replicas)
        for bot in running.bots:
            stack.callback(bot.terminate)
        load = Load(telegram, rate)
        load.start()
        until = time.monotonic() + seconds
        while time.monotonic() + every <= until:
            time.sleep(every)
            running.kill() if what == "kill" else running.restart()
        time.sleep(max(0.0, until - time.monotonic()))
        load.stop()
        _settle(telegram, sum(load.sent.values()))
        return _count(telegram, load, running)


def _settle(telegram: Emulator, wanted: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and (telegram.pending() or telegram.total() < wanted):
        time.sleep(0.2)
    time.sleep(2)


def _count(telegram: Emulator, load: Load, running: Replicas) -> Outcome:
    lost = twice = disorder = 0
    for chat in load.sent:
        texts = telegram.texts(chat)
        once = list(dict.fromkeys(texts))
        lost += max(0, len(SCRIPT) - len(once))
        twice += len(texts) - len(once)
        disorder += not once or "屏幕" not in once[0] or "工单" not in once[-1]
    counts = [int(str(row[0])) for row in running.server.sql("SELECT COUNT(*) FROM tickets GROUP BY chat")]
    waits, shadowed = _waits(telegram, load, running.blows)
    return Outcome(len(running.blows), sum(load.sent.values()), lost, twice, sum(counts), len(load.sent) - len(counts),
                   sum(count - 1 for count in counts), disorder, statistics.median(waits),
                   sorted(waits)[int(0.99 * len(waits))], max(shadowed, default=0.0))  # fmt: skip


def _waits(telegram: Emulator, load: Load, blows: list[float]) -> tuple[list[float], list[float]]:
    """Return how long replies took, outside and inside the shadow of a blow."""
    came: dict[int, list[float]] = {}
    for call in telegram.calls("sendMessage"):
        came.setdefault(int(call["params"]["chat_id"]), []).append(call["at"])
    outside, inside = [], []
    for (chat, number), said in load.sent_at.items():
        if number < len(came.get(chat, [])):
            shadow = any(blow <= said <= blow + SHADOW for blow in blows)
            (inside if shadow else outside).append(came[chat][number] - said)
    return outside, inside


def main() -> int:
    """Run what the arguments ask for; status 1 when a promise did not hold."""
    parser = argparse.ArgumentParser(prog="tests.soak.replicas")
    parser.add_argument("what", choices=["kill", "restart"])
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--every", type=float, default=30)
    given = parser.parse_args()
    outcome = run(given.what, given.replicas, given.rate, given.seconds, given.every)
    sys.stdout.write(f"{outcome}\n")
    return 0 if outcome.good() else 1


if __name__ == "__main__":
    raise SystemExit(main())
