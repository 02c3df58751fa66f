"""What is left of somebody or something: in every table, in the database's files, in what people see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emulator import Emulator

from bot.store.base import Database, Tx

LISTED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
}


async def tables(tx: Tx) -> list[str]:
    """Return the names of all tables, those of the search index too."""
    rows = await tx.all(LISTED[tx.dialect])
    return [row["name"] for row in rows]


async def everything(db: Database) -> dict[str, str]:
    """Return all that is in the database, by table and column ("messages.text")."""

    async def read(tx: Tx) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for table in await tables(tx):
            for row in await tx.all(f"SELECT * FROM {table}"):
                for column, value in row.items():
                    if column.endswith("_at"):  # a time may hold any digits by chance
                        continue
                    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    found.setdefault(f"{table}.{column}", []).append(text)
        return {name: "\n".join(values) for name, values in found.items()}

    return await db.read(read)


async def places(db: Database, *words: str) -> dict[str, list[str]]:
    """Return in which columns each word is found; {} if nowhere."""
    content = await everything(db)
    hits = {word: [name for name, text in content.items() if word in text] for word in words}
    return {word: names for word, names in hits.items() if names}


def in_files(folder: Path, *words: str) -> dict[str, list[str]]:
    """Return in which files of a folder (database, WAL, backups, logs) each word is found, as UTF-8 bytes."""
    files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    hits = {word: [name for name, data in files.items() if word.encode() in data] for word in words}
    return {word: names for word, names in hits.items() if names}


def shown(telegram: Emulator, chat: int) -> str:
    """Return all that can be read in a chat now: what the bot wrote or posted, and buttons and file names of it."""
    return "\n".join(repr(one["message"]) for one in telegram.sent(chat) if not one["deleted"])


def visible(telegram: Emulator, chat: int, message: dict[str, Any]) -> bool:
    """Tell whether somebody's message is still there."""
    return not telegram.message(chat, message["message_id"])["deleted"]
