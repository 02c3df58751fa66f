"""The longest messages, made of the worst there is: a turn stays short on the event loop, and no pattern runs away."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import bot
import intents
from intents.understanding import Understanding
from tests.fuzz import longest
from tests.fuzz.longest import LONGEST, PIECES, STATES, Case
from tests.fuzz.run import Stuck, within

LIMIT = 0.05
"""Seconds of CPU that a turn, or a search, may take on the event loop."""
SEARCHED, SEARCH = 512, 0.25
"""Characters that every pattern is searched in from every place, and the seconds that the square of them may take."""
TRIES = 3
"""Best of so many where the first is over the limit: the machine has other work as well."""


@pytest.mark.parametrize("state", [*STATES, "ticket"])
def test_no_message_holds_up_the_event_loop(understanding: Understanding, state: str) -> None:
    talk, places = longest.places(understanding)
    slow = {}
    for piece in PIECES:
        case = Case(talk, state, places[state], (piece * LONGEST)[:LONGEST])
        if not any(_cpu(case) < LIMIT for _ in range(TRIES)):
            slow[piece] = _cpu(case)
    assert not slow


def test_no_pattern_backtracks_without_bound(understanding: Understanding) -> None:
    found = _patterns(understanding)
    assert len(found) > 60
    assert [pattern.pattern for pattern in found if any(_runs_away(pattern, text) for text in _against(pattern))] == []


@pytest.mark.parametrize("bad", [r"(a+)+$", r"(?:二三|二三?)*十$", r"a*b*a*b*a*c"])
def test_a_pattern_that_backtracks_is_noticed(bad: str) -> None:
    pattern = re.compile(bad)
    assert any(_runs_away(pattern, text) for text in _against(pattern))


def _runs_away(pattern: re.Pattern[Any], text: Any) -> bool:
    """Tell whether a search takes more than the square of the length: then some text of 4,096 would take for ever."""
    try:
        with within(0.6):
            whole = _cpu(lambda: pattern.fullmatch(text))
            found = _cpu(lambda: sum(1 for _ in pattern.finditer(text[-SEARCHED:])))
    except Stuck:
        return True
    return whole > LIMIT or found > SEARCH


def _patterns(understanding: Understanding) -> list[re.Pattern[Any]]:
    """Return every compiled pattern of both packages: of modules, classes, and what is built from knowledge."""
    modules = [importlib.import_module(found.name) for package in (bot, intents)
               for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
               if not found.name.endswith("__main__")]  # fmt: skip
    seen: set[int] = set()
    found = {one for root in (*(vars(module) for module in modules), understanding) for one in _inside(root, seen)}
    return sorted(found, key=lambda one: str(one.pattern))


def _inside(value: Any, seen: set[int], depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    if id(value) in seen or depth > 6 or isinstance(value, (str, bytes, int, float)):
        return
    seen.add(id(value))
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = list(value)
    elif type(value).__module__.partition(".")[0] in ("bot", "intents"):
        parts = [getattr(value, name, None) for name in (*getattr(value, "__dict__", ()), *_slots(value))]
    else:
        return
    for part in parts:
        yield from _inside(part, seen, depth + 1)


def _slots(value: Any) -> tuple[str, ...]:
    slots = getattr(type(value), "__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _against(pattern: re.Pattern[Any]) -> list[Any]:
    """Return long texts of what a pattern itself is made of, and of what is like it, with an end that it refuses."""
    said = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    plain = re.sub(r"\\.|\(\?\S|[^\w\s]", " ", said)
    pieces = dict.fromkeys(
        [*plain.split()[:12], *(part[:1] for part in plain.split()[:12]), *"a1A 一x,-.\n•", "1 ", "a ", "a,"]
    )
    texts = [(piece * LONGEST)[:LONGEST] + "\x01" for piece in pieces]
    return texts if isinstance(pattern.pattern, str) else [text.encode() for text in texts]


def _cpu(do: Callable[[], object]) -> float:
    start = time.thread_time()
    do()
    return time.thread_time() - start
