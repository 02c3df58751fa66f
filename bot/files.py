"""Documents that merchants send: only what can be looked through for card numbers and secrets is kept."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from bot import photos
from bot.redact import redact_text

LONGEST = 200_000
"""Bytes of a text file that is looked through; half a second of one core."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffe\uffff]")
_MARKED = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SOUND = (b"OggS", b"ID3", b"RIFF", b"\xff\xfb", b"\xff\xf1", b"#!AMR")


class Unchecked(photos.BadPhoto):
    """A file that cannot be looked through, such as a PDF or an office document."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file as it may be kept; ``found`` names what was hidden in it. ``photo``: it is one, and must be read."""

    content: bytes
    mime: str
    found: tuple[str, ...] = ()
    photo: bool = False


def checked(content: bytes) -> Checked:
    """Return a merchant's document without secrets; what it says it is does not count.

    Raises:
        Unchecked: nobody can tell here what is written in it.

    """
    try:
        return Checked(photos.clean(content), "image/jpeg", photo=True)
    except photos.BadPhoto:
        pass
    if content.startswith(_SOUND) or content[4:8] == b"ftyp":
        return Checked(content, "application/octet-stream")
    text = _text(content)
    if text is None:
        raise Unchecked("the file cannot be checked for card numbers")
    clean = redact_text(text)
    return Checked(clean.text.encode("utf-8-sig"), "text/plain", tuple(sorted({one.kind for one in clean.found})))


def _text(content: bytes) -> str | None:
    if len(content) > LONGEST:
        return None
    marked = next((name for mark, name in _MARKED if content.startswith(mark)), "")
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROLS.search(text) or text.startswith(("%PDF", "{\\rtf")) else text
    return None
