"""Statistics of the bot itself: what it solves without a human, and where merchants give up."""

from __future__ import annotations

from bot.store.base import Row, Tx

TOP = 100
_ENDS = """COUNT(CASE WHEN kind IN ('solved', 'helped') THEN 1 END) AS solved,
           COUNT(CASE WHEN kind = 'escalated' THEN 1 END) AS escalated,
           COUNT(CASE WHEN kind = 'gave_up' THEN 1 END) AS gave_up,
           COUNT(CASE WHEN kind = 'unhelped' THEN 1 END) AS unhelped"""


async def summary(tx: Tx, since: str, until: str) -> Row:
    """Return ``solved``, ``escalated``, ``gave_up``, ``unhelped``, ``missed``, ``clarified``, and ``chats``.

    Solved without a human = solved / (solved + escalated + gave_up).
    """
    row = await tx.one(
        f"""SELECT {_ENDS}, COUNT(CASE WHEN kind = 'missed' THEN 1 END) AS missed,
                   COUNT(CASE WHEN kind = 'clarified' THEN 1 END) AS clarified, COUNT(DISTINCT chat) AS chats
            FROM outcomes WHERE at >= :since AND at < :until""",  # noqa: S608 - words of this module
        since=since, until=until,
    )  # fmt: skip
    return row or {}


async def by_intent(tx: Tx, since: str, until: str) -> list[Row]:
    """Return per ``intent`` how its conversations ended: ``solved``, ``escalated``, ``gave_up``, ``unhelped``."""
    return await tx.all(
        f"""SELECT intent, {_ENDS} FROM outcomes
            WHERE at >= :since AND at < :until AND intent <> ''
              AND kind IN ('solved', 'helped', 'escalated', 'gave_up', 'unhelped')
            GROUP BY intent ORDER BY COUNT(*) DESC LIMIT :top""",  # noqa: S608 - words of this module
        since=since, until=until, top=TOP,
    )  # fmt: skip


async def by_node(tx: Tx, since: str, until: str, intent: str = "") -> list[Row]:
    """Return per ``intent`` and tree ``node`` how conversations ended there (only of one intent if given)."""
    return await tx.all(
        f"""SELECT intent, node, {_ENDS} FROM outcomes
            WHERE at >= :since AND at < :until AND node <> '' AND (:intent = '' OR intent = :intent)
            GROUP BY intent, node ORDER BY COUNT(*) DESC LIMIT :top""",  # noqa: S608 - words of this module
        since=since, until=until, intent=intent, top=TOP,
    )  # fmt: skip


async def give_up_points(tx: Tx, since: str, until: str) -> list[Row]:
    """Return ``intent``, ``node`` and ``count`` where merchants went silent or stopped, the most first."""
    return await tx.all(
        """SELECT intent, node, COUNT(*) AS count FROM outcomes
           WHERE at >= :since AND at < :until AND kind = 'gave_up'
           GROUP BY intent, node ORDER BY count DESC LIMIT :top""",
        since=since, until=until, top=TOP,
    )  # fmt: skip
