"""What a ticket's card says and offers. Pure: the ticket in, text and buttons out; plain text, so nothing is markup."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.messages import Messages
from bot.store.base import Row
from bot.store.support.states import RESOLUTIONS
from bot.support.office import Office
from intents.model import Escalation, Fix, Lang, Question, Stop
from intents.understanding import Understanding

MOST = 3900
SIGNS = {"P1": "🔴", "P2": "🟠", "P3": "🟡", "P4": "⚪"}
UNRESOLVED = ("open", "claimed", "waiting")
_BIDI = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")
Buttons = list[list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the card shows, and in which language; ``said`` is what the merchant wrote before the ticket."""

    row: Row
    name: str
    assignee: str
    blocked: bool
    said: tuple[str, ...]
    mode: str = ""
    lang: Lang = "zh"


def clean(text: str) -> str:
    """Return a text without characters that turn or hide what stands beside them."""
    text = _BIDI.sub("", text)
    return "".join(one for one in text if one == "\n" or unicodedata.category(one)[0] != "C")


def title(facts: Facts) -> str:
    """Return the topic's name, as Telegram takes it."""
    row = facts.row
    return clean(f"#{row['number']} {row['priority']} {row['title']} · {facts.name}").replace("\n", " ")[:120]


def text(facts: Facts, knowledge: Understanding | None, office: Office, messages: Messages, now: datetime) -> str:
    """Return the card."""
    row, say = facts.row, partial(_say, messages, facts.lang)
    lines = [
        f"{SIGNS[row['priority']]} #{row['number']} · {row['priority']} · {_title(facts, knowledge)}",
        f"{say('state')}{say('is_' + row['status'])} · {say('assignee')}"
        f"{facts.assignee or '—'}{' · ⛔' if facts.blocked else ''}",
        f"{say('merchant')}{facts.name or '—'} · {row['channel']} · {row['lang']}",
    ]
    machine = " ".join(filter(None, (row["brand"], row["model"], row["serial"])))
    lines += [f"{say('machine')}{machine}"] if machine else []
    lines += [f"{say('why')}{row['reason']}"] if row["reason"] else []
    lines += _due(row, office, say, now)
    path = [_step(step, knowledge, facts.lang) for step in json.loads(row["path"] or "[]")]
    lines += [say("path"), *(f"  {n}. {one}" for n, one in enumerate(path, 1))] if path else []
    slots = [f"  {key}: {value}" for key, value in json.loads(row["slots"] or "{}").items() if value]
    lines += [say("slots"), *slots] if slots else []
    if row["rating"]:
        lines.append("⭐" * int(row["rating"]))
    said = [f"  {one[:200]}" for one in facts.said]
    lines += [say("said"), *said[-8:]] if said else []
    return clean("\n".join(lines))[:MOST]


def buttons(facts: Facts, messages: Messages) -> Buttons:
    """Return rows of (label, what it does)."""
    row, mode, say = facts.row, facts.mode, partial(_say, messages, facts.lang)
    back = (say("button.back"), "back")
    if mode == "resolve":
        offered = [(say(f"resolution.{one}"), f"r.{one}") for one in RESOLUTIONS]
        return [*_rows(offered, 2), [back]]
    if mode == "priority":
        return [[(f"{SIGNS[one]} {one}", one.lower()) for one in SIGNS], [back]]
    if mode == "block":
        return [[(say("button.block_really"), "block!"), back]]
    act = "unblock" if facts.blocked else "block"
    block = (say(f"button.{act}"), act)
    if row["status"] not in UNRESOLVED:
        return [[(say("button.reopen"), "reopen"), block]]
    first = ("button.take", "take") if row["assignee"] else ("button.claim", "claim")
    waits = ("button.resume", "resume") if row["status"] == "waiting" else ("button.wait", "wait")
    return [[(say(first[0]), first[1]), (say("button.priority"), "priority")],
            [(say(waits[0]), waits[1]), (say("button.resolve"), "resolve"), block]]  # fmt: skip


def _rows(found: Sequence[tuple[str, str]], width: int) -> Buttons:
    return [list(found[start : start + width]) for start in range(0, len(found), width)]


def _due(row: Row, office: Office, say: Callable[[str], str], now: datetime) -> list[str]:
    if not row["due_at"]:
        return []
    due = datetime.fromisoformat(row["due_at"])
    sign = "⛔ " if row["escalated_at"] or due <= now else "⚠ " if row["warned_at"] else ""
    what = "due_solve" if row["first_reply_at"] else "due_first"
    return [f"{sign}SLA: {say(what)}{due.astimezone(office.zone):%m-%d %H:%M}"]


def _step(step: dict[str, str], knowledge: Understanding | None, lang: Lang) -> str:
    symptom = knowledge.knowledge.symptom(step["symptom"]) if knowledge else None
    node = symptom.nodes.get(step["node"]) if symptom else None
    words = step["node"]
    if isinstance(node, Question):
        words = node.ask.in_(lang)
    elif isinstance(node, Fix):
        words = node.fix.in_(lang)
    elif isinstance(node, Stop):
        words = node.stop.in_(lang)
    elif isinstance(node, Escalation):
        words = node.escalate.in_(lang)
    said = f" → {step['said']}" if step.get("said") else ""
    return f"{words.splitlines()[0][:60]}{said}"


def _title(facts: Facts, knowledge: Understanding | None) -> str:
    intent = knowledge.knowledge.intents.get(facts.row["intent"]) if knowledge else None
    return intent.title.en if intent and facts.lang == "en" else str(facts.row["title"])


def _say(messages: Messages, lang: Lang, key: str) -> str:
    return messages.say(f"staff.{key}", lang)
