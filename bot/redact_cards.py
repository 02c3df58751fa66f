"""Card and identity numbers in folded text: which groups of a run form one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.redact_numbers import (
    LONGEST,
    SHORTEST,
    is_card,
    is_common_start,
    is_date,
    is_glued,
    is_identity,
    known_scheme,
    luhn,
)
from bot.redact_runs import FEWEST, KEPT, Group, Run, find_runs

_FIRM = re.compile(r"[ \t.·・\-_]{0,3}")
_SHAPES = {(4, 6, 5), (4, 6, 4), (6, 13), (6, 10), (6, 12), (6, 11), (4, 4, 4, 7), (6, 6, 7), (8, 11)}
_X = re.compile(r"[ .\-]?[x×]")
_LETTERS = re.compile(r"[a-z]")
_CODE_BEFORE = re.compile(r"[0-9][a-z]{1,8}\Z")
_CODE_BEHIND = re.compile(r"[a-z]{1,8}[0-9]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A number found in folded text; `hidden` are the places to mask."""

    kind: str
    start: int
    end: int
    hidden: tuple[int, ...]


def find_numbers(text: str) -> Iterator[Hit]:
    """Yield card and identity numbers of folded text."""
    for run in find_runs(text):
        at = 0
        while at < len(run.groups):
            kind, end = _best(text, run, at)
            if kind:
                hit = hit_of(kind, run.groups[at:end])
                yield _with_letter(text, hit) if kind == "id_card" else hit
            at = end


def hit_of(kind: str, groups: list[Group], kept: int = KEPT) -> Hit:
    """Return the hit for groups: an identity number is hidden whole, a card but for its last digits."""
    places = [place for group in groups for place in group.places or range(group.start, group.end)]
    end = groups[-1].end
    if kind == "card":
        return Hit(kind, groups[0].start, end, tuple(places[: max(0, len(places) - kept)]))
    return Hit(kind, groups[0].start, end, tuple(places))


def _with_letter(text: str, hit: Hit) -> Hit:
    """Return an identity number of 17 digits with its last character, the letter X."""
    letter = _X.match(text, hit.end) if len(hit.hidden) == 17 else None
    return replace(hit, end=letter.end(), hidden=(*hit.hidden, letter.end() - 1)) if letter else hit


def _best(text: str, run: Run, at: int) -> tuple[str, int]:
    """Return kind and end of the number that starts here; one with a fitting check digit comes first."""
    if _is_short_list(run, at):
        return "", at + 1
    digits, likely, sure, firm = "", 0, 0, True
    fewest = FEWEST if run.label in {"card", "part"} else SHORTEST
    for end in range(at, len(run.groups)):
        firm = firm and (end == at or _FIRM.fullmatch(run.joins[end - 1]) is not None)
        digits += run.groups[end].digits
        if len(digits) > LONGEST and end > at:
            break
        if len(digits) < fewest:
            continue
        groups = run.groups[at : end + 1]
        if len(digits) in {15, 17, 18} and _is_identity(text, groups, digits, run.label):
            return "id_card", end + 1
        verdict = _verdict(text, run, at, groups, digits, firm or _is_even(run, at, end))
        sure = end + 1 if verdict == "sure" else sure
        likely = end + 1 if verdict == "likely" else likely
    found = sure or likely
    return ("card", found) if found else ("", at + 1)


def _verdict(text: str, run: Run, at: int, groups: list[Group], digits: str, firm: bool) -> str:
    """Return sure (the check digit fits), likely, or nothing."""
    if run.url and run.label not in {"card", "weak"}:  # an order's address, unless everything speaks for a card
        return "sure" if len(groups) == 1 and is_common_start(digits) and is_card(digits) else ""
    if run.label == "decoy" and at == 0:
        return "sure" if is_printed(groups) and is_card(digits) else ""
    if run.label in {"card", "part"} and (len(digits) < SHORTEST or run.label == "card"):
        return _labelled(run, groups, digits)
    if len(digits) > LONGEST:
        return "sure" if is_glued(digits) and not _touches_letters(text, groups) else ""
    return _unlabelled(text, run, groups, digits, firm) if len(digits) >= SHORTEST else ""


def _labelled(run: Run, groups: list[Group], digits: str) -> str:
    """Judge what the text calls a card number: fragments count too, and what fails every check."""
    if len(digits) >= SHORTEST:
        return "sure" if is_card(digits) else "likely" * (len(digits) <= LONGEST + 5)
    return "likely" if len(groups) == len(run.groups) and not _is_mobile(digits) else ""


def _is_mobile(digits: str) -> bool:
    return len(digits) == 11 and digits[0] == "1"


def _unlabelled(text: str, run: Run, groups: list[Group], digits: str, firm: bool) -> str:
    """Judge a number by itself: check digit, first digits, the way it is spaced."""
    if not known_scheme(digits) or (not run.label and _is_code_list(groups)):
        return ""
    halves = text[groups[0].end : groups[-1].start].strip(" \t") == "\n" and _are_two_lines(groups)
    shaped = len(groups) == 1 or is_shaped(groups) or halves
    if not (shaped or (firm and len(groups) <= 5)) or (not run.label and _are_amounts(text, groups)):
        return ""
    if luhn(digits):
        fits = not (len(digits) == SHORTEST and _touches_letters(text, groups))
        return "sure" if fits and not _inside_code(text, groups) else ""
    if not firm or not shaped or _touches_letters(text, groups) or run.label == "decoy":
        return ""
    usual = digits.startswith("62") or (run.label == "weak" and len(digits) >= 15)
    return "likely" if usual or (is_printed(groups) and is_common_start(digits)) else ""


def _is_identity(text: str, groups: list[Group], digits: str, label: str) -> bool:
    if len(digits) == 17 and _X.match(text, groups[-1].end):
        digits += "X"
    if label == "id" and len(digits) in {15, 18}:
        return is_date(digits[6:14] if len(digits) == 18 else "19" + digits[6:12])
    return label != "decoy" and is_identity(digits)


def _is_even(run: Run, at: int, end: int) -> bool:
    """Tell whether a number that starts like most cards here is broken evenly: in fours, or over two lines."""
    groups, joins = run.groups[at : end + 1], set(run.joins[at:end])
    if len(joins) != 1 or not groups[0].digits.startswith("62"):
        return False
    sizes = [len(group.digits) for group in groups]
    return (joins == {"\n"} and _are_two_lines(groups)) or (set(sizes[:-1]) == {4} and sizes[-1] <= 4)


def _are_two_lines(groups: list[Group]) -> bool:
    """Tell whether two groups can be the halves of a number; a phone is none."""
    return len(groups) == 2 and min(len(one.digits) for one in groups) >= 4 and not _is_mobile(groups[1].digits)


def _are_amounts(text: str, groups: list[Group]) -> bool:
    """Tell whether some groups are the cents of amounts: "88.50 12.00" has points, and something else as well."""
    between = {text[one.end : two.start] for one, two in pairwise(groups)}
    return "." in between and len(between) > 1


def _is_short_list(run: Run, at: int) -> bool:
    """Tell whether short groups follow each other that no label calls a card: response codes, or a flood."""
    short = len(run.groups) > at + 1 and len(run.groups[at].digits) < 4 and len(run.groups[at + 1].digits) < 4
    return short and (not run.label or at > LONGEST)


def _is_code_list(groups: list[Group]) -> bool:
    """Tell whether groups are as short as response codes."""
    return len(groups) > 1 and max(len(group.digits) for group in groups) < 4


def is_printed(groups: list[Group]) -> bool:
    """Tell whether the digits are spaced as on a card: in fours, or 4-6-5."""
    sizes = tuple(len(group.digits) for group in groups)
    return sizes in {(4, 6, 5), (4, 6, 4)} or (len(sizes) >= 4 and set(sizes[:-1]) == {4} and sizes[-1] <= 4)


def is_shaped(groups: list[Group]) -> bool:
    """Tell whether groups are of one size, the last perhaps shorter, or in another usual shape."""
    sizes = tuple(len(group.digits) for group in groups)
    return sizes in _SHAPES or (len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0])


def _touches_letters(text: str, groups: list[Group]) -> bool:
    start, end = groups[0].start, groups[-1].end
    return bool(_LETTERS.search(text[max(0, start - 1) : start] + text[end : end + 1]))


def _inside_code(text: str, groups: list[Group]) -> bool:
    """Tell whether the digits are a part of a code made of letters and digits."""
    start, end = groups[0].start, groups[-1].end
    return bool(_CODE_BEFORE.search(text[max(0, start - 9) : start]) or _CODE_BEHIND.match(text, end))
