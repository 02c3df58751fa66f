"""What tests of support share: a desk on a real database, a ticket, people."""

from __future__ import annotations

from typing import Any

from bot.dialogue.model import Incoming, OpenTicket, Session, Turn
from bot.messages import Messages
from bot.store import inbox, turns
from bot.store.base import Database, Row, Tx
from bot.store.inbox import Receipt
from bot.store.support.acting import Act
from bot.store.turns import Arrived, stamp
from bot.support.authority import LOCAL, Actor
from bot.support.office import ALWAYS, Office

MESSAGES = Messages()
WANG = Actor("wang", "小王", "agent")
LI = Actor("li", "小李", "agent")
CHEN = Actor("chen", "陈主管", "supervisor")
ED = Actor("ed", "编辑", "editor")
ADMIN = Actor("admin", "管理员", "admin")
PEOPLE = (WANG, LI, CHEN, ED, ADMIN)


def act(clock: Any, actor: Actor = WANG, office: Office = ALWAYS) -> Act:
    """Return who acts now."""
    return Act(actor, clock(), office, MESSAGES)


async def hire(db: Database, clock: Any) -> None:
    """Put everybody on the staff, without passwords."""
    from bot.store.support import staff

    for index, person in enumerate(PEOPLE):
        await db.write(staff.add, act(clock, LOCAL), person.login, person.name, person.role, None, str(100 + index))


async def open_ticket(
    db: Database, clock: Any, chat: str = "tg:1", intent: str = "print.jam", priority: str = "P3",
    said: str = "打印机卡纸了", title: str = "打印机卡纸", office: Office = ALWAYS, channel: str = "telegram",
    **slots: str,
) -> int:  # fmt: skip
    """Open a ticket as a merchant's turn does; returns its number."""
    change = OpenTicket(intent, title, priority, "要报修", (), slots, True, "newland", "SP930")  # type: ignore[arg-type]
    return await turn(db, clock, chat, said, (change,), office, channel) or 0


async def turn(
    db: Database, clock: Any, chat: str, said: str, changes: tuple[Any, ...], office: Office = ALWAYS,
    channel: str = "telegram",
) -> int | None:  # fmt: skip
    """Commit a turn of a merchant."""
    key = f"{chat}:{said}:{clock()}:{id(changes)}"
    await db.write(inbox.receive, [Receipt(channel, key, chat, b"{}", stamp(clock()))])
    work = next(one for one in await db.read(inbox.waiting, 100) if one.chat == chat)
    arrived = Arrived(work.id, channel, chat, Incoming("text", clock(), said), office=office)
    return await db.write(turns.commit, arrived, Turn(Session(lang="zh"), (), changes), clock())


async def row(db: Database, number: int) -> Row:
    """Return a ticket's row."""
    found = await rows(db, "SELECT * FROM tickets WHERE number = :number", number=number)
    return found[0]


async def rows(db: Database, sql: str, **values: Any) -> list[Row]:
    """Return what a query finds."""

    async def query(tx: Tx) -> list[Row]:
        return await tx.all(sql, **values)

    return await db.read(query)


async def told(db: Database, chat: str = "tg:1") -> list[str]:
    """Return what was said to a merchant, oldest first."""
    found = await rows(db, "SELECT text FROM messages WHERE chat = :chat AND direction = 'out' ORDER BY id", chat=chat)
    return [one["text"] for one in found]


async def kinds(db: Database, number: int) -> list[str]:
    """Return the kinds of a ticket's events, oldest first."""
    found = await rows(db, "SELECT kind FROM ticket_events WHERE ticket = :number ORDER BY id", number=number)
    return [one["kind"] for one in found]
