"""YAML read strictly: every scalar a string, every value with its line, nothing clever allowed.

Anchors, aliases, tags, duplicate keys and deep nesting are refused, so a knowledge file is what it looks like
and cannot be turned into a bomb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_DEPTH = 10
MAX_BYTES = 4_000_000
_BLOCKS = 6
"""Block levels that a knowledge file uses at most; the rest of the depth is left to brackets."""
_CLEVER = re.compile(r"(?:^|[\s\[{,:-])[&*!]\S", re.MULTILINE)
_DEEP_BLOCK = re.compile(rf"^(?: {{{2 * _BLOCKS}}}|[\s-]{{0,40}}(?:- ){{3}})", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000]")
"""What no database or channel takes, and the place of a ticket's number in a reply."""
_BRACKET = re.compile(r"[\[\]{}]")
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a knowledge file: where it stands and what to do about it."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


@dataclass(slots=True)
class Source:
    """A parsed file: plain data, the line of each path, and which scalars stand unquoted."""

    file: str
    data: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    plain: set[Path_] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path_) -> int:
        """Return the line (from 1) of a path, or of the nearest parent that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: Path_, message: str) -> None:
        """Record a fault at a path."""
        key = ".".join(str(part) for part in path)
        self.faults.append(Fault(self.file, self.line(path), key, message))


def read(path: Path, name: str) -> Source:
    """Read one file; what is wrong with it is in ``faults``, never raised."""
    source = Source(name)
    try:
        if path.stat().st_size > MAX_BYTES:
            source.fault((), f"the file is larger than {MAX_BYTES // 1_000_000} MB: split it")
            return source
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        source.fault((), f"cannot be read as UTF-8 text: {error}")
        return source
    return parse(text, source)


def parse(text: str, source: Source) -> Source:
    """Parse YAML text into ``source``; faults are collected there."""
    try:
        text.encode()  # half a character can come from a program, and the parser takes none
        _refuse_clever(text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        source.faults.append(Fault(source.file, line, "", f"not valid YAML: {error.problem or error}"))
        return source
    except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
        char = error.object[error.start] if isinstance(error, UnicodeEncodeError) else _named(error)
        at = max(0, text.find(char))  # the parser counts bytes
        why = f"the character U+{ord(char):04X} is not allowed in YAML"
        source.faults.append(Fault(source.file, text.count("\n", 0, at) + 1, "", why))
        return source
    if node is not None:
        source.data = _plain(node, (), source)
    return source


def _named(error: yaml.reader.ReaderError) -> str:
    return chr(error.character) if isinstance(error.character, int) else str(error.character)


def _refuse_clever(text: str) -> None:
    """Raise for anchors, aliases, tags and deep nesting, before anything is built."""
    if not _looks_clever(text):
        return  # a second parse of everything would double the start-up
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        trouble = _trouble(event, depth)
        if trouble:
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem=trouble, problem_mark=mark)


def _looks_clever(text: str) -> bool:
    """Tell whether a text might hold what is refused; never False for one that does."""
    if _CLEVER.search(text) or _DEEP_BLOCK.search(text):
        return True
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = max(0, depth + (1 if bracket[0] in "[{" else -1))
        if depth >= MAX_DEPTH - _BLOCKS:
            return True
    return False


def _trouble(event: yaml.Event, depth: int) -> str:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return "anchors and aliases are not allowed: write the text out"
    if getattr(event, "tag", None) not in (None, "!"):
        return "tags (!…) are not allowed: quote the text"
    return f"nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else ""


def _plain(node: yaml.Node, path: Path_, source: Source) -> Any:
    source.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        if not node.style:
            source.plain.add(path)
        if _CONTROL.search(node.value):
            source.fault(path, "holds a control character: write the text without it")
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), source) for index, item in enumerate(node.value)]
    return _mapping(node, path, source)


def _mapping(node: yaml.Node, path: Path_, source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*path, key)
        line = key_node.start_mark.line + 1
        if trouble := _key_trouble(key_node, found):
            source.faults.append(Fault(source.file, line, ".".join(map(str, path)), trouble))
            continue
        source.lines[here] = line
        found[key] = _plain(value_node, here, source)
    return found


def _key_trouble(node: yaml.Node, found: dict[str, Any]) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "a key must be one word: write it without brackets"
    if node.value == "<<":
        return "merge keys (<<) are not allowed: write the text out"
    return f"the key {node.value} stands here twice: remove one" if node.value in found else ""
