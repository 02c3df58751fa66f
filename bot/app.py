"""Wires the concrete parts together. The only module that knows them all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import photos
from bot.channels import local
from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.errors import ConfigError
from bot.messages import Messages, traditional
from bot.service import Decoded, Decoder, Service, now_utc
from bot.store.base import Database
from bot.store.inbox import Work
from bot.store.sqlite import SqliteDatabase
from bot.support.book import Book, Offices, always
from bot.support.desk import Desk
from intents.knowledge import KnowledgeError
from intents.load import understand


def _telegram(work: Work) -> Decoded:
    from bot.channels import telegram  # python-telegram-bot is slow to import, and not everybody has a token

    return telegram.decode(work)


DECODERS: dict[str, Decoder] = {
    "telegram": _telegram, "web": local.decode, "console": local.decode,
}  # fmt: skip


def database(settings: Settings) -> Database:
    """Return the database that the settings name, not opened yet.

    Raises:
        ConfigError: it is a PostgreSQL one, and the driver is not installed; or its address is none.

    """
    if not settings.shared:
        return SqliteDatabase(Path(settings.database))
    try:
        from bot.store.postgres.database import PostgresDatabase  # the driver is an extra
    except ImportError as error:
        raise ConfigError("POSBOT_DATABASE: PostgreSQL needs its driver: pip install 'posbot[postgres]'") from error
    return PostgresDatabase(settings.database)


async def dialogue(settings: Settings) -> Dialogue:
    """Return the dialogue over the knowledge that the settings name; training runs beside the event loop.

    Raises:
        ConfigError: the knowledge has faults.

    """
    try:
        understanding = await asyncio.to_thread(understand, settings.knowledge)
        await asyncio.to_thread(traditional, "")  # its tables take 0.1 s to load: not in some merchant's turn
    except KnowledgeError as error:
        raise ConfigError(f"the knowledge has faults, see `posbot check`: {error.faults[0]}") from error
    zone = ZoneInfo(settings.timezone)
    return Dialogue(understanding, Messages(), reads_photos=photos.available(), zone=zone)


def offices(settings: Settings, db: Database) -> Book:
    """Return where the office's settings are found; one for the whole process."""
    return Book(db, ZoneInfo(settings.timezone))


def desk(db: Database, book: Offices) -> Desk:
    """Return the door to support's acts."""
    return Desk(db, book, Messages(), now_utc)


def service(db: Database, answers: Dialogue, only: str | None = None, book: Offices = always) -> Service:
    """Return the service over every channel, or for one chat only."""
    return Service(db, answers, DECODERS, only=only, offices=book)
