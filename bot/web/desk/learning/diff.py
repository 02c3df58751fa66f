"""What changes between two sets of changed files, line by line."""

from __future__ import annotations

import difflib

from bot.web.desk.learning.overlay import Overlay

MOST = 200


def lines(old: Overlay, new: Overlay) -> list[tuple[str, str]]:
    """Return (kind, line): ``file``, ``plus``, ``minus``, ``same``."""
    found: list[tuple[str, str]] = []
    for name in sorted({*old, *new}):
        before, after = old.get(name, ""), new.get(name, "")
        if before == after:
            continue
        found.append(("file", name))
        for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm=""))[2:]:
            kind = {"+": "plus", "-": "minus"}.get(line[:1], "same")
            if not line.startswith("@@"):
                found.append((kind, line[1:]))
    return found[:MOST]
