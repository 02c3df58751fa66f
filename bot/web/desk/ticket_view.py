"""A ticket as its page shows it: conversation with notes, path, machine, clock, timeline, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.store.base import Row
from bot.store.support.acting import UNRESOLVED
from bot.store.support.showing import Shown
from bot.support.authority import Action, Actor
from bot.web.desk.describe import Describe
from bot.web.desk.views import View, parsed
from intents.model import Lang

_QUIET = ("reply", "note", "added")
"""Events that the conversation shows already."""


class TicketView(View):
    """How one visitor reads one ticket."""

    def ticket(self, shown: Shown, me: Actor) -> dict[str, Any]:
        """Return a ticket as its page shows it."""
        row: dict[str, Any] = {**shown.row, "name": shown.merchant["name"] if shown.merchant else ""}
        messages = [self._message(message) for message in shown.messages]
        notes = [self._note(event) for event in shown.events if event["kind"] == "note"]
        return {
            **self.line(row), "updated": self.time(row["updated_at"]), "merchant": shown.merchant, "tags": shown.tags,
            "blocked": bool(shown.merchant and shown.merchant["blocked_at"]), "assignee_name": shown.assignee_name,
            "facts": [self._fact(name, value) for name, value in parsed(row["slots"], {}).items() if value],
            "path": _path(parsed(row["path"], []), self._web.describe, self._lang),
            "talk": sorted([*messages, *notes], key=lambda one: (one["at"], one["order"])), "more": shown.more,
            "events": [self._event(event) for event in shown.events if event["kind"] not in _QUIET],
            "photos": [message["media"] for message in messages if message["is_photo"]],
            "match": self._match(shown.messages, row["intent"]), "can": _can(row, me, shown),
            "intent_title": self.intent(row["intent"]), "resolved": self.time(row["resolved_at"]),
            "others": [one for one in shown.merchant["tickets"] if one["number"] != row["number"]]
            if shown.merchant else [],
        }  # fmt: skip

    def _message(self, row: Row) -> dict[str, Any]:
        by = row["author"] if row["author"] in ("bot", "merchant") else "staff"
        is_photo = row["media"] is not None and row["kind"] == "photo"
        return {
            **row,
            "by": by,
            "is_photo": is_photo,
            "when": self.time(row["at"]),
            "order": row["id"],
            "failure": self.named("undelivered", row["error"] or "") if row["delivery"] == "failed" else "",
        }

    def _note(self, row: Row) -> dict[str, Any]:
        text = parsed(row["data"], {}).get("text")
        return {"id": f"note-{row['id']}", "by": "note", "name": row["name"], "text": text,
                "at": row["at"], "when": self.time(row["at"]),
                "order": 0, "kind": "note", "is_photo": False,
                "delivery": None, "failure": "", "own": 1, "media": None}  # fmt: skip

    def _event(self, row: Row) -> dict[str, Any]:
        data = parsed(row["data"], {})
        return {
            "what": self.named("event", row["kind"]),
            "name": self.named("by", row["name"]),
            "when": self.time(row["at"]),
            "at": row["at"],
            "text": self._detail(row["kind"], data),
        }

    def _detail(self, kind: str, data: Mapping[str, Any]) -> str:
        match kind:
            case "priority":
                return f"{data.get('before', '')} → {data.get('to', '')}"
            case "tagged" | "untagged":
                return str(data.get("tag", ""))
            case "assigned":
                return str(data.get("to", ""))
            case "merged":
                return f"→ #{data.get('into')}"
            case "absorbed":
                return f"← #{data.get('other')}"
            case "resolved":
                reason = self.named("reason", str(data.get("reason", "")))
                return " · ".join(filter(None, (reason, data.get("text", ""))))
            case _:
                return str(data.get("text", ""))

    def _match(self, messages: list[Row], intent: str) -> dict[str, Any] | None:
        """Return how sure the bot was of the ticket's intent, and what else it thought of."""
        for message in reversed(messages):
            heard = parsed(message["match"], {})
            candidates = heard.get("candidates") or []
            if any(one.get("intent") == intent for one in candidates):
                rows = [(self.intent(one["intent"]), round(100 * one["confidence"])) for one in candidates[:3]]
                sure = next(one["confidence"] for one in candidates if one["intent"] == intent)
                return {"sure": round(100 * sure), "rows": rows, "said": message["text"]}
        return None

    def _fact(self, name: str, value: str) -> tuple[str, str]:
        # yes and no are stored as such; the merchant saw them as the labels of two buttons
        said = f"button.taking_{value}" if name == "taking_payments" else ""
        return self._sentence(f"slot_name.{name}", name), self._sentence(said, value)

    def _sentence(self, key: str, otherwise: str) -> str:
        return self._web.sentences.say(key, self._lang) if self._web.sentences.has(key) else otherwise


def _can(row: Mapping[str, Any], me: Actor, shown: Shown) -> dict[str, bool]:
    """Return which acts the page offers now."""
    live, mine = row["status"] in UNRESOLVED, row["assignee"] == me.login
    taken = bool(row["assignee"]) and not mine
    return {
        "claim": live and not row["assignee"], "take": live and taken and me.may(Action.TAKE_OVER),
        "release": live and bool(row["assignee"]) and (mine or me.may(Action.ASSIGN)),
        "assign": live and me.may(Action.ASSIGN), "wait": row["status"] in ("open", "claimed"),
        "resume": row["status"] == "waiting", "resolve": live, "merge": live,
        "reopen": row["status"] in ("resolved", "closed") and not row["merged_into"],
        "block": me.may(Action.BLOCK), "speak": row["status"] != "closed" and (not taken or me.may(Action.REPLY_ANY)),
    }  # fmt: skip


def _path(steps: list[Mapping[str, str]], describe: Describe, lang: Lang) -> list[dict[str, str]]:
    path = []
    for step in steps:
        symptom, asked = describe(step["symptom"], step["node"], lang)
        path.append({"symptom": symptom, "asked": asked, "said": step.get("said", "")})
    return path
