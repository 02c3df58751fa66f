"""What every database promises. The fixture ``db`` names the backends; the tests know none of them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.dialogue.model import AddToTicket, Button, Incoming, OpenTicket, ReopenTicket, Reply, Session, Turn
from bot.errors import StoreError
from bot.store import inbox, outbox, ticketing, transcript, turns
from bot.store.base import Database, Row, Tx
from bot.store.inbox import Receipt
from bot.store.sqlite import SqliteDatabase
from bot.store.turns import AlreadyHandled, Arrived, stamp

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = stamp(NOW)
OPEN = OpenTicket("print.jam", "卡纸", "P3", "要报修", (), {"serial": "N9101234"})


def update(key: str, chat: str = "tg:1") -> Receipt:
    return Receipt("telegram", key, chat, b'{"text": "\\u0000 \\ud800"}', AT)


def arrived(work: inbox.Work) -> Arrived:
    return Arrived(work.id, work.channel, work.chat, Incoming("text", NOW, "打不出小票"))


async def rows(tx: Tx, table: str) -> list[Row]:
    return await tx.all(f"SELECT * FROM {table}")


async def take(db: Database, chat: str = "tg:1", key: str = "1") -> inbox.Work:
    await db.write(inbox.receive, [update(key, chat)])
    return next(work for work in await db.read(inbox.waiting, 10) if work.chat == chat)


async def test_an_update_is_stored_once(db: Database) -> None:
    assert await db.write(inbox.receive, [update("1"), update("2")]) == 2
    assert await db.write(inbox.receive, [update("2"), update("3")]) == 1
    assert (await db.read(inbox.depth))["count"] == 3


async def test_bytes_survive_as_they_came(db: Database) -> None:
    work = await take(db)
    assert work.payload == b'{"text": "\\u0000 \\ud800"}'


async def test_each_chat_gives_its_oldest_update_only(db: Database) -> None:
    await db.write(inbox.receive, [update("1", "tg:1"), update("2", "tg:1"), update("3", "tg:2")])
    found = await db.read(inbox.waiting, 10)
    assert [(work.chat, work.id) for work in found] == [("tg:1", 1), ("tg:2", 3)]
    assert [work.chat for work in await db.read(inbox.waiting, 10, ("tg:1",))] == ["tg:2"]


async def test_a_turn_is_stored_whole(db: Database) -> None:
    work = await take(db)
    reply = Reply("工单 \ue000", ((Button("提交", "submit"), Button("取消", "cancel")),))
    turn = Turn(Session(lang="zh", symptom="print.jam"), (reply,), (OPEN,), {"nudge": NOW + timedelta(minutes=10)})
    assert await db.write(turns.commit, arrived(work), turn, NOW) == 1
    assert await db.read(inbox.waiting, 10) == []
    said = await db.read(transcript.replies, "tg:1", 0)
    assert said[0]["text"] == "工单 1"
    assert await db.read(turns.button, "tg:1", said[0]["token"], 1) == ("取消", "cancel", NOW)
    parcels = await db.read(outbox.due, AT, 10)
    assert [(parcel.kind, parcel.chat) for parcel in parcels] == [("send", "tg:1")]
    again = await take(db, key="2")
    assert again.session is not None
    assert '"symptom":"print.jam"' in again.session
    assert again.tickets[0]["number"] == 1


async def test_a_turn_is_stored_once_or_not_at_all(db: Database) -> None:
    work = await take(db)
    turn = Turn(Session(), (Reply("好"),), (OPEN,))
    await db.write(turns.commit, arrived(work), turn, NOW)
    with pytest.raises(AlreadyHandled):
        await db.write(turns.commit, arrived(work), turn, NOW)
    assert len(await db.read(rows, "messages")) == 2
    assert len(await db.read(rows, "tickets")) == 1
    assert len(await db.read(rows, "outbox")) == 1


async def test_a_fault_in_one_operation_undoes_that_one_only(db: Database) -> None:
    async def broken(tx: Tx) -> None:
        await tx.run("INSERT INTO settings (key, value) VALUES ('a', '1')")
        raise ZeroDivisionError

    good = db.write(inbox.receive, [update("1")])
    bad = db.write(broken)
    results = await asyncio.gather(good, bad, return_exceptions=True)
    assert results[0] == 1
    assert isinstance(results[1], ZeroDivisionError)
    assert await db.read(rows, "settings") == []


async def test_a_button_belongs_to_its_chat(db: Database) -> None:
    work = await take(db)
    await db.write(turns.commit, arrived(work), Turn(Session(), (Reply("?", ((Button("有", "x"),),)),)), NOW)
    token = (await db.read(transcript.replies, "tg:1", 0))[0]["token"]
    assert await db.read(turns.button, "tg:2", token, 0) is None
    assert await db.read(turns.button, "tg:1", token, 5) is None
    assert await db.read(turns.button, "tg:1", "forged", 0) is None


async def open_ticket(db: Database, key: str, fresh: bool = False) -> int | None:
    work = await take(db, key=key)
    change = OpenTicket("print.jam", "卡纸", "P3", "", (), {}, fresh)
    return await db.write(
        turns.commit, arrived(work), Turn(Session(), (), (change,)), NOW + timedelta(seconds=int(key))
    )


async def test_a_chat_has_one_open_ticket_a_fault_unless_it_is_another_one(db: Database) -> None:
    assert [await open_ticket(db, "1"), await open_ticket(db, "2")] == [1, 1]
    assert await open_ticket(db, "3", fresh=True) == 2
    assert len(await db.read(rows, "tickets")) == 2


async def test_a_change_to_a_foreign_ticket_does_nothing(db: Database) -> None:
    await open_ticket(db, "1")
    work = await take(db, "tg:2", "2")
    turn = Turn(Session(), (), (AddToTicket(1, "x"), ReopenTicket(1, "x")))
    assert await db.write(turns.commit, arrived(work), turn, NOW) is None
    events = (await db.read(ticketing.show, 1))["events"]  # type: ignore[index]
    assert [event["kind"] for event in events] == ["opened"]


async def test_a_timer_fires_once_as_an_update_of_its_chat(db: Database) -> None:
    work = await take(db)
    turn = Turn(Session(), (), (), {"nudge": NOW + timedelta(minutes=5), "end": NOW + timedelta(hours=1)})
    await db.write(turns.commit, arrived(work), turn, NOW)
    later = stamp(NOW + timedelta(minutes=6))
    assert await db.write(outbox.fire, AT) == 0
    assert await db.write(outbox.fire, later) == 1
    assert await db.write(outbox.fire, later) == 0
    fired = (await db.read(inbox.waiting, 10))[0]
    assert (fired.channel, fired.payload, fired.home) == ("timer", b"nudge", "telegram")


async def test_the_outbox_keeps_a_chats_order(db: Database) -> None:
    for key in ("1", "2"):
        work = await take(db, key=key)
        await db.write(turns.commit, arrived(work), Turn(Session(), (Reply(key),)), NOW)
    first = (await db.read(outbox.due, AT, 10))[0]
    await db.write(outbox.later, first.id, "429", stamp(NOW + timedelta(seconds=30)))
    assert await db.read(outbox.due, AT, 10) == []
    later = stamp(NOW + timedelta(seconds=31))
    assert (await db.read(outbox.due, later, 10))[0].id == first.id
    await db.write(outbox.sent, first.id, "77", later)
    assert (await db.read(outbox.due, later, 10))[0].id == first.id + 1
    await db.write(outbox.failed, first.id + 1, "blocked", later)
    assert await db.read(outbox.due, later, 10) == []


async def test_forgetting_leaves_nothing_of_the_merchant(db: Database) -> None:
    await open_ticket(db, "1")
    work = await take(db, key="2")
    await db.write(turns.commit, arrived(work), Turn(Session(), (Reply("bye"),), forget=True), NOW)
    assert await db.read(rows, "messages") == []
    assert await db.read(rows, "sessions") == []
    ticket = (await db.read(rows, "tickets"))[0]
    assert (ticket["chat"], ticket["slots"], ticket["status"]) == ("forgotten", "{}", "closed")
    assert [row["payload"] for row in await db.read(rows, "inbox")] == [b"", b""]


async def test_listeners_hear_of_a_commit(db: Database) -> None:
    heard = asyncio.Event()
    stop = db.listen("inbox", heard.set)
    await db.write(inbox.receive, [update("1")])
    await asyncio.wait_for(heard.wait(), 2)
    stop()


async def test_many_writers_share_commits(db: Database) -> None:
    await asyncio.gather(*(db.write(inbox.receive, [update(str(number))]) for number in range(500)))
    assert (await db.read(inbox.depth))["count"] == 500


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "posbot.db"
    path.write_bytes(b"this is not a database, it only looks like a file" * 100)
    with pytest.raises(StoreError, match=r"posbot\.db"):
        await SqliteDatabase(path).open()


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "posbot.db")
    await database.open()

    async def newer(tx: Tx) -> None:
        await tx.run(
            """INSERT INTO _sqlite_migrations (migration_set, name, applied_at)
               VALUES ('posbot', '9999_future', 'now')"""
        )

    await database.write(newer)
    await database.close()
    with pytest.raises(StoreError, match="newer posbot"):
        await SqliteDatabase(tmp_path / "posbot.db").open()


async def test_what_was_accepted_is_stored_when_closing(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "posbot.db")
    await database.open()
    writes = [asyncio.create_task(database.write(inbox.receive, [update(str(number))])) for number in range(50)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    await database.open()
    assert (await database.read(inbox.depth))["count"] == 50
    await database.close()
