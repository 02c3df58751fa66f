"""Bent knowledge files: whatever an editor leaves behind becomes faults with file and line, never an exception."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from intents import source
from intents.drawing import mermaid, text
from intents.knowledge import SHIPPED, inspect
from intents.model import Symptom
from tests.fuzz.merchant import need

EMPTY = {"faq": "[]", "codes": "[]", "brands": "[]", "vocabulary": "[]", "outside": "{}", "followups": "{}",
         "menu": "[]", "moods": "[]"}  # fmt: skip
PIECES = (
    "&a ", "*a", "!!python/object:os.system ", "<<: *a", "- ", ": ", "? ", "|", ">", "'", '"', "{", "}", "[", "]", ",", "#",
    "---\n", "...\n", "%YAML 9.9\n", "\t", "\n", "\r", "  ", "\x00", "\ufeff", "\u2028", "\x85", "05", "no", "~", "null", "é",
    "[" * 30, "{a: " * 20, "- " * 20, "a: &x [*x]\n", "x" * 5000, "go: nowhere", "id: x", "zh: ''", "\ud7ff", "12:30", "=",
)  # fmt: skip


def cases(dice: random.Random) -> Iterator[Callable[[], object]]:
    """Yield bent files: most as one file for the parser, some as a whole folder for the loader."""
    symptoms = [path.read_text(encoding="utf-8") for path in sorted((SHIPPED / "symptoms").glob("*.yaml"))]
    others = {name: _start(name) for name in EMPTY}
    folder = Path(tempfile.mkdtemp(prefix="posbot-fuzz-"))
    try:
        for name in ("symptoms", "phrases"):
            (folder / name).mkdir()
        while True:
            name = dice.choice(["symptoms"] * 4 + list(EMPTY))
            given = bent(dice, dice.choice(symptoms) if name == "symptoms" else others[name])
            yield Folder(folder, name, given) if dice.random() < 0.3 else Parsed(name, given)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Parsed:
    """One text for the parser."""

    def __init__(self, name: str, given: str) -> None:
        self._name, self._given = name, given

    def __call__(self) -> None:
        read = source.parse(self._given, source.Source(self._name))
        for fault in read.faults:
            need(fault.file and fault.line >= 1 and fault.message, "a fault without a place", fault)

    def __str__(self) -> str:
        return f"{self._name}: {self._given!r}"


class Folder:
    """A folder that holds one bent file and else nothing."""

    def __init__(self, folder: Path, name: str, given: str) -> None:
        self._folder, self._name, self._given = folder, name, given

    def __call__(self) -> None:
        for name, empty in EMPTY.items():
            self._write(f"{name}.yaml", self._given if name == self._name else empty)
        self._write("symptoms/print.no_output.yaml", self._given if self._name == "symptoms" else "")
        knowledge, faults = inspect(self._folder)
        need((knowledge is None) == bool(faults), "faults and knowledge at once", faults)
        for fault in faults:
            need(fault.file and fault.line >= 1 and str(fault), "a fault without a place", fault)
        for intent in knowledge.intents.values() if knowledge else ():
            if isinstance(intent, Symptom):
                need(mermaid(intent, "zh") and text(intent, "en"), "a tree that cannot be drawn", intent)

    def _write(self, name: str, content: str) -> None:
        (self._folder / name).write_text(content, encoding="utf-8", newline="")

    def __str__(self) -> str:
        return f"{self._name}: {self._given!r}"


def bent(dice: random.Random, given: str) -> str:
    """Return a file with some lines lost, moved or doubled and some pieces put in."""
    lines = given.split("\n")
    for _ in range(dice.choice((0, 1, 1, 2, 4, 8))):
        at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
        roll = dice.random()
        if roll < 0.3:
            line = lines[at]
            cut = dice.randint(0, len(line))
            lines[at] = line[:cut] + dice.choice(PIECES) + line[cut + dice.randint(0, 3) :]
        elif roll < 0.5:
            lines.insert(at, lines[other])
        elif roll < 0.7 and len(lines) > 1:
            del lines[at]
        elif roll < 0.85:
            lines[at] = (" " * dice.choice((0, 1, 2, 4, 12))) + lines[at].lstrip()
        else:
            lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


def _start(name: str) -> str:
    path = SHIPPED / f"{name}.yaml"
    content = (path if path.exists() else SHIPPED.parent.parent / f"{name}.yaml").read_text(encoding="utf-8")
    return "\n".join(content.split("\n")[:60])
