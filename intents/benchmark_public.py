"""The matcher on public data with few examples an intent, to see that it is not made for one knowledge base."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from intents.benchmark import ranker
from intents.matcher import Matcher

SEEDS = (0, 1, 2)
FEW = 10  # phrases an intent


@dataclass(frozen=True, slots=True)
class Public:
    """The few-shot protocol on one file with one seed, all in per cent."""

    seed: int
    accuracy: float
    at_five: float  # in-scope messages answered rightly at the threshold under which 5 % of oos_val pass
    false: float  # outside test messages that pass there: 5 when oos_val is like oos_test
    at_true_five: float  # as at_five, but where 5 % of oos_test pass: no threshold one could know beforehand


def bench_public(path: Path, seeds: Sequence[int] = SEEDS, background: bool = True) -> list[Public]:
    """Run the few-shot protocol on a file of JSON lines with text, label and split.

    Of ``oos_val`` every second line teaches what is outside, where ``background`` is wanted; the others set the
    threshold, which no line does that was learned from.

    Raises:
        OSError: the file cannot be read.
        ValueError, KeyError: a line is not of that form.
    """
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [_public(rows, seed, background) for seed in seeds]


def _public(rows: Sequence[Mapping[str, str]], seed: int, background: bool) -> Public:
    def texts(split: str) -> list[str]:
        return [row["text"] for row in rows if row["split"] == split]

    unseen = texts("oos_val")
    learned, kept = (unseen[::2], unseen[1::2]) if background else ([], unseen)
    ask = ranker(Matcher.train(_few(rows, seed), learned))
    tests = [row for row in rows if row["split"] == "test"]
    asked = [(row["label"], *ask(row["text"])) for row in tests]
    limit = float(np.quantile([ask(text)[1] for text in kept], 0.95))
    right = [wanted == best for wanted, best, _ in asked]
    outside = [ask(text)[1] for text in texts("oos_test")]

    def answered(least: float) -> float:
        return _share([one and how > least for one, (_, _, how) in zip(right, asked, strict=True)])

    true_limit = float(np.quantile(outside, 0.95))
    false = _share([how > limit for how in outside])
    return Public(seed, _share(right), answered(limit), false, answered(true_limit))


def _share(many: Sequence[bool]) -> float:
    return 100 * float(np.mean(many))


def _few(rows: Sequence[Mapping[str, str]], seed: int) -> dict[str, list[str]]:
    dice = random.Random(seed)  # noqa: S311 - the protocol names the generator
    by_label: dict[str, list[str]] = {}
    for row in rows:
        if row["split"] == "train":
            by_label.setdefault(row["label"], []).append(row["text"])
    return {label: dice.sample(sorted(many), min(FEW, len(many))) for label, many in sorted(by_label.items())}


def public_table(rows: Sequence[Public]) -> str:
    """Return the seeds and their mean as lines of text."""
    mean = [float(np.mean([asdict(row)[name] for row in rows])) for name in list(asdict(rows[0]))[1:]]
    lines = [(f"seed {row.seed}", row) for row in rows] + [("mean  ", Public(-1, *mean))]
    return "\n".join(
        f"{name}  accuracy {row.accuracy:5.1f}  correct at 5 % of oos_val {row.at_five:5.1f}  "
        f"(of oos_test {row.false:4.1f} % pass)  correct at 5 % of oos_test {row.at_true_five:5.1f}"
        for name, row in lines
    )
