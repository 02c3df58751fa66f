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
_GROUPS = re.compile(f"[0-9]+|[{CHINESE_CLASS}]+")
_JOIN = re.compile(r"[\s.·・\-_~\\/,，、|]{0,3}")
_ENOUGH = re.compile(f"[0-9{CHINESE_CLASS}](?:[\\s.·・\\-_~\\\\/,，、|]{{0,3}}[0-9{CHINESE_CLASS}]){{{FEWEST - 1}}}")
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
        run.url = any(first <= start < last for first, last in urls)
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


def _plain(digits: str) -> str:
    return digits if digits.isascii() else "".join(CHINESE.get(char, char) for char in digits)


def _gathered(run: Run) -> Run:
    """Make one group of many single digits ("6 2 2 2 0 2 …"), so that they cost no more than others."""
    if len(run.groups) < MANY_SINGLES or any(len(group.digits) > 1 for group in run.groups[:MANY_SINGLES]):
        return run
    count = next((n for n, g in enumerate(run.groups) if len(g.digits) > 1), len(run.groups))
    count = next((n + 1 for n in range(count - 1) if run.joins[n] != run.joins[0]), count)
    if count < MANY_SINGLES:
        return run
    singles = run.groups[:count]
    places = tuple(group.start for group in singles)
    one = Group(singles[0].start, singles[-1].end, "".join(g.digits for g in singles), places)
    return Run([one, *run.groups[count:]], run.joins[count - 1 :])


def _inherited(text: str, run: Run, previous: Run | None) -> str:
    """Return the label of the number before, when only a comma or "and" stands between."""
    if previous is None or not previous.label:
        return ""
    start, end = previous.groups[-1].end, run.groups[0].start
    return previous.label if end - start < 16 and is_list(text[start:end]) else ""
