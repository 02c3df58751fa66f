"""Run a soak: python -m tests.soak kill --kills 100 --rate 50."""

from __future__ import annotations

import argparse
import asyncio
import sys

from intents.load import understand
from tests.soak import faults, flood, kill, launch, memory, replicas, throughput


def main() -> int:
    """Run what the arguments ask for; status 1 when a promise did not hold."""
    given = _parser().parse_args()
    understand()  # trained once and kept: no start that is measured has to train
    good: bool = given.run(given)
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    what = parser.add_subparsers(required=True)
    _kill(what.add_parser("kill", help="kill -9 under load, at random moments and at named points"))
    _stop(what.add_parser("stop", help="SIGTERM under load"))
    _faults(what.add_parser("faults", help="429, 500, 502, resets, hangs, an outage"))
    _memory(what.add_parser("memory", help="a long load with faults: memory must keep still"))
    _flood(what.add_parser("flood", help="a thousand chats at once: one honest chat must not starve"))
    _throughput(what.add_parser("throughput", help="posbot against a bare echo bot"))
    _replicas(what.add_parser("replicas", help="replicas on PostgreSQL, one killed after the other"))
    _restart(what.add_parser("postgres-restart", help="the database server crashes under load"))
    _capacity(what.add_parser("capacity", help="posbot bench capacity on a PostgreSQL of its own"))
    return parser


def _kill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.add_argument("--point", choices=launch.POINTS, default="", help="only at this point")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=lambda given: _said(kill.kills(given.kills, given.rate, given.seed, given.point)))


def _stop(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=lambda given: _said(kill.stops(given.kills, given.rate, given.seed)))


def _faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=2000, help="under the mix of faults")
    parser.add_argument("--outage", type=float, default=600, help="seconds")
    parser.set_defaults(run=lambda given: faults.run(given.messages, given.outage))


def _memory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=100_000)
    parser.set_defaults(run=lambda given: memory.run(given.messages))


def _flood(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--chats", type=int, default=1000)
    parser.add_argument("--each", type=int, default=20, help="messages of each chat")
    parser.set_defaults(run=lambda given: _said(asyncio.run(flood.run(given.chats, given.each))))


def _throughput(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=60, help="of 50 messages/s, for the latency")
    parser.set_defaults(run=lambda given: throughput.run(given.messages, given.seconds))


def _replicas(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--rate", type=float, default=100, help="messages a second")
    parser.add_argument("--every", type=float, default=30, help="seconds between two kills")
    parser.set_defaults(run=lambda given: replicas.kills(given.seconds, given.rate, given.every))


def _restart(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.set_defaults(run=lambda given: replicas.restarts(given.restarts, given.rate))


def _capacity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=20, help="of 50 messages/s, for the latency")
    parser.set_defaults(run=lambda given: replicas.capacity(given.replicas, given.messages, given.seconds))


def _said(outcome: kill.Outcome | flood.Flooded) -> bool:
    sys.stdout.write(f"{outcome}\n")
    return outcome.good()


if __name__ == "__main__":
    raise SystemExit(main())
