"""What every page needs, in one place: the database, the settings, the words, the open streams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import HTTPConnection

from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from bot.store.base import Database
from bot.store.turns import stamp
from bot.support.accounts import Accounts
from bot.support.book import Offices
from bot.support.desk import Desk
from bot.web.desk.describe import Describe
from bot.web.desk.learning.teacher import Teacher
from bot.web.limiting import Limits
from bot.web.streams import Streams
from bot.web.tokens import LoginLinks, Sessions

FOLDER = Path(__file__).parent
Health = Callable[[], Awaitable[Mapping[str, bool]]]


@dataclass(frozen=True, slots=True)
class Web:
    """The parts that the pages share. ``words`` are the page's own, ``sentences`` those merchants read.

    ``sessions`` are those of the one-time link only; accounts keep theirs in the database. Without a ``dialogue``
    there is no knowledge to look at.
    """

    db: Database
    settings: Settings
    health: Health
    login: LoginLinks
    describe: Describe
    offices: Offices
    desk: Desk
    accounts: Accounts
    dialogue: Dialogue | None = None
    teacher: Teacher | None = None
    sessions: Sessions = field(default_factory=Sessions)
    streams: Streams = field(default_factory=Streams)
    limits: Limits = field(default_factory=Limits)
    words: Messages = field(default_factory=lambda: Messages(FOLDER / "texts"))
    sentences: Messages = field(default_factory=Messages)


def web_of(connection: HTTPConnection) -> Web:
    """Return the parts that belong to the app that serves this request."""
    web: Web = connection.app.state.web
    return web


def clock() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


def now() -> str:
    """Return the time of day as the database writes it."""
    return stamp(datetime.now(UTC))
