"""Run the emulator in its own process: python -m tests.emulator --port 8081."""

from __future__ import annotations

import argparse
import signal
import sys

from . import TOKEN, Emulator


def main() -> None:
    """Serve until interrupted; the address is the first line of stdout."""
    parser = argparse.ArgumentParser(prog="tests.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--token", default=TOKEN, help="the only token that is accepted")
    parser.add_argument("--seed", type=int, default=0, help="seed of the faults")
    given = parser.parse_args()
    emulator = Emulator(given.token, given.seed, given.port)
    sys.stdout.write(f"{emulator.url}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    emulator.serve()


if __name__ == "__main__":
    main()
