"""Full-text search over tickets. Hanzi stand alone, so that words of two characters are found as phrases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.store.base import Dialect, Row, Tx
from intents.text import normalise

BODY = 20_000
"""Characters of a ticket that can be searched; the beginning counts."""
TERMS = 8
"""Words of a query that count."""
_UNIT = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a database finds tickets by words: the table before ``tickets t``, its key, and what must hold."""

    table: str
    key: str
    condition: str


SOURCES: dict[Dialect, Source] = {
    # CROSS JOIN keeps the order: the newest matches come first out of the index, and a page ends the search
    "sqlite": Source("search_fts CROSS JOIN", "search_fts.rowid", "search_fts MATCH :words"),
    "postgres": Source("search CROSS JOIN", "search.ticket",
                       "to_tsvector('simple', search.body) @@ to_tsquery('simple', :words)"),
}  # fmt: skip


def searchable(text: str) -> str:
    """Return a text as it is indexed: plain, simplified, hanzi separated."""
    return " ".join(_UNIT.findall(normalise(text)))


def words(query: str, dialect: Dialect) -> str:
    """Return a query in the database's language, "" if there is nothing to search for.

    Words separated by spaces must all be found; the last Latin word or number of each may be a beginning.
    """
    terms = [_UNIT.findall(normalise(word)) for word in query.split()]
    found = [_phrase(units, dialect) for units in terms if units][:TERMS]
    return (" AND " if dialect == "sqlite" else " & ").join(found)


def patterns(query: str) -> list[str]:
    """Return what the text of a ticket must be LIKE, each of them, to be found by a query: the same as ``words``."""
    terms = [_UNIT.findall(normalise(word)) for word in query.split()]
    return [f"% {' '.join(units)}{'%' if units[-1].isascii() else ' %'}" for units in terms if units][:TERMS]


def reading(parts: Iterable[str]) -> str:
    """Return the condition over ``tickets t`` that the ticket's text is LIKE each of some parameters."""
    like = " AND ".join(f"' ' || s.body || ' ' LIKE :{name}" for name in parts)
    return f"EXISTS (SELECT 1 FROM search s WHERE s.ticket = t.number AND {like})"  # noqa: S608 - names of parameters


async def add(tx: Tx, ticket: int, *texts: str) -> None:
    """Make texts of a ticket findable."""
    body = " ".join(filter(None, map(searchable, texts)))
    if not body:
        return
    await tx.do(
        """INSERT INTO search (ticket, body) VALUES (:ticket, :body)
           ON CONFLICT (ticket) DO UPDATE SET body = substr(search.body || ' ' || excluded.body, 1, :most)""",
        ticket=ticket, body=body[:BODY], most=BODY,
    )  # fmt: skip


async def index(tx: Tx, row: Row) -> None:
    """Index a ticket with all that was said on it, from the beginning."""
    said = await tx.all("SELECT text FROM messages WHERE ticket = :number ORDER BY id LIMIT 200", number=row["number"])
    await tx.do("DELETE FROM search WHERE ticket = :number", number=row["number"])
    await add(tx, row["number"], str(row["number"]), row["title"], row["reason"], _values(row["slots"]),
              *(message["text"] for message in said))  # fmt: skip


async def backfill(tx: Tx, limit: int = 200) -> int:
    """Index tickets of an older posbot; returns how many were done."""
    rows = await tx.all(
        """SELECT t.* FROM tickets t LEFT JOIN search s ON s.ticket = t.number
           WHERE s.ticket IS NULL AND t.chat <> 'forgotten' ORDER BY t.number LIMIT :limit""",
        limit=limit,
    )
    for row in rows:
        await index(tx, row)
    return len(rows)


async def compact(tx: Tx) -> None:
    """Rewrite the index so that nothing of erased tickets is left in its pages (SQLite keeps old ones)."""
    if tx.dialect == "sqlite":
        await tx.do("INSERT INTO search_fts (search_fts) VALUES ('optimize')")


def _phrase(units: list[str], dialect: Dialect) -> str:
    # a number or Latin word may go on: "n910" finds N9101234
    beginning = units[-1].isascii()
    if dialect == "sqlite":
        return f'"{" ".join(units)}"{" *" if beginning else ""}'
    return f"({' <-> '.join(units)}{':*' if beginning else ''})"


def _values(slots: str) -> str:
    # the keys stand on every ticket: finding them would find nothing
    return " ".join(map(str, json.loads(slots).values()))
