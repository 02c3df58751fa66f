"""What one clause of a reply means, by its phrases and by the words that steer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from intents.reply_words import Token

MEANINGS = (
    "solved", "not_solved", "dont_understand", "human", "yes", "no", "back", "restart", "cancel", "thanks",
    "none_of_these", "later",
)  # fmt: skip
_ALL = frozenset((*MEANINGS, "ack"))
_RANK = (
    "human", "restart", "back", "none_of_these", "solved", "not_solved", "cancel", "dont_understand", "later", "no",
    "yes", "thanks", "ack",
)  # fmt: skip
_DENIED = {"solved": "not_solved", "yes": "no", "ack": "no"}
"""What a meaning becomes under a negation; the others are void ("don't call support")."""

_REST = {
    "human": 8, "later": 6, "not_solved": 6, "solved": 5, "dont_understand": 3, "back": 3, "restart": 4, "cancel": 2,
    "thanks": 6, "none_of_these": 6, "yes": 2, "no": 2, "ack": 1,
}  # fmt: skip
"""How many units that say nothing here may stand beside a phrase of a meaning."""
_OUTCOMES = ("solved", "not_solved")
_STATEMENTS = frozenset(("yes", "no", "solved", "ack", "thanks"))
_SILENT = (frozenset(("filler",)), frozenset(("again",)))
_ELSEWHERE = 4  # units of a clause without meaning from which a reply speaks of something else


@dataclass(frozen=True, slots=True)
class Verdict:
    """The meaning of a clause.

    ``exact``: it says nothing else. ``elsewhere``: it speaks of something else. ``length``: units of the phrase.
    """

    meaning: str | None = None
    exact: bool = True
    elsewhere: bool = False
    length: int = 1


def judge(tokens: Sequence[Token]) -> list[Verdict]:
    """Return the verdicts on a clause: one, or two when a "but" divides it and something follows."""
    cut = next((at for at, token in enumerate(tokens) if "but" in token.kinds), None)
    if cut is None:
        return [_judge(tokens)] if tokens else []
    before, after = tokens[:cut], tokens[cut + 1 :]
    verdict = _judge(after)
    if not before or verdict.meaning is None:
        return [*([_judge(before)] if before else []), verdict]
    return [verdict]


def _judge(tokens: Sequence[Token]) -> Verdict:
    kinds = frozenset(kind for token in tokens for kind in token.kinds)
    said = [token for token in tokens if token.kinds not in _SILENT]
    content = any(_is_content(token) for token in tokens)
    rest = sum(len(token.units) for token in tokens if not token.kinds or _is_content(token))
    if _failed_again(said, kinds, rest, content):
        return Verdict("not_solved", exact=not content)
    if _able_again(said, tokens, kinds):
        return Verdict("solved", rest == 0)
    found = [(meaning, length, place) for meaning, length, place in _hits(said) if _holds(meaning, length, place, rest)]
    found = [hit for hit in found if _fits(hit, kinds, content)]
    if not found:
        return _without_phrase(said, rest, content)
    meaning, length, _ = min(found, key=lambda hit: (_RANK.index(hit[0]), -hit[1]))
    if meaning in _OUTCOMES:
        meaning, length, _ = max((hit for hit in found if hit[0] in _OUTCOMES), key=lambda hit: hit[2])
    return Verdict(meaning, rest == 0, False, length)


def _able_again(said: Sequence[Token], tokens: Sequence[Token], kinds: frozenset[str]) -> bool:
    """Tell whether a clause says that something can be done now: 可以刷了."""
    able = next((at for at, token in enumerate(tokens) if "able" in token.kinds and token in said[:2]), None)
    if able is None or kinds & {"negation", "asking", "bad", "later", "cancel"}:
        return False
    return any("done" in token.kinds for token in tokens[able:])


def _failed_again(said: Sequence[Token], kinds: frozenset[str], rest: int, content: bool) -> bool:
    """Tell whether a clause says that what was wrong still is."""
    if not kinds & {"bad", "not_solved", "no", "negation"} or kinds & {"later", "human", "dont_understand"}:
        return False
    lasting = ("still" in kinds and rest <= 8) or (
        "again" in kinds and rest <= 1 and not content and "asking" not in kinds
    )
    return lasting and not any(meaning == "solved" for meaning, _, _ in _hits(said))


def _is_content(token: Token) -> bool:
    """Names of devices, and numbers: a reply that holds them says more than yes or no."""
    if token.kinds & _ALL:
        return False
    return "content" in token.kinds or (not token.kinds and any(unit.isdigit() for unit in token.units))


def _hits(said: Sequence[Token]) -> list[tuple[str, int, int]]:
    """Return (meaning, units, place) of each phrase, negations applied."""
    hits = []
    for place, token in enumerate(said):
        meaning = _meaning(token)
        if meaning is None or (_denies(token) and place + 1 < len(said) and _deniable(said[place + 1])):
            continue
        denials = _denials(said, place)
        if denials:
            meaning = _DENIED.get(meaning) if denials == 1 else None
        if meaning:
            hits.append((meaning, len(token.units) + denials, place - denials))
    return hits


def _meaning(token: Token) -> str | None:
    return min(token.kinds & _ALL, key=_RANK.index, default=None)


def _denies(token: Token) -> bool:
    return "negation" in token.kinds


def _deniable(token: Token) -> bool:
    return bool(token.kinds & _ALL) or "repair" in token.kinds


def _denials(said: Sequence[Token], place: int) -> int:
    count = 0
    while place > count and _denies(said[place - count - 1]):
        count += 1
    return count


def _holds(meaning: str, length: int, place: int, rest: int) -> bool:
    """Tell whether a phrase is long enough for what stands beside it."""
    if rest > _REST[meaning] or (meaning != "human" and rest > 3 * length):
        return False
    if meaning in ("yes", "no", "ack"):
        return place == 0
    if meaning == "later" and place == 0:
        return True
    return length > 1 or rest <= (2 if meaning in ("human", "thanks", "none_of_these", "not_solved", "solved") else 0)


def _fits(hit: tuple[str, int, int], kinds: frozenset[str], content: bool) -> bool:
    """Tell whether a phrase keeps its meaning beside names of devices and in a question."""
    meaning, length, place = hit
    if "asking" in kinds and meaning in _STATEMENTS:
        return False
    if meaning in ("restart", "back", "cancel") and "dont_understand" in kinds:
        return False
    if not content or (meaning == "not_solved" and "attempt" in kinds):
        return True
    if meaning == "solved":
        return not kinds & {"negation", "bad", "asking"}
    return meaning == "later" and place == 0 and length > 1 and "bad" not in kinds


def _without_phrase(said: Sequence[Token], rest: int, content: bool) -> Verdict:
    """A short denial of anything ("没弯") is a no; a short "打不出来" says that it failed."""
    size = sum(len(token.units) for token in said)
    if content and said and said[0].units[0] in "没冇未" and size <= 4 and "done" not in said[-1].kinds:
        return Verdict("no")
    if said and not content and "asking" not in {kind for token in said for kind in token.kinds}:
        if any(_denies(one) and "repair" in two.kinds for one, two in pairwise(said)) and rest <= _REST["not_solved"]:
            return Verdict("not_solved", rest == 0)
        if _denies(said[0]) and rest <= 3 and size <= 6:
            return Verdict("no", rest == 0)
        if size <= 4 and any("bad" in token.kinds and len(token.units) > 1 for token in said):
            return Verdict("not_solved", rest == 0)
    tried = any("attempt" in token.kinds for token in said)
    return Verdict(None, False, not tried and (content or size > _ELSEWHERE))
