"""Files of staff: what they are by their content, whatever they are called; and files on their way to a browser."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath

from starlette.responses import Response

from bot.errors import PosbotError
from bot.photos import MAX_BYTES, BadPhoto
from bot.redact import redact_text
from bot.store.support.sending import File
from bot.web import uploads
from bot.web.headers import attachment

LONGEST = 80
"""Characters of a file's name."""
_OFFICE = {
    "word/": (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/": (".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
_BAD = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff/\\:*?"<>|]')
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"RIFF")


class BadFile(PosbotError):
    """A file that cannot be sent to a merchant."""


async def look(content: bytes, name: str) -> File:
    """Return what a file is; photos are made small and clean, the name gets the ending that fits.

    Raises:
        BadFile: neither a photo, a PDF, an Office document, a text nor an MP4 video.
        BadPhoto: larger than photos may be, or a photo that cannot be opened.

    """
    if len(content) > MAX_BYTES:
        raise BadPhoto("too large")
    found = _document(content)
    if found is not None:
        suffix, mime = found
        return File("video" if suffix == ".mp4" else "document", named(name, suffix), mime, content)
    try:
        return File("photo", named(name, ".jpg"), "image/jpeg", await uploads.clean(content))
    except BadPhoto as error:
        if content.startswith(_IMAGES):
            raise
        raise BadFile("no kind of file that is sent on") from error


def named(name: str, suffix: str) -> str:
    """Return a file's name without what turns or hides text, card numbers or a false ending."""
    clean = redact_text(_BAD.sub("", PurePath(name.replace("\\", "/")).name).strip(" .")).text
    stem = clean[: -len(suffix)] if clean.lower().endswith(suffix) else PurePath(clean).stem
    return f"{stem[:LONGEST] or 'file'}{suffix}"


def saved(content: bytes, name: str, mime: str = "application/octet-stream") -> Response:
    """Return a file to be saved: never opened as a page."""
    return Response(content, media_type=mime, headers=attachment(name))


def _document(content: bytes) -> tuple[str, str] | None:
    if content.startswith(b"%PDF-"):
        return ".pdf", "application/pdf"
    if content[4:8] == b"ftyp" and content[8:12] not in (b"avif", b"avis", b"heic", b"mif1"):
        return ".mp4", "video/mp4"
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return (".txt", "text/plain") if content.strip() and _is_text(content) else None


def _office(content: bytes) -> tuple[str, str] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    return next((kind for folder, kind in _OFFICE.items() if any(name.startswith(folder) for name in names)), None)


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False
