"""What a ticket list shows, and in which order: values that a saved view and an address can hold."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.store.base import Row
from bot.store.times import stamp

Sort = Literal["priority", "newest", "oldest", "updated", "due"]
UNRESOLVED = ("open", "claimed", "waiting")


@dataclass(frozen=True, slots=True)
class Order:
    """A sorting: ``by`` is a column or expression that is never NULL; the number settles ties, or is all (numeric)."""

    by: str
    down: bool = False
    numeric: bool = False

    @property
    def sql(self) -> str:
        """The words after ORDER BY."""
        word = "DESC" if self.down else "ASC"
        return f"{self.by} {word}" if self.numeric else f"{self.by} {word}, t.number {word}"

    @property
    def beyond(self) -> str:
        """What holds for rows of the next page."""
        sign = "<" if self.down else ">"
        return f"{self.by} {sign} :key" if self.numeric else f"({self.by}, t.number) {sign} (:key, :key_number)"

    def write(self, row: Row) -> str:
        """Return the cursor after a row."""
        return base64.urlsafe_b64encode(f"{row['key']}|{row['number']}".encode()).decode()

    def read(self, cursor: str) -> dict[str, str | int] | None:
        """Return the parameters of ``beyond`` that a cursor holds; None if it is none of this sorting."""
        try:
            value, _, number = base64.urlsafe_b64decode(cursor.encode()).decode().rpartition("|")
            return {"key": int(value)} if self.numeric else {"key": value, "key_number": int(number)}
        except ValueError:
            return None


SORTS: dict[Sort, Order] = {
    "priority": Order("t.priority"),
    "newest": Order("t.number", down=True, numeric=True),
    "oldest": Order("t.number", numeric=True),
    "updated": Order("t.updated_at", down=True),
    "due": Order("COALESCE(t.due_at, '9999')"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets are wanted; what is empty does not matter.

    ``status`` empty means every status. ``older`` and ``newer`` are hours since the ticket was opened.
    """

    status: tuple[str, ...] = UNRESOLVED
    priority: tuple[str, ...] = ()
    assignee: str = ""
    unassigned: bool = False
    intent: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    tag: str = ""
    chat: str = ""
    older: int = 0
    newer: int = 0
    at_risk: bool = False
    text: str = ""

    def conditions(self, now: datetime) -> tuple[list[str], dict[str, Any]]:
        """Return SQL conditions over ``tickets t`` and their parameters."""
        where: list[str] = []
        values: dict[str, Any] = {}
        for column in ("status", "priority", "intent", "brand"):
            given: tuple[str, ...] = getattr(self, column)
            if given:
                names = {f"{column}{index}": value for index, value in enumerate(given)}
                where.append(f"t.{column} IN ({', '.join(f':{name}' for name in names)})")
                values |= names
        for column, value in (("assignee", self.assignee), ("chat", self.chat)):
            if value:
                where.append(f"t.{column} = :{column}")
                values[column] = value
        return self._more(where, values, now)

    def _more(self, where: list[str], values: dict[str, Any], now: datetime) -> tuple[list[str], dict[str, Any]]:
        if self.unassigned:
            where.append("t.assignee IS NULL")
        if self.at_risk:
            where.append("t.warn_at <= :now")
            values["now"] = stamp(now)
        for name, hours, sign in (("older", self.older, "<="), ("newer", self.newer, ">=")):
            if hours:
                where.append(f"t.created_at {sign} :{name}")
                values[name] = stamp(now - timedelta(hours=hours))
        if self.tag:
            where.append("t.number IN (SELECT ticket FROM ticket_tags WHERE tag = :tag)")
            values["tag"] = self.tag
        return where, values

    def dump(self) -> dict[str, Any]:
        """Return what differs from the default, as JSON can hold it."""
        plain = asdict(Filter())
        return {name: list(value) if isinstance(value, tuple) else value
                for name, value in asdict(self).items() if value != plain[name]}  # fmt: skip

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Filter:
        """Return a filter from what ``dump`` gave, or from an address; what is not understood is left out."""
        plain = asdict(cls())
        known: dict[str, Any] = {}
        for field in fields(cls):
            value = _fit(plain[field.name], data.get(field.name))
            if value is not None:
                known[field.name] = value
        return cls(**known)


def _fit(plain: Any, value: Any) -> Any:
    """Return a value in the type of the default, None if it does not fit."""
    if value is None:
        return None
    if isinstance(plain, tuple):
        many = value if isinstance(value, (list, tuple)) else str(value).split(",")
        return tuple(str(one) for one in many if str(one))[:50]
    if isinstance(plain, bool):
        return str(value).lower() in ("1", "true", "on", "yes")
    if isinstance(plain, int):
        return int(value) if str(value).isdecimal() and len(str(value)) < 6 else None
    return str(value)[:200]
