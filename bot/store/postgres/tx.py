"""One transaction on a PostgreSQL connection; statements whose result nobody needs travel with the next one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from psycopg import AsyncConnection, AsyncCursor, AsyncPipeline
from psycopg.abc import Buffer
from psycopg.types.string import StrDumperUnknown

from bot.store.base import Dialect, Row

_TOKEN = re.compile(r"'(?:[^']|'')*'|::|:([a-z_]\w*)|%")
Connection = AsyncConnection[Row]


class PostgresTx:
    """A transaction in pipeline mode: only what returns something waits for the server."""

    dialect: Dialect = "postgres"

    def __init__(self, conn: Connection, pipeline: AsyncPipeline, replica: str) -> None:
        self._conn = conn
        self._pipeline = pipeline
        self.replica = replica
        self.topics: list[str] = []

    async def all(self, sql: str, **values: Any) -> list[Row]:
        """Run a statement and return its rows."""
        return await (await self._send(sql, values)).fetchall()

    async def one(self, sql: str, **values: Any) -> Row | None:
        """Run a statement and return its first row, or None."""
        return await (await self._send(sql, values)).fetchone()

    async def run(self, sql: str, **values: Any) -> int:
        """Run a statement and return how many rows it touched."""
        return await self.many(sql, (values,))

    async def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run a statement for each row; returns how many rows were touched in all."""
        cursors = [await self._send(sql, row) for row in rows]
        await self._pipeline.sync()
        return sum(cursor.rowcount for cursor in cursors)

    async def do(self, sql: str, **values: Any) -> None:
        """Run a statement of which nothing is to be known; it fails with the transaction."""
        await self._send(sql, values)

    async def lock(self, *names: str) -> None:
        """Hold names until the transaction ends, taken in one order everywhere."""
        await self._send(
            """SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(name, 0) AS key
                 FROM unnest(:names::text[]) AS name ORDER BY 1) keys""",
            {"names": list(names)},
        )

    def notify(self, topic: str) -> None:
        """Wake the topic's listeners, here and elsewhere, after the commit."""
        self.topics.append(topic)

    async def _send(self, sql: str, values: Mapping[str, Any]) -> AsyncCursor[Row]:
        return await self._conn.execute(translate(sql), values)


class Text(StrDumperUnknown):
    """Text as PostgreSQL takes it: NUL cannot be in it, and becomes the sign for what is no character."""

    def dump(self, obj: str) -> Buffer | None:
        """Return the bytes of a text."""
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


@lru_cache(maxsize=2000)
def translate(sql: str) -> str:
    """Return a statement with ``:named`` parameters as psycopg writes them; literals and casts stay."""
    return _TOKEN.sub(_token, sql)


def _token(found: re.Match[str]) -> str:
    return f"%({found[1]})s" if found[1] else found[0].replace("%", "%%")
