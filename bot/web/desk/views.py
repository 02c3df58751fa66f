"""From rows of the database to what the desk's templates show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.store.base import Row
from bot.web.context import Web
from bot.web.desk.describe import Describe
from intents.model import Lang

UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


class View:
    """How one visitor reads the desk: in which language, in which time zone, at what time."""

    def __init__(self, web: Web, lang: Lang) -> None:
        self._web = web
        self._lang = lang
        self._zone = ZoneInfo(web.settings.timezone)
        self._now = datetime.now(UTC)

    def line(self, row: Row) -> dict[str, Any]:
        """Return a ticket as the list shows it."""
        slots = _json(row["slots"], {})
        who = row["name"] or slots.get("merchant") or f"#{row['chat'].rpartition(':')[2][:6]}"
        return {**row, "who": who, "age": self.age(row["created_at"]), "opened": self.time(row["created_at"])}

    def ticket(self, row: Row) -> dict[str, Any]:
        """Return a ticket as its page shows it."""
        messages = [self._message(message) for message in row["messages"]]
        return {
            **self.line(row), "updated": self.time(row["updated_at"]),
            "facts": [self._fact(name, value) for name, value in _json(row["slots"], {}).items() if value],
            "path": _path(_json(row["path"], []), self._web.describe, self._lang),
            "messages": messages, "events": [self._event(event) for event in row["events"]],
            "photos": [message["media"] for message in messages if message["is_photo"]],
        }  # fmt: skip

    def age(self, at: str) -> str:
        """Return how long ago something was, in one unit."""
        seconds = (self._now - datetime.fromisoformat(at)).total_seconds()
        for unit, length in UNITS:
            if seconds >= length:
                return self._words(f"age.{unit}", n=int(seconds // length))
        return self._words("age.now")

    def time(self, at: str) -> str:
        """Return a time of day in the shops' time zone."""
        return datetime.fromisoformat(at).astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _message(self, row: Row) -> dict[str, Any]:
        by = row["author"] if row["author"] in ("bot", "merchant") else "staff"
        is_photo = row["media"] is not None and row["kind"] == "photo"
        return {**row, "by": by, "is_photo": is_photo, "when": self.time(row["at"])}

    def _event(self, row: Row) -> dict[str, Any]:
        key = f"event.{row['kind']}"
        data = _json(row["data"], {})
        what = self._words(key) if self._web.words.has(key) else row["kind"]
        return {"what": what, "actor": row["actor"], "when": self.time(row["at"]), "text": data.get("text", "")}

    def _fact(self, name: str, value: str) -> tuple[str, str]:
        # yes and no are stored as such; the merchant saw them as the labels of two buttons
        said = f"button.taking_{value}" if name == "taking_payments" else ""
        return self._sentence(f"slot_name.{name}", name), self._sentence(said, value)

    def _sentence(self, key: str, otherwise: str) -> str:
        return self._web.sentences.say(key, self._lang) if self._web.sentences.has(key) else otherwise

    def _words(self, key: str, **values: object) -> str:
        return self._web.words.say(key, self._lang, **values)


def _path(steps: list[Mapping[str, str]], describe: Describe, lang: Lang) -> list[dict[str, str]]:
    path = []
    for step in steps:
        symptom, asked = describe(step["symptom"], step["node"], lang)
        path.append({"symptom": symptom, "asked": asked, "said": step.get("said", "")})
    return path


def _json(text: str, empty: Any) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return empty
