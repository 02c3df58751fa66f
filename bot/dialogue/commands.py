"""The slash commands, the same on every channel."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.dialogue import actions, answers, ticketing
from bot.dialogue.model import Button
from bot.dialogue.scene import Scene

NAMES = ("start", "help", "menu", "human", "status", "language", "cancel", "privacy", "forget")
_SERIAL = re.compile(r"sn[_-]([A-Za-z0-9][A-Za-z0-9_-]{3,39})")
"""What a deep link may say: a serial, as a hint. It carries no authority, so it may be used again."""


def is_command(text: str) -> bool:
    """Tell whether a message is a slash command."""
    return text.startswith("/") and text[1:2].isalpha()


def run(scene: Scene, text: str) -> None:
    """Run a command; an unknown one shows the help."""
    name, _, argument = text[1:].partition(" ")
    _COMMANDS.get(name.partition("@")[0].lower(), _help)(scene, argument.strip())


def _start(scene: Scene, payload: str) -> None:
    named = _SERIAL.fullmatch(payload)
    serial = named[1] if named else ""
    if serial:
        scene.set(facts={**scene.session.facts, "serial": serial})
    if scene.session.draft is not None:
        actions.act(scene, "menu")
        return
    scene.session = scene.session.idle(met=True)
    if serial:
        scene.say("start_with_serial", answers.menu_rows(scene), serial=serial)
    else:
        scene.say("start", answers.menu_rows(scene))


def _help(scene: Scene, _: str) -> None:
    scene.say("help", [[scene.button("menu"), scene.button("human")]])


def _menu(scene: Scene, _: str) -> None:
    actions.act(scene, "menu")


def _human(scene: Scene, _: str) -> None:
    actions.act(scene, "human")


def _status(scene: Scene, number: str) -> None:
    ticketing.status(scene, number)


def _language(scene: Scene, _: str) -> None:
    names = (("简体中文", "zh"), ("繁體中文", "zh-Hant"), ("English", "en"))
    scene.say("language", [[Button(label, f"lang:{lang}")] for label, lang in names])


def _cancel(scene: Scene, _: str) -> None:
    if scene.session.draft is not None:
        actions.act(scene, "cancel")
        return
    busy = scene.session.busy
    scene.session = scene.session.idle()
    scene.say("cancelled" if busy else "nothing_to_cancel", [[scene.button("menu"), scene.button("human")]])


def _privacy(scene: Scene, _: str) -> None:
    keep = scene.office.policy.retention
    scene.say("privacy", chats=keep.chats, tickets=keep.tickets)


def _forget(scene: Scene, _: str) -> None:
    scene.session = scene.session.idle(waiting="forget", round=scene.session.round + 1)
    scene.say("ask_forget", [[scene.button("forget_yes", "forget:yes"), scene.button("forget_no", "forget:no")]])
    scene.set(consent="forget")


_COMMANDS: dict[str, Callable[[Scene, str], None]] = {
    "start": _start, "help": _help, "menu": _menu, "human": _human, "status": _status,
    "language": _language, "cancel": _cancel, "privacy": _privacy, "forget": _forget,
}  # fmt: skip
