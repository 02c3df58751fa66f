"""What an editor, or an enemy, can put into a knowledge file: refused in one sentence with file and line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.dialogue.engine import Dialogue
from bot.knowledge_watch import KnowledgeWatch
from intents import source
from intents.source import MAX_BYTES

BOMBS: dict[str, tuple[bytes, int, str]] = {
    "billion laughs": (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "anchors and aliases"),
    "alias of itself": (b"a: &x [*x]\n", 1, "anchors and aliases"),
    "anchor": (b"a: 1\nb: &x 1\n", 2, "anchors and aliases"),
    "tag that runs code": (b"a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "tags"),
    "binary": (b"a: !!binary aGk=\n", 1, "tags"),
    "local tag": (b"- x\n- !x y\n", 2, "tags"),
    "merge key": (b"a: 1\n<<: {b: 2}\n", 2, "merge keys"),
    "duplicate key": (b"a: 1\nb: 2\na: 3\n", 3, "stands here twice"),
    "key that is a list": (b"? [a, b]\n: c\n", 1, "a key must be"),
    "key that is a mapping": (b"a: 1\n{b: c}: d\n", 2, "a key must be"),
    "deep brackets": (b"a: 1\nb: " + b"[" * 100_000 + b"]" * 100_000, 2, "nested deeper"),
    "deep braces": (b"{a: " * 50_000, 1, "nested deeper"),
    "deep lists": (b"- " * 100_000 + b"x", 1, "nested deeper"),
    "deep blocks": (b"".join(b" " * depth + b"a:\n" for depth in range(400)), 11, "nested deeper"),
    "a huge file": (b"a: " + b"x" * MAX_BYTES, 1, "larger than 4 MB"),
    "UTF-16": ("a: 打印".encode("utf-16"), 1, "UTF-8"),
    "UTF-32": ("a: 打印".encode("utf-32"), 1, "UTF-8"),
    "GB18030": ("a: 打印".encode("gb18030"), 1, "UTF-8"),
    "NUL": (b"a: 1\nb: \x00\n", 2, "U+0000"),
    "control character": ("a: 打印\nb: x\x1by\n".encode(), 2, "U+001B"),
    "escaped NUL": (b'a: 1\nb: "x\\x00"\n', 2, "control character"),
    "a ticket's place": ("a: 1\nb: \ue000\n".encode(), 2, "control character"),
    "half a character": (b'a: "\\ud800"\n', 1, "not valid YAML"),
    "tab as indent": (b"a:\n\tb: 1\n", 2, "not valid YAML"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, "another document"),
    "another version": (b"%YAML 9.9\n---\na: 1\n", 1, "not valid YAML"),
    "an open bracket": (b"a: [1\n", 2, "not valid YAML"),
    "an open quote": (b'a: "' + b"\\" * 100_000, 1, "not valid YAML"),
    "no YAML at all": (bytes(range(256)), 1, "UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("case", BOMBS)
def test_a_bomb_is_refused_with_file_and_line(tmp_path: Path, case: str) -> None:
    content, line, why = BOMBS[case]
    path = tmp_path / "bomb.yaml"
    path.write_bytes(content)
    start = time.thread_time()
    found = source.read(path, "bomb.yaml").faults
    assert time.thread_time() - start < 1
    assert found
    said = str(found[0])
    assert said.startswith(f"bomb.yaml:{line}: ")
    assert why in said
    assert "\n" not in said
    assert len(said) < 300


def test_what_only_looks_odd_is_read(tmp_path: Path) -> None:
    path = tmp_path / "fine.yaml"
    path.write_bytes('\ufeff- 05\r\n- no\r\n- "a & b * c ! d"\r\n- 12:30\r\n'.encode())
    assert source.read(path, "fine.yaml").data == ["05", "no", "a & b * c ! d", "12:30"]


@pytest.mark.parametrize("case", ["billion laughs", "UTF-16", "deep brackets", "NUL", "duplicate key"])
async def test_the_old_knowledge_stays_when_a_bomb_is_put_in(tmp_path: Path, dialogue: Dialogue, case: str) -> None:
    before = dialogue.understanding
    watch = KnowledgeWatch(dialogue, tmp_path)
    (tmp_path / "faq.yaml").write_bytes(BOMBS[case][0])
    await watch._reload()
    assert dialogue.understanding is before
