"""A card number sent in pieces: found when the last piece comes, so that the earlier ones can be erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.redact import Redacted, hide, redact_text
from bot.redact_cards import hit_of
from bot.redact_fold import Folded, fold
from bot.redact_numbers import LONGEST, is_card
from bot.redact_runs import KEPT, Group, Run, find_groups


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
        if groups and _is_card("".join(group.digits for _, group in groups), folded[first].text, groups[0][1]):
            done = _hidden(clean[first:], folded[first:], groups)
            return Joined(True, (*clean[:first], *done))
    return Joined(False, tuple(clean))


def _across(folded: Sequence[Folded]) -> list[tuple[int, Group]]:
    """Return the groups of a number that ends the first text, fills the middle ones and begins the last."""
    found: list[tuple[int, Group]] = []
    for at, one in enumerate(folded):
        runs = find_groups(one.text)
        run = _edge(runs, one.text, first=at == 0, last=at == len(folded) - 1)
        if run is None:
            return []
        found += [(at, group) for group in run.groups]
    return found if sum(len(group.digits) for _, group in found) <= LONGEST else []


def _edge(runs: list[Run], text: str, first: bool, last: bool) -> Run | None:
    """Return the run at the edge that faces the neighbour; little else may stand between."""
    if not runs:
        return None
    run = runs[-1] if first else runs[0]
    before, behind = text[: run.groups[0].start], text[run.groups[-1].end :]
    if (not last and len(behind.strip(" .,;、。…-~(待续")) > 0) or (not first and len(before.strip()) > 12):
        return None
    return run if run.label != "decoy" else None


def _is_card(digits: str, text: str, first: Group) -> bool:
    called = "卡" in text[: first.start] or "card" in text[: first.start]
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
