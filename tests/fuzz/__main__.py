"""Run a fuzzer: python -m tests.fuzz --what dialogue --seconds 60 --seed 1."""

from __future__ import annotations

import argparse
import random
import sys

from tests.fuzz import chats, knowledge, matching, updates, web
from tests.fuzz.run import run

WHAT = {"dialogue": chats.cases, "updates": updates.cases, "yaml": knowledge.cases, "match": matching.cases,
        "web": web.cases}  # fmt: skip
SLOW = {"dialogue": 0.1, "updates": 0.05, "yaml": 1.0, "match": 0.05, "web": 2.0}
"""Seconds of CPU that one case may take."""


def main() -> int:
    """Run what the arguments ask for; status 1 when anything was raised or slow."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--what", choices=[*WHAT, "all"], default="all")
    parser.add_argument("--seconds", type=float, default=60, help="for each fuzzer")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    good = True
    for what in WHAT if given.what == "all" else [given.what]:
        report = run(what, WHAT[what](random.Random(given.seed)), given.seconds, SLOW[what])
        sys.stdout.write(f"{report}\n")
        sys.stdout.flush()
        good = good and not report.faults and not report.slow
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
