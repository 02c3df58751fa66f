"""kill -9 and SIGTERM under load: nothing lost, no ticket twice, few replies twice, ended in time.

python -m tests.soak kill --kills 1000 [--rate 50] [--point NAME]; python -m tests.soak stop --kills 200. Without
a point every second kill comes at a random moment (some of them while posbot starts), the others at one of the named
points, which `launch` lists.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.soak.evidence import Evidence, collect, reference, settle
from tests.soak.launch import POINTS
from tests.soak.load import Load
from tests.soak.process import Posbot, lonely

TWICE = 8
"""Replies that may come twice for each kill: as many as are on their way at once."""
EXIT_SECONDS = 10.0
AT_ONCE = {5: 4, 50: 40, 200: 120}
"""Passes of a point until the kill, at most, by rate: posbot lives about a second."""


@dataclass(slots=True)
class Outcome:
    """What a run came to: how it was ended how often, and what was left."""

    rate: float
    graceful: bool
    ends: Counter[str] = field(default_factory=Counter)
    slowest_start: float = 0.0
    slowest_exit: float = 0.0
    seconds: float = 0.0
    evidence: Evidence | None = None

    def good(self) -> bool:
        """Tell whether every promise held."""
        found = self.evidence
        allowed = 0 if self.graceful else TWICE * self.ends.total()
        in_time = self.slowest_exit <= EXIT_SECONDS
        return found is not None and found.clean() and found.replies_twice <= allowed and in_time

    def __str__(self) -> str:
        ends = ", ".join(f"{name} {count}" for name, count in self.ends.most_common())
        return (f"{'SIGTERM' if self.graceful else 'kill -9'} under {self.rate:g} messages/s: {self.ends.total()} "
                f"({ends}) in {self.seconds:.0f} s\n{self.evidence}\n"
                f"slowest start  {self.slowest_start:.2f} s\nslowest exit   {self.slowest_exit:.2f} s\n"
                f"{'every promise held' if self.good() else 'A PROMISE WAS BROKEN'}")  # fmt: skip


Ending = Callable[[Posbot, random.Random, Outcome], None]


def kills(count: int, rate: float, seed: int = 1, point: str = "") -> Outcome:
    """Kill posbot ``count`` times under ``rate`` messages a second and count what is missing afterwards."""
    return _run(count, rate, seed, lambda posbot, dice, outcome: _killed(posbot, dice, outcome, point))


def stops(count: int, rate: float, seed: int = 1) -> Outcome:
    """Send SIGTERM instead: then nothing at all may come twice."""
    return _run(count, rate, seed, _stopped, graceful=True)


def _run(count: int, rate: float, seed: int, end: Ending, graceful: bool = False) -> Outcome:
    dice = random.Random(seed)
    outcome = Outcome(rate, graceful)
    with lonely(seed) as (telegram, posbot):
        outcome.slowest_start = posbot.start()
        expected = reference(telegram)
        posbot.terminate()
        load = Load(telegram, rate)
        load.start()
        began = time.monotonic()
        while outcome.ends.total() < count:
            end(posbot, dice, outcome)
            _tell(outcome, count, load.count)
        outcome.seconds = time.monotonic() - began
        posbot.start()
        load.stop()
        settle(posbot.database, telegram)
        posbot.terminate()
        outcome.evidence = collect(posbot.database, telegram, load.sent, expected)
    return outcome


def _killed(posbot: Posbot, dice: random.Random, outcome: Outcome, point: str) -> None:
    """One life of posbot."""
    if not point and dice.random() < 0.5:
        _randomly(posbot, dice, outcome)
        return
    point = point or dice.choice(POINTS)
    most = next(passes for rate, passes in AT_ONCE.items() if outcome.rate <= rate or rate == max(AT_ONCE))
    posbot.start(point, dice.randint(1, most))
    reached = posbot.ended(5)
    posbot.kill()
    outcome.ends[point if reached else "not reached"] += 1


def _randomly(posbot: Posbot, dice: random.Random, outcome: Outcome) -> None:
    if dice.random() < 0.3:
        posbot.launch()
        time.sleep(dice.uniform(0.05, 2.0))
        outcome.ends["starting"] += 1
    else:
        outcome.slowest_start = max(outcome.slowest_start, posbot.start())
        time.sleep(dice.uniform(0.05, 1.5))
        outcome.ends["random"] += 1
    posbot.kill()


def _stopped(posbot: Posbot, dice: random.Random, outcome: Outcome) -> None:
    outcome.slowest_start = max(outcome.slowest_start, posbot.start())
    time.sleep(dice.uniform(0.05, 1.5))
    outcome.slowest_exit = max(outcome.slowest_exit, posbot.terminate())
    outcome.ends["SIGTERM"] += 1


def _tell(outcome: Outcome, count: int, messages: int) -> None:
    if outcome.ends.total() % 50 == 0:
        sys.stderr.write(f"{outcome.ends.total()} of {count}, {messages} messages\n")
