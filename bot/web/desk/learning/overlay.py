"""Knowledge as shipped with changed files over it: made into files, inspected, and changed by a phrase or question."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from intents.knowledge import Knowledge, files, inspect
from intents.source import Fault, Source, parse

TAUGHT = "phrases/desk.yaml"
"""The file of the phrases that were taught at the desk."""
FAQ = "faq.yaml"
ADDED = "faq.desk.yaml"
"""The questions that were added at the desk; they stand below those of ``faq.yaml``."""
_SAFE = re.compile(r"(?:(?:phrases|symptoms)/)?[a-z0-9_.]{1,60}\.yaml")
_ENTRY = re.compile(r'^- "?id"?: "?([\w.]+)', re.M)
Overlay = Mapping[str, str]


def read(folder: Path | None, overlay: Overlay) -> tuple[Knowledge | None, tuple[Fault, ...]]:
    """Return the knowledge of a folder with changed files over it, and every fault."""
    if not overlay:
        return inspect(folder)
    with tempfile.TemporaryDirectory(prefix="posbot-") as temporary:
        root = Path(temporary)
        digest = hashlib.sha256()
        for name, text in sorted(joined(_shipped(folder), _safe(overlay)).items()):
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
            digest.update(f"{name}\0{text}\0".encode())
        knowledge, faults = inspect(root)
        faults = tuple(replace(fault, file=fault.file.removeprefix(f"{root}/")) for fault in faults)
    return (replace(knowledge, version=digest.hexdigest()[:16]) if knowledge else None), faults


def with_phrases(overlay: Overlay, intent: str, phrases: Sequence[str]) -> dict[str, str]:
    """Return the changed files with phrases added to an intent."""
    known = _taught(overlay)
    own = known.setdefault(intent, {"zh": [], "en": []})
    for phrase in phrases:
        lang = "zh" if re.search(r"[\u3400-\u9fff]", phrase) else "en"
        own[lang] = list(dict.fromkeys([*own.get(lang, []), phrase]))
    plain = {name: {lang: lines for lang, lines in texts.items() if lines} for name, texts in sorted(known.items())}
    return {**overlay, TAUGHT: yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=1000)}


def with_question(overlay: Overlay, entry: Mapping[str, object]) -> dict[str, str]:
    """Return the changed files with a new question and answer."""
    added = yaml.safe_dump([dict(entry)], allow_unicode=True, sort_keys=False, width=1000, default_style='"')
    return {**overlay, ADDED: "\n".join(filter(None, (overlay.get(ADDED), added)))}


def joined(shipped: Overlay, overlay: Overlay) -> dict[str, str]:
    """Return the files as they are read: changed ones in place of the shipped, added questions in ``faq.yaml``."""
    found = {**shipped, **overlay}
    known = found.get(FAQ, "")
    # those that were written into the file meanwhile are there already
    there = set(_ENTRY.findall(known))
    added = [text for text in re.split(r"^(?=- )", found.pop(ADDED, ""), flags=re.M)
             if text.strip() and not there & set(_ENTRY.findall(text))]  # fmt: skip
    return {**found, FAQ: "\n\n".join([known.rstrip(), "".join(added)])} if added else found


def written(folder: Path | None, overlay: Overlay) -> dict[str, str]:
    """Return the files to write so that the knowledge folder holds what was changed at the desk."""
    names = {FAQ if name == ADDED else name for name in overlay}
    return {name: text for name, text in joined(_shipped(folder), overlay).items() if name in names}


def _taught(overlay: Overlay) -> dict[str, dict[str, list[str]]]:
    data = parse(overlay.get(TAUGHT, "{}"), Source(TAUGHT)).data
    return {str(name): {lang: list(lines) for lang, lines in texts.items()} for name, texts in (data or {}).items()}


def _shipped(folder: Path | None) -> dict[str, str]:
    found = {}
    for kind, path in files(folder):
        name = f"{kind}/{path.name}" if kind in ("symptoms", "phrases") else path.name
        found[name] = path.read_text("utf-8")
    return found


def _safe(overlay: Overlay) -> dict[str, str]:
    return {name: text for name, text in overlay.items() if _SAFE.fullmatch(name)}
