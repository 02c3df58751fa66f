"""A merchant's messages (and what the desk answers) as they are shown in a ticket's topic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from telegram import Bot, InputMediaDocument, InputMediaPhoto, InputMediaVideo, MessageEntity, User
from telegram.error import BadRequest

from bot.channels.staff_card import clean
from bot.channels.staff_pace import MERCHANT
from bot.channels.staff_post import Poster
from bot.channels.telegram import chat_id
from bot.redact import MASK
from bot.store.base import Database, Row
from bot.store.support import topics, topics_view

ALBUM = {"photo": InputMediaPhoto, "video": InputMediaVideo, "document": InputMediaDocument}
COPIED = ("sticker", "location", "video_note", "animation", "audio", "video", "voice", "photo", "document", "venue")
SPOKEN = {"press": "press", "read": "read"}
"""Kinds of a merchant's messages that are texts of their own: a pressed button, what was read on a photo."""
CAPTION = 1000
CHECKED = ("photo", "document")
"""What is looked through before it is shown."""


class NotYet(Exception):
    """A file is still being looked through for card numbers."""


async def mirror(poster: Poster, db: Database, ticket: int, ids: Sequence[int]) -> None:
    """Show messages in the topic; those that are there already are passed over, erased ones too."""
    rows = [row for row in await db.read(topics_view.messages, ids) if not row["posted"]]
    if any(row["kind"] in CHECKED and row["state"] in ("remote", "unread") for row in rows):
        raise NotYet
    if len(rows) > 1 and all(row["ref"] and row["state"] == "ready" and row["kind"] in ALBUM for row in rows):
        posted = await poster.post(ticket, lambda chat, where: _album(poster, chat, where, rows), MERCHANT, len(rows))
        for row, message in zip(rows, posted or (), strict=False):
            await db.write(topics.post, ticket, message.message_id, row["id"])
        return
    for row in rows:
        one = await poster.post(ticket, partial(_one, poster, row), MERCHANT)
        if one:
            await db.write(topics.post, ticket, one, row["id"])


async def caption(poster: Poster, row: Row) -> str:
    """Return who says what, as plain text."""
    edited = found_in(row["payload"]).get("edited")
    key = "desk" if row["direction"] == "out" else "edited" if edited else SPOKEN.get(row["kind"], "merchant")
    return clean(poster.messages.say(f"staff.from_{key}", await poster.lang(), name=row["name"], text=row["text"]))


async def _album(poster: Poster, chat: int, where: dict[str, Any], rows: Sequence[Row]) -> Any:
    media = [ALBUM[row["kind"]](row["ref"], caption=(await caption(poster, row))[:CAPTION]) for row in rows]
    return await poster.bot.send_media_group(chat, media, **where)


async def _one(poster: Poster, row: Row, chat: int, where: dict[str, Any]) -> int:
    bot, text = poster.bot, await caption(poster, row)
    if row["kind"] == "text" or row["kind"] in SPOKEN:
        return (await bot.send_message(chat, text[:4096], **where)).message_id
    ref = row["ref"] or (bytes(row["content"]) if row["content"] else None)
    if ref is not None and row["state"] != "failed" and not (row["ref"] and MASK in (row["file_name"] or "")):
        try:
            return await send(bot, chat, row["kind"], ref, text[:CAPTION], row["file_name"] or "", where)
        except BadRequest as error:
            if "file" not in str(error).lower():
                raise
    source = found_in(row["payload"])
    if row["kind"] in CHECKED or MASK in (row["file_name"] or ""):
        source = {}  # Telegram's copy holds what could not be looked through, and the file's name
    if row["channel"] == "telegram" and source.get("message_id") and any(kind in source for kind in COPIED):
        try:
            copied = await bot.copy_message(chat, chat_id(row["chat"]), source["message_id"],
                                            caption=text[:CAPTION], **where)  # fmt: skip
        except BadRequest as error:
            if "copied" not in str(error).lower() and "to copy" not in str(error).lower():
                raise
        else:
            return copied.message_id
    words = poster.messages.say("staff.media", await poster.lang(), kind=row["kind"])
    return (await bot.send_message(chat, f"{text} [{words}]"[:4096], **where)).message_id


async def send(bot: Bot, chat: int, kind: str, ref: str | bytes, text: str, name: str, where: dict[str, Any]) -> int:
    """Send a file of any kind by its id (or its bytes); returns the message's id."""
    how: Any = {"photo": bot.send_photo, "voice": bot.send_voice, "video": bot.send_video, "audio": bot.send_audio,
                "animation": bot.send_animation}.get(kind, bot.send_document)  # fmt: skip
    named = {"filename": name or None} if isinstance(ref, bytes) else {}
    message = await how(chat, ref, caption=text or None, **named, **where)
    return int(message.message_id)


def mentioning(text: str, people: Sequence[tuple[int, str]]) -> tuple[str, list[MessageEntity]]:
    """Return a text that calls people by their names, so that Telegram tells them."""
    entities: list[MessageEntity] = []
    for user, name in people:
        text += " " if entities else "\n"
        start, name = len(text.encode("utf-16-le")) // 2, clean(name)
        text += name
        length = len(name.encode("utf-16-le")) // 2
        entities.append(MessageEntity(MessageEntity.TEXT_MENTION, start, length, user=User(user, name, is_bot=False)))
    return text, entities


def found_in(payload: bytes | None) -> dict[str, Any]:
    """Return the message of a merchant's stored update, {} if there is none (any more)."""
    try:
        update = json.loads(payload or b"{}")["update"]
        message: dict[str, Any] = update.get("message") or update["edited_message"] | {"edited": True}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return message
