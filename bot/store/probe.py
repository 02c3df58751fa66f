"""Whether the store takes writes: what /healthz asks."""

from __future__ import annotations

from bot.store.base import Tx


async def write(tx: Tx) -> None:
    """Write something that changes nothing."""
    await tx.do("INSERT INTO settings (key, value) VALUES ('probe', '1') ON CONFLICT (key) DO UPDATE SET value = '1'")
