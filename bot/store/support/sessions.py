"""Sessions of staff at the desk. Tokens are here only as hashes."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store.base import Tx
from bot.store.support import staff
from bot.store.times import read, stamp
from bot.support.authority import Actor

SEEN_EVERY = timedelta(minutes=1)


async def open(tx: Tx, login: str, token: str, now: datetime, until: datetime) -> None:
    """Keep a session by the hash of its token."""
    await tx.do("DELETE FROM staff_sessions WHERE expires_at <= :now", now=stamp(now))
    await tx.do(
        """INSERT INTO staff_sessions (token, login, created_at, expires_at, seen_at)
           VALUES (:token, :login, :now, :until, :now)""",
        token=token, login=login, now=stamp(now), until=stamp(until),
    )  # fmt: skip


async def who(tx: Tx, token: str, now: datetime, idle: timedelta) -> tuple[Actor, bool] | None:
    """Return whose session it is, and whether ``seen`` is due; None if it ended, was idle too long, or they left."""
    row = await tx.one(
        """SELECT s.login, s.name, s.role, t.seen_at FROM staff_sessions t JOIN staff s ON s.login = t.login
           WHERE t.token = :token AND t.expires_at > :now AND t.seen_at > :idle AND s.active = 1""",
        token=token, now=stamp(now), idle=stamp(now - idle),
    )  # fmt: skip
    return (staff.actor(row), now - read(row["seen_at"]) > SEEN_EVERY) if row else None


async def seen(tx: Tx, token: str, now: datetime) -> None:
    """Note that a session was used."""
    await tx.do("UPDATE staff_sessions SET seen_at = :now WHERE token = :token", now=stamp(now), token=token)


async def close(tx: Tx, token: str) -> None:
    """End a session."""
    await tx.do("DELETE FROM staff_sessions WHERE token = :token", token=token)


async def close_all(tx: Tx, login: str) -> None:
    """End every session of a login."""
    await tx.do("DELETE FROM staff_sessions WHERE login = :login", login=login)
