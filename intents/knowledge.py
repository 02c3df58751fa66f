"""YAML files → ``Knowledge``: everything is read, every fault is collected, nothing is raised halfway.

A ``Knowledge`` value never changes; an edit makes a new one, and a faulty edit makes none.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from intents import checks, schema
from intents.cache import recall, remember
from intents.model import Answer, Brand, Code, Intent, Node, Symptom
from intents.source import Fault, Path_, Source, read

_PROGRAM = ("knowledge.py", "checks.py", "schema.py", "source.py")
SHIPPED = Path(__file__).parent / "data"
Shape = TypeVar("Shape", bound=BaseModel)


class KnowledgeError(Exception):
    """The knowledge files have faults; ``faults`` lists each with file and line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything the bot knows, in one frozen value.

    ``examples`` holds every example phrase of an intent, those of ``phrases/`` included; ``menu`` the intents of
    the menu; ``moods`` words of anger; ``version`` is the content's hash (16 hex digits).
    """

    intents: Mapping[str, Intent]
    examples: Mapping[str, tuple[str, ...]]
    codes: tuple[Code, ...] = ()
    brands: tuple[Brand, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outside: tuple[str, ...] = ()
    followups: Mapping[str, Any] = field(default_factory=dict)
    menu: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    version: str = ""

    def symptom(self, intent: str) -> Symptom | None:
        """Return the symptom of that id, or None if it is unknown or a question."""
        found = self.intents.get(intent)
        return found if isinstance(found, Symptom) else None


@dataclass(slots=True)
class _Reading:
    """The knowledge being put together, with the sources that its faults point into."""

    intents: dict[str, Intent] = field(default_factory=dict)
    examples: dict[str, list[tuple[str, Source, Path_]]] = field(default_factory=dict)
    where: dict[str, tuple[Source, Path_]] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    brands: list[Brand] = field(default_factory=list)
    vocabulary: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    followups: dict[str, Any] = field(default_factory=dict)
    menu: list[str] = field(default_factory=list)
    moods: list[str] = field(default_factory=list)


def load(folder: Path | None = None) -> Knowledge:
    """Load the knowledge of ``folder``, taking as shipped what is missing there.

    Raises:
        KnowledgeError: the files have faults.

    """
    found = files(folder)
    version = _version(found)
    parsed = recall(f"knowledge-{version}")
    if parsed is not None and parsed.keys() == {_name(path) for _, path in found}:
        return _again(found, parsed, version)
    knowledge, faults = inspect(folder)
    if knowledge is None:
        raise KnowledgeError(faults)
    return knowledge


def inspect(folder: Path | None = None) -> tuple[Knowledge | None, tuple[Fault, ...]]:
    """Load the knowledge and return it with every fault found; None instead of it if there is one."""
    reading = _Reading()
    found = files(folder)
    version = _version(found)
    for kind, path in found:
        source = read(path, _name(path))
        reading.sources.append(source)
        if source.data is not None and not source.faults:
            _READERS[kind](source, reading)
    if not reading.intents and reading.sources and not any(source.faults for source in reading.sources):
        reading.sources[0].fault((), "there is no intent anywhere: write a question here or a file in symptoms/")
    checks.check(reading.intents, reading.where, reading.examples, reading.brands)
    faults = tuple(sorted(fault for source in reading.sources for fault in source.faults))
    if faults:
        return None, faults
    remember(f"knowledge-{version}", {source.file: source.data for source in reading.sources})
    return _freeze(reading, version), ()


def files(folder: Path | None = None) -> list[tuple[str, Path]]:
    """Return (kind, path) of the knowledge files in use: those of ``folder``, the shipped ones for the rest."""
    found = [(name, _pick(folder, f"{name}.yaml")) for name in _SINGLE]
    for kind in ("symptoms", "phrases"):
        own = folder / kind if folder else None
        base = own if own and own.is_dir() else SHIPPED / kind
        found += [(kind, path) for path in sorted(base.glob("*.yaml"))]
    return [(kind, path) for kind, path in found if path.exists()]


def place(folder: Path | None, name: str) -> Path:
    """Return where the file ``name`` (``faq.yaml``, ``phrases/x.yaml``) is to be written.

    An own folder without that sub-folder gets a copy of the shipped one first, which it would hide otherwise.
    """
    kind = name.partition("/")[0]
    if folder is None:
        return _pick(None, name)
    if kind != name and not (folder / kind).is_dir():
        shutil.copytree(SHIPPED / kind, folder / kind)
    return folder / name


def _pick(folder: Path | None, name: str) -> Path:
    if folder and (folder / name).exists():
        return folder / name
    packaged = SHIPPED / name
    if "/" in name:
        return packaged
    # in a checkout faq.yaml stands at the top, where its owners find it; a wheel carries it in data/
    return packaged if packaged.exists() else SHIPPED.parent.parent / name


def _name(path: Path) -> str:
    root = SHIPPED.parent.parent
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _validate(shape: type[Shape], data: Any, source: Source, path: Path_) -> Shape | None:
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        checks.report(error, source, path)
        return None


def _list(source: Source, shape: type[Shape]) -> Iterable[tuple[Shape, Path_]]:
    if not isinstance(source.data, list):
        source.fault((), "must be a list: start each entry with '- '")
        return
    for index, item in enumerate(source.data):
        value = _validate(shape, item, source, (index,))
        if value is not None:
            yield value, (index,)


def _faq(source: Source, reading: _Reading) -> None:
    for shape, path in _list(source, schema.Answer):
        _add(shape.build(), source, path, reading)


def _symptom(source: Source, reading: _Reading) -> None:
    shape = _validate(schema.Symptom, source.data, source, ())
    if shape is None:
        return
    if Path(source.file).stem != shape.id:
        source.fault(("id",), f"the file must be named {shape.id}.yaml")
    _add(shape.build(_nodes(shape, source)), source, (), reading)


def _nodes(symptom: schema.Symptom, source: Source) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for name, data in symptom.nodes.items():
        path = ("nodes", name)
        kinds = [kind for kind in schema.NODE_KINDS if kind in data]
        if len(kinds) != 1:
            source.fault(path, "needs exactly one of ask, fix, stop, escalate")
            continue
        shape = _validate(schema.NODE_KINDS[kinds[0]], data, source, path)
        if shape is not None:
            nodes[name] = shape.build(name)
    return nodes


def _add(intent: Intent, source: Source, path: Path_, reading: _Reading) -> None:
    if intent.id in reading.intents:
        other, _ = reading.where[intent.id]
        source.fault((*path, "id"), f"{intent.id} is defined in {other.file} too: remove one")
        return
    reading.intents[intent.id] = intent
    reading.where[intent.id] = (source, path)
    _collect(intent.id, intent.phrases.zh, source, (*path, "phrases", "zh"), reading)
    _collect(intent.id, intent.phrases.en, source, (*path, "phrases", "en"), reading)


def _collect(intent: str, lines: Sequence[str], source: Source, path: Path_, reading: _Reading) -> None:
    found = reading.examples.setdefault(intent, [])
    found += [(line, source, (*path, index)) for index, line in enumerate(lines)]


def _phrases(source: Source, reading: _Reading) -> None:
    for intent, texts in _groups(source):
        _collect(intent, texts.zh, source, (intent, "zh"), reading)
        _collect(intent, texts.en, source, (intent, "en"), reading)


def _groups(source: Source) -> Iterable[tuple[str, schema.Texts]]:
    if not isinstance(source.data, dict):
        source.fault((), "must be a mapping: 'name: {zh: […], en: […]}'")
        return
    for name, data in source.data.items():
        texts = _validate(schema.Texts, data, source, (name,))
        if texts is not None:
            yield name, texts


def _codes(source: Source, reading: _Reading) -> None:
    for shape, path in _list(source, schema.Code):
        reading.codes.append(shape.build())
        checks.codes_are_quoted(source, (*path, "codes"), len(shape.codes))
        if shape.leads_to is not None:
            reading.where.setdefault(f"→{shape.leads_to}", (source, (*path, "leads_to")))


def _brands(source: Source, reading: _Reading) -> None:
    reading.brands += [shape.build() for shape, _ in _list(source, schema.Brand)]


def _vocabulary(source: Source, reading: _Reading) -> None:
    reading.vocabulary.update(shape.build() for shape, _ in _list(source, schema.Concept))


def _outside(source: Source, reading: _Reading) -> None:
    for _, texts in _groups(source):
        reading.outside += [*texts.zh, *texts.en]


def _followups(source: Source, reading: _Reading) -> None:
    if isinstance(source.data, dict):
        reading.followups.update(source.data)
    else:
        source.fault((), "must be a mapping of meanings")


def _menu(source: Source, reading: _Reading) -> None:
    for index, intent in enumerate(_texts(source)):
        reading.menu.append(intent)
        reading.where.setdefault(f"→{intent}", (source, (index,)))


def _moods(source: Source, reading: _Reading) -> None:
    reading.moods += _texts(source)


def _texts(source: Source) -> list[str]:
    if isinstance(source.data, list) and all(isinstance(item, str) for item in source.data):
        return source.data
    source.fault((), "must be a list of texts: start each line with '- '")
    return []


_READERS = {
    "faq": _faq, "symptoms": _symptom, "phrases": _phrases, "codes": _codes, "brands": _brands,
    "vocabulary": _vocabulary, "outside": _outside, "followups": _followups, "menu": _menu, "moods": _moods,
}  # fmt: skip
_SINGLE = tuple(kind for kind in _READERS if kind not in ("symptoms", "phrases"))


def _again(found: Sequence[tuple[str, Path]], parsed: Mapping[str, Any], version: str) -> Knowledge:
    """Build the knowledge of files that were read, and found without a fault, before."""
    reading = _Reading()
    for kind, path in found:
        source = Source(_name(path), parsed[_name(path)])
        reading.sources.append(source)
        if source.data is not None:
            _READERS[kind](source, reading)
    return _freeze(reading, version)


def _version(found: Sequence[tuple[str, Path]]) -> str:
    """Return 16 hex digits that change with every byte of the files, their names, and the program that reads them."""
    digest = hashlib.sha256()
    for path in (*(path for _, path in found), *(Path(__file__).parent / name for name in _PROGRAM)):
        digest.update(_name(path).encode())
        with contextlib.suppress(OSError):  # unreadable: reading it says so
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _freeze(reading: _Reading, version: str) -> Knowledge:
    examples = {intent: tuple(line for line, _, _ in reading.examples.get(intent, ()))
                for intent in reading.intents}  # fmt: skip
    return Knowledge(
        intents=dict(sorted(reading.intents.items())), examples=examples, codes=tuple(reading.codes),
        brands=tuple(reading.brands), vocabulary=reading.vocabulary, outside=tuple(reading.outside),
        followups=reading.followups, menu=tuple(reading.menu), moods=tuple(reading.moods),
        version=version,
    )  # fmt: skip


__all__ = ["Answer", "Knowledge", "KnowledgeError", "files", "inspect", "load"]
