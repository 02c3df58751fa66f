"""What staff can send with one click: canned replies, and answers and steps of the knowledge base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.dialogue.engine import Dialogue
from bot.messages import traditional
from bot.store.base import Row
from intents.model import Answer, Fix, Intent, Lang
from intents.text import normalise

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Ready:
    """A text ready to be sent: ``source`` is canned or knowledge."""

    title: str
    text: str
    source: str


def search(query: str, canned: Sequence[Row], dialogue: Dialogue | None, lang: Lang) -> list[Ready]:
    """Return what fits some words, canned replies first; without words the canned replies."""
    own = [Ready(row["title"], in_lang(row["zh"], row["en"], lang), "canned") for row in canned]
    words = [normalise(word) for word in query.split()]
    if not words:
        return own[:SHOWN]
    found = [one for one in own if _fits(f"{one.title} {one.text}", words)]
    if dialogue is not None:
        found += _known(dialogue, query, words, lang)
    return found[:SHOWN]


def in_lang(zh: str, en: str, lang: Lang) -> str:
    """Return a text in a language, in the other one if there is none."""
    text = (en or zh) if lang == "en" else (zh or en)
    return traditional(text) if lang == "zh-Hant" else text


def _known(dialogue: Dialogue, query: str, words: list[str], lang: Lang) -> Iterator[Ready]:
    """Yield answers of the intents that the words mean, then of those whose texts hold the words."""
    knowledge = dialogue.understanding.knowledge
    meant = [one.intent for one in dialogue.understanding.match(query).candidates[:2] if one.confidence > 0.05]
    for name in dict.fromkeys([*meant, *knowledge.intents]):
        intent = knowledge.intents.get(name)
        if intent is not None:
            yield from (one for one in texts(intent, lang)
                        if name in meant or _fits(f"{one.title} {one.text}", words))  # fmt: skip


def texts(intent: Intent, lang: Lang) -> Iterator[Ready]:
    """Yield the texts of an intent that a merchant can be sent."""
    title = intent.title.in_(lang)
    if isinstance(intent, Answer):
        yield Ready(title, _steps(intent.answer.in_(lang), intent.steps.in_(lang)), "knowledge")
        return
    for node in intent.nodes.values():
        if isinstance(node, Fix):
            fix = node.fix.in_(lang)
            yield Ready(f"{title} · {fix}", _steps(fix, node.steps.in_(lang)), "knowledge")


def _steps(head: str, steps: Sequence[str]) -> str:
    return "\n".join([head, *(f"{index}. {step}" for index, step in enumerate(steps, 1))])


def _fits(text: str, words: list[str]) -> bool:
    plain = normalise(text)
    return all(word in plain for word in words)
