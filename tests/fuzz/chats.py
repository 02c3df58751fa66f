"""Random chats with the dialogue; the knowledge is edited under some of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from intents.load import understand
from intents.model import Question, Symptom
from intents.understanding import Understanding
from tests.fuzz import words
from tests.fuzz.merchant import STATUSES, Merchant
from tests.fuzz.run import Fuzz, Step

LONGEST = 30
"""Actions of one chat; after them a new merchant comes."""
KINDS = {"say": 40, "newest": 30, "press": 10, "forge": 4, "send": 6, "read": 3, "fire": 5, "wait": 5, "support": 3}


def make() -> Fuzz:
    """Return the fuzzer; a case is one merchant's chat, a step one action, the session kept between them."""
    before = understand()
    talks = [Dialogue(before, Messages(), reads_photos=reads) for reads in (True, False)]
    later = Dialogue(edited(before), Messages(), reads_photos=True)

    def fuzz(dice: random.Random) -> Iterator[Step]:
        merchant = Merchant(dice.choice(talks))
        edit_at = dice.randrange(4 * LONGEST)
        done: list[tuple[Any, ...]] = []
        for turn in range(LONGEST):
            if turn == edit_at:
                merchant.dialogue = later
            done.append(action(dice))
            yield Case(merchant, done)

    return fuzz


class Case:
    """The last of a chat's actions; its name is the way that led there."""

    def __init__(self, merchant: Merchant, done: list[tuple[Any, ...]]) -> None:
        self._merchant = merchant
        self._done = tuple(done)

    def __call__(self) -> None:
        self._merchant.do(self._done[-1])

    def __str__(self) -> str:
        return repr(self._done[-8:])


def action(dice: random.Random) -> tuple[Any, ...]:
    """Return something that a merchant, time or support does."""
    kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
    return {
        "say": lambda: ("say", words.text(dice)),
        "newest": lambda: ("press", dice.randrange(4)),
        "press": lambda: ("press", dice.randrange(200)),
        "forge": lambda: ("forge", dice.choice(words.FORGED)),
        "send": lambda: ("send", dice.choice(words.MEDIA), dice.choice(("", words.text(dice)))),
        "read": lambda: ("read", words.text(dice)),
        "fire": lambda: ("fire", dice.choice(words.TIMERS)),
        "wait": lambda: ("wait", dice.choice((1, 30, 61, 3600))),
        "support": lambda: ("support", dice.randrange(5), dice.choice(STATUSES), dice.random() < 0.3),
    }[kind]()


def edited(before: Understanding) -> Understanding:
    """Return the understanding after an edit that renamed every node but the first and cut every question."""
    knowledge = before.knowledge
    intents = {name: _cut(found) if isinstance(found, Symptom) else found for name, found in knowledge.intents.items()}
    return Understanding(replace(knowledge, intents=intents, menu=knowledge.menu[:1]), before.matcher)


def _cut(symptom: Symptom) -> Symptom:
    start = symptom.nodes[symptom.start]
    ends = [node for node in symptom.nodes.values() if not hasattr(node, "choices") and not hasattr(node, "otherwise")]
    if not ends or not isinstance(start, Question):
        return symptom
    choices = tuple(replace(choice, go="renamed") for choice in start.choices[:1])
    nodes = {symptom.start: replace(start, choices=choices), "renamed": replace(ends[0], id="renamed")}
    return replace(symptom, nodes=nodes)
