"""Run a soak: python -m tests.soak kill --kills 100 --rate 50."""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.soak import flood, kill


def main() -> int:
    """Run what the arguments ask for; status 1 when a promise did not hold."""
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("what", choices=["kill", "stop", "flood"])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chats", type=int, default=1000, help="of a flood")
    parser.add_argument("--each", type=int, default=20, help="messages of each chat of a flood")
    given = parser.parse_args()
    if given.what == "flood":
        flooded = asyncio.run(flood.run(given.chats, given.each))
        sys.stdout.write(f"{flooded}\n")
        return 0 if flooded.good() else 1
    outcome = kill.run(given.kills, given.rate, given.seed, graceful=given.what == "stop")
    sys.stdout.write(f"{outcome}\n")
    return 0 if outcome.good() else 1


if __name__ == "__main__":
    raise SystemExit(main())
