"""The user's cache folder: what is dear to build and can always be built again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

KEPT = 5  # models in the cache folder
CODE_FILES = ("tables", "text", "clauses", "features", "training", "tuning", "learned", "rescoring", "matcher")


def cache_folder() -> Path:
    """Return ``$XDG_CACHE_HOME/posbot`` or ``~/.cache/posbot``; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "posbot"


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file or nothing, so that a reader never sees half of it.

    Raises:
        OSError: the folder cannot be created or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def used(path: Path) -> None:
    """Note that a cached file was of use: others are forgotten before it."""
    with contextlib.suppress(OSError):  # a read-only home
        os.utime(path)


def forget_old(folder: Path) -> None:
    """Delete all cached models but the few that were used last."""
    models = sorted(folder.glob("matcher-*.npz"), key=lambda path: path.stat().st_mtime)
    for path in models[:-KEPT]:
        path.unlink(missing_ok=True)


def fingerprint(
    examples: Mapping[str, Sequence[str]],
    outside: Sequence[str] | Mapping[str, Sequence[str]],
    vocabulary: Mapping[str, Sequence[str]],
) -> str:
    """Return 16 hex digits that change with anything that goes into training, the program included."""
    digest = hashlib.sha256()
    for part in (examples, outside, vocabulary):
        items = part.items() if isinstance(part, Mapping) else [("", part)]
        digest.update(repr([(name, list(many)) for name, many in items]).encode())
    for name in CODE_FILES:
        path = Path(__file__).parent / f"{name}.py"
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]


def remember(name: str, value: Any) -> None:
    """Keep a value of JSON in the cache folder; a read-only home keeps nothing."""
    folder = cache_folder()
    with contextlib.suppress(OSError):
        write_atomically(folder / f"{name}.json", json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        kind = name.partition("-")[0]
        kept = sorted(folder.glob(f"{kind}-*.json"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-KEPT]:
            path.unlink(missing_ok=True)


def recall(name: str) -> Any:
    """Return what was kept under a name, None if there is nothing (or nothing readable)."""
    path = cache_folder() / f"{name}.json"
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    used(path)
    return value
