"""Methods about forum topics."""

from __future__ import annotations

from typing import Any

from .params import Params
from .refusal import bad
from .registry import method
from .state import Chat, Topic, World


def _forum(world: World, params: Params) -> Chat:
    chat = world.chat(params.get("chat_id"))
    chat.check_writable()
    if not chat.info.get("is_forum"):
        raise bad("the chat is not a forum")
    if chat.members.get(0) != "administrator":
        raise bad("not enough rights to create a topic")
    return chat


@method("createForumTopic")
def create_topic(world: World, params: Params) -> dict[str, Any]:
    """Open a topic; its id is that of the service message."""
    chat, name = _forum(world, params), params.text("name").strip()
    if not 1 <= len(name) <= 128:
        raise bad("TOPIC_TITLE_EMPTY" if not name else "topic name is too long")
    look = {"name": name, "icon_color": params.number("icon_color", 7322096)}
    number = world.add_message(chat, {"forum_topic_created": look}, None).message["message_id"]
    chat.messages[number].message |= {"message_thread_id": number, "is_topic_message": True}
    chat.topics[number] = Topic(number, name)
    return {"message_thread_id": number} | look


def _topic(world: World, params: Params) -> Topic:
    topic = _forum(world, params).topics.get(params.number("message_thread_id"))
    if topic is None or topic.deleted:
        raise bad("message thread not found")
    return topic


@method("editForumTopic")
def edit_topic(world: World, params: Params) -> bool:
    """Rename a topic."""
    topic, name = _topic(world, params), params.text("name").strip()
    if name == topic.name or (not name and "icon_custom_emoji_id" not in params):
        raise bad("TOPIC_NOT_MODIFIED")
    topic.name = name[:128] or topic.name
    return True


@method("closeForumTopic", "reopenForumTopic")
def close_topic(world: World, params: Params) -> bool:
    """Close or reopen a topic."""
    topic, closed = _topic(world, params), params["_method"].startswith("close")
    if topic.closed == closed:
        raise bad("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    return True


@method("deleteForumTopic")
def delete_topic(world: World, params: Params) -> bool:
    """Delete a topic with its messages."""
    topic, chat = _topic(world, params), _forum(world, params)
    topic.deleted = True
    for stored in chat.messages.values():
        if stored.message.get("message_thread_id") == topic.id:
            stored.deleted = True
    return True
