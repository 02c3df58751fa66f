"""What Telegram checks in a text or a keyboard before it accepts a message."""

from __future__ import annotations

import html
import re
from typing import Any

from .refusal import bad

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
BUTTON_LIMIT, ROW_LIMIT, DATA_LIMIT, MARKUP_LIMIT = 100, 8, 64, 10_240
TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler",
    "tg-spoiler": "spoiler", "a": "text_link", "tg-emoji": "custom_emoji", "code": "code", "pre": "pre",
    "blockquote": "blockquote",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]{0,20})((?:\s[^<>]{0,2000})?)>")
_HREF = re.compile(r"""href\s?=\s?["']?([^"'>\s]{1,2000})""")


def units(text: str) -> int:
    """Return the length in UTF-16 code units, which is how Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def checked_text(text: str, mode: str, limit: int, what: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the text as stored and its entities; refuse bad markup and a text over the limit."""
    entities: list[dict[str, Any]] = []
    if mode.lower() == "html":
        text, entities = parse_html(text)
    elif mode and not mode.lower().startswith("markdown"):
        raise bad("unsupported parse_mode")
    trimmed = text.rstrip()
    if units(trimmed) > limit:
        raise bad(f"{what} is too long")
    return trimmed, entities


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Turn Telegram's HTML into text and entities, refusing what Telegram refuses."""
    parts: list[str] = []
    entities: list[dict[str, Any]] = []
    opened: list[tuple[str, int, str]] = []
    at = length = 0
    while at < len(source):
        end = source.find("<", at)
        piece = html.unescape(source[at : end if end >= 0 else len(source)])
        parts.append(piece)
        length += units(piece)
        if end < 0:
            break
        at = _tag(source, end, length, opened, entities)
    if opened:
        raise _broken(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return "".join(parts), sorted(entities, key=lambda e: (e["offset"], -e["length"]))


def _tag(source: str, at: int, length: int, opened: list[tuple[str, int, str]], entities: list[dict[str, Any]]) -> int:
    """Handle the tag at `at`; return where the text goes on."""
    found, offset = _TAG.match(source, at), len(source[:at].encode("utf-8", "surrogatepass"))
    name = found[2].lower() if found else ""
    if not found or name not in TAGS:
        raise _broken(f'Unsupported start tag "{name}" at byte offset {offset}')
    if not found[1]:
        opened.append((name, length, found[3]))
        return found.end()
    if not opened:
        raise _broken(f"Unexpected end tag at byte offset {offset}")
    start, since, rest = opened.pop()
    if start != name:
        raise _broken(f'Unmatched end tag at byte offset {offset}, expected "</{start}>", found "</{name}>"')
    if length > since:
        entities.append(_entity(name, since, length, rest))
    return found.end()


def _entity(name: str, since: int, until: int, rest: str) -> dict[str, Any]:
    entity: dict[str, Any] = {"type": TAGS[name], "offset": since, "length": until - since}
    link = _HREF.search(rest) if name == "a" else None
    return entity | ({"url": link[1]} if link else {})


def _broken(why: str) -> Exception:
    return bad(f"can't parse entities: {why}")


def checked_markup(markup: Any) -> dict[str, Any] | None:
    """Return a reply markup that Telegram accepts; None when there is none."""
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        return markup
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad("can't parse reply keyboard markup JSON object")
    buttons = [button for row in rows for button in row]
    size = sum(len(str(button)) for button in buttons)
    if len(buttons) > BUTTON_LIMIT or size > MARKUP_LIMIT or any(len(row) > ROW_LIMIT for row in rows):
        raise bad("reply markup is too long")
    for button in buttons:
        _check_button(button)
    return {"inline_keyboard": rows}


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String and non-empty')
    data = button.get("callback_data")
    if data is None:
        if len(button) < 2:
            raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    elif not 1 <= len(str(data).encode()) <= DATA_LIMIT:
        raise bad("BUTTON_DATA_INVALID")
