"""The process that atheris drives: ``python -m tests.fuzz.guided WHAT REPORT [options of libFuzzer…] CORPUS``."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bot", "intents"]):
    from tests.fuzz.targets import LIMITS, TARGETS
from tests.fuzz.dice import Dice
from tests.fuzz.run import Report, Runner

EVERY = 0.5
"""Seconds between two writings of the report: libFuzzer ends the process without a word."""
SLOWER = 5
"""How much slower instrumented code is, at most."""


def main() -> None:
    """Fuzz until libFuzzer's time is over."""
    what, kept = sys.argv[1], Path(sys.argv[2])
    report, fuzz = Report(what, "atheris"), TARGETS[what]()
    runner, began = Runner(report, LIMITS[what] * SLOWER), time.monotonic()
    written = 0.0

    def one(data: bytes) -> None:
        nonlocal written
        runner.case(fuzz, Dice(data))
        report.seconds = time.monotonic() - began
        if report.seconds - written >= EVERY:
            written = report.seconds
            kept.write_text(json.dumps(asdict(report)), encoding="utf-8")

    atheris.Setup([sys.argv[0], *sys.argv[3:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
