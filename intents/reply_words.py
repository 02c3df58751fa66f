"""A reply cut into the phrases that carry a meaning, the words that steer them, and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from intents.text import normalise, sounds, units

_PARTICLES = str.maketrans(dict.fromkeys("啦喇嘞咯叻勒啰咗", "了"))  # colloquial and regional forms of 了

Units = tuple[str, ...]
NO_KINDS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Token:
    """Some units of a reply: ``kinds`` are the meanings and helper groups of the phrase, none for the rest."""

    kinds: frozenset[str]
    units: Units


class Lexicon:
    """Phrases of all kinds; the longest one wins at each place."""

    def __init__(self, phrases: Mapping[Units, frozenset[str]]) -> None:
        self._starting: dict[str, list[tuple[Units, frozenset[str]]]] = {}
        for key in sorted(phrases, key=len, reverse=True):
            self._starting.setdefault(key[0], []).append((key, phrases[key]))

    def cut(self, found: Sequence[str]) -> Iterator[Token]:
        """Yield the tokens of a clause in order; neighbouring units that belong to no phrase are one token."""
        at = rest = 0
        whole = tuple(found)
        while at < len(whole):
            entry = self._longest(whole, at)
            if entry is None:
                at += 1
                continue
            if rest < at:
                yield Token(NO_KINDS, whole[rest:at])
            yield Token(entry[1], entry[0])
            at = rest = at + len(entry[0])
        if rest < at:
            yield Token(NO_KINDS, whole[rest:at])

    def _longest(self, whole: Units, at: int) -> tuple[Units, frozenset[str]] | None:
        for entry in self._starting.get(whole[at], ()):
            if whole[at : at + len(entry[0])] == entry[0]:
                return entry
        return None


def levelled(text: str) -> str:
    """Return a normalised text with one form for the particles that mean the same."""
    return normalise(text).translate(_PARTICLES)


def by_units(phrase: str) -> Units:
    """Return a phrase as normalised hanzi and words."""
    return tuple(units(levelled(phrase)))


def by_sound(phrase: str) -> Units:
    """Return a phrase as pinyin syllables, so that homophones and pinyin are the same."""
    return tuple(sounds(units(levelled(phrase))))


def lexicon(kinds: Mapping[str, Sequence[str]], key: Callable[[str], Units]) -> Lexicon:
    """Return the lexicon of kind → phrases, each phrase read by ``key``; a phrase may have several kinds."""
    phrases: dict[Units, frozenset[str]] = {}
    for kind, listed in kinds.items():
        for phrase in listed:
            if found := key(phrase):
                phrases[found] = phrases.get(found, NO_KINDS) | {kind}
    return Lexicon(phrases)
