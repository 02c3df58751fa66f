"""How well messages are understood: rates by language, source and intent, confusions, calibration.

The rates are those of the evaluation set's ``score.py``, in per cent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from intents.labelled import OUTSIDE, Labelled
from intents.model import Match

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """A message, what it was taken for, and whether that is acceptable."""

    message: Labelled
    match: Match

    @property
    def outside(self) -> bool:
        """Is the message none of our business?"""
        return self.message.intents == (OUTSIDE,)

    @property
    def either(self) -> bool:
        """May it be declined as well as answered, so that it is not counted?"""
        return not self.outside and OUTSIDE in self.message.intents

    @property
    def right(self) -> bool:
        """Is the best candidate acceptable?"""
        return self.match.intent in self.message.intents

    @property
    def offered(self) -> bool:
        """Is one of the first three candidates acceptable?"""
        return any(candidate.intent in self.message.intents for candidate in self.match.candidates[:3])


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares in per cent of ``inside`` and ``outside`` messages; 0 where there are none."""

    inside: int
    accuracy: float
    direct: float
    helped: float
    wrong: float
    outside: int
    outside_answered: float
    outside_clarified: float
    codes: int
    codes_found: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often messages of one intent were taken for another, with an example."""

    wanted: str
    got: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Bin:
    """Messages whose best confidence lies in one tenth: how sure, and how often right (both 0..1)."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured in one run; ``error`` is the expected calibration error (0..1)."""

    total: Rates
    groups: dict[str, Rates]
    intents: dict[str, Rates]
    confusions: tuple[Confusion, ...]
    bins: tuple[Bin, ...]
    error: float
    mistakes: tuple[Judged, ...]


def evaluate(match: Callable[[str], Match], messages: Iterable[Labelled]) -> Report:
    """Match every message and judge the outcome."""
    return report([Judged(message, match(message.text)) for message in messages])


def report(judged: Sequence[Judged]) -> Report:
    """Sum up judged messages."""
    groups: dict[str, list[Judged]] = {}
    intents: dict[str, list[Judged]] = {}
    for one in judged:
        kind = [f"outside: {one.message.kind or 'real'}"] if one.outside else []
        for name in [one.message.lang, one.message.source, *kind]:
            groups.setdefault(name, []).append(one)
        if not one.outside and not one.either:
            intents.setdefault(one.message.intents[0], []).append(one)
    bins = _bins([one for one in judged if not one.either and one.match.candidates])
    return Report(
        rates(judged),
        {name: rates(many) for name, many in sorted(groups.items()) if name},
        {name: rates(many) for name, many in sorted(intents.items())},
        _confusions(judged),
        bins,
        _calibration_error(bins),
        tuple(one for one in judged if _mistaken(one)),
    )


def rates(judged: Sequence[Judged]) -> Rates:
    """Return the rates of some judged messages."""
    inside = [one for one in judged if not one.outside and not one.either]
    outside = [one for one in judged if one.outside]
    coded = [one for one in inside if one.message.code]
    answered = [one for one in inside if one.match.outcome == "answer"]
    direct = sum(one.right for one in answered)
    clarified = sum(one.match.outcome == "clarify" and one.offered for one in inside)
    return Rates(
        inside=len(inside),
        accuracy=_share(sum(one.right for one in inside), inside),
        direct=_share(direct, inside),
        helped=_share(direct + clarified, inside),
        wrong=_share(len(answered) - direct, inside),
        outside=len(outside),
        outside_answered=_share(sum(one.match.outcome == "answer" for one in outside), outside),
        outside_clarified=_share(sum(one.match.outcome == "clarify" for one in outside), outside),
        codes=len(coded),
        codes_found=_share(sum(_plain(one.match.code) == _plain(one.message.code) for one in coded), coded),
    )


def _share(count: int, of: Sequence[object]) -> float:
    return 100 * count / len(of) if of else 0.0


def _plain(code: str | None) -> str:
    return (code or "").strip().upper().replace(" ", "")


def _mistaken(one: Judged) -> bool:
    """Was an outside message answered, or an inside one not helped?"""
    if one.either:
        return False
    if one.outside:
        return one.match.outcome == "answer"
    helped = one.right if one.match.outcome == "answer" else one.match.outcome == "clarify" and one.offered
    return not helped


def _confusions(judged: Sequence[Judged]) -> tuple[Confusion, ...]:
    pairs: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for one in judged:
        if not one.right and not one.outside and not one.either:
            pair = (one.message.intents[0], one.match.intent or "nothing")
            pairs[pair] += 1
            examples.setdefault(pair, one.message.text)
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(*pair, count, examples[pair]) for pair, count in ranked)


def _bins(judged: Sequence[Judged]) -> tuple[Bin, ...]:
    parts: list[list[Judged]] = [[] for _ in range(BINS)]
    for one in judged:
        parts[min(int(one.match.candidates[0].confidence * BINS), BINS - 1)].append(one)
    return tuple(_bin(part) for part in parts)


def _bin(part: Sequence[Judged]) -> Bin:
    sure = sum(one.match.candidates[0].confidence for one in part)
    right = sum(one.right for one in part)
    return Bin(len(part), sure / len(part) if part else 0.0, right / len(part) if part else 0.0)


def _calibration_error(bins: Sequence[Bin]) -> float:
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.confidence - one.accuracy) for one in bins) / total if total else 0.0
