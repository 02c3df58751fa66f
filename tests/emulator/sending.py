"""Methods that put a message into a chat: text and copies."""

from __future__ import annotations

from typing import Any

from .markup import CAPTION_LIMIT, TEXT_LIMIT, checked_markup, checked_text
from .params import Params
from .refusal import bad
from .registry import method
from .state import Chat, Stored, World

MEDIA = (
    "photo",
    "document",
    "voice",
    "video",
    "audio",
    "sticker",
    "animation",
    "location",
    "contact",
    "poll",
)


def target(world: World, params: Params) -> tuple[Chat, dict[str, Any]]:
    """Return the chat to write to and the fields that topic and reply add; refuse as Telegram does."""
    chat = world.chat(params.get("chat_id"))
    chat.check_writable()
    return chat, _thread(chat, params.number("message_thread_id")) | _reply(chat, params)


def _thread(chat: Chat, thread: int) -> dict[str, Any]:
    """Check the topic that a message goes to; topic 1 is General and never named."""
    if not thread or (thread == 1 and 1 not in chat.topics):
        return {}
    topic = chat.topics.get(thread)
    if topic is None or topic.deleted:
        raise bad("message thread not found")
    if topic.closed:
        raise bad("TOPIC_CLOSED")
    return {"message_thread_id": thread, "is_topic_message": True}


def _reply(chat: Chat, params: Params) -> dict[str, Any]:
    asked = params.data("reply_parameters") or {}
    wanted = asked.get("message_id") or params.number("reply_to_message_id")
    if not wanted:
        return {}
    found = chat.messages.get(int(wanted))
    if found is not None and not found.deleted:
        return {"reply_to_message": {k: v for k, v in found.message.items() if k != "reply_to_message"}}
    if asked.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply"):
        return {}
    raise bad("message to be replied not found")


def post(world: World, chat: Chat, fields: dict[str, Any], markup: Any) -> Stored:
    """Store a message of the bot with its keyboard."""
    keyboard = checked_markup(markup)
    if keyboard and "inline_keyboard" in keyboard:
        fields["reply_markup"] = keyboard
    elif keyboard and "keyboard" in keyboard:
        chat.reply_keyboard = keyboard["keyboard"]
    elif keyboard and keyboard.get("remove_keyboard"):
        chat.reply_keyboard = None
    return world.add_message(chat, fields, None)


def caption_fields(params: Params, source: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return caption and its entities from the parameters (or from one item of an album)."""
    given = params if source is None else Params(source)
    text, entities = checked_text(given.text("caption"), given.text("parse_mode"), CAPTION_LIMIT, "message caption")
    entities = entities or given.data("caption_entities") or []
    return ({"caption": text} if text else {}) | ({"caption_entities": entities} if text and entities else {})


def text_fields(params: Params) -> dict[str, Any]:
    """Return text and entities of a text message; refuse an empty one."""
    text, entities = checked_text(params.text("text"), params.text("parse_mode"), TEXT_LIMIT, "message")
    if not text.strip():
        raise bad("message text is empty")
    entities = entities or params.data("entities") or []
    return {"text": text, "entities": entities} if entities else {"text": text}


@method("sendMessage")
def send_message(world: World, params: Params) -> dict[str, Any]:
    """Send a text."""
    chat, fields = target(world, params)
    return post(world, chat, fields | text_fields(params), params.data("reply_markup")).message


def _source(world: World, params: Params, missing: str) -> dict[str, Any]:
    origin = world.chat(params.get("from_chat_id"))
    return origin.stored(params.number("message_id"), missing).message


@method("copyMessage")
def copy_message(world: World, params: Params) -> dict[str, Any]:
    """Copy a message without a link to its origin."""
    chat, fields = target(world, params)
    source = _source(world, params, "message to copy not found")
    kinds = {key: source[key] for key in ("text", "entities", *MEDIA) if key in source}
    if not kinds:
        raise bad("message can't be copied")
    if "caption" in params:
        captions = caption_fields(params)
    else:
        captions = {key: source[key] for key in ("caption", "caption_entities") if key in source}
    stored = post(world, chat, fields | kinds | captions, params.data("reply_markup"))
    return {"message_id": stored.message["message_id"]}


@method("forwardMessage")
def forward_message(world: World, params: Params) -> dict[str, Any]:
    """Forward a message."""
    chat, fields = target(world, params)
    source = _source(world, params, "message to forward not found")
    kept = {k: source[k] for k in ("text", "entities", "caption", "caption_entities", *MEDIA) if k in source}
    origin = {"type": "user", "sender_user": source["from"], "date": source["date"]}
    return post(world, chat, fields | kept | {"forward_origin": origin}, None).message
