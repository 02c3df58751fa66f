"""What an update of the staff group means. Pure: an update in, a meaning out; who may do it is asked elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from telegram import Message, Update

from bot.channels.telegram import MEDIA
from bot.store.support.topics_media import Item

ANONYMOUS = 1087968824
"""Telegram's user for administrators who write as the group."""
NAMED = ("photo", "video", "document", "audio", "voice", "animation")
"""Media that can be sent on by file id, with a caption; all else is copied as it is."""
_COMMAND = re.compile(r"/([a-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.S | re.I)
_PRESS = re.compile(r"t:(\d{1,12}):([\w.:!-]{1,48})")
Kind = Literal["say", "note", "media", "command", "press", "edit", "moved", "nothing"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One update. ``thread`` and ``replied`` tell where; ``name`` is a command, or what a button does."""

    kind: Kind
    user: int = 0
    lang: str = ""
    anonymous: bool = False
    posted: int = 0
    thread: int = 0
    replied: int = 0
    text: str = ""
    name: str = ""
    ticket: int = 0
    callback: str = ""
    moved_to: int = 0
    item: Item | None = None


def read(update: Update, bot: str = "") -> Meaning:
    """Return what an update means; ``bot`` is our username: commands for other bots mean nothing."""
    query = update.callback_query
    if query is not None:
        found = _PRESS.fullmatch(query.data or "")
        posted = query.message.message_id if query.message else 0
        ticket, name = (int(found[1]), found[2]) if found else (0, "")
        return Meaning("press", query.from_user.id, query.from_user.language_code or "", posted=posted, ticket=ticket,
                       name=name, callback=query.id)  # fmt: skip
    message = update.message or update.edited_message
    if message is None:
        return Meaning("nothing")
    if message.migrate_to_chat_id:
        return Meaning("moved", moved_to=message.migrate_to_chat_id)
    return _message(message, update.edited_message is not None, bot)


def _message(message: Message, edited: bool, bot: str) -> Meaning:
    user = message.from_user
    anonymous = message.sender_chat is not None or bool(user and user.id == ANONYMOUS)
    text = (message.text or message.caption or "").replace("\x00", "").strip()
    kind = next((name for name in MEDIA if getattr(message, name)), "")
    if (user is None and not anonymous) or (user and user.is_bot and not anonymous) or not (text or kind):
        return Meaning("nothing")
    replied = message.reply_to_message
    where: dict[str, Any] = {
        "user": user.id if user else 0, "lang": (user.language_code or "") if user else "", "anonymous": anonymous,
        "posted": message.message_id, "thread": message.message_thread_id or 0,
        "replied": replied.message_id if replied else 0,
    }  # fmt: skip
    if edited:
        return Meaning("edit", text=text, **where)
    if kind and not text.startswith("//"):
        return Meaning("media", text=text, item=_item(message, kind, text), **where)
    if text.startswith("//"):
        return Meaning("note", text=text.lstrip("/").strip(), **where)
    return _typed(text, bot, where)


def _typed(text: str, bot: str, where: dict[str, Any]) -> Meaning:
    found = _COMMAND.fullmatch(text)
    if found is None:
        return Meaning("say", text=text, **where)
    if found[2] and bot and found[2].lower() != bot.lower():
        return Meaning("nothing")
    name, words = found[1].lower(), (found[3] or "").strip()
    if name == "note":
        return Meaning("note", text=words, **where)
    return Meaning("command", name=name, text=words, **where)


def _item(message: Message, kind: str, text: str) -> Item:
    if kind not in NAMED or (kind == "document" and message.animation):
        return Item("copy", text="")
    file: Any = message.photo[-1] if kind == "photo" else getattr(message, kind)
    mime = getattr(file, "mime_type", "") or ("image/jpeg" if kind == "photo" else "")
    return Item(kind, file.file_id, text, getattr(file, "file_name", "") or "", mime, message.media_group_id or "")
