"""The words of the knowledge base and of a match: frozen values that cross every border.

Everything here is plain data. ``knowledge`` fills it from YAML, ``matcher`` and ``tree`` read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Lang = Literal["zh", "zh-Hant", "en"]
Priority = Literal["P1", "P2", "P3", "P4"]
Outcome = Literal["answer", "clarify", "fallback"]
Slot = Literal[
    "taking_payments", "screen", "photo", "brand", "serial", "merchant",
    "time", "amount", "last4", "reference", "phone", "details",
]  # fmt: skip
Action = Literal["human", "status", "code", "menu"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both written languages; Traditional Chinese is converted from ``zh``."""

    zh: str
    en: str

    def in_(self, lang: Lang) -> str:
        """Return the text for a reply language (``zh-Hant`` gives Simplified, converted at the edge)."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Texts:
    """Several texts in both languages: steps of a fix, or example phrases."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def in_(self, lang: Lang) -> tuple[str, ...]:
        """Return the texts for a reply language."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a question. ``go`` names a node of this tree, or another intent (it has a dot)."""

    label: Text
    go: str
    means: Literal["yes", "no"] | None = None
    says: Texts = field(default_factory=Texts)


@dataclass(frozen=True, slots=True)
class Question:
    """A node that asks. ``hint`` explains how to find out, for a merchant who does not understand."""

    id: str
    ask: Text
    choices: tuple[Choice, ...]
    hint: Text | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A node that gives steps and then asks "solved?". ``otherwise`` is where "no" leads."""

    id: str
    fix: Text
    steps: Texts
    otherwise: str
    brands: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stop:
    """A hard stop: the merchant must not go on alone; a ticket follows at once."""

    id: str
    stop: Text
    priority: Priority
    ask_for: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """The tree's knowledge ends here: why support takes over, and what to ask for."""

    id: str
    escalate: Text
    ask_for: tuple[Slot, ...]
    priority: Priority | None = None


Node = Question | Fix | Stop | Escalation


@dataclass(frozen=True, slots=True)
class Symptom:
    """An intent with a decision tree. ``before`` is said once, before the first node."""

    id: str
    title: Text
    impact: Priority
    phrases: Texts
    start: str
    nodes: Mapping[str, Node]
    before: Text | None = None
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An intent with one answer: text, optional steps, optional special ``action``."""

    id: str
    title: Text
    impact: Priority
    phrases: Texts
    answer: Text
    steps: Texts = field(default_factory=Texts)
    ask_for: tuple[Slot, ...] = ()
    related: tuple[str, ...] = ()
    action: Action | None = None
    brands: Mapping[str, Text] = field(default_factory=dict)


Intent = Symptom | Answer


@dataclass(frozen=True, slots=True)
class Code:
    """A response code or a prompt of the terminal, as one scheme defines it."""

    codes: tuple[str, ...]
    scheme: str
    meaning: Text
    who: tuple[str, ...]
    retry: Literal["yes", "once", "no"]
    do: Text
    sure: Literal["high", "medium", "low"]
    leads_to: str | None = None


@dataclass(frozen=True, slots=True)
class Brand:
    """A terminal maker or a payment company: how merchants write it and where its plate is."""

    id: str
    kind: Literal["maker", "provider"]
    name: Text
    names: tuple[str, ...]
    models: tuple[str, ...] = ()
    serial: Text | None = None
    contact: Text | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent with the calibrated probability (0..1) that the merchant means it."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Match:
    """What one utterance means: the outcome, its best candidates, and what was found beside it."""

    outcome: Outcome
    candidates: tuple[Candidate, ...]
    lang: Lang
    code: str | None = None
    brand: str | None = None
    model: str | None = None

    @property
    def intent(self) -> str | None:
        """The best candidate's intent, whatever the outcome; None when there is none."""
        return self.candidates[0].intent if self.candidates else None
