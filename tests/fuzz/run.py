"""Runs cases for some seconds; counts what they raise and which are slow."""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SHOWN = 300


@dataclass(slots=True)
class Report:
    """What a run came to; ``faults`` by place, each with its first case."""

    what: str
    cases: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_case: str = ""
    slow: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        rate = self.cases / self.seconds if self.seconds else 0.0
        lines = [f"{self.what}: {self.cases} cases in {self.seconds:.0f} s ({rate:.0f}/s), "
                 f"{self.faults.total()} exceptions, {self.slow} slow, slowest {self.slowest * 1000:.1f} ms"]  # fmt: skip
        if self.slow:
            lines.append(f"  slowest case: {self.slowest_case}")
        for place, count in self.faults.most_common():
            lines.append(f"  {count} x {place}\n    {self.examples[place]}")
        return "\n".join(lines)


def run(what: str, cases: Iterator[Callable[[], object]], seconds: float, limit: float) -> Report:
    """Run cases until the time is over; one that takes longer than ``limit`` seconds (CPU) is slow."""
    report = Report(what)
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        report.seconds = now
        for _ in range(50):
            _one(next(cases), report, limit)
    report.seconds = time.monotonic() - began
    return report


def _one(case: Callable[[], object], report: Report, limit: float) -> None:
    start = time.thread_time()
    try:
        case()
    except Exception as error:  # whatever comes is the finding
        place = _place(error)
        report.faults[place] += 1
        report.examples.setdefault(place, str(case)[:SHOWN])
    took = time.thread_time() - start
    report.cases += 1
    report.slow += took > limit
    if took > report.slowest and report.cases > 50:  # the first ones fill caches
        report.slowest, report.slowest_case = took, str(case)[:SHOWN]


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(sys.exc_info()[2])[-1]
    said = str(error).split("\n")[0]
    kind = said.partition(":")[0] if isinstance(error, AssertionError) else type(error).__name__
    return f"{kind} at {frame.filename.rpartition('/main/')[2]}:{frame.lineno} {said[:SHOWN]}".replace("\n", " ")
