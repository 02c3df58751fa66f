"""Operations that copy a database into one of the other kind: table by table, by key, and again without harm."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.store.base import Dialect, Row, Tx

MARK = "moved.from"
"""The setting that says where a target's rows come from."""
FIRST = ("tickets", "staff")
"""Tables that others refer to."""
OWN = frozenset({"migrations", "_sqlite_migrations", "replicas", "pace"})
"""What each database has for itself."""
OWNERS = frozenset({("inbox", "owner"), ("outbox", "owner"), ("media", "owner")})
_TABLES: dict[Dialect, str] = {
    "sqlite": """SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
        AND name NOT LIKE 'search~_fts%' ESCAPE '~' ORDER BY name""",
    "postgres": "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
}
_COLUMNS: dict[Dialect, str] = {
    "sqlite": "SELECT name, pk AS place FROM pragma_table_info(:name)",
    "postgres": """SELECT a.attname::text AS name, COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0) AS place
        FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
        WHERE a.attrelid = CAST(:name AS regclass) AND a.attnum > 0 AND NOT a.attisdropped""",
}
_LAST: dict[Dialect, str] = {
    "sqlite": "SELECT name, seq AS last FROM sqlite_sequence",
    "postgres": """SELECT s.relname::text AS name, q.last_value AS last FROM pg_sequences q
        JOIN pg_class c ON c.relname = q.sequencename JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'i'
        JOIN pg_class s ON s.oid = d.refobjid WHERE q.schemaname = current_schema() AND q.last_value IS NOT NULL""",
}


@dataclass(frozen=True, slots=True)
class Table:
    """What is copied of a table: its columns (not whose work a row is), and those of them that order its rows."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def page(self) -> int:
        """Rows that are taken at once: photos are large."""
        return 20 if "content" in self.columns else 1000


async def tables(tx: Tx) -> list[Table]:
    """Return every table, those first that others refer to."""
    found = []
    names = [row["name"] for row in await tx.all(_TABLES[tx.dialect]) if row["name"] not in OWN]
    for name in sorted(names, key=lambda one: (one not in FIRST, one)):
        columns = await tx.all(_COLUMNS[tx.dialect], name=name)
        key = sorted((row for row in columns if row["place"]), key=lambda row: int(row["place"]))
        kept = sorted(row["name"] for row in columns if (name, row["name"]) not in OWNERS)
        found.append(Table(name, tuple(kept), tuple(row["name"] for row in key)))
    return found


async def page(tx: Tx, table: Table, after: Row | None) -> list[Row]:
    """Return the rows that follow a row, in the order of the key."""
    where = "TRUE" if table.name != "settings" else f"key <> '{MARK}'"
    values = {f"k{index}": after[name] for index, name in enumerate(table.key)} if after else {}
    if after:
        where += f" AND ({', '.join(table.key)}) > ({', '.join(f':{name}' for name in values)})"
    return await tx.all(
        f"""SELECT {", ".join(table.columns)} FROM {table.name} WHERE {where}
            ORDER BY {", ".join(table.key)} LIMIT :page""",  # noqa: S608 - names of the schema
        **values, page=table.page,
    )  # fmt: skip


async def put(tx: Tx, table: Table, rows: Sequence[Row]) -> int:
    """Store rows; those that are there already stay. Returns how many were new."""
    names = ", ".join(table.columns)
    places = ", ".join(f":{name}" for name in table.columns)
    return await tx.many(f"INSERT INTO {table.name} ({names}) VALUES ({places}) ON CONFLICT DO NOTHING", rows)  # noqa: S608


async def origin(tx: Tx) -> str | None:
    """Return where a target's rows come from, None if nobody said."""
    row = await tx.one("SELECT value FROM settings WHERE key = :key", key=MARK)
    return str(row["value"]) if row else None


async def begin(tx: Tx, source: str) -> None:
    """Say where a target's rows come from."""
    await tx.do("INSERT INTO settings (key, value) VALUES (:key, :source) ON CONFLICT (key) DO NOTHING",
                key=MARK, source=source)  # fmt: skip


async def lasts(tx: Tx) -> dict[str, int]:
    """Return the last number that each table gave out."""
    return {row["name"]: int(row["last"]) for row in await tx.all(_LAST[tx.dialect])}


async def go_on(tx: Tx, numbers: dict[str, int]) -> None:
    """Let each table go on after the last number."""
    for name, last in numbers.items():
        if tx.dialect == "sqlite":
            await tx.do("DELETE FROM sqlite_sequence WHERE name = :name", name=name)
            await tx.do("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)", name=name, last=last)
        else:
            await tx.do(
                """SELECT setval(pg_get_serial_sequence(CAST(:name AS text), attname), :last)
                   FROM pg_attribute WHERE attrelid = CAST(:name AS regclass) AND attidentity <> ''""",
                name=name, last=last,
            )  # fmt: skip


async def others(tx: Tx) -> int:
    """Return how many other posbots work on the database now."""
    if tx.dialect == "sqlite":
        return 0  # the lock file knows
    row = await tx.one(
        "SELECT COUNT(*) AS n FROM replicas WHERE until > clock_timestamp() AND id <> :me", me=tx.replica
    )
    return int(row["n"]) if row else 0


class Sum:
    """The number of rows and a checksum over them, the same in both kinds of database."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """Count rows, in order."""
        for row in rows:
            self.rows += 1
            for name in table.columns:
                value = row[name]
                plain = value if isinstance(value, bytes) else str(value).replace("\0", "\ufffd").encode()
                self._hash.update(b"%d %d:" % (value is None, len(plain)))
                self._hash.update(plain)

    def __str__(self) -> str:
        return f"{self.rows} rows, {self._hash.hexdigest()[:12]}"
