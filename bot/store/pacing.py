"""Telegram's limits over all replicas: kept in the shared database, spent in the transaction that claims parcels.

For every chat, and for all together, ``free_at`` is when the next message would be due at an even pace; a burst may run
ahead of it by a little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.store.base import Tx

PACED = ("send", "media", "edit")
"""Kinds of parcels that count."""
CHAT_SECONDS, CHAT_BURST = 1.0, 3
ALL = ""
"""The key under which all chats together are kept."""
OPEN = f"""NOT EXISTS (SELECT 1 FROM pace WHERE pace.chat = o.chat
             AND pace.free_at > clock_timestamp() + make_interval(secs => {CHAT_SECONDS * (CHAT_BURST - 1)}))"""  # noqa: S608 - numbers
"""What holds for a chat that may get a message now."""
TURN = "COALESCE((SELECT free_at FROM pace WHERE pace.chat = o.chat), '-infinity')"
"""The order in which chats get one: who was sent something longest ago comes first."""


async def room(tx: Tx, rate: float) -> int:
    """Return how many messages may go now at ``rate`` a second; the others wait until this transaction ends."""
    await tx.lock("pace")
    row = await tx.one("SELECT EXTRACT(EPOCH FROM free_at - clock_timestamp())::float8 AS ahead FROM pace "
                       "WHERE chat = :key", key=ALL)  # fmt: skip
    ahead = max(0.0, row["ahead"]) if row else 0.0
    return max(0, math.floor(max(1.0, rate) - ahead * rate))


async def spend(tx: Tx, chats: Sequence[str], rate: float) -> None:
    """Count messages that go to chats now."""
    for chat in chats:
        await _ahead(tx, chat, CHAT_SECONDS)
    if chats:
        await _ahead(tx, ALL, len(chats) / rate)


async def forget(tx: Tx, chat: str) -> None:
    """Forget how far a chat is ahead."""
    await tx.do("DELETE FROM pace WHERE chat = :chat", chat=chat)


async def sweep(tx: Tx) -> None:
    """Forget chats that were sent nothing for a while."""
    await tx.do("DELETE FROM pace WHERE free_at < clock_timestamp() - INTERVAL '1 hour'")


async def _ahead(tx: Tx, key: str, seconds: float) -> None:
    await tx.do(
        """INSERT INTO pace (chat, free_at) VALUES (:key, clock_timestamp() + make_interval(secs => :seconds))
           ON CONFLICT (chat) DO UPDATE
           SET free_at = GREATEST(pace.free_at, clock_timestamp()) + make_interval(secs => :seconds)""",
        key=key, seconds=seconds,
    )  # fmt: skip
