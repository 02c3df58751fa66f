"""kill -9 on a real posbot under load: nothing lost, nothing twice beyond what a kill may cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.soak import kill
from tests.soak.evidence import Evidence, heard
from tests.soak.kill import Outcome

GOOD = Evidence(messages=10, messages_lost=0, replies=10, replies_lost=0, replies_twice=8, strange=0, tickets=2,
                tickets_lost=0, tickets_twice=0, out_of_order=0, parked=0)  # fmt: skip


@pytest.mark.timeout(110)
@pytest.mark.long
@pytest.mark.parametrize("point", ["", "send"])
def test_kills_lose_nothing(point: str) -> None:
    outcome = kill.kills(2, 30, seed=4, point=point)
    assert outcome.evidence is not None
    assert outcome.evidence.tickets > 5
    assert outcome.good(), str(outcome)


@pytest.mark.parametrize(
    "name", ["messages_lost", "replies_lost", "strange", "tickets_lost", "tickets_twice", "out_of_order", "parked"]
)
def test_the_verdict_notices_what_is_wrong(name: str) -> None:
    outcome = Outcome(50, False, evidence=GOOD)
    outcome.ends["send"] = 1
    assert outcome.good()
    outcome.evidence = replace(GOOD, **{name: 1})
    assert not outcome.good()


def test_the_verdict_notices_too_many_duplicates_and_a_slow_end() -> None:
    outcome = Outcome(50, False, evidence=replace(GOOD, replies_twice=9))
    outcome.ends["send"] = 1
    assert not outcome.good()
    outcome.evidence = GOOD
    outcome.slowest_exit = 10.1
    assert not outcome.good()
    assert not Outcome(50, True, evidence=GOOD).good(), "a SIGTERM allows no duplicate"


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ("abc", (0, 0, 0, False)),
        ("ac", (1, 0, 0, False)),
        ("abbc", (0, 1, 0, False)),
        ("abcb", (0, 1, 0, True)),
        ("bac", (0, 0, 0, True)),
        ("abxc", (0, 0, 1, False)),
    ],
)
def test_replies_are_counted(texts: str, found: tuple[int, ...]) -> None:
    assert heard(texts, "abc") == found
