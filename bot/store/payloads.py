"""Updates as they are kept: JSON bytes in which nothing was changed, read as texts that any store takes."""

from __future__ import annotations

import json
from typing import Any


def pack(data: object) -> bytes:
    """Return JSON as it is kept: nothing of it is changed, not even what is no text (lone surrogates)."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace")


def unpack(payload: bytes) -> Any:
    """Return what was kept, with a sign in the place of every NUL and lone surrogate: no text has them.

    Raises:
        ValueError, RecursionError: it is no JSON, or absurd.

    """
    data = json.loads(payload)
    return _plain(data) if b"\\u" in payload else data


def _plain(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
    if isinstance(data, list):
        return [_plain(one) for one in data]
    return {_plain(key): _plain(one) for key, one in data.items()} if isinstance(data, dict) else data
