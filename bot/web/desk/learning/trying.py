"""What the bot would say to a text, why, and what it knows."""

from __future__ import annotations

from typing import Any

from bot.web.desk.views import View
from intents.knowledge import Knowledge
from intents.model import Answer, Intent, Lang, Question
from intents.text import normalise
from intents.understanding import Understanding

PHRASES = 12


def explain(understanding: Understanding, text: str, view: View, lang: Lang) -> dict[str, Any]:
    """Return outcome, candidates, the nearest known phrase, the telling parts, and the first words of the answer."""
    match = understanding.match(text)
    why = understanding.matcher.explain(text)
    best = understanding.knowledge.intents.get(match.intent or "")
    parts = [(part.gram.strip("="), round(part.weight, 2)) for part in why.evidence if _readable(part.gram)]
    return {
        "outcome": match.outcome, "code": match.code, "brand": match.brand, "model": match.model,
        "rows": [(one.intent, view.intent(one.intent), round(100 * one.confidence)) for one in match.candidates[:5]],
        "phrase": why.phrase, "likeness": round(100 * why.similarity), "parts": parts[:8],
        "inside": round(100 * why.inside), "coverage": round(100 * why.coverage),
        "says": says(best, lang) if best and match.outcome == "answer" else "",
    }  # fmt: skip


def says(intent: Intent, lang: Lang) -> str:
    """Return what the bot says first about an intent."""
    if isinstance(intent, Answer):
        steps = [f"{index}. {step}" for index, step in enumerate(intent.steps.in_(lang), 1)]
        return "\n".join([intent.answer.in_(lang), *steps])
    first = intent.nodes[intent.start]
    if isinstance(first, Question):
        labels = " / ".join(choice.label.in_(lang) for choice in first.choices)
        return f"{first.ask.in_(lang)}\n[{labels}]"
    return intent.title.in_(lang)


def listing(knowledge: Knowledge, query: str, view: View, lang: Lang) -> list[dict[str, Any]]:
    """Return the intents that hold some words, with their phrases."""
    word = normalise(query[:100])
    found = []
    for name, intent in knowledge.intents.items():
        phrases = knowledge.examples.get(name, ())
        fitting = [one for one in phrases if word in normalise(one)] if word else list(phrases[:PHRASES])
        if word in normalise(f"{name} {intent.title.zh} {intent.title.en}") or fitting:
            found.append(
                {
                    "id": name,
                    "title": view.intent(name),
                    "count": len(phrases),
                    "says": says(intent, lang),
                    "phrases": (fitting or list(phrases))[:PHRASES],
                    "tree": not isinstance(intent, Answer),
                }
            )
    return found


def _readable(gram: str) -> bool:
    return all(not "\ue000" <= letter <= "\uf8ff" for letter in gram)
