"""How conversations end and what was not understood: the raw material of statistics and of learning."""

from __future__ import annotations

from collections.abc import Iterable

from bot.dialogue.model import Outcome
from bot.store.base import Tx


async def add(tx: Tx, chat: str, lang: str, outcomes: Iterable[Outcome], at: str) -> None:
    """Keep what a turn brought about."""
    for outcome in outcomes:
        await tx.do(
            """INSERT INTO outcomes (at, chat, kind, intent, node, text, lang)
               VALUES (:at, :chat, :kind, :intent, :node, :text, :lang)""",
            at=at, chat=chat, kind=outcome.kind, intent=outcome.intent, node=outcome.node, text=outcome.text,
            lang=lang,
        )  # fmt: skip
