"""Buttons and commands of the staff group: which act each is, with which right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.channels.staff_meaning import Meaning
from bot.messages import speak, traditional
from bot.store.base import Tx
from bot.store.support import acting, claims, merchants, states, topics, topics_acts, triage
from bot.store.support.acting import Act
from bot.store.support.topics_acts import Deed, Spot
from bot.support.authority import Action
from bot.support.errors import Invalid
from intents.model import Answer, Fix, Intent, Lang, Question
from intents.understanding import Understanding

MODES = {"resolve": Action.RESOLVE, "priority": Action.TRIAGE, "block": Action.BLOCK}
FOUND = 5
LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An act that was asked for: the right it takes, the operation, what it is given after the spot."""

    action: Action
    deed: Deed
    args: tuple[Any, ...] = ()


async def stale(tx: Tx, act: Act, spot: Spot, callback: str) -> None:
    """Answer a button that is none of ours (any more)."""
    await topics.answer(tx, callback, act.messages.say("staff.stale", act.lang), act.at)


async def help_(tx: Tx, act: Act, spot: Spot) -> None:
    """Say what can be written here."""
    await topics.hint(tx, spot.ticket, act.messages.say("staff.help", act.lang), act.at, spot.posted)


def pressed(meaning: Meaning, knowledge: Understanding) -> Wanted:
    """Return what a button of a card or of a search means."""
    name, call = meaning.name, meaning.callback
    if name in MODES:
        return Wanted(MODES[name], _mode, (call, name))
    if name == "back":
        return Wanted(Action.VIEW_TICKETS, _mode, (call, ""))
    if name.startswith("kb."):
        return Wanted(Action.REPLY, _send_steps, (call, name[3:], knowledge))
    if name.startswith("r."):
        return Wanted(Action.RESOLVE, _press, (call, lambda tx, act, n: states.resolve(tx, act, n, name[2:])))
    if name in PRESSES:
        action, op = PRESSES[name]
        return Wanted(action, _press, (call, op))
    return Wanted(Action.VIEW_TICKETS, stale, (call,))


def typed(meaning: Meaning, knowledge: Understanding) -> Wanted:
    """Return what a command means; its name is one of ``ACTIONS``."""
    name, words = meaning.name, meaning.text
    action = ACTIONS[name]
    if name == "help":
        return Wanted(action, help_)
    if name == "kb":
        return Wanted(action, _search, (words, knowledge))
    if name == "status":
        return Wanted(action, _status)
    if name == "resolve":
        return Wanted(action, _resolve, (words,))
    if name == "wait":
        return Wanted(action, _command, (lambda tx, act, n: states.wait(tx, act, n, words),))
    return Wanted(action, _command, (PRESSES[name][1],))


Op = Callable[[Tx, Act, int], Any]


def _prioritise(priority: str) -> Op:
    return lambda tx, act, number: triage.prioritise(tx, act, number, priority)


async def _block(tx: Tx, act: Act, number: int) -> None:
    await merchants.block(tx, act, (await acting.ticket(tx, number))["chat"])


async def _unblock(tx: Tx, act: Act, number: int) -> None:
    await merchants.unblock(tx, act, (await acting.ticket(tx, number))["chat"])


PRESSES: dict[str, tuple[Action, Op]] = {
    "claim": (Action.CLAIM, claims.claim),
    "take": (Action.TAKE_OVER, lambda tx, act, number: claims.claim(tx, act, number, True)),
    "release": (Action.CLAIM, claims.release),
    "wait": (Action.WAIT, states.wait),
    "resume": (Action.WAIT, states.resume),
    "reopen": (Action.REOPEN, states.reopen),
    "block!": (Action.BLOCK, _block),
    "unblock": (Action.BLOCK, _unblock),
    **{one.lower(): (Action.TRIAGE, _prioritise(one)) for one in triage.PRIORITIES},
}
ACTIONS: dict[str, Action] = {
    "help": Action.VIEW_TICKETS, "status": Action.VIEW_TICKETS,
    "kb": Action.VIEW_KNOWLEDGE, "resolve": Action.RESOLVE,
    **{name: PRESSES[name][0] for name in ("claim", "take", "release", "wait", "resume", "reopen",
                                           "p1", "p2", "p3", "p4")},
}  # fmt: skip


async def _press(tx: Tx, act: Act, spot: Spot, callback: str, op: Op) -> None:
    await op(tx, act, spot.ticket)
    await tx.run("UPDATE topics SET mode = '' WHERE ticket = :ticket", ticket=spot.ticket)
    await topics.answer(tx, callback, act.messages.say("staff.done", act.lang), act.at)
    await topics.card(tx, spot.ticket, act.at, urgent=True)


async def _mode(tx: Tx, act: Act, spot: Spot, callback: str, mode: str) -> None:
    await acting.ticket(tx, spot.ticket)
    await tx.run("UPDATE topics SET mode = :mode WHERE ticket = :ticket", mode=mode, ticket=spot.ticket)
    await topics.answer(tx, callback, "", act.at)
    await topics.card(tx, spot.ticket, act.at, urgent=True)


async def _command(tx: Tx, act: Act, spot: Spot, op: Op) -> None:
    await op(tx, act, spot.ticket)
    await topics.post(tx, spot.ticket, spot.posted)
    await topics.card(tx, spot.ticket, act.at, urgent=True)
    await topics_acts.tick(tx, act, spot)


async def _resolve(tx: Tx, act: Act, spot: Spot, words: str) -> None:
    """``/resolve [reason] [last word to the merchant]``; without a reason it is fixed."""
    first, _, rest = words.partition(" ")
    named = {act.messages.say(f"staff.resolution.{one}", lang).lower(): one for one in states.RESOLUTIONS
             for lang in LANGS}  # fmt: skip
    reason = first.lower() if first.lower() in states.RESOLUTIONS else named.get(first.lower(), "")
    text = rest if reason else words
    await _command(tx, act, spot, lambda tx, act, number: states.resolve(tx, act, number, reason or "fixed", text))


async def _status(tx: Tx, act: Act, spot: Spot) -> None:
    row = await acting.ticket(tx, spot.ticket)
    name = await claims.name_of(tx, row["assignee"]) if row["assignee"] else "—"
    text = act.messages.say(
        "staff.status", act.lang, number=row["number"], priority=row["priority"], title=row["title"], name=name,
        status=act.messages.say(f"staff.is_{row['status']}", act.lang),
    )  # fmt: skip
    await topics.hint(tx, spot.ticket, text, act.at, spot.posted)


async def _search(tx: Tx, act: Act, spot: Spot, words: str, knowledge: Understanding) -> None:
    if not words:
        raise Invalid("kb_words")
    match = knowledge.match(words)
    found = [one.intent for one in match.candidates if one.intent in knowledge.knowledge.intents][:FOUND]
    rows = [[(knowledge.knowledge.intents[one].title.in_(act.lang), f"kb.{one}")] for one in found]
    text = act.messages.say("staff.kb_found" if found else "staff.kb_none", act.lang)
    await topics.hint(tx, spot.ticket, text, act.at, spot.posted, rows)


async def _send_steps(
    tx: Tx, act: Act, spot: Spot, callback: str, intent: str, knowledge: Understanding
) -> None:  # fmt: skip
    found = knowledge.knowledge.intents.get(intent)
    if found is None:
        raise Invalid("kb_gone")
    lang = await acting.language(tx, await acting.ticket(tx, spot.ticket))
    await topics_acts.canned(tx, act, spot, steps(found, lang))
    await topics.answer(tx, callback, act.messages.say("staff.sent", act.lang), act.at)


def steps(intent: Intent, lang: Lang) -> str:
    """Return an answer with its steps, or what a tree tries first, as a merchant reads it."""
    if isinstance(intent, Answer):
        parts = [speak(intent.answer, lang), *_numbered(intent.steps.in_(lang))]
    else:
        first = intent.nodes.get(intent.start)
        if isinstance(first, Question):
            first = next((node for node in intent.nodes.values() if isinstance(node, Fix)), None)
        if not isinstance(first, Fix):
            return speak(intent.title, lang)
        parts = [speak(first.fix, lang), *_numbered(first.steps.in_(lang))]
    text = "\n".join(parts)
    return traditional(text) if lang == "zh-Hant" else text


def _numbered(lines: tuple[str, ...]) -> list[str]:
    return [f"{number}. {line}" for number, line in enumerate(lines, 1)]
