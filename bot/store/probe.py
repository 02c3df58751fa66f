"""Whether the store takes writes: what /healthz asks."""

from __future__ import annotations

from bot.store.base import Tx


async def write(tx: Tx) -> None:
    """Write something that means nothing. It differs each time: SQLite writes no page that stays as it is."""
    await tx.do(
        """INSERT INTO settings (key, value) VALUES ('probe', '1')
           ON CONFLICT (key) DO UPDATE SET value = CASE settings.value WHEN '1' THEN '0' ELSE '1' END"""
    )
