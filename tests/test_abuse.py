"""Floods and quotas: one who writes too much gets a kind word, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from support import rows
from website import Merchant, Site, running

from bot.channels import local
from bot.dialogue.engine import PER_MINUTE, PRESSES, Dialogue
from bot.dialogue.escalation import OPEN_TICKETS
from bot.dialogue.model import Incoming, OpenTicket, Session, TicketView
from bot.service import Service
from bot.store import inbox, media, outbox
from bot.store.base import Database, Tx
from bot.store.inbox import Receipt
from bot.store.pushing import push
from bot.store.support import upkeep
from bot.store.times import stamp
from bot.web import limiting
from tests.soak import flood

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def public(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    async with running(db, dialogue, web_chat="public") as found:
        yield found


async def test_the_chat_that_waits_longest_is_answered_next(db: Database, service: Service, clock: Any) -> None:
    for number in range(8):
        for chat in ("web:loud", "web:louder"):
            await db.write(inbox.receive, [local.typed("web", chat, f"{chat}{number}", "报91", stamp(clock()))])
    clock.pass_(seconds=1)
    order: list[str] = []
    for turn in range(6):
        if turn == 2:
            await db.write(inbox.receive, [local.typed("web", "web:honest", "h", "报91", stamp(clock()))])
            clock.pass_(seconds=1)
        work = (await db.read(inbox.waiting, 1))[0]
        order.append(work.chat)
        await service._handle(work)
        clock.pass_(seconds=1)
    assert order[:2] == ["web:loud", "web:louder"]
    assert "web:honest" in order[2:5]


async def test_a_flood_starves_nobody(db: Database, dialogue: Dialogue) -> None:
    """A small one; the whole one is ``python -m tests.soak flood``."""
    found = await flood._flood(db, dialogue, chats=40, each=8)
    assert not found.unanswered
    assert max(found.waits) < found.seconds / 2 or found.seconds < 2, found


async def test_one_chat_s_long_queue_delays_no_other_parcel(db: Database) -> None:
    async def queue(tx: Tx) -> None:
        for chat in ["tg:1"] * 50 + ["tg:2"] * 50 + ["tg:3"]:
            await push(tx, chat, "telegram", "send", {"text": "x", "labels": [], "token": None}, stamp(NOW))

    await db.write(queue)
    first = await db.read(outbox.due, stamp(NOW), 1, (), "telegram", {"tg:1": 5.0, "tg:2": 4.0})
    assert first[0].chat == "tg:3"
    assert (await db.read(outbox.due, stamp(NOW), 1, ("tg:3",), "telegram", {"tg:1": 5.0, "tg:2": 4.0}))[
        0
    ].chat == "tg:2"


def _say(dialogue: Dialogue, session: Session, kind: Any, now: datetime = NOW) -> Any:
    return dialogue.step(session, Incoming(kind, now, "报91", action="menu" if kind == "press" else ""), (), now)


@pytest.mark.parametrize(("kind", "most"), [("text", PER_MINUTE), ("press", PRESSES)])
def test_too_much_gets_one_kind_word(dialogue: Dialogue, kind: str, most: int) -> None:
    session, said = Session(met=True, lang="zh"), []
    for _ in range(most + 30):
        turn = _say(dialogue, session, kind)
        session = turn.session
        said.append((turn.ignored, [reply.text for reply in turn.replies]))
    assert not any(ignored for ignored, _ in said[:most])
    assert all(replies for _, replies in said[:most])
    assert [replies for _, replies in said[most:] if replies] == [
        ["消息太快了，我有点跟不上。请等一分钟再发，前面的都已收到。"]
    ]


async def test_presses_over_the_measure_queue_no_answers(db: Database, dialogue: Dialogue, clock: Any) -> None:
    from bot.service import Decoded

    def decode(work: inbox.Work) -> Decoded:
        return Decoded(Incoming("press", clock(), action="gone"), token="x" * 12, callback=work.payload.decode())

    service = Service(db, dialogue, {"telegram": decode}, clock=clock)
    flooded = [Receipt("telegram", str(n), "tg:1", str(n).encode(), stamp(clock())) for n in range(PRESSES + 100)]
    await db.write(inbox.receive, flooded)
    await service.drain()
    found = await rows(db, "SELECT kind, COUNT(*) AS n FROM outbox GROUP BY kind ORDER BY kind")
    assert {row["kind"]: row["n"] for row in found} == {"answer": PRESSES, "send": PRESSES + 1}


def _tickets(count: int, priority: str = "P3", status: str = "open") -> tuple[TicketView, ...]:
    return tuple(TicketView(n, status, f"x.{n}", "t", priority, stamp(NOW), stamp(NOW)) for n in range(count, 0, -1))


def _submit(dialogue: Dialogue, tickets: tuple[TicketView, ...]) -> Any:
    session = Session(met=True, lang="zh")
    for said in ("打印机卡纸了转人工", "转人工", "直接提交"):
        turn = dialogue.step(session, Incoming("text", NOW, said, limited=False), tickets, NOW)
        session = turn.session
        if session.draft is None and session.waiting == "which":
            press = Incoming("press", NOW, action="new:print.jam", limited=False)
            session = dialogue.step(session, press, tickets, NOW).session
    if session.draft is not None:
        turn = dialogue.step(session, Incoming("press", NOW, action="submit", limited=False), tickets, NOW)
    return turn


def test_a_second_fault_gets_a_ticket_of_its_own(dialogue: Dialogue) -> None:
    turn = _submit(dialogue, _tickets(1))
    assert any(isinstance(change, OpenTicket) for change in turn.changes), turn


def test_too_many_tickets_join_one_that_is_open(dialogue: Dialogue) -> None:
    turn = _submit(dialogue, _tickets(OPEN_TICKETS))
    assert not any(isinstance(change, OpenTicket) for change in turn.changes)
    assert "已加到工单 5" in turn.replies[0].text
    assert "卡纸" in turn.changes[-1].text


def test_a_graver_fault_gets_through(dialogue: Dialogue) -> None:
    turn = _submit(dialogue, _tickets(OPEN_TICKETS, priority="P4"))
    assert any(isinstance(change, OpenTicket) for change in turn.changes), turn


def test_tickets_that_were_solved_do_not_count_for_ever(dialogue: Dialogue) -> None:
    turn = _submit(dialogue, _tickets(15, status="closed"))
    assert any(isinstance(change, OpenTicket) for change in turn.changes), turn


def _photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (40, 90, 160)).save(out, "PNG")
    return out.getvalue()


async def test_photos_over_the_day_s_measure_are_not_kept_but_their_words_are(
    public: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "A_DAY", 2)
    async with Merchant(public) as merchant:
        last = (await merchant.seen(1))[-1]["id"]
        for caption in ("", "", "打印机卡纸了"):
            assert (await merchant.upload(_photo(), caption)).status_code == 202
            last = (await merchant.seen(2, after=last))[-1]["id"]
        shown = await merchant.seen(7)
    assert sum(bool(one["photo"]) for one in shown) == 2
    assert shown[-2]["text"] == "打印机卡纸了"
    assert shown[-1]["text"].startswith("今天收到的图片和文件已经很多了")
    assert "纸仓盖" in shown[-1]["text"]
    assert len(await rows(public.db, "SELECT id FROM media")) == 2


async def test_files_of_telegram_over_the_measure_are_not_even_fetched(
    db: Database, dialogue: Dialogue, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.service import Decoded
    from bot.store.turns import Attachment

    def decode(work: inbox.Work) -> Decoded:
        return Decoded(
            Incoming("media", clock(), "卡纸了", media="photo"), Attachment("photo", ref=work.payload.decode())
        )

    monkeypatch.setattr(media, "A_DAY", 3)
    service = Service(db, dialogue, {"telegram": decode}, clock=clock)
    for number in range(6):
        await db.write(inbox.receive, [Receipt("telegram", str(number), "tg:1", b"ref", stamp(clock()))])
        await service.drain()
    assert len(await rows(db, "SELECT id FROM media")) == 3
    assert len(await rows(db, "SELECT id FROM messages WHERE direction = 'in' AND text = '卡纸了'")) == 6
    assert len(await rows(db, "SELECT id FROM messages WHERE text LIKE '%已经很多了%'")) == 3
    clock.pass_(hours=25)
    await db.write(inbox.receive, [Receipt("telegram", "next", "tg:1", b"ref", stamp(clock()))])
    await service.drain()
    assert len(await rows(db, "SELECT id FROM media")) == 4


async def _stored(site: Site) -> int:
    names = ("inbox", "messages", "sessions", "media", "outbox", "timers")
    sql = " + ".join(f"(SELECT COUNT(*) FROM {name})" for name in names)
    return int((await rows(site.db, f"SELECT {sql} AS n"))[0]["n"])


async def test_visitors_who_never_come_back_store_nothing(public: Site) -> None:
    before = await _stored(public)
    async with public.client() as flooder:
        for _ in range(200):
            flooder.cookies.clear()
            assert (await flooder.post("/chat/open")).status_code == 200
            await flooder.get("/")
    assert await _stored(public) == before


async def test_chats_that_were_only_opened_are_erased_after_a_day(public: Site) -> None:
    async with Merchant(public) as silent, Merchant(public) as talking:
        await talking.say("报91")
        await talking.seen(3)
        await silent.seen(1)
    assert not await public.db.write(upkeep.drop_silent, datetime.now(UTC) + timedelta(hours=23))
    assert await public.db.write(upkeep.drop_silent, datetime.now(UTC) + timedelta(hours=25)) == 1
    assert len({row["chat"] for row in await rows(public.db, "SELECT chat FROM messages")}) == 1
    assert len(await rows(public.db, "SELECT chat FROM sessions")) == 1


async def test_new_visitors_are_counted_by_address_and_in_all(public: Site) -> None:
    async with public.client() as flooder:
        found = []
        for number in range(limiting.NEWCOMERS.amount + 5):
            body = {"key": str(uuid4()), "text": "x"}
            cookie = {"Cookie": f"posbot_chat={number:032x}"}
            found.append(await flooder.post("/chat/messages", json=body, headers=cookie))
        assert [one.status_code for one in found].count(202) == limiting.NEWCOMERS.amount
        assert found[-1].status_code == 429
        assert int(found[-1].headers["retry-after"]) > 0
        assert "请过几分钟再试" in found[-1].json()["error"]
        stream = await flooder.get("/chat/events", headers={"Cookie": f"posbot_chat={9:031x}f"})
        assert stream.status_code == 429
        known = {"Cookie": f"posbot_chat={0:032x}"}
        body = {"key": str(uuid4()), "text": "x"}
        assert (await flooder.post("/chat/messages", json=body, headers=known)).status_code == 202
    assert len({row["chat"] for row in await rows(public.db, "SELECT chat FROM inbox")}) == limiting.NEWCOMERS.amount


async def test_one_visitor_cannot_fill_the_inbox(public: Site) -> None:
    async with Merchant(public) as merchant:
        found = [(await merchant.say("报91")).status_code for _ in range(limiting.PRESSES_AND_WORDS.amount + 10)]
        assert found.count(202) == limiting.PRESSES_AND_WORDS.amount
        assert set(found) == {202, 429}
    async with Merchant(public) as other:
        assert (await other.say("报91")).status_code == 202


async def test_on_this_machine_alone_nobody_is_limited(db: Database, dialogue: Dialogue) -> None:
    async with running(db, dialogue) as site, Merchant(site) as merchant:
        found = [(await merchant.say("报91")).status_code for _ in range(limiting.POSTS.amount + 5)]
        assert set(found) == {202}
        await asyncio.sleep(0.1)
