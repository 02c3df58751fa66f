"""Accounts: a throttled login that nobody else can lock, sessions by random token."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.base import Database
from bot.store.support import sessions, staff, throttle
from bot.support import devices
from bot.support.authority import Actor
from bot.support.errors import LoginRefused, Throttled
from bot.support.passwords import verify

SESSION = timedelta(hours=12)
IDLE = timedelta(hours=4)
"""A session ends after 12 hours, or after 4 without a request."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A sign-in that went well: whose, the token of its session, the mark for the browser."""

    actor: Actor
    token: str
    device: str


class Accounts:
    """Sign-in of staff. ``clock`` gives the time of day."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    async def login(self, login: str, password: str, address: str) -> tuple[str, Actor]:
        """Sign somebody in from a browser that is not known; returns the token of the session and whose it is.

        Raises:
            LoginRefused, Throttled: see ``enter``.

        """
        entry = await self.enter(login, password, address)
        return entry.token, entry.actor

    async def enter(self, login: str, password: str, address: str, device: str = "") -> Entry:
        """Sign somebody in; ``address`` is where the attempt comes from, ``device`` the mark its browser brings.

        Failures count for the login and for the address; those of a browser that the same person signed in with
        before count for that browser only, so that nobody else's failures keep them out.

        Raises:
            LoginRefused: login or password is wrong; which of them is not said.
            Throttled: too many failures.

        """
        login = login.strip().lower()[:64]
        found = await self._db.read(staff.by_login, login)
        stored = found[1] if found else None
        browser = devices.name_of(device, stored, login)
        own = f"device:{browser}" if browser else f"login:{login}"
        await self._check(stored, password, own, () if browser else (f"address:{address[:64]}",))
        if found is None or stored is None:
            raise LoginRefused("login or password is wrong")
        return Entry(found[0], await self.open(login), device if browser else devices.mark(stored, login))

    async def prove(self, actor: Actor, password: str) -> None:
        """Make sure that whoever has a session knows its password as well.

        Raises:
            LoginRefused, Throttled: see ``enter``.

        """
        found = await self._db.read(staff.by_login, actor.login)
        await self._check(found[1] if found else None, password, f"proof:{actor.login}", ())

    async def _check(self, stored: str | None, password: str, own: str, others: tuple[str, ...]) -> None:
        seconds = await self._db.write(throttle.enter, (own, *others), self._clock())
        if seconds:
            raise Throttled(seconds)
        if not await verify(stored, password):
            raise LoginRefused("login or password is wrong")
        await self._db.write(throttle.succeeded, own, others)

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

    async def logout_everywhere(self, login: str) -> None:
        """End every session of a login."""
        await self._db.write(sessions.close_all, login)


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
