"""What throws the dice: chance, hypothesis (which makes a failing case small), atheris (which follows coverage)."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from intents.cache import cache_folder
from tests.fuzz.run import SHOWN, Fuzz, Report, Runner
from tests.fuzz.targets import LIMITS, TARGETS

BATCH = 200
"""Cases of one call of hypothesis; between two of them the clock is looked at."""
Engine = Callable[[str, float, int], Report]


def by_chance(what: str, seconds: float, start: int) -> Report:
    """Throw dice at random: the most executions a second."""
    report, fuzz, end = Report(what, "random"), TARGETS[what](), _Clock(seconds)
    runner, dice = Runner(report, LIMITS[what]), random.Random(start)
    while end.ahead(report):
        for _ in range(20):
            runner.case(fuzz, dice)
    return report


def by_hypothesis(what: str, seconds: float, start: int) -> Report:
    """Let hypothesis throw; what fails is made as small as it gets."""
    report, fuzz, end = Report(what, "hypothesis"), TARGETS[what](), _Clock(seconds)
    runner = Runner(report, LIMITS[what])
    while end.ahead(report):
        try:
            _batch(runner, fuzz, start)()
        except Exception as error:  # the smallest case, after hypothesis is done with it
            report.fault(error, getattr(error, "__notes__", ""))
        start += 1
    return report


def _batch(runner: Runner, fuzz: Fuzz, start: int) -> Callable[[], None]:
    @seed(start)
    @settings(max_examples=BATCH, deadline=None, database=None, suppress_health_check=list(HealthCheck),
              phases=[Phase.generate, Phase.shrink])  # fmt: skip
    @given(dice=st.randoms(use_true_random=False))
    def cases(dice: random.Random) -> None:
        runner.case(fuzz, dice, raising=True)

    return cases


def by_coverage(what: str, seconds: float, start: int) -> Report:
    """Let atheris throw, in a process of its own; the corpus is kept in the user's cache folder."""
    corpus = cache_folder() / "fuzz" / what
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="posbot-fuzz-") as folder:
        kept = Path(folder) / "report.json"
        options = {"max_total_time": max(1, int(seconds)), "seed": start, "max_len": 4096, "timeout": 60,
                   "verbosity": 0, "artifact_prefix": f"{folder}/"}  # fmt: skip
        words = [f"-{name}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "tests.fuzz.guided", what, str(kept), *words, str(corpus)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if not kept.exists():
            raise RuntimeError(f"atheris did not start: {ended.stderr[-2000:]}")
        found = json.loads(kept.read_bytes())
    report = Report(**{**found, "faults": Counter(found["faults"])})
    if ended.returncode:
        report.fault(RuntimeError(f"atheris broke off: {_raised(ended.stderr)}"), what)
    return report


def _raised(said: str) -> str:
    """Return what was raised, of all that libFuzzer says when it breaks off."""
    return said.partition("Uncaught Python exception: ===")[2].strip()[:SHOWN] or said[-SHOWN:]


class _Clock:
    """Tells whether there is time left, and writes down how much was used."""

    def __init__(self, seconds: float) -> None:
        self._began, self._seconds = time.monotonic(), seconds

    def ahead(self, report: Report) -> bool:
        report.seconds = time.monotonic() - self._began
        return report.seconds < self._seconds


ENGINES: dict[str, Engine] = {"random": by_chance, "hypothesis": by_hypothesis, "atheris": by_coverage}
