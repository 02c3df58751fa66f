"""A disk that is full, locked, damaged or taken away: nothing is acknowledged unstored, and it is said why."""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreDamaged, StoreUnavailable, StoreUnusable
from bot.store import inbox, probe, sharing, sqlite
from bot.store.base import Database, Row, Tx
from bot.store.inbox import Receipt
from bot.store.sqlite import SqliteDatabase
from tests.soak.disk import cuts, damage, faults

AT = "2026-03-02T09:00:00.000+00:00"


@pytest.fixture
async def again(tmp_path: Path) -> AsyncIterator[Database]:
    """A database that was closed and opened once, so that its pages stand in the file."""
    first = SqliteDatabase(tmp_path / "posbot.db")
    await first.open()
    await first.write(receive, "0")
    await first.close()
    db = SqliteDatabase(tmp_path / "posbot.db")
    await db.open()
    yield db
    await db.close()


async def receive(tx: Tx, key: str, size: int = 1) -> int:
    return await inbox.receive(tx, [Receipt("web", key, f"web:{key}", bytes(size), AT)])


async def pragma(tx: Tx, text: str) -> list[Row]:
    return await tx.all(f"PRAGMA {text}")


async def keys(tx: Tx) -> set[str]:
    return {row["key"] for row in await tx.all("SELECT key FROM inbox")}


async def count_sessions(tx: Tx) -> list[Row]:
    return await tx.all("SELECT COUNT(data) FROM sessions")


async def test_on_a_full_disk_exactly_what_was_acknowledged_is_stored(db: Database) -> None:
    pages = (await db.write(pragma, "page_count"))[0]["page_count"]
    await db.write(pragma, f"max_page_count = {pages + 10}")
    results = await asyncio.gather(
        *(db.write(receive, str(number), 9000) for number in range(30)), return_exceptions=True
    )
    refused = [result for result in results if result != 1]
    assert refused
    assert all(isinstance(error, StoreUnavailable) for error in refused)
    assert "is full: free some space" in str(refused[0])
    assert await db.read(keys) == {str(number) for number, result in enumerate(results) if result == 1}
    await db.write(pragma, "max_page_count = 1000000")
    assert await db.write(receive, "later", 9000) == 1


async def test_a_lock_by_another_program_is_said_and_waited_out(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.write(pragma, "busy_timeout = 200")
    with closing(sqlite3.connect(tmp_path / "posbot.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match=r"another program keeps .* locked"):
            await db.write(receive, "1")
        other.execute("ROLLBACK")
    assert await db.write(receive, "1") == 1


@pytest.mark.parametrize("name", ["posbot.db", "posbot.db-wal"])
async def test_a_file_that_was_taken_away_takes_nothing_until_it_is_back(
    db: Database, tmp_path: Path, name: str
) -> None:
    await db.write(receive, "1")
    (tmp_path / name).rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"deleted or replaced .* put the same file back"):
            await db.write(receive, "2")
        (tmp_path / name).write_bytes(b"")  # something else in its place is no better
    (tmp_path / "away").rename(tmp_path / name)
    assert await db.write(receive, "2") == 1


async def test_on_damage_nothing_more_is_accepted(again: Database, tmp_path: Path) -> None:
    damage.page(tmp_path / "posbot.db")
    with pytest.raises(StoreDamaged, match="is damaged: stop posbot and run `posbot restore`"):
        await again.read(count_sessions)
    with pytest.raises(StoreDamaged):
        await again.write(receive, "1")
    assert await again.read(keys) == {"0"}


@pytest.mark.parametrize("content", [b"", b"x" * 4096])
async def test_what_is_no_database_is_refused_at_the_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "posbot.db"
    path.write_bytes(content)
    db = SqliteDatabase(path)
    if not content:
        await db.open()  # an empty file is a new database
    else:
        with pytest.raises(StoreUnusable, match="not a database"):
            await db.open()
    await db.close()


async def test_the_probe_writes_each_time_and_fills_nothing(db: Database, tmp_path: Path) -> None:
    log = tmp_path / "posbot.db-wal"
    before = log.stat().st_size
    await db.write(probe.write)
    await db.write(probe.write)
    assert log.stat().st_size > before
    await asyncio.gather(*(asyncio.wait_for(db.write(probe.write), 30) for _ in range(300)))
    for _ in range(1100):
        await db.write(probe.write)
    assert log.stat().st_size < 6_000_000
    assert (tmp_path / "posbot.db").stat().st_size < 1_000_000


async def test_processes_of_posbot_write_by_turns(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    second = SqliteDatabase(tmp_path / "posbot.db")
    await second.open()
    with (tmp_path / "posbot.db.pen").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="another posbot command"):
            await second.write(receive, "1")
    await asyncio.gather(*(one.write(receive, f"{number}") for number in range(100) for one in (db, second)))
    assert len(await second.read(keys)) == 100
    await second.close()


@pytest.mark.parametrize(
    ("version", "bug"),
    [((3, 6, 23), False), ((3, 7, 0), True), ((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False),
     ((3, 45, 0), True), ((3, 50, 6), True), ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False)],
)  # fmt: skip
async def test_the_wal_reset_bug_is_warned_of_where_the_file_is_shared(
    db: Database, tmp_path: Path, version: tuple[int, int, int], bug: bool
) -> None:
    assert bool(sharing.warning(tmp_path / "posbot.db", version)) == bug
    assert sharing.warning(tmp_path / "other.db", version) == ""


async def test_nothing_is_warned_of_alone(again: Database, tmp_path: Path) -> None:
    await again.close()
    assert sharing.warning(tmp_path / "posbot.db", (3, 40, 1)) == ""


def test_the_model_of_a_power_cut_loses_what_was_not_synced_and_nothing_else() -> None:
    dice = cuts.random.Random(1)
    written = b"N db\nF\nW db 0 5\nhelloS db\nW db 5 5\nworldW db 0 5\nHELLO"
    seen = set()
    for _ in range(100):
        disk = cuts.Disk({})
        disk.replay(written)
        seen.add(disk.after_cut(dice)["db"])
    assert seen == {b"hello", b"HELLO", b"helloworld", b"HELLOworld"}
    disk = cuts.Disk({"wal": b"old"})
    disk.replay(b"D wal\nN db\n")
    assert {tuple(sorted(disk.after_cut(dice))) for _ in range(100)} == {(), ("db",), ("db", "wal"), ("wal",)}


@pytest.mark.long
@pytest.mark.timeout(110)
def test_a_full_disk_under_a_running_posbot_loses_and_repeats_nothing() -> None:
    found = faults.CASES["full" if faults.private_disks() else "limit"](1)
    assert found.good(), found


@pytest.mark.long
@pytest.mark.timeout(110)
def test_a_damaged_page_stops_the_intake_and_a_backup_brings_everything_back() -> None:
    found = damage.CASES["page"]()
    assert found.good(), found


@pytest.mark.skipif(not faults.shutil.which("gcc"), reason="the power cut needs gcc: apt install gcc")
@pytest.mark.long
@pytest.mark.timeout(110)
def test_power_cuts_lose_nothing_that_was_acknowledged() -> None:
    found = cuts.run(2, 30, seed=5)
    assert found.syncs > 10
    assert found.good(), found
