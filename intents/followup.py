"""What a typed reply means inside a flow: "solved", "no", "the second one", "give me a human" …

The phrases stand in ``data/followups.yaml``. A reply is cut into clauses, each clause into known phrases and the
rest; negations, "still", questions and names of devices decide whether a phrase counts. What says more than a reply
does (a new problem) has no meaning here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from intents.reply_choice import NUMBER_WORDS, labelled, numbered
from intents.reply_clause import MEANINGS, Verdict, judge
from intents.reply_words import Units, by_sound, by_units, levelled, lexicon
from intents.tables import tables
from intents.text import spelled, units

_MAX_TEXT = 300
_MAX_UNITS = 40
_MAX_NEAR = 12  # units up to which a misspelt reply is compared as a whole
_NEAR = 84  # rapidfuzz ratio from which a reply is a misspelt phrase
_PARTS = re.compile(r"\s*,\s*|(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")
_LATIN = re.compile(r"[a-z]{4,}")
_QUESTION = re.compile(r"[\s?？!！.。~～]*[?？][\s?？!！.。~～]*")

_ORDER = (
    "human", "restart", "back", "solved", "cancel", "none_of_these", "not_solved", "choose", "dont_understand", "later",
    "no", "yes", "thanks", "ack",
)  # fmt: skip
"""Which meaning a reply of several clauses has: the first of these that one of its clauses has."""
_ANSWERS = ("yes", "no", "not_solved", "later", "back", "restart", "dont_understand")


class Followups:
    """The replies of ``followups.yaml``, ready to be recognised.

    ``data`` maps a meaning to its phrases by language; the group ``helpers`` holds the steering words.
    """

    def __init__(self, data: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        kinds = _kinds(data)
        hanzi = {kind: [phrase for phrase in listed if not phrase.isascii()] for kind, listed in kinds.items()}
        said = [(phrase, kind) for kind in MEANINGS for phrase in kinds[kind]]
        self._lexicon = lexicon(kinds, by_units)
        self._by_sound = lexicon(hanzi, by_sound)
        self._signs = {phrase: kind for phrase, kind in said if not by_units(phrase)}
        self._phrases = {" ".join(by_units(phrase)): kind for phrase, kind in said if len(by_units(phrase)) > 1}
        self._negations = frozenset("不没无未冇唔别非") | {word for word in kinds["negation"] if word.isascii()}
        words = {word for listed in kinds.values() for phrase in listed for word in by_units(phrase)}
        self._words = {word for word in words | NUMBER_WORDS if len(word) > 3 and word.isascii()}

    def read(self, text: str, choices: Sequence[str] = ()) -> str | None:
        """Return the meaning of a reply ("solved", "choose:2", …), or None for anything that is no mere reply.

        ``choices`` are the labels of the offered buttons, in order; they are needed for "the last one".
        """
        if len(text) > _MAX_TEXT:
            return None
        clean = levelled(text)
        if choices and (number := labelled(clean, choices)):
            return f"choose:{number}"
        if not clean:
            return self._sign(text)
        clauses = [clause for clause in _PARTS.split(clean) if clause]
        if sum(len(units(clause)) for clause in clauses) > _MAX_UNITS:
            return None
        respelt = [self._respell(clause) for clause in clauses]
        return self._meaning(respelt, choices) or self._heard(clauses) or self._near(clauses) or self._sign(text)

    def _meaning(self, clauses: Sequence[str], choices: Sequence[str]) -> str | None:
        numbers = {number for clause in clauses if (number := numbered(clause, choices))}
        verdicts = [
            Verdict("choose") if numbered(clause, choices) else verdict
            for clause in clauses
            for verdict in judge(list(self._lexicon.cut(units(clause))))
        ]
        meaning = _combine(verdicts)
        if meaning != "choose":
            return meaning
        return f"choose:{numbers.pop()}" if len(numbers) == 1 else None

    def _respell(self, clause: str) -> str:
        """Return a clause with its misspelt English words corrected, if it has any."""
        if clause.isdigit() or not any("a" <= char <= "z" for char in clause):
            return clause
        return _LATIN.sub(lambda found: self._correct(found[0]), clause)

    def _correct(self, word: str) -> str:
        if word in self._words or spelled(word):
            return word
        cutoff = 1 if len(word) < 8 else 2
        best = process.extractOne(word, self._words, scorer=OSA.distance, score_cutoff=cutoff)
        return word if best is None or best[0][0] != word[0] or _inflected(word, best[0]) else best[0]

    def _heard(self, clauses: Sequence[str]) -> str | None:
        """Return what a reply in pinyin means, or one with homophones that is otherwise a known phrase."""
        found = [unit for clause in clauses for unit in units(clause)]
        latin = [unit for unit in found if unit.isascii()]
        verdicts = [verdict for clause in clauses for verdict in judge(list(self._by_sound.cut(_sounds(clause))))]
        if latin:
            return _combine(verdicts) if all(map(_syllables, latin)) and any(map(spelled, latin)) else None
        known = all(verdict.meaning and verdict.exact and verdict.length > 1 for verdict in verdicts)
        return _combine(verdicts) if known else None

    def _near(self, clauses: Sequence[str]) -> str | None:
        found = [unit for clause in clauses for unit in units(clause)]
        if not 2 < len(found) <= _MAX_NEAR or any("content" in token.kinds for token in self._lexicon.cut(found)):
            return None
        best = process.extractOne(" ".join(found), list(self._phrases), scorer=fuzz.ratio, score_cutoff=_NEAR)
        if best is None or self._denials(found) != self._denials(best[0].split()):
            return None
        return self._phrases[best[0]]

    def _denials(self, found: Sequence[str]) -> int:
        return sum(unit in self._negations for unit in found)

    def _sign(self, text: str) -> str | None:
        """Return the meaning of a reply of emoji, or of nothing but question marks."""
        if _QUESTION.fullmatch(text):
            return "dont_understand"
        if any(map(str.isalnum, text)):
            return None
        return next((kind for sign, kind in self._signs.items() if sign in text), None)


def _kinds(data: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """Return phrases by kind: the meanings, and the helper groups of both languages together."""
    kinds = {kind: [phrase for listed in data.get(kind, {}).values() for phrase in listed] for kind in MEANINGS}
    for name, listed in data.get("helpers", {}).items():
        kinds.setdefault(name.rpartition("_")[0], []).extend(listed)
    kinds.setdefault("negation", []).extend(_open_denials(kinds))
    return kinds


def _open_denials(kinds: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the phrases that deny what follows them: "it is not (working)", "从来没(摔过)"."""
    last = tuple(by_units(word) for word in kinds.get("negation", ()) if word != "no")
    listed = [*kinds.get("no", ()), *(phrase for phrase in kinds.get("not_solved", ()) if phrase.isascii())]
    cut = [(phrase, by_units(phrase)) for phrase in listed]
    return [phrase for phrase, found in cut if any(len(found) > len(end) and found[-len(end) :] == end for end in last)]


def _inflected(one: str, two: str) -> bool:
    """Tell whether two words differ by their ending only: "print" and "prints" do not mean the same here."""
    shorter, longer = sorted((one, two), key=len)
    return longer.removeprefix(shorter) in ("s", "es", "d", "ed", "ing") and longer.startswith(shorter)


def _syllables(unit: str) -> str:
    """Return a Latin unit as syllables, particles such as "le" and "de" included; "" if it is no pinyin."""
    return spelled(unit) or tables().syllables.get(unit, "")


def _sounds(clause: str) -> Units:
    pinyin = tables().pinyin
    return tuple("".join(pinyin.get(ord(u), "") if not u.isascii() else _syllables(u) for u in units(clause)))


def _combine(verdicts: Sequence[Verdict]) -> str | None:
    """Return the meaning of a whole reply from those of its clauses."""
    meanings = [verdict.meaning for verdict in verdicts if verdict.meaning]
    if not meanings:
        return None
    if Verdict("human") in [replace(verdict, length=1) for verdict in verdicts]:
        return "human"
    if any(verdict.elsewhere for verdict in verdicts) and not _answers_first(verdicts):
        return None
    if "later" in meanings and meanings[0] in ("cancel", "yes", "no", "ack") and "not_solved" not in meanings:
        return "later"
    outcomes = [meaning for meaning in meanings if meaning in ("solved", "not_solved")]
    best = min(meanings, key=_ORDER.index)
    if outcomes and best in ("solved", "not_solved"):
        return outcomes[-1]
    if best == "ack":
        return "yes"
    return "thanks" if best == "yes" and "thanks" in meanings and set(meanings) <= {"ack", "thanks"} else best


def _answers_first(verdicts: Sequence[Verdict]) -> bool:
    """Tell whether the reply answers in its first clause and only explains itself after it."""
    return verdicts[0].exact and verdicts[0].meaning in _ANSWERS
