"""A card number sent in pieces: found when the last piece comes, so that the earlier ones can be erased."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.redact_cards import Hit, hit_of
from bot.redact_core import Redacted, hide, redact_text
from bot.redact_fold import CHINESE, Folded, fold
from bot.redact_numbers import LONGEST, SHORTEST, is_card, is_date, known_scheme, luhn
from bot.redact_runs import KEPT, MASK, Group, Run, find_groups

_BEGUN = re.compile(f"{MASK}[{MASK} -]{{0,24}}[0-9](?:[ -]?[0-9]){{0,3}}\\Z")
_LOOSE = r"[\s.\-_·]{0,3}"
_AMOUNT = re.compile(r"[0-9]{1,6}\.[0-9]{1,2}|[0-9]{1,2}:[0-9]{2}")
_TAIL = re.compile(r"(?:尾号|[后末][四4][位码]|last (?:four|4)|ending)[ :是为]{0,3}\Z")
_NOT_SPACE = re.compile(r"\S")
_PHONE = re.compile("1[3-9][0-9]{9}")


@dataclass(frozen=True, slots=True)
class Joined:
    """Whether messages held a card number together, and each of them redacted, in the order given."""

    found: bool
    parts: tuple[Redacted, ...]


def join_split(previous: str, current: str) -> Joined:
    """Look at two messages of one chat within 60 seconds; if `found`, store `parts[0]` over the earlier one."""
    return join_parts((previous, current))


def join_parts(parts: Sequence[str]) -> Joined:
    """Look for a card number that runs over the ends of several messages, the last one included."""
    clean = [redact_text(part) for part in parts]
    folded = [fold(one.text) for one in clean]
    for first in range(len(parts) - 1):
        found = _across(folded[first:])
        if found and _is_card(found):
            groups = [(at, group) for at, run in enumerate(found) for group in run.groups]
            done = _hidden(clean[first:], folded[first:], groups)
            return Joined(True, (*clean[:first], *done))
    return Joined(False, tuple(clean))


def _across(folded: Sequence[Folded]) -> list[Run]:
    """Return the digits that end the first text, fill the middle ones and begin the last, if a card is as long."""
    found: list[Run] = []
    for at, one in enumerate(folded):
        run = (_begun(one.text) if at == 0 else None) or _edge(one.text, at == 0, at == len(folded) - 1)
        if run is None:
            return []
        found.append(run)
    return found if SHORTEST <= sum(run.size for run in found) <= LONGEST else []


def _begun(text: str) -> Run | None:
    """Return the end of a text that is the hidden beginning of a card number: masks, then what was kept."""
    match = _BEGUN.search(text)
    if match is None or sum(char == MASK or char.isdigit() for char in match[0]) >= SHORTEST:
        return None
    places = [place for place in range(*match.span()) if text[place] == MASK or text[place].isdigit()]
    return Run([Group(match.start(), match.end(), "".join(text[place] for place in places), tuple(places))])


def _edge(text: str, first: bool, last: bool) -> Run | None:
    """Return the run at the edge that faces the neighbour; little else may stand between."""
    runs = find_groups(text)
    if not runs:
        return None
    run = runs[-1] if first else runs[0]
    before, behind = text[: run.groups[0].start], text[run.groups[-1].end :]
    if (not last and behind.strip(" .,;、。…-~(待续")) or (not first and len(before.strip()) > 12):
        return None
    return None if run.label == "decoy" or _is_something_else(text, run) else run


def _is_something_else(text: str, run: Run) -> bool:
    """Tell whether a piece is a day, an amount with cents, the last digits of a card, or a part of a serial."""
    digits, before = _digits(run), text[: run.groups[0].start]
    day = len(digits) == 8 and digits.startswith("20") and is_date(digits)
    serial = before[-1:].isascii() and before[-1:].isalpha()
    return day or serial or _AMOUNT.fullmatch(text.strip()) is not None or _TAIL.search(before) is not None


def _is_card(runs: list[Run]) -> bool:
    """Tell whether the digits are a card: called so, with a fitting check digit, or broken as people break cards."""
    digits = "".join(map(_digits, runs))
    if MASK in digits:  # its beginning was called a card number
        return True
    called = runs[0].label in {"card", "weak", "part"} and known_scheme(digits)
    if any(_PHONE.fullmatch(_digits(run)) for run in runs):
        return called and luhn(digits)
    if is_card(digits):
        return True
    broken = all(run.size % 4 == 0 for run in runs[:-1]) or runs[0].size >= 6
    return len(digits) >= 16 and (called or (digits.startswith("62") and broken))


def _digits(run: Run) -> str:
    return "".join(group.digits for group in run.groups)


def _hidden(clean: list[Redacted], folded: list[Folded], groups: list[tuple[int, Group]]) -> list[Redacted]:
    done, behind = [], sum(len(group.digits) for _, group in groups)
    for at, (redacted, one) in enumerate(zip(clean, folded, strict=True)):
        mine = [group for place, group in groups if place == at]
        behind -= sum(len(group.digits) for group in mine)
        hit = hit_of("card", mine, max(0, KEPT - behind))
        text, more = hide(redacted.text, one, [hit])
        done.append(Redacted(text, (*redacted.found, *more)))
    return done


def wiped(text: str) -> str:
    """Return a text with all of its digits hidden."""
    folded = fold(text)
    places = tuple(place for place, char in enumerate(folded.text) if char.isdigit() or char in CHINESE)
    return hide(text, folded, [Hit("card", places[0], places[-1] + 1, places)])[0] if places else text


def eraser(before: str, after: str) -> Callable[[str], str]:
    """Return what hides the digits that ``after`` hides of ``before`` in other texts, however they are spaced there."""
    hidden = [one for one, new in zip(before, after, strict=False) if one != new]
    fragment = hidden if len(before) == len(after) else list(before)  # characters that take two places
    plain = [char for char in fold("".join(fragment)).text if not char.isspace()]
    ways = {_LOOSE.join(re.escape(char) for char in way if not char.isspace()) for way in (fragment, plain)}
    if not plain:
        return lambda text: text
    pattern = re.compile("|".join(f"(?<![0-9]){way}(?![0-9])" for way in sorted(ways)))
    return lambda text: pattern.sub(lambda match: _NOT_SPACE.sub(MASK, match[0]), text)
