"""The matcher against other systems on the same phrases, and on public data with few examples.

The other systems are what one would use without this package; each is trained and asked in the same run.
"""

from __future__ import annotations

import json
import random
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from intents.evaluate import OUTSIDE, Labelled
from intents.matcher import Matcher

Ranker = Callable[[str], tuple[str, float]]  # text → best intent and how sure
Examples = Mapping[str, Sequence[str]]
SEEDS = (0, 1, 2)
FEW = 10  # phrases an intent of the public protocol


@dataclass(frozen=True, slots=True)
class Speed:
    """One system at one size: accuracy in per cent, one core, memory as Python counts it while building."""

    system: str
    times: int
    phrases: int
    accuracy: float
    per_second: float
    p50: float  # milliseconds a message
    p99: float
    build: float  # seconds
    memory: float  # megabytes


@dataclass(frozen=True, slots=True)
class Public:
    """The few-shot protocol on one file with one seed, all in per cent."""

    seed: int
    accuracy: float
    at_five: float  # in-scope messages answered rightly at the threshold under which 5 % of oos_val pass
    false: float  # outside test messages that pass there


def bench_match(
    examples: Examples,
    messages: Sequence[Labelled],
    outside: Sequence[str] = (),
    vocabulary: Mapping[str, Sequence[str]] | None = None,
    times: Sequence[int] = (1, 5, 20),
    systems: Sequence[str] = (),
) -> list[Speed]:
    """Measure every system (or those named) on the messages with the knowledge once and several times as large."""
    inside = [one for one in messages if OUTSIDE not in one.intents]
    rows = []
    for many in times:
        larger = {intent: multiplied(phrases, many) for intent, phrases in examples.items()}
        for name, build in _systems(outside, vocabulary or {}).items():
            if not systems or name in systems:
                rows.append(replace(_measure(name, build, larger, inside), times=many))
    return rows


def multiplied(phrases: Sequence[str], times: int) -> list[str]:
    """Return phrases with variants that drop or double a character: ``times`` as many, reproducibly."""
    dice = random.Random(len(phrases))  # noqa: S311 - a benchmark, no secret
    result = list(phrases)
    for _ in range(times - 1):
        result += [_varied(phrase, dice) for phrase in phrases]
    return result


def _varied(phrase: str, dice: random.Random) -> str:
    at = dice.randrange(len(phrase))
    return phrase[:at] + dice.choice(("", phrase[at] * 2)) + phrase[at + 1 :] or phrase


def _measure(name: str, build: Callable[[Examples], Ranker], examples: Examples, messages: Sequence[Labelled]) -> Speed:
    start = time.perf_counter()
    ask = build(examples)
    took = time.perf_counter() - start
    right, spent = 0, []
    for message in messages:
        start = time.perf_counter()
        best, _ = ask(message.text)
        spent.append(time.perf_counter() - start)
        right += best in message.intents
    p50, p99 = np.quantile(spent, (0.5, 0.99)) * 1000 if spent else (0.0, 0.0)
    phrases = sum(map(len, examples.values()))
    share = 100 * right / max(len(messages), 1)
    speed = len(spent) / max(sum(spent), 1e-9)
    return Speed(name, 1, phrases, share, speed, float(p50), float(p99), took, _memory(build, examples))


def _memory(build: Callable[[Examples], Ranker], examples: Examples) -> float:
    """Return what a built system holds, in megabytes; its building is traced once more, for tracing is slow."""
    if sum(map(len, examples.values())) > 50_000:
        return float("nan")
    tracemalloc.start()
    kept = build(examples)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return held / 1e6


def _systems(
    outside: Sequence[str], vocabulary: Mapping[str, Sequence[str]]
) -> dict[str, Callable[[Examples], Ranker]]:
    return {
        "posbot": lambda examples: _posbot(examples, outside, vocabulary),
        "rapidfuzz WRatio": lambda examples: _fuzzy(examples, "WRatio"),
        "rapidfuzz token_set_ratio": lambda examples: _fuzzy(examples, "token_set_ratio"),
        "TF-IDF cosine": _cosine,
        "TF-IDF + linear SVM": _svm,
    }


def _posbot(examples: Examples, outside: Sequence[str], vocabulary: Mapping[str, Sequence[str]]) -> Ranker:
    matcher = Matcher.train(examples, outside, vocabulary)

    def ask(text: str) -> tuple[str, float]:
        found = matcher.match(text).candidates
        return (found[0].intent, found[0].confidence) if found else ("", 0.0)

    return ask


def _fuzzy(examples: Examples, scorer: str) -> Ranker:
    from rapidfuzz import fuzz, process, utils

    texts = [utils.default_process(text) for many in examples.values() for text in many]
    owners = [intent for intent, many in examples.items() for _ in many]
    score = getattr(fuzz, scorer)

    def ask(text: str) -> tuple[str, float]:
        found = process.extractOne(utils.default_process(text), texts, scorer=score)
        return (owners[found[2]], found[1] / 100) if found else ("", 0.0)

    return ask


def _cosine(examples: Examples) -> Ranker:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [text for many in examples.values() for text in many]
    owners = [intent for intent, many in examples.items() for _ in many]
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    matrix = vectors.fit_transform(texts)

    def ask(text: str) -> tuple[str, float]:
        near = (matrix @ vectors.transform([text]).T).toarray().ravel()
        return owners[int(near.argmax())], float(near.max())

    return ask


def _svm(examples: Examples) -> Ranker:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    texts = [text for many in examples.values() for text in many]
    owners = [intent for intent, many in examples.items() for _ in many]
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    model = LinearSVC(random_state=0).fit(vectors.fit_transform(texts), owners)

    def ask(text: str) -> tuple[str, float]:
        scores = np.ravel(model.decision_function(vectors.transform([text])))
        return str(model.classes_[int(scores.argmax())]), float(scores.max())

    return ask


def bench_public(path: Path, seeds: Sequence[int] = SEEDS) -> list[Public]:
    """Run the few-shot protocol on a file of JSON lines with text, label and split.

    Raises:
        OSError: the file cannot be read.
        ValueError, KeyError: a line is not of that form.
    """
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [_public(rows, seed) for seed in seeds]


def _public(rows: Sequence[Mapping[str, str]], seed: int) -> Public:
    def texts(split: str) -> list[str]:
        return [row["text"] for row in rows if row["split"] == split]

    ask = _posbot(_few(rows, seed), texts("oos_train"), {})
    tests = [row for row in rows if row["split"] == "test"]
    asked = [(row["label"], *ask(row["text"])) for row in tests]
    limit = float(np.quantile([ask(text)[1] for text in texts("oos_val")], 0.95))
    right = [wanted == best for wanted, best, _ in asked]
    sure = [one and how > limit for one, (_, _, how) in zip(right, asked, strict=True)]
    false = [ask(text)[1] > limit for text in texts("oos_test")]
    return Public(seed, *(100 * float(np.mean(many)) for many in (right, sure, false)))


def _few(rows: Sequence[Mapping[str, str]], seed: int) -> dict[str, list[str]]:
    dice = random.Random(seed)  # noqa: S311 - the protocol names the generator
    by_label: dict[str, list[str]] = {}
    for row in rows:
        if row["split"] == "train":
            by_label.setdefault(row["label"], []).append(row["text"])
    return {label: dice.sample(sorted(many), min(FEW, len(many))) for label, many in sorted(by_label.items())}


def speed_table(rows: Sequence[Speed]) -> str:
    """Return the comparison as lines of text."""
    head = f"{'system':26} {'times':>5} {'phrases':>8} {'accuracy':>8} {'msg/s':>8} {'p50 ms':>7} {'p99 ms':>7} {'build s':>8} {'MB':>6}"  # noqa: E501 - a table head
    lines = [
        f"{row.system:26} {row.times:5} {row.phrases:8} {row.accuracy:8.1f} {row.per_second:8.0f} "
        f"{row.p50:7.2f} {row.p99:7.2f} {row.build:8.1f} {row.memory:6.0f}"
        for row in rows
    ]
    return "\n".join([head, *lines])


def public_table(rows: Sequence[Public]) -> str:
    """Return the seeds and their mean as lines of text."""
    lines = [
        f"seed {row.seed}  accuracy {row.accuracy:5.1f}  correct at 5 % {row.at_five:5.1f}  false {row.false:4.1f}"
        for row in rows
    ]
    mean = [float(np.mean([getattr(row, name) for row in rows])) for name in ("accuracy", "at_five", "false")]
    lines.append(f"mean    accuracy {mean[0]:5.1f}  correct at 5 % {mean[1]:5.1f}  false {mean[2]:4.1f}")
    return "\n".join(lines)
