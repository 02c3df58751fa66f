"""Which language to answer in: the merchant's, as soon as a message shows it."""

from __future__ import annotations

from bot.messages import traditional
from intents.model import Lang
from intents.text import cut, language

ENOUGH = 4
"""Letters a message needs before English is believed: "ok" and "pos" are written in every language."""


def reply_language(text: str, current: Lang | None) -> Lang | None:
    """Return the language to go on in; the current one where the text does not tell."""
    hanzi = any("\u3400" <= char <= "\u9fff" for char in text)
    letters = sum(char.isascii() and char.isalpha() for char in text)
    if not hanzi and letters < ENOUGH:
        return current
    if not hanzi and current is not None and (letters < 2 * ENOUGH or " " not in text.strip()):
        return current  # one word ("human", "shouxufei") changes no language
    found = language(text)
    short = cut(text)
    if found == "zh" and current == "zh-Hant" and (not hanzi or traditional(short) == short):
        return current  # nothing in it is written differently in Simplified
    return found
