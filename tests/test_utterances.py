"""What merchants say, one test per utterance: ``utterances/<group>.yaml`` and ``utterances/outside.yaml``.

An utterance of an intent passes when the intent is answered at once or is among the three that are offered. A message
that is none of the bot's business passes when it is not answered. Where neighbours are both right, an entry is
``text: [intent, intent]``.

What is known to fail stands with its reason in ``utterances/known-failures.yaml`` and must fail (strict); after a
change of phrases or matcher rewrite that list with ``.venv/bin/python tests/utterances_known.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from intents.understanding import Understanding

FOLDER = Path(__file__).parent / "utterances"
KNOWN = FOLDER / "known-failures.yaml"
OTHERS = {"codes", "followups", "known-failures", "outside"}
INSIDE_SHARE = 0.90
OUTSIDE_SHARE = 0.93


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message and the intents that are right for it; none: outside."""

    text: str
    heading: str
    lang: str
    intents: tuple[str, ...] = ()

    def passes(self, understanding: Understanding) -> bool:
        match = understanding.match(self.text)
        if not self.intents:
            return match.outcome != "answer"
        offered = {"answer": 1, "clarify": 3, "fallback": 0}[match.outcome]
        return any(candidate.intent in self.intents for candidate in match.candidates[:offered])


def inside() -> list[Utterance]:
    """Return the utterances of all intents."""
    paths = [path for path in sorted(FOLDER.glob("*.yaml")) if path.stem not in OTHERS]
    return [utterance for path in paths for utterance in _utterances(path, inside=True)]


def outside() -> list[Utterance]:
    """Return the messages that are none of the bot's business."""
    return list(_utterances(FOLDER / "outside.yaml", inside=False))


def known() -> dict[str, str]:
    """Return why an utterance is known to fail."""
    return yaml.safe_load(KNOWN.read_text(encoding="utf-8")) or {} if KNOWN.exists() else {}


def _utterances(path: Path, *, inside: bool) -> Iterator[Utterance]:
    for heading, languages in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        for lang, entries in languages.items():
            for entry in entries:
                text, intents = next(iter(entry.items())) if isinstance(entry, dict) else (entry, [heading])
                yield Utterance(text, heading, lang, tuple(intents) if inside else ())


def _params(utterances: Iterable[Utterance]) -> list[Any]:
    reasons = known()
    return [
        pytest.param(
            utterance,
            id=f"{utterance.heading}: {utterance.text}",
            marks=[pytest.mark.xfail(reason=reasons[utterance.text], strict=True)] if utterance.text in reasons else [],
        )
        for utterance in utterances
    ]


@pytest.mark.parametrize("utterance", _params(inside()))
def test_what_merchants_say_is_understood(utterance: Utterance, understanding: Understanding) -> None:
    assert utterance.passes(understanding), understanding.match(utterance.text)


@pytest.mark.parametrize("utterance", _params(outside()))
def test_what_is_none_of_our_business_is_not_answered(utterance: Utterance, understanding: Understanding) -> None:
    assert utterance.passes(understanding), understanding.match(utterance.text)


@pytest.mark.parametrize(
    ("utterances", "least"), [(inside(), INSIDE_SHARE), (outside(), OUTSIDE_SHARE)], ids=["inside", "outside"]
)
def test_enough_is_understood(utterances: list[Utterance], least: float, understanding: Understanding) -> None:
    share = sum(utterance.passes(understanding) for utterance in utterances) / len(utterances)
    assert share >= least


def test_every_intent_is_asked_for_and_no_other(understanding: Understanding) -> None:
    asked = {intent for utterance in inside() for intent in utterance.intents}
    assert asked == set(understanding.knowledge.intents)


def test_an_utterance_stands_once() -> None:
    texts = [utterance.text for utterance in inside() + outside()]
    assert len(texts) == len(set(texts))


def test_known_failures_are_utterances() -> None:
    assert set(known()) <= {utterance.text for utterance in inside() + outside()}
