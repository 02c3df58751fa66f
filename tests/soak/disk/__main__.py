"""Run the cases and print what came of them: python -m tests.soak.disk [CASE …] [--seconds 30] [--cuts 50].

A case is one of full, limit, eio, read-only, sync, locked, taken-away (faults under load), header, page (damage),
cut (power cuts), bite (power cuts with synchronous=OFF, which must lose something). Needs gcc and unshare.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from tests.soak.disk import cuts, damage, faults

Result = cuts.Outcome | damage.Damage | faults.Finding


def main() -> int:
    """Run what was asked for; status 1 when a promise did not hold."""
    parser = argparse.ArgumentParser(prog="tests.soak.disk", description=__doc__)
    names = [*faults.CASES, *damage.CASES, "cut", "bite"]
    parser.add_argument("case", nargs="*", metavar="CASE")
    parser.add_argument("--seconds", type=float, default=30, help="How long a fault is held.")
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--rate", type=float, default=20, help="Messages a second under power cuts.")
    given = parser.parse_args()
    if unknown := set(given.case) - set(names):
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(names)}")
    good = [_show(name, given) for name in given.case or names]
    return 0 if all(good) else 1


def _show(name: str, given: argparse.Namespace) -> bool:
    found = _run(name, given)
    # with a disk that is not synced, a good outcome would prove that the cuts prove nothing
    held = found.good() != (name == "bite")
    sys.stdout.write(f"{name:<11} {'held' if held else 'BROKEN'}\n")
    for key, value in asdict(found).items():
        if key != "case":
            sys.stdout.write(f"    {key:<14} {f'{value:.2f}' if isinstance(value, float) else value}\n")
    sys.stdout.flush()
    return held


def _run(name: str, given: argparse.Namespace) -> Result:
    if name == "cut":
        return cuts.run(given.cuts, given.rate)
    if name == "bite":
        return cuts.run(min(5, given.cuts), given.rate, unsafe="OFF")
    if name in damage.CASES:
        return damage.CASES[name]()
    return faults.CASES[name](given.seconds)


if __name__ == "__main__":
    raise SystemExit(main())
