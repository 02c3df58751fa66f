"""The fuzzers themselves: each runs with every engine's dice, and a fault is found, counted and never hides another."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.fuzz.dice import Dice
from tests.fuzz.run import Report, Runner, Step
from tests.fuzz.targets import LIMITS, TARGETS

CASES = 8


@pytest.mark.parametrize("what", [name for name in TARGETS if name not in ("staff", "whole")])
def test_a_fuzzer_finds_nothing(what: str) -> None:
    runner = Runner(Report(what), 10 * LIMITS[what])
    fuzz = TARGETS[what]()
    for number in range(CASES):
        runner.case(fuzz, random.Random(number))
        runner.case(fuzz, Dice(bytes([number * 31 % 256]) * number))
    assert not runner.report.faults, str(runner.report)
    assert runner.report.cases >= 2 * CASES


def test_a_fault_is_counted_and_what_is_stuck_is_broken_off() -> None:
    def fuzz(dice: random.Random) -> Iterator[Step]:
        yield lambda: 1 / 0 if dice.random() < 0.5 else None

    def circle(_: random.Random) -> Iterator[Step]:
        yield lambda: [None for _ in iter(int, 1)]

    runner = Runner(Report("test"), 0.05)
    for number in range(20):
        runner.case(fuzz, random.Random(number))
    assert 0 < runner.report.faults.total() < 20
    runner.case(circle, random.Random())
    assert runner.report.stuck == 1
    assert not runner.report.good
