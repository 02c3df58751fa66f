from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import DECODERS
from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from bot.service import Service
from bot.store.base import Database
from bot.store.sqlite import SqliteDatabase
from intents.load import understand
from intents.understanding import Understanding

pytest_plugins = ["browsers", "desks", "staffgroup"]
"""Where the fixtures of pages, desk and staff group stand."""


def pytest_configure() -> None:
    """Where a browser is promised (CI), its absence is a failure, not a skip."""
    if os.environ.get("POSBOT_TEST_REQUIRE_BROWSER") and not shutil.which("chromium"):
        pytest.exit("no Chromium here, and POSBOT_TEST_REQUIRE_BROWSER is set: apt install chromium", 1)


class Clock:
    """A time of day that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(scope="session")
def understanding() -> Understanding:
    """The shipped knowledge, trained once and cached."""
    return understand()


@pytest.fixture
def dialogue(understanding: Understanding) -> Dialogue:
    return Dialogue(understanding, Messages())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = SqliteDatabase(tmp_path / "posbot.db")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def service(db: Database, dialogue: Dialogue, clock: Clock) -> Service:
    return Service(db, dialogue, DECODERS, clock=clock)
