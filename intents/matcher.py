"""A merchant's text → ranked intents with calibrated confidence → answer, clarify or fallback."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from intents.cache import cache_folder, fingerprint, forget_old, used
from intents.clauses import SHORT, clauses, without_denied
from intents.features import Concepts, Floats, Grams, channels, readable
from intents.learned import OUTSIDE, Learned, Thresholds
from intents.model import Candidate, Match, Outcome
from intents.text import language, normalise, sounds, units

SHOWN = 5  # candidates a match carries
HEARD = 300  # characters from which the language is told
BEGIN, END, CLAUSE = 56, 24, 20  # units that are read of a long text and of a clause: so no text takes long


@dataclass(frozen=True, slots=True)
class Ranking:
    """How probable every intent is for one text, and that the text is our business at all (``inside``).

    What is none of our business has probability 0 here; the intents' sum up to ``inside``.
    """

    probabilities: Floats
    inside: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """An n-gram of the text, readable (``da-yin`` for two syllables), and what it adds to the winner's score."""

    gram: str
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text was understood as it was: the nearest phrase, the n-grams that spoke for it, the scores."""

    match: Match
    text: str
    phrase: str
    similarity: float
    evidence: tuple[Evidence, ...]
    inside: float
    coverage: float
    thresholds: Thresholds


class Matcher:
    """Finds what a text means among the intents that it was trained on."""

    def __init__(self, learned: Learned) -> None:
        """Take what training or a file gave."""
        self.learned = learned
        self._concepts = Concepts(learned.vocabulary)
        self._inside = np.asarray([not name.startswith(OUTSIDE) for name in learned.intents])

    @classmethod
    def train(
        cls,
        examples: Mapping[str, Sequence[str]],
        outside: Sequence[str] | Mapping[str, Sequence[str]] = (),
        vocabulary: Mapping[str, Sequence[str]] | None = None,
    ) -> Matcher:
        """Learn from example phrases; ``outside`` are messages that mean none of the intents.

        Takes up to 20 s at 15,000 phrases. The same input gives the same matcher.

        Raises:
            ValueError: there is no intent, or an intent has no example.
        """
        from intents.tuning import learn

        return cls(learn(examples, outside, vocabulary or {}))

    @classmethod
    def cached(
        cls,
        examples: Mapping[str, Sequence[str]],
        outside: Sequence[str] | Mapping[str, Sequence[str]] = (),
        vocabulary: Mapping[str, Sequence[str]] | None = None,
    ) -> Matcher:
        """Like ``train``, but take the model from the user's cache folder if the same was trained before."""
        path = cache_folder() / f"matcher-{fingerprint(examples, outside, vocabulary or {})}.npz"
        try:
            matcher = cls.load(path)
        except (OSError, ValueError, KeyError):
            matcher = cls.train(examples, outside, vocabulary)
        else:
            used(path)
            return matcher
        with contextlib.suppress(OSError):  # a read-only home: train again next time
            matcher.save(path)
            forget_old(path.parent)
        return matcher

    @classmethod
    def load(cls, path: Path) -> Matcher:
        """Read a matcher that ``save`` wrote.

        Raises:
            OSError: the file cannot be read.
            ValueError, KeyError: it is no matcher.
        """
        return cls(Learned.load(path))

    def save(self, path: Path) -> None:
        """Write the matcher as ``.npz`` (no pickle), whole or not at all.

        Raises:
            OSError: the folder cannot be written.
        """
        self.learned.save(path)

    def match(self, text: str) -> Match:
        """Return what a text means; ``code``, ``brand`` and ``model`` are left for others to fill."""
        return self._match(text, self.rank(text))

    def rank(self, text: str) -> Ranking:
        """Return the probability of every class of ``learned.intents`` for a text."""
        clean = normalise(text)
        meant = without_denied(clean)
        found = _ends(units(meant))
        if not found:
            return Ranking(np.zeros(len(self.learned.intents), np.float32), 0.0, 0.0)
        scores, coverage = self.learned.scores(self.grams(found))
        if len(found) > SHORT:
            scores = self._with_clauses(meant, scores)
        scores = self.learned.rescored(meant, sounds(found), scores)
        probabilities = np.where(self._inside, self.learned.probabilities(scores), np.float32(0))
        inside = float(probabilities.sum())
        ours = self.learned.doubted(inside, coverage)
        return Ranking(probabilities * np.float32(ours / max(inside, 1e-9)), ours, coverage)

    def grams(self, found: Sequence[str]) -> Grams:
        """Return the n-grams of a text's units, a list a channel."""
        return channels(found, self._concepts)

    def _with_clauses(self, clean: str, whole: Floats) -> Floats:
        """Blend the score of a long text with that of its best clause for every intent."""
        parts = [self.learned.scores(self.grams(units(part)[:CLAUSE]))[0] for part in clauses(clean)]
        return np.asarray((whole + np.max(parts, axis=0)) / 2, np.float32) if len(parts) > 1 else whole

    def _match(self, text: str, ranking: Ranking) -> Match:
        chances = ranking.probabilities
        best = [int(at) for at in np.argsort(-chances, kind="stable")[:SHOWN] if chances[at] > 0]
        candidates = tuple(
            Candidate(self.learned.intents[at], self.learned.calibrated(float(chances[at]))) for at in best
        )
        return Match(self._outcome(ranking, best), candidates, language(text[:HEARD]))

    def _outcome(self, ranking: Ranking, best: Sequence[int]) -> Outcome:
        limits = self.learned.thresholds
        if not best or ranking.inside < limits.clarify:
            return "fallback"
        first, *others = (float(ranking.probabilities[at]) for at in best[:2])
        clear = first >= limits.margin * (first + sum(others))
        return "answer" if clear and ranking.inside >= limits.answer else "clarify"

    def explain(self, text: str) -> Explanation:
        """Return the match of a text together with the evidence for its best candidate."""
        ranking = self.rank(text)
        match = self._match(text, ranking)
        meant = without_denied(normalise(text))
        phrase, similarity = "", 0.0
        evidence: tuple[Evidence, ...] = ()
        if match.intent:
            phrase, similarity = self.learned.nearest(meant, match.intent)
            found = self.learned.evidence(self.grams(_ends(units(meant))), match.intent)
            evidence = tuple(Evidence(readable(gram), weight) for gram, weight in found[:12])
        return Explanation(
            match,
            meant,
            phrase,
            similarity,
            evidence,
            ranking.inside,
            ranking.coverage,
            self.learned.thresholds,
        )


def _ends(found: list[str]) -> list[str]:
    """Return a text's units, of a long one the first ``BEGIN`` and the last ``END``."""
    return found if len(found) <= BEGIN + END else found[:BEGIN] + found[-END:]
