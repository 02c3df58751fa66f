"""What a change of the knowledge does: to known phrases, and to what was not understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from intents.knowledge import Knowledge
from intents.understanding import Understanding

SAMPLE = 1500
"""Known phrases that are tried before and after; those of the intent that is changed are all among them."""
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Shift:
    """A text that is understood otherwise now: intents before and after ("" for none)."""

    text: str
    wanted: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Of ``tried`` known phrases how many were and are right; which get better and worse; the misses it solves."""

    tried: int = 0
    right_before: int = 0
    right_after: int = 0
    better: tuple[Shift, ...] = ()
    worse: tuple[Shift, ...] = ()
    misses: int = 0
    misses_before: int = 0
    misses_after: int = 0
    now_understood: tuple[Shift, ...] = field(default=())

    def dump(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        return asdict(self)


def compare(old: Understanding, new: Understanding, intent: str, misses: Sequence[str]) -> Effect:
    """Try known phrases and misses before and after."""
    better: list[Shift] = []
    worse: list[Shift] = []
    before, after = 0, 0
    sample = _sample(old.knowledge, intent)
    for wanted, text in sample:
        was, now = old.match(text).intent or "", new.match(text).intent or ""
        before += was == wanted
        after += now == wanted
        if (was == wanted) != (now == wanted):
            (better if now == wanted else worse).append(Shift(text, wanted, was, now))
    solved, answered, answered_now = [], 0, 0
    for text in misses:
        was_match, now_match = old.match(text), new.match(text)
        answered += was_match.outcome == "answer"
        answered_now += now_match.outcome == "answer"
        if was_match.outcome != "answer" and now_match.outcome == "answer":
            solved.append(Shift(text, "", was_match.intent or "", now_match.intent or ""))
    return Effect(len(sample), before, after, tuple(better[:SHOWN]), tuple(worse[:SHOWN]), len(misses), answered,
                  answered_now, tuple(solved[:SHOWN]))  # fmt: skip


def _sample(knowledge: Knowledge, intent: str) -> list[tuple[str, str]]:
    own = [(intent, text) for text in knowledge.examples.get(intent, ())][: SAMPLE // 3]
    rest = [(name, text) for name, texts in knowledge.examples.items() if name != intent for text in texts]
    step = max(1, len(rest) // (SAMPLE - len(own)))
    return own + rest[::step][: SAMPLE - len(own)]
