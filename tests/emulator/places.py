"""What happens to chats: blocking, groups, membership, migration, forum topics."""

from __future__ import annotations

import time
from typing import Any

from .people import person
from .state import BOT_USER, Chat, Topic, World


class Places:
    """Actions on chats as a whole."""

    world: World

    def chat_info(self, chat: int, **info: Any) -> None:
        """Create a private chat or change its `first_name`, `language_code`, `username`."""
        self.world.ensure_chat(chat).info.update(info)

    def group(self, chat: int, kind: str = "supergroup", forum: bool = False, bot: str = "administrator") -> None:
        """Create a group, with the bot in it as `administrator`, `member` or `left`."""
        place = self.world.ensure_chat(chat, kind)
        if forum:
            place.info["is_forum"] = True
        place.members[0] = bot
        place.left = bot in {"left", "kicked"}

    def member(self, chat: int, user: int, status: str = "member") -> None:
        """Set somebody's status in a group: creator, administrator, member, left, kicked."""
        self.world.ensure_chat(chat).members[user] = status

    def block(self, chat: int) -> None:
        """Let the merchant block the bot."""
        self.world.ensure_chat(chat).blocked = True
        self._bot_status(chat, "member", "kicked")

    def unblock(self, chat: int) -> None:
        """Let the merchant come back."""
        self.world.ensure_chat(chat).blocked = False
        self._bot_status(chat, "kicked", "member")

    def deactivate(self, chat: int) -> None:
        """Let the merchant's account be gone."""
        self.world.ensure_chat(chat).deactivated = True

    def kick(self, chat: int) -> None:
        """Throw the bot out of a group."""
        self.world.ensure_chat(chat).left = True
        self._bot_status(chat, "administrator", "kicked")

    def migrate(self, chat: int) -> int:
        """Turn a group into a supergroup; return the new id."""
        old = self.world.ensure_chat(chat, "group")
        fresh = -1_000_000_000_000 - abs(chat)
        new = self.world.ensure_chat(fresh, "supergroup", **old.info)
        new.members = dict(old.members)
        old.migrated_to = fresh
        self._service(old, {"migrate_to_chat_id": fresh})
        self._service(new, {"migrate_from_chat_id": chat})
        return fresh

    def topic(self, chat: int, name: str) -> int:
        """Let staff open a topic; return its id."""
        place = self.world.ensure_chat(chat)
        message = self._service(place, {"forum_topic_created": {"name": name, "icon_color": 7322096}})
        number = int(message["message_id"])
        place.topics[number] = Topic(number, name)
        return number

    def close_topic(self, chat: int, thread: int, closed: bool = True) -> None:
        """Let staff close or reopen a topic."""
        place = self.world.chats[chat]
        place.topics[thread].closed = closed
        event = "forum_topic_closed" if closed else "forum_topic_reopened"
        self._service(place, {event: {}, "message_thread_id": thread, "is_topic_message": True})

    def delete_topic(self, chat: int, thread: int) -> None:
        """Let staff delete a topic; as in Telegram, the bot is not told."""
        self.world.chats[chat].topics[thread].deleted = True

    def user_delete(self, chat: int, message_id: int) -> None:
        """Let a person delete a message; as in Telegram, the bot is not told."""
        self.world.chats[chat].messages[message_id].deleted = True

    def _service(self, chat: Chat, fields: dict[str, Any]) -> dict[str, Any]:
        message = self.world.add_message(chat, fields, person(chat, 0)).message
        self.world.updates.push("message", message)
        return message

    def _bot_status(self, chat: int, old: str, new: str) -> None:
        place = self.world.chats[chat]
        change = {"chat": place.public(), "from": person(place, 0), "date": int(time.time())}
        change |= {"old_chat_member": _standing(old), "new_chat_member": _standing(new)}
        self.world.updates.push("my_chat_member", change)


def _standing(status: str) -> dict[str, Any]:
    return {"status": status, "user": BOT_USER} | ({"until_date": 0} if status == "kicked" else {})
