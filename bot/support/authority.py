"""Who may do what: one table of role × action, asked by the web desk, the staff group and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from bot.support.errors import NotAllowed

Role = Literal["agent", "supervisor", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)


class Action(StrEnum):
    """Everything that staff can do."""

    VIEW_TICKETS = "view_tickets"
    CLAIM = "claim"
    TAKE_OVER = "take_over"
    ASSIGN = "assign"
    REPLY = "reply"
    REPLY_ANY = "reply_any"
    NOTE = "note"
    TRIAGE = "triage"
    WAIT = "wait"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    MERGE = "merge"
    BULK = "bulk"
    MERCHANT_NOTES = "merchant_notes"
    BLOCK = "block"
    FORGET = "forget"
    VIEWS = "views"
    SHARE_VIEWS = "share_views"
    CANNED = "canned"
    STATISTICS = "statistics"
    EXPORT = "export"
    ANNOUNCE = "announce"
    VIEW_KNOWLEDGE = "view_knowledge"
    EDIT_KNOWLEDGE = "edit_knowledge"
    AUDIT = "audit"
    SETTINGS = "settings"
    STAFF = "staff"
    OWN_ACCOUNT = "own_account"


_AGENT = frozenset({
    Action.VIEW_TICKETS, Action.CLAIM, Action.TAKE_OVER, Action.REPLY, Action.NOTE, Action.TRIAGE, Action.WAIT,
    Action.RESOLVE, Action.REOPEN, Action.MERGE, Action.MERCHANT_NOTES, Action.VIEWS, Action.VIEW_KNOWLEDGE,
    Action.OWN_ACCOUNT,
})  # fmt: skip
_SUPERVISOR = _AGENT | {
    Action.ASSIGN, Action.REPLY_ANY, Action.BULK, Action.BLOCK, Action.SHARE_VIEWS, Action.CANNED,
    Action.STATISTICS, Action.EXPORT, Action.ANNOUNCE, Action.AUDIT,
}  # fmt: skip
_EDITOR = frozenset({
    Action.VIEW_KNOWLEDGE, Action.EDIT_KNOWLEDGE, Action.STATISTICS, Action.CANNED, Action.OWN_ACCOUNT,
})  # fmt: skip
TABLE: dict[Role, frozenset[Action]] = {
    "agent": _AGENT, "supervisor": _SUPERVISOR, "editor": _EDITOR, "admin": frozenset(Action),
}  # fmt: skip
"""What each role may do. Knowledge editors see no tickets and no transcripts."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A member of staff at work: ``login`` is recorded, ``name`` is shown."""

    login: str
    name: str
    role: Role

    def may(self, action: Action) -> bool:
        """Tell whether the role includes the action."""
        return action in TABLE[self.role]


LOCAL = Actor("local", "本机", "admin")
"""Whoever has the machine itself: the command line, and the one-time link while there is no account."""


def may(actor: Actor | None, action: Action) -> bool:
    """Tell whether somebody may do it; nobody (an outsider, a merchant) may do nothing."""
    return actor is not None and actor.may(action)


def require(actor: Actor | None, action: Action) -> Actor:
    """Return who acts.

    Raises:
        NotAllowed: the role does not include the action, or there is no role.

    """
    if actor is None or not actor.may(action):
        raise NotAllowed(f"{actor.name if actor else 'a stranger'} may not do this: {action}")
    return actor
