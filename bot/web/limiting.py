"""How much of something one place may do in a while, counted in this process."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

POSTS = RateLimitItemPerMinute(120)
"""Messages, presses and photos from one address: a few merchants behind one router."""
PRESSES_AND_WORDS = RateLimitItemPerMinute(40)
"""The same from one visitor; from 20 a minute on the bot itself asks for patience."""
NEWCOMERS = RateLimitItemPerHour(30)
"""New chats from one address."""
ALL_NEWCOMERS = RateLimitItemPerMinute(60)
"""New chats from everywhere: what a flood from many addresses can make the database keep."""


class Limits:
    """Counters that forget by themselves; each replica has its own."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def pause(self, item: RateLimitItem, *keys: str) -> int:
        """Count one more; returns the seconds to wait if it is one too many, else 0."""
        if self._limiter.hit(item, *keys):
            return 0
        return max(1, math.ceil(self._limiter.get_window_stats(item, *keys).reset_time - time.time()))
