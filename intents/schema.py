"""The shape of the knowledge files, checked by pydantic; ``knowledge`` turns it into ``model`` values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from intents import model

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$")]
IntentId = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z0-9_]+$")]
NodeId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Shape(BaseModel):
    """A mapping with known keys only."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(Shape):
    """``{zh: …, en: …}``, both required."""

    zh: Line
    en: Line

    def build(self) -> model.Text:
        """Return the runtime value."""
        return model.Text(self.zh, self.en)


class Texts(Shape):
    """``{zh: […], en: […]}``."""

    zh: tuple[Line, ...] = ()
    en: tuple[Line, ...] = ()

    def build(self) -> model.Texts:
        """Return the runtime value."""
        return model.Texts(self.zh, self.en)


class Choice(Shape):
    """A button of a question."""

    label: Text
    go: Id
    means: Literal["yes", "no"] | None = None
    says: Texts = Texts()

    def build(self) -> model.Choice:
        """Return the runtime value."""
        return model.Choice(self.label.build(), self.go, self.means, self.says.build())


class Question(Shape):
    """A node with ``ask``."""

    ask: Text
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=8)]
    hint: Text | None = None

    def build(self, node: str) -> model.Question:
        """Return the runtime value."""
        hint = self.hint.build() if self.hint else None
        return model.Question(node, self.ask.build(), tuple(c.build() for c in self.choices), hint)


class Fix(Shape):
    """A node with ``fix``."""

    fix: Text
    steps: Texts
    otherwise: Annotated[Id, Field(alias="else")]
    brands: dict[str, Texts] = {}

    def build(self, node: str) -> model.Fix:
        """Return the runtime value."""
        brands = {brand: steps.build() for brand, steps in self.brands.items()}
        return model.Fix(node, self.fix.build(), self.steps.build(), self.otherwise, brands)


class Stop(Shape):
    """A node with ``stop``."""

    stop: Text
    priority: model.Priority
    ask_for: Annotated[tuple[model.Slot, ...], Field(min_length=1)]

    def build(self, node: str) -> model.Stop:
        """Return the runtime value."""
        return model.Stop(node, self.stop.build(), self.priority, self.ask_for)


class Escalation(Shape):
    """A node with ``escalate``."""

    escalate: Text
    ask_for: Annotated[tuple[model.Slot, ...], Field(min_length=1)]
    priority: model.Priority | None = None

    def build(self, node: str) -> model.Escalation:
        """Return the runtime value."""
        return model.Escalation(node, self.escalate.build(), self.ask_for, self.priority)


NODE_KINDS: dict[str, type[Question | Fix | Stop | Escalation]] = {
    "ask": Question, "fix": Fix, "stop": Stop, "escalate": Escalation,
}  # fmt: skip


class Symptom(Shape):
    """A file of ``symptoms/``. Nodes are validated one by one, so that their faults read well."""

    id: IntentId
    title: Text
    impact: model.Priority
    phrases: Texts
    start: NodeId
    nodes: Annotated[dict[NodeId, dict[str, Any]], Field(min_length=1)]
    before: Text | None = None
    related: Annotated[tuple[IntentId, ...], Field(max_length=3)] = ()

    def build(self, nodes: dict[str, model.Node]) -> model.Symptom:
        """Return the runtime value with its nodes, built elsewhere."""
        before = self.before.build() if self.before else None
        return model.Symptom(self.id, self.title.build(), self.impact, self.phrases.build(),
                             self.start, nodes, before, self.related)  # fmt: skip


class Answer(Shape):
    """An entry of ``faq.yaml``."""

    id: IntentId
    title: Text
    impact: model.Priority
    phrases: Texts
    answer: Text
    steps: Texts = Texts()
    ask_for: tuple[model.Slot, ...] = ()
    related: Annotated[tuple[IntentId, ...], Field(max_length=3)] = ()
    action: model.Action | None = None
    brands: dict[str, Text] = {}

    def build(self) -> model.Answer:
        """Return the runtime value."""
        brands = {brand: text.build() for brand, text in self.brands.items()}
        return model.Answer(self.id, self.title.build(), self.impact, self.phrases.build(),
                            self.answer.build(), self.steps.build(), self.ask_for, self.related,
                            self.action, brands)  # fmt: skip


class Code(Shape):
    """An entry of ``codes.yaml``."""

    codes: Annotated[tuple[Line, ...], Field(min_length=1)]
    scheme: Line
    meaning: Text
    who: tuple[Line, ...]
    retry: Literal["yes", "once", "no"]
    do: Text
    sure: Literal["high", "medium", "low"]
    leads_to: IntentId | None = None

    def build(self) -> model.Code:
        """Return the runtime value."""
        return model.Code(self.codes, self.scheme, self.meaning.build(), self.who, self.retry,
                          self.do.build(), self.sure, self.leads_to)  # fmt: skip


class Brand(Shape):
    """An entry of ``brands.yaml``."""

    id: NodeId
    kind: Literal["maker", "provider"]
    name: Text
    names: tuple[Line, ...]
    models: tuple[Line, ...] = ()
    serial: Text | None = None
    contact: Text | None = None

    def build(self) -> model.Brand:
        """Return the runtime value."""
        serial = self.serial.build() if self.serial else None
        contact = self.contact.build() if self.contact else None
        return model.Brand(self.id, self.kind, self.name.build(), self.names, self.models, serial, contact)


class Concept(Shape):
    """An entry of ``vocabulary.yaml``: words that mean the same."""

    word: Line
    zh: tuple[Line, ...] = ()
    en: tuple[Line, ...] = ()

    def build(self) -> tuple[str, tuple[str, ...]]:
        """Return the word and its other forms."""
        return self.word, (*self.zh, *self.en)
