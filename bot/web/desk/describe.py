"""A step of a ticket's path in words."""

from __future__ import annotations

from collections.abc import Callable

from intents.knowledge import Knowledge
from intents.model import Escalation, Fix, Lang, Node, Question, Stop

Describe = Callable[[str, str, Lang], tuple[str, str]]
"""(symptom, node, language) → (title of the symptom, what the bot said there)."""


def as_written(symptom: str, node: str, lang: Lang) -> tuple[str, str]:
    """Return the ids themselves: all that is known without a knowledge base."""
    return symptom, node


def from_knowledge(current: Callable[[], Knowledge]) -> Describe:
    """Return a description out of the knowledge that holds at the time; ids that are gone stay ids."""

    def describe(symptom: str, node: str, lang: Lang) -> tuple[str, str]:
        tree = current().symptom(symptom)
        if tree is None:
            return symptom, node
        place = tree.nodes.get(node)
        return tree.title.in_(lang), _text(place, lang) if place else node

    return describe


def _text(node: Node, lang: Lang) -> str:
    match node:
        case Question():
            return node.ask.in_(lang)
        case Fix():
            return node.fix.in_(lang)
        case Stop():
            return node.stop.in_(lang)
        case Escalation():
            return node.escalate.in_(lang)
