"""`posbot migrate`: everything from one database into another, SQLite or PostgreSQL, counted and compared."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import click

from bot import app
from bot.config import Settings
from bot.errors import ConfigError, StoreError
from bot.store import moving, sharing
from bot.store.base import Database
from bot.store.moving import Sum, Table

TRIES = 10
"""Times, a second apart, to look whether other posbots are gone; a dead one's lease lasts 8 s."""


async def move(source: Settings, target: Settings) -> None:
    """Copy and verify; running it again goes on where it was interrupted.

    Raises:
        ConfigError: a posbot is running on one of them, or the target holds other data.
        StoreError: the copy differs from the source.

    """
    name = _identity(source)
    async with _opened(source) as old, _opened(target) as new:
        tables = await old.read(moving.tables)
        await _ready(new, name)
        for table in tables:
            count = await _copy(old, new, table)
            click.echo(f"{table.name}: {count} rows copied")
        await new.write(moving.go_on, await old.read(moving.lasts))
        for table in tables:
            before, after = await _sum(old, table), await _sum(new, table)
            if before != after:
                raise StoreError(f"{table.name} differs: {before} in the source, {after} in the target. "
                                 "Begin again with an empty target")  # fmt: skip
            click.echo(f"{table.name}: {after}, the same in both")
    click.echo(f"Everything is in {target.place}. Start posbot there, and never again on the old database.")


def _identity(source: Settings) -> str:
    """Return what a target remembers of its source."""
    if source.shared:
        return source.place
    if not Path(source.database).is_file():
        raise ConfigError(f"there is no database {source.database}")
    return str(Path(source.database).resolve())


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    with contextlib.nullcontext() if settings.shared else sharing.only_one(settings.database):
        db = app.database(settings)
        await db.open()
        try:
            await _alone(db, settings)
            yield db
        finally:
            await db.close()


async def _alone(db: Database, settings: Settings) -> None:
    """Wait for those that were killed a moment ago to count as gone."""
    for left in reversed(range(TRIES)):
        count = await db.read(moving.others)
        if not count:
            return
        if left:
            await asyncio.sleep(1)
    raise ConfigError(f"{count} posbots are running on {settings.place}: stop them first")


async def _ready(target: Database, source: str) -> None:
    """Make sure that a target is empty, or was begun from the same source."""
    known = await target.read(moving.origin)
    if known == source:
        return
    for table in await target.read(moving.tables):
        rows = await target.read(moving.page, table, None)
        if known is not None or rows:
            raise ConfigError("the target holds other data: name an empty database")
    await target.write(moving.begin, source)


async def _copy(source: Database, target: Database, table: Table) -> int:
    count, after = 0, None
    while rows := await source.read(moving.page, table, after):
        await target.write(moving.put, table, rows)
        count, after = count + len(rows), rows[-1]
    return count


async def _sum(db: Database, table: Table) -> str:
    found, after = Sum(), None
    while rows := await db.read(moving.page, table, after):
        found.add(table, rows)
        after = rows[-1]
    return str(found)
