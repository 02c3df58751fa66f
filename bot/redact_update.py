"""Redaction of a whole Telegram update as parsed JSON, whatever its shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.redact_core import Finding, mask, redact_text

DEEPEST = 60
HIDDEN = {"vcard"}
PHONES = {"phone_number", "phone"}
TECHNICAL = {
    "file_id", "file_unique_id", "file_path", "id", "data", "type", "chat_instance", "inline_message_id",
    "media_group_id", "callback_data", "custom_emoji_id", "language_code", "mime_type", "thumbnail_file_id",
    "invoice_payload", "telegram_payment_charge_id",
}  # fmt: skip
"""Keys whose strings Telegram or the bot itself made; `data` is a person's only in web_app_data."""
_PRESSED = re.compile(r"[\w-]{12}:\d{1,3}", re.ASCII)
"""What the bot puts into its buttons; anything else in `data` was forged, by a person."""
Store = Callable[[Any], None]


def redact_update(update: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Return a copy of an update without secrets, and what was hidden; never raises on absurd updates.

    Spans are those within their own string. Phones keep four digits, vCards go, what lies deeper than
    60 levels becomes null.
    """
    clean, found = redact_json(update)
    return (clean if isinstance(clean, dict) else {}), found


def redact_json(value: Any) -> tuple[Any, tuple[Finding, ...]]:
    """Do the same for any JSON value, without recursion."""
    found: list[Finding] = []
    result: list[Any] = [None]
    work: list[tuple[Any, str, str, int, Store]] = [(value, "", "", 0, lambda done: result.__setitem__(0, done))]
    while work:
        node, key, parent, depth, store = work.pop()
        if isinstance(node, Mapping) and depth < DEEPEST:
            store(_open_object(node, key, depth, work, found))
        elif isinstance(node, list | tuple) and depth < DEEPEST:
            store(_open_list(node, key, parent, depth, work))
        else:
            store(None if isinstance(node, Mapping | list | tuple) else _leaf(node, key, parent, found))
    return result[0], tuple(found)


def _open_object(
    node: Mapping[Any, Any], key: str, depth: int, work: list[Any], found: list[Finding]
) -> dict[str, Any]:
    copy: dict[str, Any] = {}
    for name, child in node.items():
        clean = str(_text(str(name), found)) if len(str(name)) > 12 else str(name)
        if clean not in HIDDEN:
            copy[clean] = None
            work.append((child, clean, key, depth + 1, lambda done, at=clean: copy.__setitem__(at, done)))
    return copy


def _open_list(node: Any, key: str, parent: str, depth: int, work: list[Any]) -> list[Any]:
    copy: list[Any] = [None] * len(node)
    for at, child in enumerate(node):
        work.append((child, key, parent, depth + 1, lambda done, at=at: copy.__setitem__(at, done)))
    return copy


def _leaf(value: Any, key: str, parent: str, found: list[Finding]) -> Any:
    if isinstance(value, str):
        if key in PHONES:
            return mask(value)
        made = key in TECHNICAL and (key != "data" or (parent != "web_app_data" and bool(_PRESSED.fullmatch(value))))
        return value if made else _text(value, found)
    if isinstance(value, bool) or not isinstance(value, int) or key == "id" or key.endswith(("_id", "date")):
        return value
    if key in PHONES:
        return mask(str(value))
    digits = str(value) if abs(value) < 10**24 else ""
    clean = _text(digits, found)
    return value if clean == digits else clean


def _text(value: str, found: list[Finding]) -> str:
    redacted = redact_text(value)
    found += redacted.found
    return redacted.text
