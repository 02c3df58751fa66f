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
    return opencc.OpenCC("s2tw")


@cache
def _regional() -> tuple[tuple[str, str], ...]:
    # what readers of traditional characters call it; longest first, so that no word spoils a longer one
    words = _load(FOLDER / "traditional.yaml")
    return tuple(sorted(words.items(), key=lambda pair: -len(pair[0])))


@lru_cache(maxsize=4096)
def traditional(text: str) -> str:
    """Return Simplified Chinese in traditional characters."""
    converted: str = _converter().convert(text)
    for word, wanted in _regional():
        converted = converted.replace(word, wanted)
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

    def is_one_of(self, key: str, text: str) -> bool:
        """Tell whether a reply is one of the words listed under a key, in either language."""
        plain = normalise(text)
        return any(plain == word for word in self._words(key))

    def speaks_of(self, key: str, text: str) -> bool:
        """Tell whether a reply holds one of the words listed under a key, in either language."""
        plain = normalise(text)
        return any(word in plain for word in self._words(key))

    @cache  # noqa: B019 - one Messages lives as long as the process
    def _words(self, key: str) -> tuple[str, ...]:
        return tuple(normalise(word) for texts in self._texts.values() for word in texts[key].split("|"))

    def label_in(self, lang: Lang, text: str) -> str:
        """Return the label in ``lang`` of the button that a text names in any language; "" if it names none."""
        key = self._labels().get(normalise(text))
        return self.say(key, lang) if key else ""

    @cache  # noqa: B019 - as above
    def _labels(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for texts in self._texts.values():
            for key, label in texts.items():
                if key.startswith("button.") and "{" not in label:
                    found.setdefault(normalise(label), key)
        return found

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
