"""Which tickets an address of the list asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from bot.store.support.filters import UNRESOLVED, Filter, Sort

TABS = ("open", "mine", "unassigned", "risk", "waiting", "done", "all")
_STATUS: Mapping[str, tuple[str, ...]] = {"waiting": ("waiting",), "done": ("resolved", "closed"), "all": ()}
AGES = (1, 4, 24, 72, 168)
"""Hours that the age filter offers."""
FIELDS = ("priority", "intent", "brand", "tag", "older", "newer", "q", "sort")
"""What an address may hold beside ``show``, ``view`` and ``after``."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The list that an address asks for: the tab, the fields of the filter form, the sorting, where to go on."""

    show: str
    fields: Mapping[str, str]
    sort: Sort
    after: str = ""

    def filter(self, login: str) -> Filter:
        """Return the filter for somebody."""
        given = {**self.fields, "text": self.fields.get("q", "")}
        found = Filter.load({name: value for name, value in given.items() if value and name != "sort"})
        return replace(
            found, status=_STATUS.get(self.show, UNRESOLVED), assignee=login if self.show == "mine" else "",
            unassigned=self.show == "unassigned", at_risk=self.show == "risk",
        )  # fmt: skip

    def address(self, **changed: str) -> str:
        """Return the address of this list with something else in it; without the page's place."""
        values = {"show": self.show, **self.fields, **changed}
        query = {name: value for name, value in values.items() if value and (name, value) != ("show", "open")}
        return f"/desk?{urlencode(query)}" if query else "/desk"

    def field(self, name: str) -> str:
        """Return what a field of the filter form holds."""
        return self.fields.get(name, "")

    @property
    def narrowed(self) -> bool:
        """Tell whether the form narrows the list."""
        return any(value for name, value in self.fields.items() if name != "sort")


def read(params: QueryParams) -> Wanted:
    """Return what an address asks for; what is not understood is left out."""
    show = params.get("show", "open")
    fields = {name: value[:200] for name in FIELDS if (value := params.get(name, "").strip())}
    sort = fields.get("sort", "")
    return Wanted(show if show in TABS else "open", fields, _sort(sort), params.get("after", "")[:200])


def of_view(stored: Filter, sort: Sort) -> Wanted:
    """Return the list that a saved view stands for; "mine" is whoever looks."""
    fields = {"priority": ",".join(stored.priority), "intent": ",".join(stored.intent), "brand": ",".join(stored.brand),
              "tag": stored.tag, "q": stored.text, "sort": sort if sort != "priority" else "",
              "older": str(stored.older or ""), "newer": str(stored.newer or "")}  # fmt: skip
    show = next((tab for tab, status in _STATUS.items() if status == stored.status), "open")
    for flag, tab in ((stored.assignee, "mine"), (stored.unassigned, "unassigned"), (stored.at_risk, "risk")):
        show = tab if flag else show
    return Wanted(show, {name: value for name, value in fields.items() if value}, sort)


def _sort(value: str) -> Sort:
    return cast(Sort, value) if value in get_args(Sort) else "priority"
