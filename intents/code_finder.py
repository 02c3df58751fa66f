"""The response code that a message names, told from amounts, times, models and counts.

A number alone says little. What counts is what stands around it: a cue before it ("报", "code"), a unit after it
("元", "minutes"), or nothing else at all. Each candidate is judged by its neighbours, so the cost grows with the
number of candidates and not with the length of the text between them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Set as AbstractSet

from intents import code_words as words
from intents.code_words import Cue
from intents.tables import tables
from intents.text import half_width

_MAX_TEXT = 2400
_MAX_CANDIDATES = 60
_SHORT = 40  # characters of a message that may be about nothing but its code
_BEFORE, _AFTER = 28, 14  # characters of context that are looked at

_TIED = re.compile(
    r"(?<![A-Z])(CODE|ERROR|ERR|RC|RESP|ER|BAO|XIANSHI|TISHI|DAIMA|CUOWU|E(?=\d\d(?!\d)))[-_:]?(?=[0-9])"
)
_HANZI, _DIGIT, _TEN = words.DIGIT_HANZI, words.DIGIT_WORDS, words.TEN_WORDS
_CANDIDATE = re.compile(
    r"(?<![0-9A-Z+×*¥$€£°])(?<![0-9][.,])(?:"
    r"(?P<letter>[A-Z])[ -]?(?P<digit>[0-9]|(?<=[AZ])O)(?![0-9A-Z])"
    r"|(?P<plain>[0-9][0-9A-Z]|[0-9]{3,5}|[0-9])(?![0-9A-Z])"
    rf"|(?P<spoken>(?:{_TEN})[ -](?:{_DIGIT})|(?:{_DIGIT})[ -](?:{_DIGIT})|{_TEN})(?![A-Z])"
    r"|(?P<pair>[A-Z]{2})(?![0-9A-Z'])"
    r")"
    rf"|(?<![{_HANZI}十百千万第])(?P<hanzi>[A-Z]?[二三四五六七八九]?十[一二三四五六七八九]?|[A-Z{_HANZI}][{_HANZI}])"
    rf"(?![{_HANZI}十百千万])"
)
_UNIT = re.compile(words.UNIT_AFTER)
_PREFIX = re.compile(words.PREFIX_BEFORE)
_NAMED = re.compile(words.NAMED_AFTER)
_ASKED = re.compile(words.ASKED_AFTER)
_TAIL = re.compile(words.TAIL_AFTER)
_SPACED = re.compile(r"((?:代码|错误码|CODE|ERROR)(?:是|为|:| IS)? ?[0-9]) ([0-9])(?![0-9])")
_CORRECTED = re.compile(r"不是\s?\w{2}\s?[,，]?\s?(?:而)?是\s?(?=[0-9A-Z])|\bNOT \w{2},? (?:BUT|ITS|IT'S|IT IS) ")
_TALK = re.compile(r"(?:什么|啥|咩|哪个|哪种)代?码|(?:WHAT|WHICH) CODE")
_CLOCK = re.compile(r"\s*(?:点|时)")
_LATIN = re.compile(r"\s*[A-Z]")
_COUNTED = re.compile(r"\s*[A-Z]{3,}S\b")
_LATIN_END = re.compile(r"[A-Z][A-Z']*$")
_MONEY_BEFORE = re.compile(words.MONEY_BEFORE)
_ALONE = re.compile(words.ALONE)


def find_code(text: str, known: AbstractSet[str]) -> str | None:
    """Return the response code a message names, canonical ("05", "Z1", "A0"), or None.

    ``known`` holds the codes of the table. An unknown code is only taken where it is called a code in so many
    words ("错误代码 24"). Of several codes the best supported one wins, the first among equals.
    """
    plain = _plain(text)
    best: tuple[Cue, str] | None = None
    for count, found in enumerate(_CANDIDATE.finditer(plain)):
        if count >= _MAX_CANDIDATES:
            break
        code = _canonical(found)
        if code and (cue := _support(plain, found, code, known)) and (best is None or cue > best[0]):
            best = cue, code
    return best[1] if best else None


def _plain(text: str) -> str:
    """Return half-width capitals and simplified hanzi; punctuation stays, since it tells amounts from codes."""
    half = half_width(text, _MAX_TEXT).translate(_simple())
    return _SPACED.sub(r"\1\2", _CORRECTED.sub("报", _TIED.sub(r"\1 ", half)))


@functools.cache
def _simple() -> dict[int, str]:
    hanzi = {code: new for code, new in tables().clean.items() if 0x3400 <= code < 0xA000 and len(new) == 1}
    return hanzi | {ord(char): char.upper() for char in "abcdefghijklmnopqrstuvwxyz"} | {ord("’"): "'"}


def _canonical(found: re.Match[str]) -> str:
    """Return the code as the table writes it; "" for what cannot be one."""
    if found["letter"]:
        return found["letter"].replace("O", "0") + found["digit"].replace("O", "0")
    if found["hanzi"]:
        return words.from_hanzi(found["hanzi"])
    if found["spoken"]:
        return words.from_english(found["spoken"])
    code = found["pair"] or found["plain"]
    return "0" + code if len(code) == 1 else code


def _support(plain: str, found: re.Match[str], code: str, known: AbstractSet[str]) -> Cue | None:
    """Return how strongly the surroundings call the candidate a code, or None if they do not."""
    before = plain[max(0, found.start() - _BEFORE) : found.start()]
    after = plain[found.end() : found.end() + _AFTER]
    if _measured(code, before, after):
        return None
    cue = _cue(before)
    if cue is Cue.NOUN:
        return cue if _may_follow_noun(found, code, known, after) else None
    if len(found[0]) == 1 or code not in known:
        return None
    return _by_verb_or_place(plain, found, cue, after)


def _may_follow_noun(found: re.Match[str], code: str, known: AbstractSet[str], after: str) -> bool:
    """Words are only codes if the table has them: "error to connect" names none."""
    if found["pair"]:
        return code in known and not _LATIN.match(after)
    return code in known or _two_digits(found)


def _by_verb_or_place(plain: str, found: re.Match[str], cue: Cue | None, after: str) -> Cue | None:
    """Judge a known code that no noun announces."""
    if found[0] in words.NETWORKS:
        return None
    if cue is Cue.VERB:
        return None if _COUNTED.match(after) or (found["pair"] and _LATIN.match(after)) else cue
    if found["pair"]:
        return Cue.ALONE if found[0] in words.LONE_PAIRS and _is_alone(plain, found) else None
    return None if _canonical(found) in words.MODELS else _by_place(plain, found, cue is Cue.WEAK, after)


def _by_place(plain: str, found: re.Match[str], weak: bool, after: str) -> Cue | None:
    before = plain[max(0, found.start() - _BEFORE) : found.start()]
    if weak and _TAIL.match(after) and not _COUNTED.match(after):
        return Cue.WEAK
    if _MONEY_BEFORE.search(before):
        return None
    if _NAMED.match(after):
        return Cue.VERB
    if _ASKED.match(after) or _bracketed(before, after):
        return Cue.WEAK
    talked = bool(found["plain"]) and len(plain) <= _SHORT and bool(_TALK.search(plain))
    spoken = found["hanzi"] or found["spoken"]
    return Cue.ALONE if talked or (not spoken and _is_alone(plain, found)) else None


def _measured(code: str, before: str, after: str) -> bool:
    """Tell whether a unit, a range, a decimal or a clock makes the number something else than a code."""
    if _UNIT.match(after):
        return True
    if _CLOCK.match(after) and code.isdigit() and int(code) <= 24:
        return True
    return bool(_PREFIX.search(before))


def _cue(before: str) -> Cue | None:
    """Return the cue that ends the text before a candidate, fillers between the two left out."""
    rest = before
    for _ in range(6):
        rest = rest.rstrip(words.PUNCTUATION)
        if latin := _LATIN_END.search(rest):
            word = latin[0].replace("'", "")
            if word not in words.LATIN_FILLERS:
                return _allowed(words.LATIN.get(word), rest[: latin.start()])
            rest = rest[: latin.start()]
            continue
        for cue, endings in words.HANZI_CUES:
            if rest.endswith(endings):
                ending = next(end for end in endings if rest.endswith(end))
                return _allowed(cue, rest[: -len(ending)])
        filler = next((end for end in words.HANZI_FILLERS if rest.endswith(end)), None)
        if filler is None:
            return None
        rest = rest[: -len(filler)]
    return None


def _allowed(cue: Cue | None, head: str) -> Cue | None:
    """Return the cue unless the words before it say that it announces something else: "付款码", "battery shows"."""
    others = words.OTHER_CODES if cue is Cue.NOUN else words.MEASURES
    return None if head.rstrip(words.PUNCTUATION + "上条都只还就一直里又老").endswith(others) else cue


def _two_digits(found: re.Match[str]) -> bool:
    return bool(found["plain"]) and found["plain"].isdigit() and len(found["plain"]) == 2


def _bracketed(before: str, after: str) -> bool:
    return bool(before) and bool(after) and before[-1] in "([【「“\"'" and after[0] in ")]】」”\"'"


def _is_alone(plain: str, found: re.Match[str]) -> bool:
    if len(plain) > _SHORT or found[0] == words.FAREWELL:
        return False
    return bool(_ALONE.fullmatch(plain[: found.start()] + "\x00" + plain[found.end() :]))
