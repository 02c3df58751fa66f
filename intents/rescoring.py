"""Nearest phrases by edit distance (rapidfuzz ``ratio``), on pinyin where there is any, else on characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from intents.features import Floats, Ints

RAISE = 0.35  # what a phrase that equals the text adds to its class
FROM = 45.0  # similarity per cent from which a phrase counts
LONGEST = 60  # longer texts are not compared: edit distance says nothing there
MOST = 400  # phrases of a class that are compared


class Phrases:
    """The example phrases, sorted by class, ready to compare with."""

    def __init__(self, texts: Sequence[str], plain: Sequence[str], heard: Sequence[str], owners: Ints) -> None:
        """Take phrases as written, normalised and as syllables, and the class number of each, ascending."""
        self.texts = texts
        self.owners = owners
        self.plain = plain
        self.heard = heard
        self._bounds = np.searchsorted(owners, np.arange(int(owners[-1]) + 2 if len(owners) else 1)).tolist()

    def raise_(self, clean: str, heard: str, scores: Floats, classes: NDArray[np.intp]) -> Floats:
        """Return the scores, those of the given classes raised by their nearest phrase.

        Takes the text normalised and as syllables; where it has syllables they are compared.
        """
        text, phrases = (heard, self.heard) if heard else (clean, self.plain)
        if len(text) > LONGEST:
            return scores
        raised = scores.copy()
        for number in classes:
            near = self._near(text, phrases, int(number))
            raised[number] += RAISE * max(0.0, near - FROM) / (100 - FROM)
        return raised

    def _near(self, text: str, phrases: Sequence[str], number: int) -> float:
        if number >= len(self._bounds) - 1:
            return 0.0  # the last classes have no phrases
        start, end = self._bounds[number], self._bounds[number + 1]
        many = phrases[start : min(end, start + MOST)]
        found = process.extractOne(text, many, scorer=fuzz.ratio, score_cutoff=FROM)
        return float(found[1]) if found else 0.0

    def nearest(self, clean: str, number: int) -> tuple[str, float]:
        """Return the nearest phrase of a class and its similarity 0..1."""
        start, end = self._bounds[number], self._bounds[number + 1]
        found = process.extractOne(clean, self.plain[start:end], scorer=fuzz.ratio)
        return (self.texts[start + found[2]], found[1] / 100) if found else ("", 0.0)
