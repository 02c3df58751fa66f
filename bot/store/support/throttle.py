"""Attempts to log in, counted for every replica alike: after a few failures each one makes the wait longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.store.base import Tx
from bot.store.times import read, stamp

FREE = 5
"""Failures that cost no wait."""
LONGEST = timedelta(minutes=15)
FORGET = timedelta(hours=24)


async def enter(tx: Tx, keys: Sequence[str], now: datetime) -> int:
    """Return the seconds to wait; 0 lets the attempt in and counts it, before its password is even looked at."""
    await tx.lock(*keys)
    await tx.do("DELETE FROM throttle WHERE last_at < :before", before=stamp(now - FORGET))
    seconds = max([await _wait(tx, key, now) for key in keys])
    if seconds:
        return seconds
    for key in keys:
        await tx.do(
            """INSERT INTO throttle (key, count, last_at) VALUES (:key, 1, :at)
               ON CONFLICT (key) DO UPDATE SET count = throttle.count + 1, last_at = excluded.last_at""",
            key=key, at=stamp(now),
        )  # fmt: skip
    return 0


async def succeeded(tx: Tx, own: str, others: Sequence[str]) -> None:
    """Forget the failures under one key; of the others only this attempt."""
    await tx.do("DELETE FROM throttle WHERE key = :key", key=own)
    for key in others:
        await tx.do("UPDATE throttle SET count = count - 1 WHERE key = :key AND count > 0", key=key)


async def _wait(tx: Tx, key: str, now: datetime) -> int:
    row = await tx.one("SELECT count, last_at FROM throttle WHERE key = :key", key=key)
    if row is None or row["count"] < FREE:
        return 0
    pause = min(LONGEST, timedelta(seconds=15 * 2 ** min(row["count"] - FREE, 10)))
    left = read(row["last_at"]) + pause - now
    # a clock that was set back must not lock anybody out for longer than the longest wait
    return max(0, round(min(left, LONGEST).total_seconds()))
