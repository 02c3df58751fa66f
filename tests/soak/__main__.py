"""Run a soak: python -m tests.soak kill --kills 100 --rate 50."""

from __future__ import annotations

import argparse
import sys

from tests.soak import kill


def main() -> int:
    """Run what the arguments ask for; status 1 when a promise did not hold."""
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("what", choices=["kill", "stop"])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcome = kill.run(given.kills, given.rate, given.seed, graceful=given.what == "stop")
    sys.stdout.write(f"{outcome}\n")
    return 0 if outcome.good() else 1


if __name__ == "__main__":
    raise SystemExit(main())
