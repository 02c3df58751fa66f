"""Who was erased: hashes that tell a restored backup whom to erase again, and nobody who it was."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from bot.store.base import Tx

_CHATS = ("sessions", "messages", "tickets", "inbox", "outbox", "media", "outcomes", "timers", "merchants")
_SALT = "forgotten.salt"
_EACH = "forgotten:"


@dataclass(frozen=True, slots=True, order=True)
class Stone:
    """One erased merchant: when, and the salted hash of the chat."""

    at: str
    salt: str
    mark: str


def marked(salt: str, chat: str) -> str:
    """Return the hash that stands for a chat."""
    return hashlib.sha256(f"{salt}:{chat}".encode()).hexdigest()


async def note(tx: Tx, chat: str, at: str) -> None:
    """Keep that a chat was erased."""
    row = await tx.one("SELECT value FROM settings WHERE key = :key", key=_SALT)
    salt = str(row["value"]) if row else secrets.token_hex(16)
    if row is None:
        await tx.run("INSERT INTO settings (key, value) VALUES (:key, :value)", key=_SALT, value=salt)
    await keep(tx, Stone(at, salt, marked(salt, chat)))


async def keep(tx: Tx, stone: Stone) -> None:
    """Keep a stone; of two of one chat the later."""
    await tx.run(
        """INSERT INTO settings (key, value) VALUES (:key, :value)
           ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE excluded.value > settings.value""",
        key=f"{_EACH}{stone.salt}:{stone.mark}", value=stone.at,
    )  # fmt: skip


async def stones(tx: Tx) -> set[Stone]:
    """Return all that the database knows of."""
    rows = await tx.all("SELECT key, value FROM settings WHERE key LIKE :each", each=f"{_EACH}%")
    return {Stone(row["value"], *row["key"].split(":")[1:]) for row in rows}


async def chats(tx: Tx) -> set[str]:
    """Return every merchant that the database holds anything of."""
    each = " UNION ".join(f"SELECT chat FROM {table}" for table in _CHATS)  # noqa: S608 - names of this module
    return {row["chat"] for row in await tx.all(each)} - {"forgotten"}
