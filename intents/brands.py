"""Brands and models in a message, however they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from intents.model import Brand
from intents.text import half_width

LONGEST = 4096
"""Characters of a message that are searched."""
_LATIN = re.compile(r"[a-z0-9]+")


class BrandFinder:
    """Finds the maker (rather than the payment company) and the model that a message names."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        makers_first = sorted(brands, key=lambda brand: brand.kind != "maker")
        self._words: dict[str, str] = {}
        self._parts: list[tuple[str, str]] = []
        self._models: dict[str, tuple[str, str]] = {}
        for brand in makers_first:
            for name in brand.names:
                self._add(_plain(name), brand.id)
            for model in brand.models:
                self._models.setdefault(_plain(model), (brand.id, model))

    def find(self, text: str) -> tuple[str | None, str | None]:
        """Return (brand id, model), each None when not named."""
        text = half_width(text, LONGEST).casefold()
        plain = _letters(text)
        words = _LATIN.findall(text)
        for word in words:
            if word in self._models:
                return self._models[word]
        for word in words:
            if word in self._words:
                return self._words[word], None
        return next(((brand, None) for name, brand in self._parts if name in plain), (None, None))

    def _add(self, name: str, brand: str) -> None:
        # a Latin name must stand alone ("pax" is not in "paxton"); hanzi have no spaces to stand between
        if name.isascii():
            self._words.setdefault(name, brand)
        else:
            self._parts.append((name, brand))


def _plain(name: str) -> str:
    return _letters(half_width(name).casefold())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
