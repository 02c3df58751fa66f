"""Random texts through everything that reads text: match, replies, codes, redaction."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from bot.dialogue import answers
from bot.dialogue.speech import reply_language
from bot.messages import traditional
from bot.redact import join_parts, redact_text
from intents.load import understand
from intents.text import language, normalise
from tests.fuzz import words
from tests.fuzz.merchant import need, units
from tests.fuzz.run import Fuzz, Step

LONGEST = 4096
Reader = Callable[[str], object]


class Case:
    """One text for one reader."""

    def __init__(self, name: str, read: Reader, text: str) -> None:
        self._name, self._read, self._text = name, read, text

    def __call__(self) -> None:
        self._read(self._text)

    def __str__(self) -> str:
        return f"{self._name}({self._text!r}) of {len(self._text)}"


def matching() -> Fuzz:
    """Return the fuzzer of matching and of what prepares a text for it."""
    understanding = understand()

    def match(text: str) -> None:
        found = understanding.match(text)
        need(found.outcome in ("answer", "clarify", "fallback"), "no outcome", found)
        need(all(0 <= one.confidence <= 1 for one in found.candidates), "confidence out of range", found)
        need(all(one.intent in understanding.knowledge.intents for one in found.candidates), "unknown intent", found)
        need(found.outcome == "fallback" or found.candidates, "an outcome without a candidate", found)

    def plain(text: str) -> None:
        need(normalise(normalise(text)) == normalise(text), "normalising twice changes something", text)

    return _fuzz({"match": match, "normalise": plain, "language": language, "traditional": traditional,
                  "reply_language": lambda text: reply_language(text, "zh")})  # fmt: skip


def replies() -> Fuzz:
    """Return the fuzzer of what a typed reply means."""
    understanding = understand()
    labels = ["不打印小票", "Card reader", "其他", "第二个", "2"]

    def choice(text: str) -> None:
        found = understanding.followup(text, labels) or ""
        chosen = found.removeprefix("choose:") if found.startswith("choose:") else "1"
        need(chosen.isdecimal() and int(chosen) >= 1, "no choice", found)

    return _fuzz({"followup": understanding.followup, "choice": choice, "angry": understanding.angry})


def codes() -> Fuzz:
    """Return the fuzzer of the code finder."""
    understanding = understand()

    def find(text: str) -> None:
        found = understanding.codes.find(text)
        need(found is None or 0 < len(found) <= 8, "no code", found)

    return _fuzz({"code": find, "prompt": understanding.codes.find_prompt,
                  "code_like": lambda text: answers.code_like(text, bare=True)})  # fmt: skip


def redaction() -> Fuzz:
    """Return the fuzzer of redaction."""

    def redact(text: str) -> None:
        clean = redact_text(text)
        need(units(clean.text) == units(text), "the length changed", text)
        need(redact_text(clean.text).text == clean.text, "redacting twice changes something", text, clean.text)

    def joined(text: str) -> None:
        cut = len(text) // 2
        parts = join_parts((text[:cut], text[cut:])).parts
        need([units(part.text) for part in parts] == [units(text[:cut]), units(text[cut:])], "lengths changed", text)

    return _fuzz({"redact": redact, "join": joined})


def _fuzz(readers: dict[str, Reader]) -> Fuzz:
    def fuzz(dice: random.Random) -> Iterator[Step]:
        text = _text(dice)
        for name, read in readers.items():
            yield Case(name, read, text)

    return fuzz


def _text(dice: random.Random) -> str:
    roll = dice.random()
    if roll < 0.6:
        return words.text(dice)[:LONGEST]
    if roll < 0.75:
        return "".join(dice.choices("0123456789 -.０１二三•x码卡号", k=dice.randint(1, 60)))
    if roll < 0.9:
        return words.anything(dice, 60)
    # the worst a merchant can send: one piece over and over, up to Telegram's longest message
    piece = words.text(dice)[: dice.choice((1, 2, 8))] or "x"
    return (piece * (LONGEST // len(piece) + 1))[: dice.choice((300, 1000, LONGEST))]
