"""The form in which console and web chat put messages into the inbox: a small JSON object."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bot.dialogue.model import Incoming
from bot.errors import UndecodableUpdate
from bot.redact import redact_text
from bot.service import Decoded
from bot.store.inbox import Receipt, Work
from bot.store.payloads import pack, unpack
from bot.store.turns import Attachment

MAX_TEXT = 10_000
_TOKEN = re.compile(r"[\w-]{12}", re.ASCII)


def typed(channel: str, chat: str, key: str, text: str, at: str, lang: str = "") -> Receipt:
    """Return the inbox row of a typed message, redacted."""
    redacted = redact_text(text[:MAX_TEXT].replace("\x00", ""))
    found = sorted({finding.kind for finding in redacted.found})
    data = {"kind": "text", "text": redacted.text, "found": found, "lang": lang}
    return _receipt(channel, chat, key, at, data, redacted.text)


def pressed(channel: str, chat: str, key: str, token: str, index: int, at: str) -> Receipt:
    """Return the inbox row of a pressed button."""
    known = token if _TOKEN.fullmatch(token) else ""  # what no button ever had is not worth keeping
    return _receipt(channel, chat, key, at, {"kind": "press", "token": known, "index": index})


def decode(work: Work) -> Decoded:
    """Return what such a row means; UndecodableUpdate if it is none."""
    try:
        data: dict[str, Any] = unpack(work.payload)
        kind = data["kind"]
    except (ValueError, KeyError, TypeError) as error:
        raise UndecodableUpdate("not a message of the web chat or console") from error
    at = datetime.fromisoformat(work.received_at)
    limited = work.channel != "console"
    if kind == "press":
        return Decoded(Incoming("press", at, limited=limited), token=str(data["token"]), index=int(data["index"]))
    if kind == "media":
        incoming = Incoming("media", at, text=data.get("text", ""), media="photo", limited=limited,
                            found=tuple(data.get("found", ())))  # fmt: skip
        return Decoded(incoming, Attachment("photo", media=int(data["media"])))
    return Decoded(Incoming("text", at, text=data.get("text", ""), found=tuple(data.get("found", ())),
                            lang_hint=data.get("lang", ""), limited=limited))  # fmt: skip


def _receipt(channel: str, chat: str, key: str, at: str, data: dict[str, Any], said: str = "") -> Receipt:
    return Receipt(channel, key, chat, pack(data), at, said, at if said else "")
