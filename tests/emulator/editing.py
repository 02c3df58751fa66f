"""Methods that change or remove a message, and answers to button presses."""

from __future__ import annotations

import time
from typing import Any

from .markup import checked_markup
from .params import Params
from .refusal import NOT_MODIFIED, QUERY_TOO_OLD, bad
from .registry import method
from .sending import MEDIA, caption_fields, text_fields
from .state import Stored, World

DELETE_WITHIN = 48 * 3600


def _editable(world: World, params: Params) -> Stored:
    if not params.get("chat_id"):
        raise bad("message identifier is not specified")
    chat = world.chat(params["chat_id"])
    chat.check_writable()
    stored = chat.stored(params.number("message_id"), "message to edit not found")
    if not stored.from_bot:
        raise bad("message can't be edited")
    return stored


def _replace(stored: Stored, content: dict[str, Any], dropped: tuple[str, ...], markup: Any) -> dict[str, Any]:
    """Put new content and keyboard into a message; refuse when nothing changes."""
    old = stored.message
    fresh = {k: v for k, v in old.items() if k not in (*dropped, "reply_markup", "edit_date")} | content
    keyboard = checked_markup(markup)
    if keyboard and keyboard.get("inline_keyboard"):
        fresh["reply_markup"] = keyboard
    if fresh == {k: v for k, v in old.items() if k != "edit_date"}:
        raise bad(NOT_MODIFIED)
    stored.message = fresh | {"edit_date": int(time.time())}
    stored.versions += 1
    return stored.message


@method("editMessageText")
def edit_text(world: World, params: Params) -> dict[str, Any]:
    """Replace text and keyboard."""
    stored = _editable(world, params)
    if "text" not in stored.message:
        raise bad("there is no text in the message to edit")
    return _replace(stored, text_fields(params), ("text", "entities"), params.data("reply_markup"))


@method("editMessageCaption")
def edit_caption(world: World, params: Params) -> dict[str, Any]:
    """Replace caption and keyboard."""
    stored = _editable(world, params)
    if not any(kind in stored.message for kind in MEDIA):
        raise bad("there is no caption in the message to edit")
    dropped = ("caption", "caption_entities")
    return _replace(stored, caption_fields(params), dropped, params.data("reply_markup"))


@method("editMessageReplyMarkup")
def edit_keyboard(world: World, params: Params) -> dict[str, Any]:
    """Replace or remove the keyboard."""
    return _replace(_editable(world, params), {}, (), params.data("reply_markup"))


@method("deleteMessage")
def delete_message(world: World, params: Params) -> bool:
    """Delete a message younger than 48 hours; in private chats also one of the merchant."""
    chat = world.chat(params.get("chat_id"))
    chat.check_writable()
    stored = chat.stored(params.number("message_id"), "message to delete not found")
    may = stored.from_bot or chat.type == "private" or chat.members.get(0) == "administrator"
    if not may or time.time() - stored.message["date"] > DELETE_WITHIN:
        raise bad("message can't be deleted")
    stored.deleted = True
    return True


@method("answerCallbackQuery")
def answer_press(world: World, params: Params) -> bool:
    """Answer a press that is known and not too old."""
    query = world.queries.get(params.text("callback_query_id"))
    if query is None or time.time() - query["at"] > world.callback_ttl:
        raise bad(QUERY_TOO_OLD)
    if len(params.text("text")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    query["answers"].append({"text": params.text("text"), "show_alert": params.flag("show_alert")})
    return True


@method("setMessageReaction")
def react(world: World, params: Params) -> bool:
    """Set the bot's reaction to a message."""
    chat = world.chat(params.get("chat_id"))
    chat.check_writable()
    stored = chat.stored(params.number("message_id"), "message to react not found")
    stored.reactions = params.data("reaction") or []
    return True


@method("pinChatMessage")
def pin(world: World, params: Params) -> bool:
    """Pin a message."""
    chat = world.chat(params.get("chat_id"))
    chat.check_writable()
    chat.stored(params.number("message_id"), "message to pin not found")
    chat.pinned.append(params.number("message_id"))
    return True


@method("unpinChatMessage")
def unpin(world: World, params: Params) -> bool:
    """Unpin one message, or the newest."""
    chat = world.chat(params.get("chat_id"))
    chat.check_writable()
    wanted = params.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad("message to unpin not found")
    chat.pinned.remove(wanted)
    return True
