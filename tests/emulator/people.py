"""The scripted user side: what merchants and staff write, send, press and edit."""

from __future__ import annotations

import time
from typing import Any

from . import media
from .state import Chat, Stored, World


class People:
    """Each action makes the update that Telegram would make and returns what it is about."""

    def __init__(self, world: World) -> None:
        self.world = world

    def user_text(self, chat: int, text: str, **extra: Any) -> dict[str, Any]:
        """Write a text. `user`, `thread`, `reply_to` set the place; other extras go into the message."""
        return self._message(chat, {"text": text} | _command(text), extra)

    def user_texts(self, lines: list[tuple[int, str]]) -> None:
        """Write many texts at once, each a chat and what is said there: one call for a whole load."""
        for chat, text in lines:
            self.user_text(chat, text)

    def user_send(self, chat: int, **fields: Any) -> dict[str, Any]:
        """Send a message of any content, for example `location={…}`, `contact={…}`, `poll={…}`."""
        return self._message(chat, fields, {})

    def user_file(
        self, chat: int, kind: str, content: bytes = b"bytes", name: str = "", mime: str = "", **extra: Any
    ) -> dict[str, Any]:
        """Send a document, voice, video, audio, sticker, animation or photo."""
        return self._message(chat, {kind: media.store(self.world, kind, content, name, mime)}, extra)

    def user_photo(self, chat: int, content: bytes, caption: str = "", **extra: Any) -> dict[str, Any]:
        """Send a photo."""
        return self.user_file(chat, "photo", content, **({"caption": caption} if caption else {}), **extra)

    def user_document(self, chat: int, content: bytes, name: str, **extra: Any) -> dict[str, Any]:
        """Send a document."""
        return self.user_file(chat, "document", content, name, **extra)

    def user_voice(self, chat: int, content: bytes = b"OggS", **extra: Any) -> dict[str, Any]:
        """Send a voice message."""
        return self.user_file(chat, "voice", content, **extra)

    def user_video(self, chat: int, content: bytes = b"ftyp", **extra: Any) -> dict[str, Any]:
        """Send a video."""
        return self.user_file(chat, "video", content, **extra)

    def user_sticker(self, chat: int, emoji: str = "👍", **extra: Any) -> dict[str, Any]:
        """Send a sticker."""
        sticker = media.store(self.world, "sticker", b"RIFF") | {"emoji": emoji}
        return self._message(chat, {"sticker": sticker}, extra)

    def user_location(self, chat: int, latitude: float, longitude: float, **extra: Any) -> dict[str, Any]:
        """Send a place."""
        return self._message(chat, {"location": {"latitude": latitude, "longitude": longitude}}, extra)

    def user_contact(self, chat: int, phone: str, first_name: str = "Li", **extra: Any) -> dict[str, Any]:
        """Share a contact; `vcard` and `user_id` may come as `contact={…}`."""
        contact = {"phone_number": phone, "first_name": first_name} | extra.pop("contact", {})
        return self._message(chat, {"contact": contact}, extra)

    def user_poll(self, chat: int, question: str, options: list[str], **extra: Any) -> dict[str, Any]:
        """Send a poll."""
        poll = {"id": str(self.world.serial()), "question": question, "total_voter_count": 0, "is_anonymous": True}
        poll |= {"options": [_option(option) for option in options], "type": "regular"}
        flags = dict.fromkeys(("is_closed", "allows_multiple_answers", "allows_revoting", "members_only"), False)
        return self._message(chat, {"poll": poll | flags}, extra)

    def user_forwarded(self, chat: int, text: str, origin: str = "Somebody", **extra: Any) -> dict[str, Any]:
        """Forward a text of a hidden user."""
        source = {"type": "hidden_user", "sender_user_name": origin, "date": int(time.time()) - 60}
        return self._message(chat, {"text": text, "forward_origin": source}, extra)

    def user_album(self, chat: int, photos: list[bytes], caption: str = "", **extra: Any) -> list[dict[str, Any]]:
        """Send several photos at once; the caption stands under the first."""
        group = str(9_000_000 + self.world.serial())
        captions = [caption, *[""] * len(photos)]
        return [
            self.user_photo(chat, photo, words, media_group_id=group, **extra)
            for photo, words in zip(photos, captions, strict=False)
        ]

    def user_edit(self, chat: int, message_id: int, text: str, **extra: Any) -> dict[str, Any]:
        """Edit a text or caption sent before."""
        stored = self.world.chats[chat].messages[message_id]
        key = "caption" if "caption" in stored.message else "text"
        stored.message = stored.message | {key: text, "edit_date": int(time.time())} | extra
        stored.versions += 1
        self.world.updates.push("edited_message", stored.message)
        return stored.message

    def user_press(self, chat: int, button: str, message_id: int = 0, user: int = 0, inaccessible: bool = False) -> str:
        """Press a button by label or callback_data; return the query's id ("" for a menu key).

        The newest message with such a button counts unless `message_id` names one. A button nobody
        sees is a LookupError; `inaccessible` hides the message from the update, as Telegram may.
        """
        place = self.world.chats[chat]
        found = find_button(place, button, message_id)
        if found is None:
            labels = [k if isinstance(k, str) else k.get("text") for row in place.reply_keyboard or [] for k in row]
            if button not in labels:
                raise LookupError(f"no button {button!r} in chat {chat}")
            self.user_text(chat, button, user=user)
            return ""
        return self.press_data(chat, found[1]["callback_data"], found[0].message["message_id"], user, inaccessible)

    def press_data(self, chat: int, data: str, message_id: int = 0, user: int = 0, inaccessible: bool = False) -> str:
        """Send any callback data, also forged or from a button long gone; return the query's id."""
        place = self.world.ensure_chat(chat)
        query: dict[str, Any] = {"id": str(10**15 + self.world.serial()), "from": person(place, user)}
        query |= {"chat_instance": str(-chat), "data": data}
        stored = place.messages.get(message_id)
        if stored is not None and not inaccessible:
            query["message"] = stored.message
        elif message_id:
            query["message"] = {"chat": place.public(), "message_id": message_id, "date": 0}
        self.world.queries[query["id"]] = {"at": time.time(), "answers": []}
        self.world.updates.push("callback_query", query)
        return str(query["id"])

    def channel_post(self, chat: int, text: str, **extra: Any) -> dict[str, Any]:
        """Post in a channel."""
        place = self.world.ensure_chat(chat, "channel")
        fields = {"text": text, "sender_chat": place.public()} | extra
        message = self.world.add_message(place, fields, person(place, 1)).message
        del message["from"]
        self.world.updates.push("channel_post", message)
        return message

    def raw(self, update: dict[str, Any] | bytes) -> int:
        """Queue an update of any shape; bytes may hold %UPDATE_ID%."""
        return self.world.updates.push_raw(update)

    def _message(self, chat: int, fields: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
        place = self.world.ensure_chat(chat)
        user, thread, reply = (extra.pop(key, 0) for key in ("user", "thread", "reply_to"))
        if thread:
            fields |= {"message_thread_id": thread, "is_topic_message": True}
        if reply:
            fields["reply_to_message"] = place.messages[reply].message
        message = self.world.add_message(place, fields | extra, person(place, user)).message
        self.world.updates.push("message", message)
        return message


def person(chat: Chat, user: int) -> dict[str, Any]:
    """Return the writer: the owner of a private chat unless a user id is given."""
    number = user or (chat.id if chat.type == "private" else 9_000_001)
    name = chat.info.get("first_name", "") if number == chat.id else f"User {number}"
    more = {key: chat.info[key] for key in ("language_code", "username") if key in chat.info and number == chat.id}
    return {"id": number, "is_bot": False, "first_name": name or f"User {number}"} | more


def find_button(chat: Chat, button: str, message_id: int) -> tuple[Stored, dict[str, Any]] | None:
    """Return the newest visible inline button with this label or data."""
    for stored in reversed(chat.messages.values()):
        if stored.deleted or not stored.from_bot or (message_id and stored.message["message_id"] != message_id):
            continue
        for row in stored.message.get("reply_markup", {}).get("inline_keyboard", []):
            for one in row:
                if button in (one.get("text"), one.get("callback_data")) and "callback_data" in one:
                    return stored, one
    return None


def _command(text: str) -> dict[str, Any]:
    if not text.startswith("/") or len(text) < 2:
        return {}
    length = len(text.split(maxsplit=1)[0])
    return {"entities": [{"type": "bot_command", "offset": 0, "length": length}]}


def _option(text: str) -> dict[str, Any]:
    return {"persistent_id": text[:8], "text": text, "voter_count": 0}
