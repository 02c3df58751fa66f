"""What staff write in the group, on its way to the merchant: photos and files, albums, edits."""

from __future__ import annotations

from typing import Any

from telegram import Bot, InputMediaAudio, InputMediaDocument, InputMediaPhoto, InputMediaVideo
from telegram.error import BadRequest

from bot.channels.staff_mirror import CAPTION, send
from bot.store import media as kept
from bot.store.base import Database
from bot.store.support import topics_view

ALBUM = {"photo": InputMediaPhoto, "video": InputMediaVideo, "document": InputMediaDocument, "audio": InputMediaAudio}


async def media(bot: Bot, db: Database, chat: int, payload: dict[str, Any]) -> str:
    """Send a file, an album, or a copy of what cannot be named; returns the first message's id, "" if all is erased."""
    items = payload["items"]
    if len(items) > 1 and all(item["kind"] in ALBUM for item in items):
        group = [ALBUM[item["kind"]](item["file"], caption=item["text"][:CAPTION]) for item in items]
        return str((await bot.send_media_group(chat, group))[0].message_id)
    first = ""
    for item in items:
        number = await _one(bot, db, chat, item)
        first = first or (str(number) if number else "")
    return first


async def _one(bot: Bot, db: Database, chat: int, item: dict[str, Any]) -> int:
    if item["kind"] == "copy":
        await bot.send_message(chat, item["text"])
        return (await bot.copy_message(chat, item["from"], item["id"])).message_id
    ref = item["file"] if item.get("file") else await _content(db, item["media"])
    return await send(bot, chat, item["kind"], ref, item["text"][:CAPTION], item["name"], {}) if ref else 0


async def _content(db: Database, number: int) -> bytes:
    """Return a file that was uploaded at the desk, b"" if it was erased meanwhile."""
    found = await db.read(kept.content, number)
    return bytes(found["content"]) if found else b""


async def edit(bot: Bot, db: Database, chat: int, payload: dict[str, Any]) -> str:
    """Reword what was sent; what never arrived cannot be reworded."""
    remote = await db.read(topics_view.remote, payload["message"])
    if not remote:
        return ""
    try:
        if payload["caption"]:
            await bot.edit_message_caption(chat, int(remote), caption=payload["text"][:CAPTION])
        else:
            await bot.edit_message_text(payload["text"], chat, int(remote))
    except BadRequest as error:
        if "not modified" not in str(error).lower():
            raise
    return remote
