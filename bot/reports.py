"""What the command line shows of the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from bot import app, forgotten
from bot.config import Settings
from bot.errors import ConfigError
from bot.store import ticketing, turns
from bot.store.base import Database, Row
from bot.store.support import listing, search
from bot.store.support.filters import Filter


async def tickets(
    settings: Settings, number: int | None, as_json: bool, wanted: Mapping[str, object] | None = None
) -> None:
    """Print the tickets (those that ``wanted`` lets through, see ``Filter``), or one of them whole.

    Raises:
        ConfigError: there is no such ticket.

    """
    db = app.database(settings)
    await db.open()
    try:
        if number is None and wanted:
            page = await db.read(listing.page, Filter.load({"status": (), **wanted}), datetime.now(UTC), "priority",
                                 size=1000)  # fmt: skip
            _list(page.rows, as_json)
        elif number is None:
            _list(await db.read(ticketing.listing), as_json)
        else:
            await _one(db, number, as_json)
    finally:
        await db.close()


async def forget(settings: Settings, chat: str) -> None:
    """Erase a chat everywhere."""
    db = app.database(settings)
    await db.open()
    try:
        await db.write(turns.forget, chat)
        await db.write(search.compact)
        await forgotten.write(db, settings.forgotten)
        click.echo(f"Everything about {chat} is erased.")
    finally:
        await db.close()


async def forget_again(settings: Settings, listed: Path) -> None:
    """Erase whom a list of erased merchants names, after a backup was restored."""
    db = app.database(settings)
    await db.open()
    try:
        click.echo(f"{await forgotten.again(db, listed)} merchants were erased again.")
    finally:
        await db.close()


def _list(rows: list[Row], as_json: bool) -> None:
    for row in rows:
        if as_json:
            click.echo(json.dumps(dict(row), ensure_ascii=False))
        else:
            click.echo(
                f"#{row['number']:<5} {row['priority']} {row['status']:<9} {row['created_at'][:16]}  {row['title']}"
            )
    if not rows and not as_json:
        click.echo("There are no tickets.")


async def _one(db: Database, number: int, as_json: bool) -> None:
    ticket = await db.read(ticketing.show, number)
    if ticket is None:
        raise ConfigError(f"there is no ticket {number}")
    if as_json:
        click.echo(json.dumps(dict(ticket), ensure_ascii=False, default=str))
        return
    click.echo(f"#{ticket['number']} {ticket['title']}  {ticket['priority']}  {ticket['status']}\n{ticket['reason']}")
    for step in json.loads(ticket["path"]):
        click.echo(f"  {step['symptom']}/{step['node']}: {step.get('said', '')}")
    for name, value in json.loads(ticket["slots"]).items():
        click.echo(f"  {name}: {value}")
    for message in ticket["messages"]:
        click.echo(f"{message['at'][:19]} {'<' if message['direction'] == 'in' else '>'} {message['text']}")
