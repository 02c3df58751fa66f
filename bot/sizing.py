"""What `posbot bench capacity` prints."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from bot.config import Settings
from bot.errors import ConfigError


async def capacity(
    settings: Settings, replicas: int, messages: int, seconds: float, as_json: bool, html: Path | None
) -> None:
    """Measure, telling each figure as it comes.

    Raises:
        ConfigError: psutil is not installed, or the database is in use.

    """
    try:
        from bot.bench import capacity as bench  # psutil is needed for nothing else
    except ImportError as error:
        raise ConfigError("posbot bench capacity needs psutil: pip install psutil") from error
    rows = []
    async for row in bench.measure(settings, replicas, messages, seconds):
        rows.append(row)
        said = json.dumps(asdict(row)) if as_json else f"measured: {row.database}, {row.replicas} replicas"
        click.echo(said, err=not as_json)
    if not as_json:
        click.echo(bench.table(rows))
    if html is not None:
        html.write_text(bench.html(rows), encoding="utf-8")  # noqa: ASYNC240 - nothing else runs any more
        click.echo(f"The report is in {html}.", err=True)
