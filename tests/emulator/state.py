"""What exists in the emulated Telegram: chats, messages, topics, files, button presses."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from .refusal import bad, forbidden
from .updates import UpdateQueue

BOT: dict[str, Any] = {
    "id": 700001,
    "is_bot": True,
    "first_name": "posbot",
    "username": "posbot_test_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": True,
    "supports_inline_queries": False,
}
BOT_USER = {key: BOT[key] for key in ("id", "is_bot", "first_name", "username")}
KEPT_CALLS = 300_000


@dataclass(slots=True)
class Stored:
    """A message as it stands; `versions` counts contents, so 1 means never edited."""

    message: dict[str, Any]
    from_bot: bool
    at: float
    deleted: bool = False
    versions: int = 1
    reactions: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Topic:
    """A forum topic."""

    id: int
    name: str
    closed: bool = False
    deleted: bool = False


@dataclass(slots=True)
class Chat:
    """A chat and how the bot stands in it."""

    id: int
    type: str
    info: dict[str, Any]
    members: dict[int, str] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Stored] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    reply_keyboard: list[list[Any]] | None = None
    blocked: bool = False
    deactivated: bool = False
    left: bool = False
    migrated_to: int | None = None
    last_id: int = 0

    def public(self) -> dict[str, Any]:
        """Return the chat as it stands in a message."""
        return {"id": self.id, "type": self.type, **self.info}

    def stored(self, message_id: int, missing: str) -> Stored:
        """Return a message that still exists, or refuse with the given reason."""
        found = self.messages.get(message_id)
        if found is None or found.deleted:
            raise bad(missing)
        return found

    def check_writable(self) -> None:
        """Refuse as Telegram does when the bot may not write here."""
        if self.migrated_to is not None:
            raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=self.migrated_to)
        if self.deactivated:
            raise forbidden("user is deactivated")
        if self.blocked:
            raise forbidden("bot was blocked by the user")
        if self.left:
            raise forbidden(f"bot was kicked from the {self.type} chat")


@dataclass(slots=True)
class Call:
    """One call of the bot; `status` is 0 while it runs and when the connection was dropped."""

    at: float
    method: str
    params: dict[str, Any]
    status: int = 0
    fault: str = ""
    effect: bool = False
    answer: str = ""


@dataclass(slots=True)
class File:
    """Bytes that getFile leads to."""

    id: str
    path: str
    content: bytes
    mime: str = ""

    def public(self) -> dict[str, Any]:
        """Return the fields that every kind of file has."""
        return {"file_id": self.id, "file_unique_id": "u" + self.id[2:], "file_size": len(self.content)}


class World:
    """The whole state; touched only on the server's event loop."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.updates = UpdateQueue()
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.paths: dict[str, File] = {}
        self.queries: dict[str, dict[str, Any]] = {}
        self.about: dict[str, Any] = {}
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.counts: Counter[str] = Counter()
        self.callback_ttl = 900.0
        self.file_limit = 20 * 1024 * 1024
        self._private_id = self._serial = 0

    def chat(self, chat_id: Any) -> Chat:
        """Return the chat a bot named by id or @username, or refuse."""
        if chat_id in (None, ""):
            raise bad("chat_id is empty")
        text = str(chat_id)
        if text.startswith("@"):
            found = next((c for c in self.chats.values() if c.info.get("username") == text[1:]), None)
        else:
            found = self.chats.get(int(text)) if text.lstrip("-").isdigit() else None
        if found is None:
            raise bad("chat not found")
        return found

    def ensure_chat(self, chat_id: int, kind: str = "", **info: Any) -> Chat:
        """Return a chat, creating it: a positive id is a merchant, a negative one a group."""
        if chat_id not in self.chats:
            kind = kind or ("private" if chat_id > 0 else "supergroup")
            names = {"first_name": f"User {chat_id}"} if kind == "private" else {"title": f"Group {chat_id}"}
            self.chats[chat_id] = Chat(chat_id, kind, names | info)
        return self.chats[chat_id]

    def serial(self) -> int:
        """Return the next number for things that need one."""
        self._serial += 1
        return self._serial

    def next_message_id(self, chat: Chat) -> int:
        """Return the next id: counted per supergroup and channel, shared by all other chats."""
        if chat.type in {"supergroup", "channel"}:
            chat.last_id += 1
            return chat.last_id
        self._private_id += 1
        return self._private_id

    def add_message(self, chat: Chat, fields: dict[str, Any], sender: dict[str, Any] | None) -> Stored:
        """Store a new message of the bot (`sender` None) or of somebody else."""
        message: dict[str, Any] = {"message_id": self.next_message_id(chat), "from": sender or BOT_USER}
        now = time.time()
        message |= {"chat": chat.public(), "date": int(now)} | fields
        stored = Stored(message, sender is None, now)
        chat.messages[message["message_id"]] = stored
        return stored

    def add_file(self, content: bytes, folder: str, suffix: str, mime: str = "") -> File:
        """Store bytes under a new file id."""
        number = self.serial()
        file = File(f"AgAC{number:08d}-{len(content)}", f"{folder}/file_{number}{suffix}", content, mime)
        self.files[file.id] = self.paths[file.path] = file
        return file
