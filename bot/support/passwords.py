"""Passwords: how good one must be, its hash, and whether one is right."""

from __future__ import annotations

import asyncio
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.support.errors import Invalid

SHORTEST, LONGEST = 10, 128
STRENGTH = 3
"""zxcvbn's scale from 0 to 4: 3 is safe from guessing at the login, even unthrottled."""
AT_ONCE = asyncio.Semaphore(2)
"""Passwords checked side by side: each takes 64 MB and a core for a moment."""


async def hashed(password: str, *about: str) -> str:
    """Return the argon2id hash of a new password; ``about`` is what others know of its owner.

    Raises:
        Invalid: it is too short or too long, or easy to guess.

    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid("password", least=SHORTEST, most=LONGEST)
    if await asyncio.to_thread(_strength, password, about) < STRENGTH:
        raise Invalid("password_easy")
    async with AT_ONCE:
        return await asyncio.to_thread(_hasher().hash, password)


async def verify(stored: str | None, password: str) -> bool:
    """Tell whether a password is right; for nobody it takes as long, so that logins cannot be guessed."""
    if len(password) > LONGEST:
        return False
    async with AT_ONCE:
        right = await asyncio.to_thread(_verify, stored or _nobody(), password)
    return right and stored is not None


def _strength(password: str, about: tuple[str, ...]) -> int:
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # here: its word lists take a while to load

    return int(zxcvbn(password[:64], [*about, "posbot", "support", "desk"])["score"])


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
