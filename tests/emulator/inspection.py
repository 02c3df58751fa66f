"""What the emulator saw: messages as they stand, calls, confirmed updates; and its knobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .faults import Faults, Limits
from .state import Chat, Stored, World


class Inspection:
    """Reads for tests and load scripts; everything returned is plain JSON."""

    world: World

    def sent(self, chat: int, thread: int = 0) -> list[dict[str, Any]]:
        """Return all the bot sent to a chat, in its final state, deleted messages included."""
        place = self.world.chats.get(chat)
        found = [s for s in place.messages.values() if s.from_bot] if place else []
        return [_view(s) for s in found if not thread or s.message.get("message_thread_id") == thread]

    def texts(self, chat: int) -> list[str]:
        """Return text or caption of what the bot sent and did not delete."""
        return [str(s["text"]) for s in self.sent(chat) if not s["deleted"]]

    def count(self, chat: int) -> int:
        """Return how many messages the bot sent to a chat."""
        place = self.world.chats.get(chat)
        return sum(s.from_bot for s in place.messages.values()) if place else 0

    def total(self) -> int:
        """Return how many messages the bot sent to all chats."""
        return sum(self.count(chat) for chat in self.world.chats)

    def reply_times(self, without: Sequence[int] = ()) -> list[tuple[float, float]]:
        """Return when each text of a private chat was written and the seconds to its reply: the n-th to the n-th."""
        found = []
        for place in [one for one in self.world.chats.values() if one.id not in without]:
            asked = [stored.at for stored in place.messages.values() if not stored.from_bot]
            told = [stored.at for stored in place.messages.values() if stored.from_bot]
            found += [(at, reply - at) for at, reply in zip(asked, told, strict=False)]
        return found

    def all_sent(self) -> dict[str, list[str]]:
        """Return the texts of every chat, by chat id as text."""
        return {str(chat): texts for chat in self.world.chats if (texts := self.texts(chat))}

    def message(self, chat: int, message_id: int) -> dict[str, Any]:
        """Return one message of anybody."""
        return _view(self.world.chats[chat].messages[message_id])

    def chat_state(self, chat: int) -> dict[str, Any]:
        """Return pins, topics, menu keyboard and standing of a chat."""
        return _place(self.world.chats[chat])

    def calls(self, method: str = "", since: float = 0.0) -> list[dict[str, Any]]:
        """Return the log of calls, oldest first: at, method, params, status, fault, effect, answer."""
        wanted = method.lower()
        found = (c for c in self.world.calls if c.at >= since and (not wanted or c.method.lower() == wanted))
        return [asdict(call) | {"params": _plain(call.params)} for call in found]

    def call_counts(self) -> dict[str, int]:
        """Return how often each method was called, names in lower case."""
        return dict(self.world.counts)

    def answers(self, query_id: str) -> list[dict[str, Any]]:
        """Return the answers the bot gave to a button press."""
        return list(self.world.queries[query_id]["answers"])

    def unanswered(self) -> list[str]:
        """Return the presses the bot never answered."""
        return [key for key, query in self.world.queries.items() if not query["answers"]]

    def confirmed(self) -> list[int]:
        """Return the ids of confirmed updates in order of confirmation."""
        return [item.id for item in self.world.updates.confirmed]

    def confirmed_log(self) -> list[dict[str, Any]]:
        """Return id, times and number of deliveries of each confirmed update."""
        return [asdict(item) for item in self.world.updates.confirmed]

    def pending(self) -> list[int]:
        """Return the ids of updates that are not confirmed."""
        return [item.id for item in self.world.updates.pending]

    def waiting(self) -> int:
        """Return how many updates are not confirmed."""
        return len(self.world.updates.pending)

    def webhook(self) -> str:
        """Return the address that updates are pushed to, "" while none is."""
        return str((self.world.updates.webhook or {"url": ""})["url"])

    def tried(self) -> int:
        """Return how often the oldest unconfirmed update was handed out, 0 if there is none."""
        return self.world.updates.pending[0].tries if self.world.updates.pending else 0

    def about(self) -> dict[str, Any]:
        """Return commands and descriptions that the bot set."""
        return dict(self.world.about)


class Knobs:
    """Faults, limits and settings."""

    world: World
    faults: Faults
    limits: Limits

    def fault(self, kind: str, **settings: Any) -> None:
        """Add a fault; see `faults.Rule` for method, chat, probability, times, skip, seconds."""
        self.faults.add(kind, **settings)

    def fault_mix(self, shares: dict[str, float], method: str = "*", **settings: Any) -> None:
        """Add several faults that share one roll, for example `{"429": 0.05, "drop_after": 0.05}`."""
        for kind, probability in shares.items():
            self.faults.add(kind, method=method, probability=probability, **settings)

    def clear_faults(self) -> None:
        """End all faults and the outage."""
        self.faults.rules.clear()
        self.faults.outage = None

    def outage(self, kind: str = "drop_before", seconds: float = 0.0) -> None:
        """Let every call fail, until `clear_faults` or for some seconds."""
        self.faults.begin_outage(kind, seconds)

    def fault_report(self) -> dict[str, Any]:
        """Return how often each kind struck, and the rules."""
        return self.faults.as_dict()

    def rate_limits(
        self, per_chat: float = 1.0, overall: float = 30.0, per_group_minute: float = 20.0, burst: float = 1.0
    ) -> None:
        """Switch Telegram's limits on; 0 switches one off."""
        self.limits.per_chat, self.limits.overall = per_chat, overall
        self.limits.per_group_minute, self.limits.burst = per_group_minute, burst

    def settings(self, callback_ttl: float | None = None, file_limit: int | None = None) -> None:
        """Set for how many seconds a press can be answered and the largest file in bytes."""
        self.world.callback_ttl = self.world.callback_ttl if callback_ttl is None else callback_ttl
        self.world.file_limit = self.world.file_limit if file_limit is None else file_limit


def _view(stored: Stored) -> dict[str, Any]:
    message = stored.message
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        "message_id": message["message_id"],
        "text": message.get("text", message.get("caption", "")),
        "buttons": [[button["text"] for button in row] for row in rows],
        "thread": message.get("message_thread_id", 0),
        "deleted": stored.deleted,
        "versions": stored.versions,
        "at": stored.at,
        "reactions": stored.reactions,
        "message": message,
    }


def _place(chat: Chat) -> dict[str, Any]:
    return {
        "pinned": list(chat.pinned),
        "topics": [asdict(topic) for topic in chat.topics.values()],
        "reply_keyboard": chat.reply_keyboard,
        "left": chat.left,
        "blocked": chat.blocked,
    }


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if not key.startswith("_")}
