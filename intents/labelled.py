"""Messages with what they mean, as evaluation sets hold them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

OUTSIDE = "oos"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message with every acceptable intent; ``("oos",)`` is none of our business."""

    text: str
    intents: tuple[str, ...]
    lang: str = "zh"
    source: str = ""
    kind: str = ""
    code: str | None = None


def read_messages(path: Path) -> list[Labelled]:
    """Read labelled messages, one JSON object a line.

    Raises:
        OSError: the file cannot be read.
        ValueError: a line is no labelled message; the line's number is named.
    """
    messages = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
                messages.append(_labelled(row))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: not a labelled message: {error!r}") from error
    return messages


def _labelled(row: dict[str, object]) -> Labelled:
    intents = row["intents"]
    if not isinstance(intents, list) or not intents:
        raise ValueError("intents must be a list")
    code = row.get("code")
    return Labelled(
        str(row["text"]), tuple(map(str, intents)), str(row.get("lang") or ""), str(row.get("source") or ""),
        str(row.get("kind") or ""), None if code is None else str(code),
    )  # fmt: skip
