"""Does fuzzers' steps one by one; counts what they raise, which are slow, and stops what is stuck."""

from __future__ import annotations

import contextlib
import gc
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from types import FrameType

SHOWN = 300
WARM_UP = 50
"""Steps that fill caches and are not timed."""
STUCK = 20
"""A step that takes so many times its limit of CPU seconds is broken off."""
Step = Callable[[], object]
Fuzz = Callable[[Random], Iterator[Step]]
"""Yields the steps of one case, each done before the next is asked for."""


class Stuck(BaseException):
    """A step took so long that it was broken off; no ``except Exception`` of the program may hide it."""


@dataclass(slots=True)
class Report:
    """What a run came to; ``faults`` by place, each with its first case."""

    what: str
    engine: str = "random"
    cases: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_case: str = ""
    slow: int = 0
    stuck: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether nothing was raised, slow or stuck, and anything was done at all."""
        return bool(self.cases) and not (self.faults or self.slow or self.stuck)

    def fault(self, error: BaseException, case: object) -> None:
        """Note what a step raised."""
        place = _place(error)
        self.faults[place] += 1
        self.examples.setdefault(place, f"{str(error)[:SHOWN]}\n    {str(case)[:SHOWN]}")

    def __str__(self) -> str:
        rate = self.cases / self.seconds if self.seconds else 0.0
        lines = [f"{self.what} ({self.engine}): {self.cases} executions in {self.seconds:.0f} s ({rate:.0f}/s), "
                 f"{self.faults.total()} exceptions, {self.stuck} stuck, {self.slow} slow, "
                 f"slowest {self.slowest * 1000:.1f} ms"]  # fmt: skip
        if self.slowest_case:
            lines.append(f"  slowest: {self.slowest_case}")
        for place, count in self.faults.most_common():
            lines.append(f"  {count} x {place}\n    {self.examples[place]}")
        return "\n".join(lines)


class Runner:
    """Does steps within their time; one that takes longer than ``limit`` seconds of CPU is slow."""

    def __init__(self, report: Report, limit: float) -> None:
        self.report = report
        self._limit = limit

    def case(self, fuzz: Fuzz, dice: Random, raising: bool = False) -> None:
        """Do a whole case; ``raising``: hand on what a step raises, for an engine that makes the case smaller."""
        steps = fuzz(dice)
        with contextlib.closing(steps):  # type: ignore[type-var]  # every fuzzer is a generator
            for step in steps:
                if not self._one(step, raising):
                    return  # what follows would only tell of the same fault

    def _one(self, step: Step, raising: bool) -> bool:
        report, start, good = self.report, time.thread_time(), True
        try:
            with within(STUCK * self._limit), _no_sweeping():
                step()
        except Stuck as error:
            report.stuck += 1
            report.fault(error, step)
            good = False
        except Exception as error:  # whatever comes is the finding
            if raising:
                raise
            report.fault(error, step)
            good = False
        self._timed(step, time.thread_time() - start)
        return good

    def _timed(self, step: Step, took: float) -> None:
        report = self.report
        report.cases += 1
        if report.cases <= WARM_UP:
            return
        report.slow += took > self._limit
        if took > report.slowest:
            report.slowest, report.slowest_case = took, str(step)[:SHOWN]


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise Stuck in what takes longer, by the process's CPU time: other work on the machine does not count."""

    def stop(_: int, frame: FrameType | None) -> None:
        raise Stuck(f"stuck at {frame.f_code.co_filename}:{frame.f_lineno}" if frame else "stuck")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _no_sweeping() -> Iterator[None]:
    """Leave the engine's own garbage lying: a step is not to blame for it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _place(error: BaseException) -> str:
    if isinstance(error, AssertionError):
        return str(error).partition(":")[0]
    if error.__traceback__ is None:
        return str(error).partition(":")[0]
    frame = traceback.extract_tb(error.__traceback__)[-1]
    said = str(error).split("\n")[0]
    file = "/".join(frame.filename.split("/")[-3:])
    return f"{type(error).__name__} at {file}:{frame.lineno}: {said[:100]}"
