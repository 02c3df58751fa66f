"""Every sentence that a merchant can read, from ``texts/*.yaml``, in the merchant's language and script."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import opencc

from bot.errors import ConfigError
from intents.model import Lang, Text
from intents.source import read
from intents.text import normalise

FOLDER = Path(__file__).parent / "texts"


@cache
def _converter() -> opencc.OpenCC:
    # with phrases (s2twp): 打印机 becomes 印表機, not only 打印機
    return opencc.OpenCC("s2twp")


@lru_cache(maxsize=4096)
def traditional(text: str) -> str:
    """Return Simplified Chinese in traditional characters."""
    converted: str = _converter().convert(text)
    return converted


class Messages:
    """The sentences by key. Both languages hold the same keys with the same placeholders."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._texts = {lang: _load(folder / f"{lang}.yaml") for lang in ("zh", "en")}
        odd = set(self._texts["zh"]) ^ set(self._texts["en"])
        if odd:
            raise ConfigError(f"{folder}: missing in one language: {', '.join(sorted(odd))}")

    def say(self, key: str, lang: Lang, **values: object) -> str:
        """Return the sentence with its placeholders filled; KeyError for an unknown key."""
        text = self._texts["en" if lang == "en" else "zh"][key].format(**values)
        return traditional(text) if lang == "zh-Hant" else text

    def is_skip(self, text: str) -> bool:
        """Tell whether a reply means "I cannot or will not answer that"."""
        plain = normalise(text)
        return any(plain in map(normalise, texts["skip_words"].split("|")) for texts in self._texts.values())

    def has(self, key: str) -> bool:
        """Tell whether there is such a sentence."""
        return key in self._texts["zh"]


def speak(text: Text, lang: Lang) -> str:
    """Return a text of the knowledge base as the merchant reads it."""
    return traditional(text.zh) if lang == "zh-Hant" else text.in_(lang)


def _load(path: Path) -> dict[str, str]:
    source = read(path, str(path))
    if source.faults or not isinstance(source.data, dict):
        raise ConfigError(str(source.faults[0]) if source.faults else f"{path}: must be a mapping")
    return {key: str(text).strip("\n") for key, text in source.data.items()}
