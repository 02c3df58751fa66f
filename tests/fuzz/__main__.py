"""Run fuzzers: python -m tests.fuzz --what dialogue --engine atheris --seconds 60 --seed 1."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.engines import ENGINES
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Run what the arguments ask for; status 1 when anything was raised, slow or stuck."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--what", choices=[*TARGETS, "all"], default="all")
    parser.add_argument("--engine", choices=[*ENGINES, "all"], default="random")
    parser.add_argument("--seconds", type=float, default=60, help="for each fuzzer and engine")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total, good = 0, True
    for what in TARGETS if given.what == "all" else [given.what]:
        for engine in ENGINES if given.engine == "all" else [given.engine]:
            report = ENGINES[engine](what, given.seconds, given.seed)
            sys.stdout.write(f"{report}\n")
            sys.stdout.flush()
            total, good = total + report.cases, good and report.good
    sys.stdout.write(f"{total} executions, {'all good' if good else 'faults found'}\n")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
