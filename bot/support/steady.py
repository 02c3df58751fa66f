"""Whether the time of day can be trusted: a clock that jumped may be set back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

JUMP = 120.0
"""Seconds by which the time of day may leave the steady clock between two looks before it counts as a jump."""
SETTLE = 600.0
"""Seconds of steady clock after a jump in which nothing happens by itself: no warning, closing, erasing, nudging."""
log = logging.getLogger(__name__)


class Trust:
    """Compares the time of day with the steady clock at every look."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._last: tuple[datetime, float] | None = None
        self._settled_at = 0.0

    def __call__(self, now: datetime) -> bool:
        """Tell whether ``now`` may be acted on."""
        steady = self._steady()
        if self._last is not None:
            passed = timedelta(seconds=steady - self._last[1])
            if abs((now - self._last[0] - passed).total_seconds()) > JUMP:
                log.warning("the time of day jumped: nothing happens by itself for %d s", SETTLE)
                self._settled_at = steady + SETTLE
        self._last = (now, steady)
        return steady >= self._settled_at
