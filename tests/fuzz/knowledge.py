"""Bent knowledge files: whatever an editor leaves behind becomes faults with file and line, never an exception."""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from intents import source
from intents.drawing import mermaid, text
from intents.knowledge import SHIPPED, inspect
from intents.model import Symptom
from tests.fuzz import words
from tests.fuzz.merchant import need
from tests.fuzz.run import Fuzz, Step

EMPTY = {"faq": "[]", "codes": "[]", "brands": "[]", "vocabulary": "[]", "outside": "{}", "followups": "{}",
         "menu": "[]", "moods": "[]"}  # fmt: skip
PIECES = (
    "&a ", "*a", "!!python/object:os.system ", "<<: *a", "- ", ": ", "? ", "|", ">", "'", '"', "{",
    "}", "[", "]", ",",
    "#", "---\n", "...\n", "%YAML 9.9\n", "\t", "\n", "\r", "  ", "\x00", "\ufeff", "\u2028",
    "\x85", "05", "no", "~", "null",
    "é", "[" * 30, "{a: " * 20, "- " * 20, "a: &x [*x]\n", "x" * 5000, "go: nowhere", "id: x",
    "zh: ''", "\ud7ff", "12:30",
    "=",
)  # fmt: skip


def make() -> Fuzz:
    """Return the fuzzer of bent files: most as one file for the parser, some as a whole folder for the loader."""
    symptoms = [path.read_text(encoding="utf-8") for path in sorted((SHIPPED / "symptoms").glob("*.yaml"))]
    others = {name: _start(name) for name in EMPTY}
    folder = Path(tempfile.mkdtemp(prefix="posbot-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("symptoms", "phrases"):
        (folder / name).mkdir()

    def fuzz(dice: random.Random) -> Iterator[Step]:
        roll = dice.random()
        name = dice.choice(["symptoms"] * 4 + list(EMPTY))
        given = bent(dice, dice.choice(symptoms) if name == "symptoms" else others[name])
        if roll < 0.2:
            yield Bytes(folder / "bytes.yaml", name, stirred(dice, given))
        elif roll < 0.4:
            yield Folder(folder, name, given)
        else:
            yield Parsed(name, given if roll < 0.9 else words.anything(dice, 60))

    return fuzz


class Parsed:
    """One text for the parser."""

    def __init__(self, name: str, given: str) -> None:
        self._name, self._given = name, given

    def __call__(self) -> None:
        read = source.parse(self._given, source.Source(self._name))
        for fault in read.faults:
            need(fault.file and fault.line >= 1 and "\n" not in str(fault), "a fault without a place", fault)

    def __str__(self) -> str:
        return f"{self._name}: {self._given!r}"


class Bytes:
    """One file of any bytes for the reader."""

    def __init__(self, path: Path, name: str, given: bytes) -> None:
        self._path, self._name, self._given = path, name, given

    def __call__(self) -> None:
        self._path.write_bytes(self._given)
        for fault in source.read(self._path, self._name).faults:
            need(fault.file and fault.line >= 1 and "\n" not in str(fault), "a fault without a place", fault)

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


def stirred(dice: random.Random, given: str) -> bytes:
    """Return a file in another encoding, or with some of its bytes replaced."""
    coding = dice.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "gb18030"))
    data = bytearray(given.encode(coding))
    for _ in range(dice.randint(0, 4)):
        data[dice.randrange(len(data)) : dice.randrange(len(data)) + 1] = bytes((dice.randrange(256),))
    return bytes(data)


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
