"""What must hold between the parts of the knowledge: references, trees, translations, Telegram's limits."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError

from intents.model import Answer, Brand, Choice, Fix, Intent, Node, Question, Stop, Symptom, Text, Texts
from intents.source import Path_, Source

MAX_TEXT = 4096
"""UTF-16 units that Telegram allows in a message (https://core.telegram.org/bots/api#sendmessage)."""
MAX_LABEL = 40
"""Columns of a button's label that a phone shows without cutting; a hanzi takes two."""
ROOM = 600
"""UTF-16 units kept free of a message for what the bot adds: brand hint, question, ticket number."""

Example = tuple[str, Source, Path_]
Where = Mapping[str, tuple[Source, Path_]]

_SENTENCES = {
    "missing": "is missing: add it",
    "extra_forbidden": "is not a key posbot knows here: correct its spelling or remove it",
    "string_type": "must be a text",
    "model_type": "must be a mapping such as {zh: …, en: …}",
    "dict_type": "must be a mapping",
    "tuple_type": "must be a list: start each line with '- '",
    "string_too_short": "is empty: write a text or remove the key",
    "too_short": "has too few entries",
    "too_long": "has too many entries",
}


def report(error: ValidationError, source: Source, path: Path_) -> None:
    """Turn pydantic's findings into faults at their lines."""
    for found in error.errors(include_url=False):
        sentence = _SENTENCES.get(found["type"])
        if sentence is None:
            sentence = f"{found['msg'][0].lower()}{found['msg'][1:]}"
        elif found["type"] in {"too_short", "too_long"}:
            sentence += f" ({found['msg'].lower()})"
        source.fault((*path, *found["loc"]), sentence)


def codes_are_quoted(source: Source, path: Path_, count: int) -> None:
    """Report codes written without quotes: other programs would read 05 as a number."""
    for index in range(count):
        here = (*path, index)
        if here in source.plain:
            source.fault(here, "put the code in double quotes")


def check(
    intents: Mapping[str, Intent], where: Where, examples: Mapping[str, Sequence[Example]],
    brands: Sequence[Brand],
) -> None:  # fmt: skip
    """Report everything that is wrong between the parts into the sources' faults."""
    known = {brand.id for brand in brands}
    for name, intent in intents.items():
        source, path = where[name]
        _check_intent(intent, source, path, intents, known)
        if isinstance(intent, Symptom):
            _check_tree(intent, source, intents, known)
    _check_examples(intents, examples)
    for name, (source, path) in where.items():
        if name.startswith("→") and name[1:] not in intents:
            source.fault(path, f"there is no intent {name[1:]}")


def _check_intent(intent: Intent, source: Source, path: Path_, intents: Mapping[str, Intent], brands: set[str]) -> None:
    _check_label(intent.title, source, (*path, "title"))
    for index, other in enumerate(intent.related):
        if other not in intents:
            source.fault((*path, "related", index), f"there is no intent {other}")
    if isinstance(intent, Answer):
        _check_steps(intent.steps, source, (*path, "steps"))
        _check_length(intent.answer, intent.steps, source, (*path, "answer"))
        _check_brands(intent.brands, brands, source, (*path, "brands"))


def _check_examples(intents: Mapping[str, Intent], examples: Mapping[str, Sequence[Example]]) -> None:
    seen: dict[str, tuple[str, Source, Path_]] = {}
    for intent, lines in examples.items():
        for line, source, path in lines:
            if intent not in intents:
                source.fault(path[:1], f"there is no intent {intent}")
                break
            key = "".join(unicodedata.normalize("NFKC", line).casefold().split())
            if key in seen:
                other, at, line_path = seen[key]
                source.fault(path, f"the phrase {line!r} stands at {at.file}:{at.line(line_path)} ({other}) too")
            else:
                seen[key] = (intent, source, path)


def _check_tree(symptom: Symptom, source: Source, intents: Mapping[str, Intent], brands: set[str]) -> None:
    nodes = symptom.nodes
    if symptom.start not in nodes:
        source.fault(("start",), f"there is no node {symptom.start}")
        return
    for name, node in nodes.items():
        _check_node(node, source, ("nodes", name), brands)
        for path, target in _exits(node, ("nodes", name)):
            if target not in nodes and target not in intents:
                kind = "intent" if "." in target else "node"
                source.fault(path, f"there is no {kind} {target}")
    reached = _reach([symptom.start], nodes)
    for name in nodes.keys() - reached:
        source.fault(("nodes", name), "no path leads here: remove the node or lead to it")
    for name in sorted(reached):
        if not _has_end(name, nodes):
            source.fault(("nodes", name), "every path from here runs in a circle: add a way out")


def _check_node(node: Node, source: Source, path: Path_, brands: set[str]) -> None:
    if isinstance(node, Question):
        _check_length(node.ask, Texts(), source, (*path, "ask"))
        _check_choices(node.choices, source, (*path, "choices"))
    elif isinstance(node, Fix):
        _check_steps(node.steps, source, (*path, "steps"))
        _check_length(node.fix, node.steps, source, (*path, "steps"))
        _check_brands(node.brands, brands, source, (*path, "brands"))
    elif isinstance(node, Stop):
        _check_length(node.stop, Texts(), source, (*path, "stop"))
    else:
        _check_length(node.escalate, Texts(), source, (*path, "escalate"))
    if isinstance(node, Fix):
        for brand, steps in node.brands.items():
            _check_steps(steps, source, (*path, "brands", brand))


def _check_choices(choices: Sequence[Choice], source: Source, path: Path_) -> None:
    for index, choice in enumerate(choices):
        _check_label(choice.label, source, (*path, index, "label"))
        for other in choices[:index]:
            if {choice.label.zh, choice.label.en} & {other.label.zh, other.label.en}:
                source.fault((*path, index, "label"), "two buttons of one question read the same")
            if choice.means and choice.means == other.means:
                source.fault((*path, index, "means"), f"two buttons mean {choice.means}")


def _check_label(label: Text, source: Source, path: Path_) -> None:
    for lang, text in (("zh", label.zh), ("en", label.en)):
        width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
        if width > MAX_LABEL:
            source.fault((*path, lang), f"is {width} columns wide: a button shows {MAX_LABEL} (a hanzi takes 2)")


def _check_steps(steps: Texts, source: Source, path: Path_) -> None:
    if len(steps.zh) != len(steps.en):
        source.fault(path, f"has {len(steps.zh)} steps in zh and {len(steps.en)} in en: a translation is missing")


def _check_length(text: Text, steps: Texts, source: Source, path: Path_) -> None:
    for lang, body, lines in (("zh", text.zh, steps.zh), ("en", text.en, steps.en)):
        units = len("\n".join((body, *lines)).encode("utf-16-le")) // 2 + 4 * len(lines)
        if units > MAX_TEXT - ROOM:
            source.fault((*path, lang), f"is {units} UTF-16 units long with its steps: at most {MAX_TEXT - ROOM}")


def _check_brands(named: Iterable[str], brands: set[str], source: Source, path: Path_) -> None:
    for brand in named:
        if brand not in brands:
            source.fault((*path, brand), f"there is no brand {brand} in brands.yaml")


def _exits(node: Node, path: Path_) -> list[tuple[Path_, str]]:
    if isinstance(node, Question):
        return [((*path, "choices", index, "go"), choice.go) for index, choice in enumerate(node.choices)]
    return [((*path, "else"), node.otherwise)] if isinstance(node, Fix) else []


def _reach(start: Sequence[str], nodes: Mapping[str, Node]) -> set[str]:
    reached: set[str] = set()
    queue = list(start)
    while queue:
        name = queue.pop()
        if name in nodes and name not in reached:
            reached.add(name)
            queue += [target for _, target in _exits(nodes[name], ())]
    return reached


def _has_end(name: str, nodes: Mapping[str, Node]) -> bool:
    """Tell whether some path from here leaves the tree: a stop, an escalation or another intent."""
    return any(
        not _exits(nodes[reached], ()) or any(target not in nodes for _, target in _exits(nodes[reached], ()))
        for reached in _reach([name], nodes)
    )
