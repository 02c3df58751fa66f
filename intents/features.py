"""Text → a sparse vector of n-grams: hanzi and words, pinyin syllables, pieces of Latin words, concepts.

The vector has length 1 counting also what the knowledge base has never seen: the more of a message is
unknown, the less any intent can score.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from intents.tables import tables
from intents.text import normalise, readings, units

Grams = tuple[list[str], ...]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

# One entry a channel: units, pairs of units, syllables, pairs of syllables, pieces of Latin words, concepts.
WEIGHTS = (1.0, 0.6, 0.8, 0.9, 0.6, 0.8)
UNKNOWN = (1.0, 0.8, 0.8, 0.6, 0.0, 0.0)  # how much an n-gram that was never seen counts in the length


@dataclass(frozen=True, slots=True)
class Vector:
    """Feature numbers with their values (length 1 with the unknown part), and the share that is known."""

    ids: Ints
    values: Floats
    coverage: float


class Concepts:
    """Words that mean the same, each written form leading to its canonical word."""

    def __init__(self, vocabulary: Mapping[str, Sequence[str]]) -> None:
        """Index a vocabulary of canonical word → forms; a form under two words counts for the last."""
        self._forms: dict[str, str] = {}
        self._sizes: dict[str, list[int]] = {}  # how many units the forms have that begin with a unit, longest first
        for word, forms in vocabulary.items():
            for form in (word, *forms):
                parts = units(normalise(form))
                self._forms[_joined(parts)] = f"={word}"
                if parts and len(parts) not in (sizes := self._sizes.setdefault(parts[0], [])):
                    sizes.append(len(parts))
                    sizes.sort(reverse=True)

    def found(self, parts: Sequence[str]) -> list[str]:
        """Return the concepts of a text's units in order, the longest form at each place."""
        found: list[str] = []
        after = 0  # the place behind the last concept
        for at, part in enumerate(parts):
            if part in self._sizes and at >= after:
                for size in self._sizes[part]:
                    word = self._forms.get(_joined(parts[at : at + size]))
                    if word:
                        found.append(word)
                        after = at + size
                        break
        return found


def _joined(parts: Sequence[str]) -> str:
    """Return units as one string in which Latin words keep apart."""
    return "".join([part if part > "\u2fff" else part + " " for part in parts])


def channels(found: Sequence[str], concepts: Concepts | None = None) -> Grams:
    """Return the n-grams of a text's units, a list a channel in the order of ``WEIGHTS``."""
    read = readings(found)
    heard = "".join(read)
    tokens, pieces = _tokens(found, read)
    pairs = [first + second for first, second in pairwise(tokens)]
    heard_pairs = [heard[at : at + 2] for at in range(len(heard) - 1)]
    return tokens, pairs, list(heard), heard_pairs, pieces, concepts.found(found) if concepts else []


def _tokens(found: Sequence[str], read: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the tokens that n-grams are made of, Latin words ending in a space, and pieces of those words."""
    tokens: list[str] = []
    pieces: list[str] = []
    for unit, syllables in zip(found, read, strict=True):
        if unit.isdecimal():
            tokens.append(f"#{min(len(unit), 5)} ")
        elif unit > "\u2fff":
            tokens.append(unit)
        elif not syllables:
            tokens.append(unit + " ")
            pieces.extend(_pieces(unit))
    return tokens, pieces


@functools.lru_cache(maxsize=16384)
def _pieces(word: str) -> tuple[str, ...]:
    """Return the in-word n-grams of 2 to 4 letters, with ``<`` and ``>`` at the word's ends."""
    marked = f"<{word[:24]}>"
    return tuple(marked[at : at + size] for size in (2, 3, 4) for at in range(len(marked) - size + 1))


def readable(gram: str) -> str:
    """Return an n-gram as a person reads it: syllables as ``da-yin``, no space at the end of a word."""
    spelling = _spellings()
    if gram and all(char in spelling for char in gram):
        return "-".join(spelling[char] for char in gram)
    return gram.strip()


@functools.cache
def _spellings() -> dict[str, str]:
    """Return the pinyin of every syllable's code point."""
    return {code: spelled for spelled, code in tables().syllables.items()}


class Features:
    """The n-grams of a knowledge base with their weights."""

    def __init__(self, names: Sequence[str], weights: Floats, rarest: float) -> None:
        """Take feature names, their weights, and the weight of an n-gram that was never seen."""
        self.names = names
        self.weights = weights
        self.rarest = rarest
        self._index = {name: at for at, name in enumerate(names)}
        self._lost = tuple((share * weight * rarest) ** 2 for share, weight in zip(UNKNOWN, WEIGHTS, strict=True))

    @classmethod
    def learn(cls, texts: Sequence[Grams], least: int = 2, power: float = 1.0) -> Features:
        """Weigh every n-gram that occurs in ``least`` texts by how rare it is, to a power."""
        seen: Counter[str] = Counter()
        channel: dict[str, int] = {}
        for grams in texts:
            for number, many in enumerate(grams):
                seen.update(list(dict.fromkeys(many)))
                channel.update(dict.fromkeys(many, number))
        total = len(texts) + 1
        names = [name for name, count in seen.items() if count >= least and WEIGHTS[channel[name]]]
        weights = [WEIGHTS[channel[name]] * math.log(total / (seen[name] - 0.5)) ** power for name in names]
        return cls(names, np.asarray(weights, np.float32), math.log(2 * total) ** power)

    def __len__(self) -> int:
        return len(self.names)

    def vector(self, grams: Grams) -> Vector:
        """Return the vector of a text."""
        find, lost = self._index.get, 0.0
        known: dict[int | None, None] = {}
        for many, price in zip(grams, self._lost, strict=True):
            places = list(map(find, many))
            known.update(dict.fromkeys(places))
            lost += price * places.count(None)
        known.pop(None, None)
        ids = np.fromiter(known, np.int32, len(known))
        values = self.weights[ids]
        seen = float(values @ values)
        if not seen:
            return Vector(ids, values, 0.0)
        return Vector(ids, values / np.float32(math.sqrt(seen + lost)), seen / (seen + lost))
