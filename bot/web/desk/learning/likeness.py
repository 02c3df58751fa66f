"""Texts that mean the same, in one group: so that what was not understood is taught once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz

from bot.store.base import Row
from intents.text import normalise

ALIKE = 62
"""Likeness (0..100) of characters from which two texts are one group."""


@dataclass(slots=True)
class Group:
    """Texts alike: the newest stands for all; ``intent`` is the bot's best guess."""

    text: str
    intent: str
    at: str
    ids: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def shown(self, most: int = 6) -> list[str]:
        """Return the other wordings, each once."""
        return [one for one in dict.fromkeys(self.texts) if one != self.text][:most]


def grouped(rows: Sequence[Row]) -> list[Group]:
    """Return texts in groups, the largest first, then the newest."""
    groups: list[tuple[str, Group]] = []
    for row in rows:
        plain = normalise(row["text"])
        found = next((group for first, group in groups if _alike(first, plain)), None)
        if found is None:
            found = Group(row["text"], row["intent"], row["at"])
            groups.append((plain, found))
        found.ids.append(row["id"])
        found.texts.append(row["text"])
    return sorted((group for _, group in groups), key=lambda group: -len(group.ids))


def _alike(one: str, other: str) -> bool:
    likeness: Any = fuzz.ratio(one, other)
    return bool(likeness >= ALIKE)
