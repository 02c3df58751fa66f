"""One-time links and the sessions they open: random tokens, kept in memory and only as hashes."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

LINK_SECONDS = 600.0
SESSION_SECONDS = 12 * 3600.0


class _Tokens:
    """Random tokens of 256 bits that are good for a while."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends: dict[str, float] = {}

    def new(self) -> str:
        """Return a fresh token."""
        now = self._clock()
        self._ends = {digest: end for digest, end in self._ends.items() if end > now}
        token = secrets.token_urlsafe(32)
        self._ends[_digest(token)] = now + self._seconds
        return token

    def good(self, token: str) -> bool:
        """Tell whether a token holds now."""
        return self._ends.get(_digest(token), 0.0) > self._clock()

    def end(self, token: str) -> bool:
        """Make a token worthless; tells whether it was good until now."""
        good = self.good(token)
        self._ends.pop(_digest(token), None)
        return good

    def clear(self) -> None:
        """Make all of them worthless."""
        self._ends = {}


class LoginLinks(_Tokens):
    """The tokens of one-time links; ``new`` makes one, ``end`` spends it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(LINK_SECONDS, clock)


class Sessions(_Tokens):
    """The tokens in the cookies of those who are signed in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(SESSION_SECONDS, clock)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
