"""Everything that turns a text into meaning, behind one door: intents, codes, brands, replies in a flow, moods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from intents.brands import BrandFinder
from intents.codes import CodeTable
from intents.followup import Followups
from intents.knowledge import Knowledge
from intents.matcher import Matcher
from intents.model import Candidate, Code, Match
from intents.text import normalise

CODE_CONFIDENCE = 0.97
"""Confidence of ``txn.code`` when a known code stands in the message: extraction is exact, not learned."""


class Understanding:
    """What a text means, by one version of the knowledge. Pure, thread-safe, no I/O."""

    def __init__(self, knowledge: Knowledge, matcher: Matcher) -> None:
        self.knowledge = knowledge
        self.matcher = matcher
        self.codes = CodeTable(knowledge.codes)
        self._brands = BrandFinder(knowledge.brands)
        self._followups = Followups(knowledge.followups)
        self._moods = tuple(normalise(word) for word in knowledge.moods)

    def match(self, text: str) -> Match:
        """Return what a message is about, with the code, brand and model it names."""
        match = self.matcher.match(text)
        brand, model = self._brands.find(text)
        code = self.codes.find(text)
        match = replace(match, brand=brand, model=model, code=code)
        return _code_first(match) if code else match

    def followup(self, text: str, choices: Sequence[str] = ()) -> str | None:
        """Return what a typed reply means inside a flow, or None (see ``followup``)."""
        return self._followups.read(text, choices)

    def lookup(self, code: str) -> tuple[Code, ...]:
        """Return what each scheme means by a code, the domestic one first."""
        return self.codes.lookup(code)

    def angry(self, text: str) -> bool:
        """Tell whether the words are those of someone who has had enough."""
        plain = normalise(text)
        return any(word in plain for word in self._moods)


def _code_first(match: Match) -> Match:
    others = tuple(found for found in match.candidates if found.intent != "txn.code")
    return replace(match, outcome="answer", candidates=(Candidate("txn.code", CODE_CONFIDENCE), *others))
