"""The desk over HTTP, for tests: a ticket beside the running service, browsers of staff."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from support import hire
from website import Site, running

from bot.dialogue.engine import Dialogue
from bot.dialogue.model import OpenTicket
from bot.service import now_utc
from bot.store import ticketing
from bot.store.base import Database, Tx
from bot.store.times import stamp
from bot.support.accounts import Accounts
from bot.support.authority import Actor
from bot.support.office import ALWAYS

SCRIPT = "<script>alert(1)</script>\u202e=1+1"
HTML = {"Accept": "text/html", "Accept-Language": "zh-CN"}
JSON = {"Accept": "application/json", "Accept-Language": "zh-CN"}


async def open_ticket(
    db: Database, clock: Any, chat: str = "tg:1", priority: str = "P3", said: str = "打印机卡纸了",
    title: str = "打印机卡纸", **slots: str,
) -> int:  # fmt: skip
    """Open a ticket beside the running service."""
    change = OpenTicket("print.jam", title, priority, "要报修", (), slots, True, "newland", "SP930")  # type: ignore[arg-type]

    async def opened(tx: Tx) -> int:
        now = clock()
        await tx.run(
            "INSERT INTO messages (chat, direction, author, kind, text, at) "
            "VALUES (:chat, 'in', 'merchant', 'text', :text, :at)",
            chat=chat,
            text=said,
            at=stamp(now),
        )
        await tx.run(
            "INSERT INTO sessions (chat, channel, lang, data, created_at, updated_at) VALUES (:chat, "
            "'telegram', 'zh', '{}', :at, :at) ON CONFLICT (chat) DO NOTHING",
            chat=chat,
            at=stamp(now),
        )
        number = await ticketing.apply(tx, chat, "telegram", "zh", change, now, ALWAYS)
        assert number
        return number

    return await db.write(opened)


@contextlib.asynccontextmanager
async def desk(site: Site, who: Actor, headers: dict[str, str] = HTML) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who is signed in."""
    async with site.client(headers=headers) as client:
        client.cookies.set("posbot_desk", await Accounts(site.db, now_utc).open(who.login))
        yield client


@pytest.fixture
async def site(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    async with running(db, dialogue) as found:
        await hire(db, now_utc)
        yield found


@pytest.fixture
async def site_beside(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    """The pages alone: another part handles what comes in."""
    async with running(db, dialogue, serving=False) as found:
        yield found
