"""Telegram updates: raw JSON ↔ what the dialogue understands. Fetching and sending stand beside this."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from telegram import Bot, Message, Update
from telegram.constants import ChatType
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter  # RequestData takes nothing else

from bot.dialogue.model import Incoming
from bot.errors import UndecodableUpdate
from bot.redact import redact_update
from bot.service import Decoded
from bot.store.inbox import Receipt, Work
from bot.store.payloads import pack, unpack
from bot.store.split import described
from bot.store.turns import Attachment

CHANNEL = "telegram"
T = TypeVar("T", Incoming, Attachment, Decoded)
WANTED = ("message", "edited_message", "callback_query")
"""Kinds of updates that Telegram is asked for."""
MEDIA = ("photo", "voice", "video", "video_note", "audio", "animation", "document", "sticker",
         "location", "venue", "contact", "poll", "dice", "story", "game")  # fmt: skip
FETCHED = frozenset({"photo", "voice", "video", "document"})
_UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,18})')
_SPOKEN = {"video_note": "video", "audio": "voice", "animation": "video", "venue": "location"}


def receipt(update: Any, at: str) -> Receipt:
    """Return the inbox row of an update as parsed JSON, redacted; absurd ones get a row as well."""
    if not isinstance(update, dict):
        update = {"absurd": update}
    clean, found = redact_update(update)
    kinds = sorted({finding.kind for finding in found})
    payload = pack({"update": clean, "found": kinds})
    number = update.get("update_id")
    key = str(number) if isinstance(number, int) else f"absurd:{hashlib.sha256(payload).hexdigest()[:32]}"
    said, said_at, remote = described(payload, at) if _chat_id(update) > 0 else ("", "", "")
    edits = remote if "edited_message" in clean and "card" in kinds else ""
    return Receipt(CHANNEL, key, f"tg:{_chat_id(update)}", payload, at, said, said_at, edits)


def unparsable(body: bytes, at: str) -> Receipt:
    """Return the inbox row of an update that is no JSON; its words are not kept: they cannot be redacted."""
    number = named(body)
    key = f"absurd:{hashlib.sha256(body).hexdigest()[:32]}" if number is None else str(number)
    return Receipt(CHANNEL, key, "tg:0", b"unparsable", at)


def named(body: bytes) -> int | None:
    """Return the first update's number that a broken answer names, None if it names none."""
    found = _UPDATE_ID.search(body)
    return int(found[1]) if found else None


def chat_id(chat: str) -> int:
    """Return Telegram's id of a chat key ``tg:ID``."""
    return int(chat.removeprefix("tg:"))


def decode(work: Work) -> Decoded:
    """Return what a stored update means; UndecodableUpdate says why it means nothing to the bot."""
    data: Any = None
    try:
        data = unpack(work.payload)
        decoded = _decoded(Update.de_json(data["update"], None), tuple(data.get("found", ())))
        decoded = _storable(decoded)
    except UndecodableUpdate as error:
        raise UndecodableUpdate(str(error), pressed(data)) from error
    except Exception as error:  # Telegram's objects may be anything; whatever is wrong, only this update suffers
        raise UndecodableUpdate(f"not a Telegram update: {type(error).__name__}", pressed(data)) from error
    return decoded


def pressed(data: Any) -> str:
    """Return the id of the press that a stored update is, "" if it is none: whatever else is wrong, it is answered."""
    for key in ("update", "callback_query", "id"):
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, str) else ""


def _storable(decoded: Decoded) -> Decoded:
    """Return what was understood as the store takes it: texts that are texts, without NUL."""
    incoming, file = decoded.incoming, decoded.attachment
    if not isinstance(incoming.at, datetime):
        raise UndecodableUpdate("not a Telegram update: something else where a time belongs")
    incoming = _plain(incoming, "text", "name", "lang_hint")
    attachment = _plain(file, "ref", "name", "mime") if file else None
    return _plain(replace(decoded, incoming=incoming, attachment=attachment), "callback")


def _plain(one: T, *names: str) -> T:
    found = {name: getattr(one, name) for name in names}
    if not all(isinstance(value, str) for value in found.values()):
        raise UndecodableUpdate("not a Telegram update: something else where a text belongs")
    return replace(one, **{name: value.replace("\x00", "") for name, value in found.items()})


async def say(bot: Bot, chat: int, text: str, labels: list[list[str]], token: str | None) -> str:
    """Send a text with its buttons; returns its id there.

    Asked for by hand: python-telegram-bot's objects of a message would double what it costs.

    Raises:
        TelegramError: as ``Bot.send_message``.

    """
    given: dict[str, Any] = {"chat_id": chat, "text": text, "link_preview_options": {"is_disabled": True}}
    if token:
        index = iter(range(1000))
        given["reply_markup"] = {"inline_keyboard": [
            [{"text": label, "callback_data": f"{token}:{next(index)}"} for label in row] for row in labels
        ]}  # fmt: skip
    data = RequestData([RequestParameter(name, value, None) for name, value in given.items()])
    message: Any = await bot.request.post(f"{bot.base_url}/sendMessage", data)
    return str(message["message_id"])


def _decoded(update: Update | None, found: tuple[str, ...]) -> Decoded:
    if update is None:
        raise UndecodableUpdate("an empty update")
    if update.callback_query is not None:
        return _press(update)
    message = update.message or update.edited_message
    if message is None:
        raise UndecodableUpdate("an update that merchants do not send")
    if message.chat.type != ChatType.PRIVATE:
        raise UndecodableUpdate(f"a message of a {message.chat.type}, the bot talks in private chats")
    return _message(message, found)


def _press(update: Update) -> Decoded:
    query = update.callback_query
    if query is None:
        raise UndecodableUpdate("no press")
    if query.message is not None and query.message.chat.id != query.from_user.id:
        raise UndecodableUpdate("a press outside the presser's own chat with the bot")
    token, _, index = (query.data or "").partition(":")
    at = query.message.date if isinstance(query.message, Message) else datetime.now(UTC)
    incoming = Incoming("press", datetime.now(UTC) if at is None else at, action="gone",
                        name=query.from_user.full_name, lang_hint=query.from_user.language_code or "")  # fmt: skip
    usable = bool(token) and index.isascii() and index.isdigit() and len(index) <= 3
    return Decoded(incoming, token=token if usable else "", index=int(index) if usable else 0, callback=query.id)


def _message(message: Message, found: tuple[str, ...]) -> Decoded:
    user = message.from_user
    name = user.full_name if user else ""
    hint = (user.language_code or "") if user else ""
    kind = next((name for name in MEDIA if getattr(message, name)), "")
    text = message.text or message.caption or ""
    remote = str(message.message_id)
    if not kind and not text:
        raise UndecodableUpdate("a service message")
    at = message.edit_date or message.date
    if not kind:
        return Decoded(Incoming("text", at, text, name=name, lang_hint=hint, found=found), remote=remote)
    spoken = _SPOKEN.get(kind, kind)
    incoming = Incoming("media", at, text, media=spoken, name=name, lang_hint=hint, found=found)
    return Decoded(incoming, _attachment(message, kind, spoken), remote=remote)


def _attachment(message: Message, kind: str, spoken: str) -> Attachment | None:
    if spoken not in FETCHED:
        return None
    file: Any = message.photo[-1] if kind == "photo" else getattr(message, kind)
    return Attachment(spoken, file.file_id, getattr(file, "file_name", "") or "",
                      getattr(file, "mime_type", "") or ("image/jpeg" if kind == "photo" else ""))  # fmt: skip


def _chat_id(update: dict[str, Any]) -> int:
    for name in (
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "my_chat_member",
        "chat_member",
    ):
        found = _dig(update, name, "chat", "id")
        if found is not None:
            return found
    return _dig(update, "callback_query", "message", "chat", "id") or _dig(update, "callback_query", "from", "id") or 0


def _dig(data: Any, *keys: str) -> int | None:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, int) and not isinstance(data, bool) else None
