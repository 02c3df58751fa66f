"""Random texts through everything that reads text: match, replies, codes, brands, moods, redaction."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from bot.dialogue import answers
from bot.dialogue.speech import reply_language
from bot.messages import traditional
from bot.redact import redact_text
from intents.load import understand
from intents.text import language, normalise
from intents.understanding import Understanding
from tests.fuzz import words
from tests.fuzz.merchant import need, units

LONGEST = 4096


def cases(dice: random.Random) -> Iterator[Callable[[], object]]:
    """Yield (reader, text) pairs, each a case."""
    understanding = understand()
    readers = _readers(understanding)
    names = list(readers)
    while True:
        text = _text(dice)
        for name in dice.sample(names, 3):
            yield Case(name, readers[name], text)


class Case:
    """One text for one reader."""

    def __init__(self, name: str, read: Callable[[str], object], text: str) -> None:
        self._name, self._read, self._text = name, read, text

    def __call__(self) -> None:
        self._read(self._text)

    def __str__(self) -> str:
        return f"{self._name}({self._text!r}) of {len(self._text)}"


def _readers(understanding: Understanding) -> dict[str, Callable[[str], object]]:
    def match(text: str) -> None:
        found = understanding.match(text)
        need(found.outcome in ("answer", "clarify", "fallback"), "no outcome", found)
        need(all(0 <= one.confidence <= 1 for one in found.candidates), "confidence out of range", found)
        need(all(one.intent in understanding.knowledge.intents for one in found.candidates), "unknown intent", found)
        need(found.outcome == "fallback" or found.candidates, "an outcome without a candidate", found)

    def redact(text: str) -> None:
        clean = redact_text(text)
        need(units(clean.text) == units(text), "the length changed", text)
        need(redact_text(clean.text).text == clean.text, "redacting twice changes something", text, clean.text)

    labels = ["不打印小票", "Card reader", "其他", "第二个", "2"]
    return {
        "match": match, "redact": redact, "followup": understanding.followup,
        "choice": lambda text: understanding.followup(text, labels), "code": understanding.codes.find,
        "prompt": understanding.codes.find_prompt, "angry": understanding.angry, "normalise": normalise,
        "language": language, "reply_language": lambda text: reply_language(text, "zh"),
        "code_like": lambda text: answers.code_like(text, bare=True), "traditional": traditional,
    }  # fmt: skip


def _text(dice: random.Random) -> str:
    roll = dice.random()
    if roll < 0.7:
        return words.text(dice)[:LONGEST]
    if roll < 0.85:
        return "".join(dice.choices("0123456789 -.０１二三•x码卡号", k=dice.randint(1, 60)))
    # the worst a merchant can send: one piece over and over, up to Telegram's longest message
    piece = words.text(dice)[:8] or "x"
    return (piece * (LONGEST // len(piece) + 1))[: dice.choice((300, 1000, LONGEST))]
