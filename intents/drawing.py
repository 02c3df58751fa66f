"""A symptom's tree as text or Mermaid, for those who own it."""

from __future__ import annotations

from intents.model import Fix, Lang, Node, Question, Stop, Symptom


def text(symptom: Symptom, lang: Lang) -> str:
    """Return the tree indented; a node that was drawn before is only named."""
    lines = [f"{symptom.id}  {symptom.title.in_(lang)}  ({symptom.impact})"]
    if symptom.before:
        lines.append(f"! {symptom.before.in_(lang)}")
    _text(symptom, symptom.start, lang, "", lines, set())
    return "\n".join(lines)


def mermaid(symptom: Symptom, lang: Lang) -> str:
    """Return a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""
    lines = ["flowchart TD"]
    for node in symptom.nodes.values():
        lines.append(f"    {node.id}{_shape(node, _label(node, lang))}")
        for label, target in _exits(node, lang):
            lines.append(f'    {node.id} -->|"{_quoted(label)}"| {_target(symptom, target)}')
    return "\n".join(lines)


def _text(symptom: Symptom, name: str, lang: Lang, indent: str, lines: list[str], drawn: set[str]) -> None:
    node = symptom.nodes[name]
    again = name in drawn
    drawn.add(name)
    lines.append(f"{indent}[{name}] {'(above)' if again else _label(node, lang)}")
    if again:
        return
    if isinstance(node, Fix):
        lines += [f"{indent}    {number}. {step}" for number, step in enumerate(node.steps.in_(lang), 1)]
    for label, target in _exits(node, lang):
        lines.append(f"{indent}  {label} →{'' if target in symptom.nodes else ' ' + target}")
        if target in symptom.nodes:
            _text(symptom, target, lang, indent + "    ", lines, drawn)


def _label(node: Node, lang: Lang) -> str:
    if isinstance(node, Question):
        return node.ask.in_(lang)
    if isinstance(node, Fix):
        return node.fix.in_(lang)
    if isinstance(node, Stop):
        return f"STOP {node.priority}: {node.stop.in_(lang)}"
    return f"→ {node.escalate.in_(lang)}"


def _exits(node: Node, lang: Lang) -> list[tuple[str, str]]:
    if isinstance(node, Question):
        return [(choice.label.in_(lang), choice.go) for choice in node.choices]
    return [("还是不行" if lang == "zh" else "not solved", node.otherwise)] if isinstance(node, Fix) else []


def _shape(node: Node, label: str) -> str:
    body = f'"{_quoted(label)}"'
    if isinstance(node, Question):
        return "{" + body + "}"
    return f"[{body}]" if isinstance(node, Fix) else f"([{body}])"


def _target(symptom: Symptom, target: str) -> str:
    return target if target in symptom.nodes else f'{target.replace(".", "_")}[["{target}"]]'


def _quoted(label: str) -> str:
    return label.replace('"', "#quot;").replace("\n", "<br>")
