"""Statistics of tickets: times, SLA, hours, subjects, satisfaction. A period is ``since <= created < until``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.store.base import Row, Tx
from bot.store.times import read

TOP = 50


@dataclass(frozen=True, slots=True)
class Times:
    """Durations in minutes of the priority's working time, over ``count`` tickets."""

    count: int
    median: int
    p90: int


async def summary(tx: Tx, since: str, until: str) -> Row:
    """Return ``opened``, ``resolved``, ``open_now``, and of the SLA: ``first_met``, ``first_all``, ``solve_met``,
    ``solve_all``; ``rated`` and ``stars`` (their sum).
    """
    row = await tx.one(
        """SELECT COUNT(*) AS opened,
                  COUNT(CASE WHEN status IN ('resolved', 'closed') THEN 1 END) AS resolved,
                  COUNT(CASE WHEN status IN ('open', 'claimed', 'waiting') THEN 1 END) AS open_now,
                  COUNT(CASE WHEN first_reply_at <= first_due_at THEN 1 END) AS first_met,
                  COUNT(first_reply_at) AS first_all,
                  COUNT(CASE WHEN resolved_at <= solve_due_at THEN 1 END) AS solve_met,
                  COUNT(resolved_at) AS solve_all,
                  COUNT(rating) AS rated, COALESCE(SUM(rating), 0) AS stars
           FROM tickets WHERE created_at >= :since AND created_at < :until AND merged_into IS NULL""",
        since=since, until=until,
    )  # fmt: skip
    return row or {}


async def times(tx: Tx, since: str, until: str) -> dict[str, Times]:
    """Return how long things took: ``first`` reply and ``solve``."""
    found = {}
    for name in ("first", "solve"):
        rows = await tx.all(
            f"""SELECT {name}_minutes AS minutes, COUNT(*) AS n FROM tickets
                WHERE created_at >= :since AND created_at < :until AND {name}_minutes IS NOT NULL
                GROUP BY {name}_minutes ORDER BY 1""",  # noqa: S608 - the names stand above
            since=since, until=until,
        )  # fmt: skip
        count = sum(row["n"] for row in rows)
        found[name] = Times(count, _at(rows, count * 0.5), _at(rows, count * 0.9))
    return found


async def by_priority(tx: Tx, since: str, until: str) -> list[Row]:
    """Return per ``priority``: ``opened``, ``first_met``, ``first_all``, ``solve_met``, ``solve_all``."""
    return await tx.all(
        """SELECT priority, COUNT(*) AS opened,
                  COUNT(CASE WHEN first_reply_at <= first_due_at THEN 1 END) AS first_met,
                  COUNT(first_reply_at) AS first_all,
                  COUNT(CASE WHEN resolved_at <= solve_due_at THEN 1 END) AS solve_met,
                  COUNT(resolved_at) AS solve_all
           FROM tickets WHERE created_at >= :since AND created_at < :until AND merged_into IS NULL
           GROUP BY priority ORDER BY priority""",
        since=since, until=until,
    )  # fmt: skip


async def by_machine(tx: Tx, since: str, until: str) -> list[Row]:
    """Return ``count`` of tickets per ``brand`` and ``model``, the most first; "" where not known."""
    return await _count(tx, "brand, model", since, until)


async def by_intent(tx: Tx, since: str, until: str) -> list[Row]:
    """Return ``count`` of tickets per ``intent``, the most first."""
    return await _count(tx, "intent", since, until)


async def by_resolution(tx: Tx, since: str, until: str) -> list[Row]:
    """Return ``count`` of tickets per ``resolution`` (None while unresolved), the most first."""
    return await _count(tx, "resolution", since, until)


async def by_person(tx: Tx, since: str, until: str) -> list[Row]:
    """Return per member of staff (``login``): tickets ``resolved``, how many were ``rated`` and the ``stars``."""
    return await tx.all(
        """SELECT resolved_by AS login, COUNT(*) AS resolved, COUNT(rating) AS rated,
                  COALESCE(SUM(rating), 0) AS stars
           FROM tickets WHERE created_at >= :since AND created_at < :until AND resolved_by IS NOT NULL
           GROUP BY resolved_by ORDER BY resolved DESC""",
        since=since, until=until,
    )  # fmt: skip


async def by_hour(tx: Tx, since: str, until: str, zone: ZoneInfo) -> dict[tuple[int, int], int]:
    """Return the count of tickets by (weekday from Monday = 0, hour), as the shop's clock showed them."""
    # ten-minute steps are exact in every time zone, and few rows however many tickets
    rows = await tx.all(
        """SELECT substr(created_at, 1, 15) AS moment, COUNT(*) AS n FROM tickets
           WHERE created_at >= :since AND created_at < :until GROUP BY substr(created_at, 1, 15)""",
        since=since, until=until,
    )  # fmt: skip
    found: Counter[tuple[int, int]] = Counter()
    for row in rows:
        local = read(f"{row['moment']}0:00+00:00").astimezone(zone)
        found[local.weekday(), local.hour] += row["n"]
    return dict(found)


async def satisfaction(tx: Tx, since: str, until: str) -> list[Row]:
    """Return ``count`` of tickets per ``rating``, 1 to 5."""
    return await tx.all(
        """SELECT rating, COUNT(*) AS count FROM tickets
           WHERE created_at >= :since AND created_at < :until AND rating IS NOT NULL
           GROUP BY rating ORDER BY rating""",
        since=since, until=until,
    )  # fmt: skip


async def words(tx: Tx, since: str, until: str, limit: int = TOP) -> list[Row]:
    """Return what merchants said with their rating, the newest first: ``number``, ``rating``, ``rating_word``."""
    return await tx.all(
        """SELECT number, rating, rating_word, resolved_by FROM tickets
           WHERE created_at >= :since AND created_at < :until AND rating_word IS NOT NULL
           ORDER BY number DESC LIMIT :limit""",
        since=since, until=until, limit=limit,
    )  # fmt: skip


async def _count(tx: Tx, columns: str, since: str, until: str) -> list[Row]:
    return await tx.all(
        f"""SELECT {columns}, COUNT(*) AS count FROM tickets
            WHERE created_at >= :since AND created_at < :until AND merged_into IS NULL
            GROUP BY {columns} ORDER BY count DESC LIMIT :top""",  # noqa: S608 - column names of this module
        since=since, until=until, top=TOP,
    )  # fmt: skip


def _at(rows: list[Row], place: float) -> int:
    """Return the minutes of the ticket that stands at a place in order."""
    passed = 0
    for row in rows:
        passed += row["n"]
        if passed > place:
            return int(row["minutes"])
    return int(rows[-1]["minutes"]) if rows else 0
