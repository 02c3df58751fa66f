"""Brands and models in a message, however they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from intents.model import Brand

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
        plain = _plain(text)
        words = _LATIN.findall(unicodedata.normalize("NFKC", text).casefold())
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


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
