"""From rows of the database to what the desk's templates show."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.messages import traditional
from bot.store.base import Row
from bot.store.support import topics
from bot.web.context import Web
from intents.model import Lang, Text

UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


class View:
    """How one visitor reads the desk: in which language, in which time zone, at what time."""

    def __init__(self, web: Web, lang: Lang) -> None:
        self._web = web
        self._lang = lang
        self._zone = ZoneInfo(web.settings.timezone)
        self._now = datetime.now(UTC)

    @property
    def lang(self) -> Lang:
        """The language that the visitor reads."""
        return self._lang

    def line(self, row: Row) -> dict[str, Any]:
        """Return a ticket as the list shows it."""
        return {
            **row, "who": self.who(row), "age": self.age(row["created_at"]), "opened": self.time(row["created_at"]),
            "sla": self.sla(row), "machine": self.machine(row["brand"], row["model"]),
            "title": self.title(row),
        }  # fmt: skip

    def title(self, row: Row) -> str:
        """Return a ticket's title; that of its intent, in the reader's language, if there is one."""
        found = self._intent(row["intent"])
        return self._said(found) if found and self._lang == "en" else row["title"]

    def who(self, row: Row) -> str:
        """Return the merchant's name, or a short mark of the chat."""
        return row["name"] or _slots(row).get("merchant") or f"#{row['chat'].rpartition(':')[2][:6]}"

    def sla(self, row: Row) -> dict[str, str] | None:
        """Return how long is left, and how bad that is (ok, warn, late); None while no clock runs."""
        if not row["due_at"] or row["status"] not in ("open", "claimed"):
            return None
        left = (datetime.fromisoformat(row["due_at"]) - self._now).total_seconds()
        key = "sla.first" if row["first_reply_at"] is None else "sla.solve"
        warned = row["warn_at"] and datetime.fromisoformat(row["warn_at"]) <= self._now
        state = "late" if left <= 0 else "warn" if warned else "ok"
        word = "sla.late" if left <= 0 else "sla.left"
        return {"state": state, "text": self.words(word, time=self.span(abs(left))), "what": self.words(key),
                "at": self.time(row["due_at"])}  # fmt: skip

    def age(self, at: str) -> str:
        """Return how long ago something was, in one unit."""
        seconds = (self._now - datetime.fromisoformat(at)).total_seconds()
        return self.span(seconds) if seconds >= 60 else self.words("age.now")

    def span(self, seconds: float) -> str:
        """Return a length of time in one unit, at least one minute."""
        for unit, length in UNITS:
            if seconds >= length:
                return self.words(f"age.{unit}", n=int(seconds // length))
        return self.words("age.minute", n=1)

    def time(self, at: str | None) -> str:
        """Return a time of day in the shops' time zone."""
        return datetime.fromisoformat(at).astimezone(self._zone).strftime("%Y-%m-%d %H:%M") if at else ""

    def machine(self, brand: str, model: str) -> str:
        """Return brand and model as people write them."""
        known = {one.id: one.name for one in self._known().brands} if self._web.dialogue else {}
        name = self._said(known[brand]) if brand in known else brand
        return " ".join(filter(None, (name, model)))

    def intents(self) -> list[tuple[str, str]]:
        """Return every intent's id and title, in order of the ids."""
        found = self._known().intents.values() if self._web.dialogue else ()
        return [(one.id, self._said(one.title)) for one in found]

    def brands(self) -> list[tuple[str, str]]:
        """Return the makers' ids and names."""
        found = self._known().brands if self._web.dialogue else ()
        return [(one.id, self._said(one.name)) for one in found if one.kind == "maker"]

    def intent(self, name: str) -> str:
        """Return an intent's title, its id if it is not known."""
        found = self._intent(name)
        return self._said(found) if found else name

    async def problems(self) -> list[str]:
        """Return what the staff group lacks, in sentences."""
        found = await self._web.db.read(topics.problems)
        keys = [f"staff.missing.{name}" for name in found]
        return [self._web.sentences.say(key, self._lang) for key in keys if self._web.sentences.has(key)]

    def words(self, key: str, **values: object) -> str:
        """Return one of the pages' sentences."""
        return self._web.words.say(key, self._lang, **values)

    def named(self, prefix: str, value: str) -> str:
        """Return the word for a value, the value itself if there is none."""
        key = f"{prefix}.{value}"
        return self.words(key) if self._web.words.has(key) else value

    def _intent(self, name: str) -> Text | None:
        found = self._known().intents.get(name) if self._web.dialogue else None
        return found.title if found else None

    def _known(self) -> Any:
        assert self._web.dialogue is not None  # noqa: S101 - asked for only where there is one
        return self._web.dialogue.understanding.knowledge

    def _said(self, text: Text) -> str:
        said = text.in_(self._lang)
        return traditional(said) if self._lang == "zh-Hant" else said


def _slots(row: Row) -> dict[str, str]:
    found = parsed(row["slots"], {})
    return found if isinstance(found, dict) else {}


def parsed(text: str | None, empty: Any) -> Any:
    """Return JSON of the database, ``empty`` if it is none."""
    try:
        return json.loads(text) if text else empty
    except ValueError:
        return empty
