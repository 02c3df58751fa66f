"""A card number sent in pieces: found when the last piece comes, so that the earlier ones can be erased."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.redact_cards import hit_of
from bot.redact_core import Redacted, hide, redact_text
from bot.redact_fold import Folded, fold
from bot.redact_numbers import LONGEST, SHORTEST, is_card
from bot.redact_runs import KEPT, MASK, Group, find_groups

_BEGUN = re.compile(f"{MASK}[{MASK} -]{{0,24}}[0-9](?:[ -]?[0-9]){{0,3}}\\Z")


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
        groups = _across(folded[first:])
        if groups and _is_card(groups, folded[first].text):
            done = _hidden(clean[first:], folded[first:], groups)
            return Joined(True, (*clean[:first], *done))
    return Joined(False, tuple(clean))


def _across(folded: Sequence[Folded]) -> list[tuple[int, Group]]:
    """Return the groups of a number that ends the first text, fills the middle ones and begins the last."""
    found: list[tuple[int, Group]] = []
    for at, one in enumerate(folded):
        groups = (_begun(one.text) if at == 0 else []) or _edge(one.text, at == 0, at == len(folded) - 1)
        if not groups:
            return []
        found += [(at, group) for group in groups]
    return found if SHORTEST <= sum(len(group.digits) for _, group in found) <= LONGEST else []


def _begun(text: str) -> list[Group]:
    """Return the end of a text that is the hidden beginning of a card number: masks, then what was kept."""
    match = _BEGUN.search(text)
    if match is None or sum(char == MASK or char.isdigit() for char in match[0]) >= SHORTEST:
        return []
    places = [place for place in range(*match.span()) if text[place] == MASK or text[place].isdigit()]
    return [Group(match.start(), match.end(), "".join(text[place] for place in places), tuple(places))]


def _edge(text: str, first: bool, last: bool) -> list[Group]:
    """Return the run at the edge that faces the neighbour; little else may stand between."""
    runs = find_groups(text)
    if not runs:
        return []
    run = runs[-1] if first else runs[0]
    before, behind = text[: run.groups[0].start], text[run.groups[-1].end :]
    if (not last and behind.strip(" .,;、。…-~(待续")) or (not first and len(before.strip()) > 12):
        return []
    return run.groups if run.label != "decoy" else []


def _is_card(groups: list[tuple[int, Group]], text: str) -> bool:
    digits, start = "".join(group.digits for _, group in groups), groups[0][1].start
    if MASK in digits:  # its beginning was called a card number
        return True
    called = "卡" in text[:start] or "card" in text[:start]
    return is_card(digits) or (len(digits) >= 16 and (digits.startswith("62") or called))


def _hidden(clean: list[Redacted], folded: list[Folded], groups: list[tuple[int, Group]]) -> list[Redacted]:
    done, behind = [], sum(len(group.digits) for _, group in groups)
    for at, (redacted, one) in enumerate(zip(clean, folded, strict=True)):
        mine = [group for place, group in groups if place == at]
        behind -= sum(len(group.digits) for group in mine)
        hit = hit_of("card", mine, max(0, KEPT - behind))
        text, more = hide(redacted.text, one, [hit])
        done.append(Redacted(text, (*redacted.found, *more)))
    return done
