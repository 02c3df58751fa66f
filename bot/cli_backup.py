"""Commands that copy the database while posbot runs, and put a copy back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli_options import options
from bot.config import Settings
from bot.errors import ConfigError


@click.command()
@options("database")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over TARGET.")
@click.option("--keep", type=click.IntRange(min=1), help="In a folder: delete all but the newest KEEP backups.")
def backup(settings: Settings, target: Path, force: bool, keep: int | None) -> None:
    """Copy the database into TARGET while posbot runs; in a folder, under a name with the time.

    A backup holds merchants' data: keep it as safe as the database.
    """
    from bot.store import backup as work

    database = _file(settings)
    folder = target if target.is_dir() else None
    if keep is not None and folder is None:
        raise ConfigError(f"--keep needs a folder for backups, and {target} is none")
    made = work.dated(folder, datetime.now(UTC)) if folder else target
    work.back_up(database, made, force)
    gone = work.prune(folder, keep) if folder and keep else 0
    old = f" {gone} older ones are deleted." if gone else ""
    click.echo(f"The backup is in {made} ({made.stat().st_size / 1e6:.1f} MB); it holds merchants' data.{old}")


@click.command()
@options("database")
@click.argument("file", metavar="BACKUP", type=click.Path(path_type=Path))
def restore(settings: Settings, file: Path) -> None:
    """Put BACKUP in the database's place; posbot must be stopped. The previous database is kept beside it."""
    from bot.store import backup as work
    from bot.store import sharing

    database = _file(settings)
    with sharing.only_one(str(database)):
        aside, late = work.restore(database, file, datetime.now(UTC))
    click.echo(f"{database} is as it was in {file}." + (f" The previous one is {aside}." if aside else ""))
    if late:
        click.echo(f"{late} replies that waited in the backup are not sent; their tickets show it.")


def _file(settings: Settings) -> Path:
    if "://" in settings.database:
        raise ConfigError("a PostgreSQL database is backed up with pg_dump or its archive: see "
                          "docs/how-to/many-machines.md")  # fmt: skip
    return Path(settings.database)
