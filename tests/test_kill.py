"""kill -9 on a real posbot under load: nothing lost, nothing twice beyond what a kill may cost."""

from __future__ import annotations

import pytest

from tests.soak import kill


@pytest.mark.timeout(110)
def test_kills_at_random_moments_lose_nothing() -> None:
    outcome = kill.run(kills=3, rate=30, seed=4)
    assert outcome.messages > 30
    assert outcome.tickets > 5
    assert outcome.good(), str(outcome)


def test_the_verdict_notices_what_was_lost() -> None:
    good = {"kills": 1, "messages": 10, "replies": 10, "replies_lost": 0, "replies_twice": 8, "tickets": 2,
            "tickets_lost": 0, "tickets_twice": 0, "out_of_order": 0, "slowest_start": 1.0}  # fmt: skip
    assert kill.Outcome(**good).good()
    for name, count in (
        ("replies_lost", 1),
        ("tickets_lost", 1),
        ("tickets_twice", 1),
        ("out_of_order", 1),
        ("replies_twice", 9),
    ):
        assert not kill.Outcome(**{**good, name: count}).good(), name
