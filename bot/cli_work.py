"""What the commands of support do: open the database, act as whoever has the machine, say what was done."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bot import app
from bot.config import Settings
from bot.errors import ConfigError
from bot.store.base import Database
from bot.store.support import learning, staff
from bot.store.support.exporting import noted
from bot.store.times import stamp
from bot.support import export as exporting
from bot.support import passwords
from bot.support.authority import LOCAL, Action, Actor
from bot.support.desk import Desk
from bot.web.desk.learning import overlay
from intents.knowledge import place


async def reply(settings: Settings, number: int, text: str, login: str | None) -> None:
    """Answer the merchant of a ticket."""
    async with _open(settings) as (db, desk):
        await desk.reply(await _actor(db, login), number, text)
        click.echo(f"The reply to ticket {number} is on its way.")


async def resolve(settings: Settings, number: int, reason: str, text: str, login: str | None) -> None:
    """Resolve a ticket."""
    async with _open(settings) as (db, desk):
        await desk.resolve(await _actor(db, login), number, reason, text)
        click.echo(f"Ticket {number} is resolved.")


async def add_staff(
    settings: Settings, login: str, name: str, role: str, telegram_id: str, password: str | None
) -> None:
    """Add a member of staff."""
    stored = await passwords.hashed(password, login, name) if password is not None else None
    async with _open(settings) as (_, desk):
        await desk.do(Action.STAFF, LOCAL, staff.add, login, name, role, stored, telegram_id)
        click.echo(f"{login} is on the staff as {role}.")


async def list_staff(settings: Settings, as_json: bool) -> None:
    """Print the staff."""
    async with _open(settings) as (db, _):
        rows = await db.read(staff.listing)
    for row in rows:
        telegram = f"  Telegram {row['telegram_id']}" if row["telegram_id"] else ""
        line = f"{row['login']:<16} {row['role']:<10} {row['name']}{telegram}"
        click.echo(json.dumps(dict(row), ensure_ascii=False) if as_json else line)
    if not rows and not as_json:
        click.echo("There is nobody on the staff: posbot staff add LOGIN --name NAME --role admin")


async def remove_staff(settings: Settings, login: str) -> None:
    """Remove a member of staff."""
    async with _open(settings) as (_, desk):
        await desk.do(Action.STAFF, LOCAL, staff.remove, login)
        click.echo(f"{login} is removed and signed out.")


async def set_password(settings: Settings, login: str, password: str) -> None:
    """Set a new password."""
    stored = await passwords.hashed(password, login)
    async with _open(settings) as (_, desk):
        await desk.do(Action.STAFF, LOCAL, staff.set_password, login, stored)
        click.echo(f"{login} has a new password and is signed out everywhere.")


async def export_knowledge(settings: Settings) -> None:
    """Write the files that were changed at the desk over those of the knowledge folder.

    Raises:
        ConfigError: a file cannot be written.

    """
    async with _open(settings) as (db, _):
        version, changed = await db.read(learning.current)
    for name, text in overlay.written(settings.knowledge, changed).items():
        path = place(settings.knowledge, name)
        try:
            await asyncio.to_thread(path.write_text, text, "utf-8")
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
        click.echo(str(path))
    click.echo(f"Version {version} is in the files." if changed else "Nothing was taught: the files stand as they are.")


async def export(settings: Settings, file: Path, days: Mapping[str, object]) -> None:
    """Write the tickets of a period into a file.

    Raises:
        ConfigError: the file's ending is not known, or it cannot be written.

    """
    writers = {".csv": exporting.as_csv, ".xlsx": exporting.as_xlsx}
    writer = writers.get(file.suffix.lower())
    if writer is None:
        raise ConfigError(f"{file}: the name must end in .csv or .xlsx")
    zone = ZoneInfo(settings.timezone)
    since = _day(days.get("since"), zone, 0) or ""
    until = _day(days.get("until"), zone, 1) or "9999"
    async with _open(settings) as (db, desk):
        rows = await exporting.tickets(db, since, until, zone)
        await desk.do(Action.EXPORT, LOCAL, noted, len(rows), since, until)
    try:
        await asyncio.to_thread(file.write_bytes, writer(exporting.COLUMNS, rows))
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"{len(rows)} tickets are in {file}.")


@contextlib.asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[tuple[Database, Desk]]:
    db = app.database(settings)
    await db.open()
    try:
        yield db, app.desk(db, app.offices(settings, db))
    finally:
        await db.close()


async def _actor(db: Database, login: str | None) -> Actor:
    if login is None:
        return LOCAL
    found = await db.read(staff.by_login, login)
    if found is None:
        raise ConfigError(f"there is no {login} on the staff")
    return found[0]


def _day(day: object, zone: ZoneInfo, later: int) -> str | None:
    if not isinstance(day, datetime):
        return None
    return stamp((day.replace(tzinfo=zone) + timedelta(days=later)).astimezone(UTC))
