"""Small operations of the keeper."""

from __future__ import annotations

from bot.store.base import Tx


async def take_mark(tx: Tx) -> bool:
    """Tell whether something was erased since the search index was last rewritten, and take the mark away."""
    return bool(await tx.run("DELETE FROM settings WHERE key = 'search.erased'"))
