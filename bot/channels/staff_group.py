"""Puts the parts of the staff group together."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import Bot

from bot.channels.staff import StaffGroup
from bot.channels.staff_check import GroupCheck
from bot.channels.staff_pace import GroupPace
from bot.channels.staff_post import Poster
from bot.channels.staff_sender import GroupSender
from bot.dialogue.engine import Dialogue
from bot.service import now_utc
from bot.store.base import Database
from bot.store.support import topics
from bot.support.book import Offices

PER_MINUTE = 20


@dataclass(frozen=True, slots=True)
class Group:
    """What runs (``sender``, ``check``), and what handles the group's updates (``handler``)."""

    handler: StaffGroup
    sender: GroupSender
    check: GroupCheck


async def build(
    db: Database, bot: Bot, chat: int, dialogue: Dialogue, offices: Offices, rate: float = 30, desk_url: str = ""
) -> Group:  # fmt: skip
    """Return the parts for the group of that id; ``rate`` 0 lifts Telegram's limits, for a server of one's own."""
    await db.write(topics.settle, chat)
    pace = GroupPace(PER_MINUTE if rate else 0)

    def knowledge():  # type: ignore[no-untyped-def]  # asked anew each time: it may be exchanged while running
        return dialogue.understanding

    poster = Poster(bot, db, pace, dialogue.messages, offices, knowledge, desk_url.rstrip("/"))
    handler = StaffGroup(db, dialogue.messages, offices, now_utc, knowledge, lambda: _username(bot))
    return Group(handler, GroupSender(poster, db), GroupCheck(bot, db, dialogue.messages))


def _username(bot: Bot) -> str:
    """Return the bot's name; "" before the first contact, when updates of last time may wait to be handled."""
    try:
        return bot.username
    except RuntimeError:
        return ""
