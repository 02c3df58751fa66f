"""Digit runs of folded text: which digits stand together, and what the text calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.redact_fold import CHINESE, CHINESE_CLASS
from bot.redact_labels import Labels, is_list

MASK = "•"
KEPT = 4
FEWEST = 7  # digits of a fragment that is worth hiding
MANY_SINGLES = 8
MIXED = 3  # stretches of "622" and "六二二" in turn that make one number
_GROUPS = re.compile(f"[0-9]+|[{CHINESE_CLASS}]+")
_JOIN = re.compile(r"[\s.·・\-_~\\/,，、|]{0,3}")
_ENOUGH = re.compile(f"[0-9{CHINESE_CLASS}](?:[\\s.·・\\-_~\\\\/,，、|]{{0,3}}[0-9{CHINESE_CLASS}]){{{FEWEST - 1}}}")
_COUNTRY = re.compile("[^a-z]?[a-z]{2}")
_URL = re.compile(r"(?:https?://|www\.|t\.me/)[!-~]{1,3000}")


@dataclass(frozen=True, slots=True)
class Group:
    """Digits without anything between them, or single ones spread with the same thing between."""

    start: int
    end: int
    digits: str
    places: tuple[int, ...] = ()


@dataclass(slots=True)
class Run:
    """Groups that stand close together; `joins` stand between them, `label` is what the text calls them."""

    groups: list[Group]
    joins: list[str] = field(default_factory=list)
    label: str = ""
    url: bool = False

    @property
    def size(self) -> int:
        """The number of digits."""
        return sum(len(group.digits) for group in self.groups)


def find_runs(text: str) -> list[Run]:
    """Return the digit runs of folded text that are long enough to matter, with their labels, in order."""
    if not _ENOUGH.search(text):
        return []
    found = [_gathered(run) for run in _collect(text)]
    return [run for run in _labelled(text, found) if run.size >= FEWEST]


def find_groups(text: str) -> list[Run]:
    """Return all digit runs with their labels, short ones too."""
    return _labelled(text, list(_collect(text)))


def _labelled(text: str, found: list[Run]) -> list[Run]:
    labels, urls = Labels(text), [match.span() for match in _URL.finditer(text)]
    previous: Run | None = None
    for run in found:
        start, end = run.groups[0].start, run.groups[-1].end
        run.url = any(first <= start < last for first, last in urls) or _is_iban(text, run)
        run.label = labels.before(start) or _inherited(text, run, previous) or labels.behind(end)
        if text[max(0, start - 1) : start] == "+":
            run.label = "decoy"
        previous = run
    return found


def _collect(text: str) -> Iterator[Run]:
    run: Run | None = None
    masked = MASK in text
    for match in _GROUPS.finditer(text):
        group = Group(match.start(), match.end(), _plain(match[0]))
        join = text[run.groups[-1].end : group.start][:4] if run else ""
        tail = masked and len(group.digits) <= KEPT and MASK in text[max(0, group.start - 3) : group.start]
        if run and (tail or not _JOIN.fullmatch(join)):
            yield run
            run = None
        if tail:  # the end of a number that was masked before
            continue
        if run:
            run.groups.append(group)
            run.joins.append(join)
        else:
            run = Run([group])
    if run:
        yield run


def _is_iban(text: str, run: Run) -> bool:
    """Tell whether two letters and two digits begin it, as in an international account number."""
    start = run.groups[0].start
    return len(run.groups[0].digits) == 2 and _COUNTRY.fullmatch(text[max(0, start - 3) : start]) is not None


def _plain(digits: str) -> str:
    return digits if digits.isascii() else "".join(CHINESE.get(char, char) for char in digits)


def _gathered(run: Run) -> Run:
    """Make one group of many single digits ("6 2 2 2 0 2 …"), and of digits written now this way, now that."""
    groups, joins, at = list[Group](), list[str](), 0
    while at < len(run.groups):
        end = _stretch(run, at)
        some = run.groups[at:end]
        places = tuple(place for group in some for place in range(group.start, group.end))
        digits = "".join(group.digits for group in some)
        groups.append(Group(some[0].start, some[-1].end, digits, places) if len(some) > 1 else some[0])
        joins += run.joins[end - 1 : end]
        at = end
    return Run(groups, joins)


def _stretch(run: Run, at: int) -> int:
    """Return the end of the groups that are one: many single digits joined alike, or some with nothing between."""
    end, join = at + 1, run.joins[at] if at < len(run.joins) else " "
    while end < len(run.groups) and run.joins[end - 1] == join and (not join or len(run.groups[end].digits) == 1):
        end += 1
    enough = MIXED if not join else MANY_SINGLES if len(run.groups[at].digits) == 1 else len(run.groups) + 1
    return end if end - at >= enough else at + 1


def _inherited(text: str, run: Run, previous: Run | None) -> str:
    """Return the label of the number before, when only a comma or "and" stands between."""
    if previous is None or not previous.label:
        return ""
    start, end = previous.groups[-1].end, run.groups[0].start
    return previous.label if end - start < 16 and is_list(text[start:end]) else ""
