"""Every route under random requests; the long run is ``python -m tests.fuzz --what web``."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue.engine import Dialogue
from bot.store.sqlite import SqliteDatabase
from tests.fuzz.requests import request
from tests.fuzz.web import FuzzedSite


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as found:
        yield found


@pytest.fixture
def fuzzed(runner: asyncio.Runner, tmp_path: Path, dialogue: Dialogue) -> Iterator[FuzzedSite]:
    async def opened() -> FuzzedSite:
        db = SqliteDatabase(tmp_path / "posbot.db")
        await db.open()
        return await FuzzedSite.over(db, dialogue)

    site = runner.run(opened())
    yield site
    runner.run(site.db.close())


# one site for all examples: what random acts leave behind is part of the play
CALM = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


def test_no_request_is_a_fault_of_ours(runner: asyncio.Runner, fuzzed: FuzzedSite) -> None:
    @CALM
    @given(dice=st.randoms(use_true_random=False))
    def asked(dice: random.Random) -> None:
        runner.run(fuzzed.check(request(dice, fuzzed.known)))

    asked()
