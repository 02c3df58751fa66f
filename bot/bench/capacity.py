"""`posbot bench capacity`: how many messages a second, what one costs, how long a reply takes; per replica."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot import app
from bot.bench.replicas import running
from bot.bench.source import TALK, TOKEN, Source, serving
from bot.config import Settings
from bot.errors import ConfigError, PosbotError
from bot.store.base import Tx

WARM_CHATS = 60
STEADY_RATE = 50
"""Messages a second while the time to a reply is measured."""
STEADY_CHATS = 500
TICK = 0.02
BAR = 40


@dataclass(frozen=True, slots=True)
class Capacity:
    """Figures of one number of replicas: messages a second; CPU seconds of a message; seconds to a reply."""

    database: str
    replicas: int
    messages: int
    rate: float
    cpu: float
    server_cpu: float
    p50: float
    p99: float


async def measure(settings: Settings, most: int, messages: int, seconds: float) -> AsyncIterator[Capacity]:
    """Yield the figures of one posbot on SQLite and, where the database is PostgreSQL, of 1 to ``most`` there.

    Raises:
        ConfigError: the database holds something; a load of made-up merchants would stand among it.
        PosbotError: replies are missing.

    """
    if settings.shared:
        await _must_be_empty(settings)
    with _folder(settings) as folder:
        yield await _one(settings.model_copy(update={"database": f"{folder}/posbot.db"}), 1, messages, seconds)
    if settings.shared:
        for count in range(1, most + 1):
            yield await _one(settings, count, messages, seconds)


def table(rows: list[Capacity]) -> str:
    """Return the figures as a table and, below it, as bars."""
    lines = [f"{'database':<12}{'replicas':>9}{'msgs/s':>9}{'CPU ms/msg':>12}{'server':>8}{'p50 ms':>9}{'p99 ms':>9}"]
    for row in rows:
        lines.append(f"{row.database:<12}{row.replicas:>9}{row.rate:>9.0f}{1000 * row.cpu:>12.2f}"
                     f"{1000 * row.server_cpu:>8.2f}{1000 * row.p50:>9.0f}{1000 * row.p99:>9.0f}")  # fmt: skip
    return "\n".join([*lines, "", *_bars(rows)])


def html(rows: list[Capacity]) -> str:
    """Return the figures as one HTML page with a chart as inline SVG; it needs nothing from outside."""
    from jinja2 import Environment, PackageLoader

    page = Environment(loader=PackageLoader("bot.bench", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return page.get_template("capacity.html.j2").render(rows=rows, most=max(row.rate for row in rows))


def _bars(rows: list[Capacity]) -> Iterator[str]:
    most = max(row.rate for row in rows)
    for row in rows:
        yield f"{row.database + ' ' + str(row.replicas):<14}{'█' * round(BAR * row.rate / most)} {row.rate:.0f}/s"


async def _one(settings: Settings, count: int, messages: int, seconds: float) -> Capacity:
    """Measure ``count`` replicas: first as fast as they can, then the time to a reply under a steady load."""
    source = Source()
    async with serving(source) as url:
        update = {"telegram_api_url": url, "telegram_token": SecretStr(TOKEN), "telegram_rate": 0.0, "web_chat": "off",
                  "staff_chat": None, "ticket_webhook": ""}  # fmt: skip
        async with running(settings.model_copy(update=update), count) as replicas:
            try:
                await _burst(source, WARM_CHATS, 0)
                before, began = replicas.cpu(), time.monotonic()
                said = await _burst(source, -(-messages // len(TALK)), WARM_CHATS)
                took = time.monotonic() - began
                after = replicas.cpu()
                waits = await _steady(source, seconds)
            except TimeoutError:
                raise PosbotError(f"{source.missing} replies are missing, and none comes any more") from None
    return Capacity(
        "postgresql" if settings.shared else "sqlite", count, said, said / took, (after[0] - before[0]) / said,
        (after[1] - before[1]) / said, waits[len(waits) // 2], waits[int(0.99 * (len(waits) - 1))],
    )  # fmt: skip


async def _burst(source: Source, chats: int, first: int) -> int:
    """Let chats say their whole talk at once, and wait for the replies; returns how many messages that were."""
    start = time.time_ns() // 10**9 * 10**4 + first  # chats that no earlier run on this database had
    source.say((start + chat, line) for line in TALK for chat in range(chats))
    await source.answered()
    return chats * len(TALK)


async def _steady(source: Source, seconds: float) -> list[float]:
    source.asked.clear()
    source.told.clear()
    began, said = time.monotonic(), 0
    start = time.time_ns() // 10**9 * 10**4
    while (passed := time.monotonic() - began) < seconds:
        due = range(said, int(passed * STEADY_RATE))
        source.say((start + number % STEADY_CHATS, TALK[number // STEADY_CHATS % len(TALK)]) for number in due)
        said = due.stop
        await asyncio.sleep(TICK)
    await source.answered()
    return source.waits()


def _folder(settings: Settings) -> tempfile.TemporaryDirectory[str]:
    """Return a folder for a database on the disk that the real one is on: a commit waits for that disk."""
    place = Path() if settings.shared else Path(settings.database).parent
    return tempfile.TemporaryDirectory(dir=place if place.is_dir() else None, prefix=".bench-")


async def _must_be_empty(settings: Settings) -> None:
    db = app.database(settings)
    await db.open()
    try:
        used = await db.read(_used)
    finally:
        await db.close()
    if used:
        raise ConfigError("POSBOT_DATABASE: this database is in use: name an empty one, the bench fills it")


async def _used(tx: Tx) -> bool:
    return await tx.one("SELECT id FROM inbox LIMIT 1") is not None
