"""What PostgreSQL promises beyond what every database does, and what is said when it cannot be used."""

from __future__ import annotations

import asyncio

import pytest
from postgres import Server

from bot.config import load
from bot.errors import ConfigError, StoreUnavailable, StoreUnusable
from bot.store import inbox, probe
from bot.store.base import Tx
from bot.store.inbox import Receipt
from bot.store.postgres.database import PostgresDatabase


async def opened(dsn: str, **more: float) -> str:
    """Return what is said when a database is opened."""
    db = PostgresDatabase(dsn)
    with pytest.raises(StoreUnusable) as found:
        await db.open()
    await db.close()
    return str(found.value)


async def pause(tx: Tx, seconds: float) -> None:
    await tx.one("SELECT pg_sleep(:seconds)", seconds=seconds)


async def test_an_address_that_is_none_is_said() -> None:
    with pytest.raises(ConfigError, match="must be an address such as"):
        PostgresDatabase("postgresql://host/x?colour=red")
    with pytest.raises(ConfigError, match="or an address such as"):
        load(database="mysql://host/x")


async def test_a_wrong_password_database_or_right_is_said_without_the_password(server: Server, empty: str) -> None:
    server.sql("DROP ROLE IF EXISTS guest")
    server.sql("CREATE ROLE guest LOGIN PASSWORD 'right-canary'")
    said = await opened(server.dsn("tests", "guest", "wrong-canary"))
    assert "tests on 127.0.0.1 lets posbot not in: password authentication failed" in said
    assert "canary" not in said
    assert 'database "nowhere" does not exist' in await opened(server.dsn("nowhere"))
    said = await opened(server.dsn("postgres", "guest", "right-canary"))
    assert "posbot's user lacks rights in the database postgres on 127.0.0.1: permission denied" in said
    assert "canary" not in repr(load(database=server.dsn("x", "guest", "canary")))


async def test_a_server_that_is_not_there_is_said_and_may_come_back() -> None:
    with pytest.raises(StoreUnavailable, match=r"x on 127.0.0.1 cannot be reached: .*refused"):
        await PostgresDatabase("postgresql://u:canary@127.0.0.1:9/x").open()


async def test_a_newer_schema_is_refused(server: Server) -> None:
    server.sql("CREATE DATABASE newer")
    db = PostgresDatabase(server.dsn("newer"))
    await db.open()
    await db.close()
    server.sql("INSERT INTO migrations VALUES ('9999_future', now())", "newer")
    assert "written by a newer posbot" in await opened(server.dsn("newer"))
    server.sql("DROP DATABASE newer WITH (FORCE)")


async def test_an_older_schema_is_brought_up_by_whichever_replica_comes_first(server: Server) -> None:
    server.sql("CREATE DATABASE older")
    replicas = [PostgresDatabase(server.dsn("older")) for _ in range(3)]
    await asyncio.gather(*(db.open() for db in replicas))
    assert await replicas[2].write(inbox.receive, [Receipt("telegram", "1", "tg:1", b"x", "2026")]) == 1
    await asyncio.gather(*(db.close() for db in replicas))
    server.sql("DROP DATABASE older WITH (FORCE)")


async def test_a_pool_that_is_used_up_is_said(empty: str) -> None:
    db = PostgresDatabase(empty, pool=2, wait=0.3)
    await db.open()
    busy = [asyncio.create_task(db.read(pause, 1.5)) for _ in range(2)]
    await asyncio.sleep(0.3)
    with pytest.raises(StoreUnavailable, match="no connection to spare"):
        await db.write(probe.write)
    await asyncio.gather(*busy)
    await db.write(probe.write)
    await db.close()


async def test_broken_connections_are_replaced_and_listeners_hear_again(empty: str, server: Server) -> None:
    here, there = PostgresDatabase(empty), PostgresDatabase(empty)
    await asyncio.gather(here.open(), there.open())
    heard = asyncio.Event()
    here.listen("inbox", heard.set)
    await asyncio.sleep(0.5)
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'tests'")
    await asyncio.wait_for(heard.wait(), 5)  # it looks for what it may have missed
    heard.clear()
    for key in range(50):
        with_luck = there.write(inbox.receive, [Receipt("telegram", str(key), "tg:1", b"x", "2026")])
        try:
            await with_luck
        except StoreUnavailable:
            await asyncio.sleep(0.1)
        if heard.is_set():
            break
        await asyncio.sleep(0.05)
    assert heard.is_set()
    await asyncio.gather(here.close(), there.close())


async def test_a_text_with_nul_is_stored_with_a_sign_in_its_place(empty: str) -> None:
    async def keep(tx: Tx) -> str:
        row = await tx.one("INSERT INTO settings (key, value) VALUES ('a', :value) RETURNING value", value="x\0y")
        return str(row and row["value"])

    db = PostgresDatabase(empty)
    await db.open()
    assert await db.write(keep) == "x\ufffdy"
    await db.close()
