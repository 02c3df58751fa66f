"""The list of erased merchants beside the database: a backup that is restored must not bring them back.

Each line is a time, a salt and a hash. The database has the same list; what it lacks was erased after the backup.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bot.errors import ConfigError
from bot.store import turns
from bot.store.base import Database
from bot.store.support import forgotten, search
from bot.store.support.forgotten import Stone


async def write(db: Database, path: Path) -> int:
    """Add to the list what only the database knows; returns how many lines.

    Raises:
        ConfigError: the file cannot be read or written.

    """
    known = await db.read(forgotten.stones)
    if not known:
        return 0
    try:
        new = sorted(known - await asyncio.to_thread(_read, path))
        await asyncio.to_thread(_append, path, new)
    except OSError as error:
        raise ConfigError(f"{path}, the list of erased merchants, cannot be written: {error.strerror}") from error
    return len(new)


async def again(db: Database, path: Path) -> int:
    """Erase once more whom the list names and the database does not; returns how many merchants were there.

    Raises:
        ConfigError: the file cannot be read.

    """
    try:
        listed = await asyncio.to_thread(_read, path)
    except OSError as error:
        raise ConfigError(f"{path}, the list of erased merchants, cannot be read: {error.strerror}") from error
    known = {(stone.salt, stone.mark): stone.at for stone in await db.read(forgotten.stones)}
    new = [stone for stone in listed if known.get((stone.salt, stone.mark), "") < stone.at]
    if not new:
        return 0
    found = {chat for chat in await db.read(forgotten.chats) if _named(chat, new)}
    for chat in sorted(found):
        await db.write(turns.forget, chat)
    for stone in new:
        await db.write(forgotten.keep, stone)
    if found:
        await db.write(search.compact)
    return len(found)


def _named(chat: str, stones: list[Stone]) -> bool:
    marks = {stone.mark for stone in stones}
    return any(forgotten.marked(salt, chat) in marks for salt in {stone.salt for stone in stones})


def _read(path: Path) -> set[Stone]:
    if not path.exists():
        return set()
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return {Stone(*words) for words in lines if len(words) == 3}


def _append(path: Path, stones: list[Stone]) -> None:
    if not stones:
        return
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.writelines(f"{stone.at} {stone.salt} {stone.mark}\n" for stone in stones)
        file.flush()
        os.fsync(file.fileno())
