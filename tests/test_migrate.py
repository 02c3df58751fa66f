"""`posbot migrate`: everything from SQLite to PostgreSQL and back, counted and compared; what stands in its way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres import Server
from support import PEOPLE, act, hire, open_ticket, rows

from bot import moving
from bot.config import load
from bot.errors import ConfigError, StoreError
from bot.store import inbox, media, sharing
from bot.store.inbox import Receipt
from bot.store.postgres.database import PostgresDatabase
from bot.store.sqlite import SqliteDatabase
from bot.store.support import listing, replies
from bot.store.support.filters import Filter

POSBOT = Path(sys.executable).parent / "posbot"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "TRIES", 1)


async def migrate(source: str, target: str) -> None:
    await moving.move(load(database=source), load(database=target))


@pytest.fixture
def target(server: Server) -> Iterator[str]:
    server.sql("CREATE DATABASE target")
    yield server.dsn("target")
    server.sql("DROP DATABASE target WITH (FORCE)")


async def fill(db: Any, clock: Any) -> None:
    await hire(db, clock)
    for chat in range(3):
        number = await open_ticket(db, clock, f"tg:{chat}", said="打印机卡纸了")
    await db.write(replies.reply, act(clock, PEOPLE[0]), number, "马上看")
    await db.write(media.add, "tg:1", "web", "photo", "", "image/jpeg", bytes(range(256)), "2026")
    await db.write(inbox.receive, [Receipt("telegram", "late", "tg:1", b'"\\u0000 \\ud800"', "2026")])


async def test_everything_moves_and_may_be_done_again(target: str, tmp_path: Path, clock: Any, capsys: Any) -> None:
    first, second = str(tmp_path / "first.db"), str(tmp_path / "second.db")
    db = SqliteDatabase(Path(first))
    await db.open()
    await fill(db, clock)
    await db.close()
    for _ in range(2):
        await migrate(first, target)
        assert "the same in both" in capsys.readouterr().out
    up = PostgresDatabase(target)
    await up.open()
    found = await up.read(listing.page, Filter(text="卡纸"), clock())
    assert [row["number"] for row in found.rows] == [3, 2, 1]
    assert await open_ticket(up, clock, "tg:9") == 4
    assert (await rows(up, "SELECT payload FROM inbox WHERE key = 'late'"))[0]["payload"] == b'"\\u0000 \\ud800"'
    await up.close()
    await migrate(target, second)
    down = SqliteDatabase(Path(second))
    await down.open()
    assert len((await down.read(listing.page, Filter(text="卡纸"), clock())).rows) == 4
    assert await open_ticket(down, clock, "tg:10") == 5
    await down.close()
    with pytest.raises(StoreError, match="differs"):  # the target went on by itself
        await migrate(first, target)


async def test_an_interrupted_move_goes_on(target: str, tmp_path: Path, clock: Any, server: Server) -> None:
    db = SqliteDatabase(tmp_path / "posbot.db")
    await db.open()
    await fill(db, clock)
    await db.close()
    command = [str(POSBOT), "migrate", str(db.path), target]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert b"rows copied" in await process.stdout.readline()
    process.kill()
    await process.communicate()
    server.sql("DELETE FROM replicas", "target")  # the dead one would count as running for a moment
    await migrate(str(db.path), target)


async def test_what_stands_in_the_way_is_said(target: str, tmp_path: Path, clock: Any) -> None:
    db, other = SqliteDatabase(tmp_path / "posbot.db"), PostgresDatabase(target)
    for one in (db, other):
        await one.open()
        await open_ticket(one, clock)

    async def refused(source: str = str(db.path), into: str = target) -> str:
        with pytest.raises(ConfigError) as found:
            await migrate(source, into)
        return str(found.value)

    assert await refused() == "1 posbots are running on target on 127.0.0.1: stop them first"
    await other.close()
    assert "the target holds other data" in await refused()
    with sharing.only_one(str(db.path)):
        assert "another posbot is running on" in await refused()
    await db.close()
    assert "there is no database /nowhere.db" in await refused("/nowhere.db")
