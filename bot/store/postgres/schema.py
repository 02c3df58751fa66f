"""The numbered list of migrations, carried out by whichever replica comes first."""

from __future__ import annotations

from bot.errors import StoreUnusable
from bot.store.migrations import STEPS
from bot.store.postgres.tx import Connection
from bot.store.schema.words import spell

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('posbot migrations', 0))"


async def migrate(conn: Connection) -> None:
    """Bring the schema up to date; the others wait meanwhile.

    Raises:
        StoreUnusable: it is newer than this program.

    """
    async with conn.transaction():
        await conn.execute(_LOCK)
        await conn.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TIMESTAMPTZ)")
        done = {row["name"] for row in await (await conn.execute("SELECT name FROM migrations")).fetchall()}
        if done - {name for name, _ in STEPS}:
            raise StoreUnusable("the database was written by a newer posbot: update posbot, or restore a backup")
        for name, statements in STEPS:
            if name not in done:
                for statement in spell(statements, "postgres"):
                    await conn.execute(statement)
                await conn.execute("INSERT INTO migrations VALUES (%s, clock_timestamp())", (name,))
