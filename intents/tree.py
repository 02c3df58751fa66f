"""Walking a symptom's tree: (symptom, position, answer) → where that leads. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from intents.knowledge import Knowledge
from intents.model import Intent, Node, Question, Symptom


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a step led: a node of a symptom, or another intent that has no tree."""

    intent: Intent
    node: Node | None


def enter(knowledge: Knowledge, intent: str) -> Arrival | None:
    """Return the first node of an intent's tree (or the answer without one); None if unknown."""
    found = knowledge.intents.get(intent)
    if isinstance(found, Symptom):
        return Arrival(found, found.nodes[found.start])
    return Arrival(found, None) if found else None


def at(knowledge: Knowledge, symptom: str, node: str) -> Node | None:
    """Return a node, or None if the knowledge has it no longer."""
    found = knowledge.symptom(symptom)
    return found.nodes.get(node) if found else None


def follow(knowledge: Knowledge, symptom: str, target: str) -> Arrival | None:
    """Return where ``go`` or ``else`` leads: a node of this tree, or another intent."""
    if "." in target:
        return enter(knowledge, target)
    node = at(knowledge, symptom, target)
    return Arrival(knowledge.intents[symptom], node) if node else None


def choose(knowledge: Knowledge, symptom: str, node: str, choice: int) -> Arrival | None:
    """Return where a choice (counted from 0) of a question leads; None if there is none such."""
    question = at(knowledge, symptom, node)
    if not isinstance(question, Question) or not 0 <= choice < len(question.choices):
        return None
    return follow(knowledge, symptom, question.choices[choice].go)
