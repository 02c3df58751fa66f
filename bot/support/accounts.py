"""Accounts: passwords as argon2id, a throttled login, sessions by random token."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.store.base import Database
from bot.store.support import sessions, staff, throttle
from bot.support.authority import Actor
from bot.support.errors import Invalid, LoginRefused, Throttled

SHORTEST, LONGEST = 10, 128
SESSION = timedelta(hours=12)
IDLE = timedelta(hours=4)
"""A session ends after 12 hours, or after 4 without a request."""
AT_ONCE = asyncio.Semaphore(2)
"""Passwords checked side by side: each takes 64 MB and a core for a moment."""


class Accounts:
    """Sign-in of staff. ``clock`` gives the time of day."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    async def login(self, login: str, password: str, address: str) -> tuple[str, Actor]:
        """Return the token of a new session and whose it is; ``address`` is where the attempt comes from.

        Raises:
            LoginRefused: login or password is wrong; which of them is not said.
            Throttled: too many failures for this login or from this address.

        """
        login, now = login.strip().lower()[:64], self._clock()
        keys = (f"login:{login}", f"address:{address[:64]}")
        seconds = await self._db.write(throttle.enter, keys, now)
        if seconds:
            raise Throttled(seconds)
        found = await self._db.read(staff.by_login, login)
        if not await verify(found[1] if found else None, password) or found is None:
            raise LoginRefused("login or password is wrong")
        await self._db.write(throttle.succeeded, keys[0], keys[1])
        return await self.open(login), found[0]

    async def open(self, login: str) -> str:
        """Return the token of a new session for a login that was checked."""
        token, now = secrets.token_urlsafe(32), self._clock()
        await self._db.write(sessions.open, login, digest(token), now, now + SESSION)
        return token

    async def who(self, token: str) -> Actor | None:
        """Return who is signed in with a token; None if nobody (any more). A removal holds at once."""
        if not token:
            return None
        now, key = self._clock(), digest(token)
        found = await self._db.read(sessions.who, key, now, IDLE)
        if found is None:
            return None
        actor, due = found
        if due:
            await self._db.write(sessions.seen, key, now)
        return actor

    async def logout(self, token: str) -> None:
        """End a session."""
        await self._db.write(sessions.close, digest(token))


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


async def hashed(password: str) -> str:
    """Return the argon2id hash of a new password.

    Raises:
        Invalid: it is too short or too long, or one character over and over.

    """
    if not SHORTEST <= len(password) <= LONGEST or len(set(password)) < 4:
        raise Invalid("password", least=SHORTEST, most=LONGEST)
    async with AT_ONCE:
        return await asyncio.to_thread(_hasher().hash, password)


async def verify(stored: str | None, password: str) -> bool:
    """Tell whether a password is right; for nobody it takes as long, so that logins cannot be guessed."""
    if len(password) > LONGEST:
        return False
    async with AT_ONCE:
        right = await asyncio.to_thread(_verify, stored or _nobody(), password)
    return right and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))
