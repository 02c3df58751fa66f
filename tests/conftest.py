from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import postgres
import pytest
from postgres import Server

from bot.app import DECODERS
from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from bot.service import Service
from bot.store.base import Database
from bot.store.postgres.database import PostgresDatabase
from bot.store.sqlite import SqliteDatabase
from intents.load import understand
from intents.understanding import Understanding

pytest_plugins = ["browsers", "desks", "staffgroup"]
"""Where the fixtures of pages, desk and staff group stand."""


def pytest_configure() -> None:
    """Where a browser is promised (CI), its absence is a failure, not a skip."""
    if os.environ.get("POSBOT_TEST_REQUIRE_BROWSER") and not shutil.which("chromium"):
        pytest.exit("no Chromium here, and POSBOT_TEST_REQUIRE_BROWSER is set: apt install chromium", 1)


BOTH = ("test_store", "test_support_tickets", "test_support_list", "test_support_time", "test_support_sla",
        "test_support_accounts", "test_support_webhook", "test_split", "test_forget", "test_retention")  # fmt: skip
"""Modules whose tests run on SQLite and on PostgreSQL; with ``--both`` all others do as well."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--both", action="store_true", help="run every test of the store on PostgreSQL as well")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = metafunc.config.getoption("both") or metafunc.module.__name__ in BOTH
    if wanted and "db" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("sqlite"):
        metafunc.parametrize("db", ["sqlite", "postgres"], indirect=True)


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


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A real PostgreSQL; tests that need it fail where none can be found."""
    with postgres.server(**postgres.FAST) as found:
        yield found


@pytest.fixture
def empty(server: Server) -> str:
    """The address of a PostgreSQL database without a row."""
    return server.empty()


@pytest.fixture
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without a row; where ``BOTH`` says so once of either kind."""
    if getattr(request, "param", "sqlite") == "sqlite":
        database: Database = SqliteDatabase(tmp_path / "posbot.db")
    else:
        database = PostgresDatabase(request.getfixturevalue("empty"))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def service(db: Database, dialogue: Dialogue, clock: Clock) -> Service:
    return Service(db, dialogue, DECODERS, clock=clock, steady=lambda: clock.now.timestamp())
