"""The matcher against other systems on the same phrases.

The other systems are what one would use without this package; each is trained and asked in the same run.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from intents.labelled import OUTSIDE, Labelled
from intents.matcher import Matcher

Ranker = Callable[[str], tuple[str, float]]  # text → best intent and how sure
Examples = Mapping[str, Sequence[str]]
BUDGET = 15.0  # seconds of answering after which a slow system is asked nothing more
SLOW = {"TF-IDF + linear SVM": 150_000}  # phrases above which building takes minutes: not measured
TRACED = 50_000  # phrases above which memory is not traced


@dataclass(frozen=True, slots=True)
class Speed:
    """One system at one size: accuracy in per cent, one core, memory as Python counts it while building."""

    system: str
    times: int
    phrases: int
    messages: int
    accuracy: float
    per_second: float
    p50: float  # milliseconds a message
    p99: float
    build: float  # seconds
    memory: float  # megabytes


def bench_match(
    examples: Examples,
    messages: Sequence[Labelled],
    outside: Sequence[str] = (),
    vocabulary: Mapping[str, Sequence[str]] | None = None,
    times: Sequence[int] = (1, 5, 20),
    systems: Sequence[str] = (),
) -> list[Speed]:
    """Measure every system (or those named) on the messages with the knowledge once and several times as large.

    A system that has answered for ``BUDGET`` seconds is judged by the messages so far, which come in mixed order.
    """
    inside = [one for one in messages if OUTSIDE not in one.intents]
    random.Random(0).shuffle(inside)  # noqa: S311 - a benchmark, no secret
    rows = []
    for many in times:
        larger = {intent: multiplied(phrases, many) for intent, phrases in examples.items()}
        for name, build in _systems(outside, vocabulary or {}).items():
            if (not systems or name in systems) and sum(map(len, larger.values())) <= SLOW.get(name, 10**9):
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
    right = 0
    spent: list[float] = []
    for message in messages:
        if sum(spent) > BUDGET:
            break
        start = time.perf_counter()
        best, _ = ask(message.text)
        spent.append(time.perf_counter() - start)
        right += best in message.intents
    p50, p99 = np.quantile(spent, (0.5, 0.99)) * 1000 if spent else (0.0, 0.0)
    phrases = sum(map(len, examples.values()))
    share = 100 * right / max(len(spent), 1)
    speed = len(spent) / max(sum(spent), 1e-9)
    memory = _memory(build, examples) if phrases <= TRACED else float("nan")
    return Speed(name, 1, phrases, len(spent), share, speed, float(p50), float(p99), took, memory)


def _memory(build: Callable[[Examples], Ranker], examples: Examples) -> float:
    """Return what a built system holds, in megabytes; its building is traced once more, for tracing is slow."""
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
    return ranker(Matcher.train(examples, outside, vocabulary))


def ranker(matcher: Matcher) -> Ranker:
    """Return the matcher as one of the compared systems."""

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


def speed_table(rows: Sequence[Speed]) -> str:
    """Return the comparison as lines of text."""
    head = f"{'system':26} {'times':>5} {'phrases':>8} {'messages':>8} {'accuracy':>8} {'msg/s':>8} {'p50 ms':>7} {'p99 ms':>7} {'build s':>8} {'MB':>6}"  # noqa: E501 - a table head
    lines = [
        f"{row.system:26} {row.times:5} {row.phrases:8} {row.messages:8} {row.accuracy:8.1f} "
        f"{row.per_second:8.0f} {row.p50:7.2f} {row.p99:7.2f} {row.build:8.1f} {row.memory:6.0f}"
        for row in rows
    ]
    return "\n".join([head, *lines])
