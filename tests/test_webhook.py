"""Telegram's webhook over real HTTP: who is let in, what is stored, what is sent again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulator import Emulator
from telegram import Bot
from telegram.request import HTTPXRequest
from website import free_port

from bot.app import DECODERS
from bot.channels import webhook
from bot.channels.polling import Poller
from bot.channels.sender import Sender
from bot.channels.webhook import PATH, WebhookIntake
from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.service import Service
from bot.store import inbox, sqlite
from bot.store.base import Database, Row, Tx
from bot.store.sqlite import SqliteDatabase
from bot.vitals import Vitals
from bot.web.app import create_app
from bot.web.server import serve
from tests.soak.load import SCRIPT

SECRET = "the-secret_of-this-test"
HEADER = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


@pytest.fixture
async def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqliteDatabase]:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    database = SqliteDatabase(tmp_path / "posbot.db")
    await database.open()
    yield database
    await database.close()


class Lock:
    """Another program's lock on the database file: while it holds, every write is refused."""

    def __init__(self, path: Path) -> None:
        self._other = sqlite3.connect(path, check_same_thread=False)

    def take(self) -> None:
        self._other.execute("BEGIN IMMEDIATE")

    def give(self) -> None:
        self._other.rollback()


@pytest.fixture
def lock(db: SqliteDatabase) -> Iterator[Lock]:
    made = Lock(db.path)
    yield made
    made._other.close()


@dataclass
class Site:
    base: str
    intake: WebhookIntake
    db: Database
    vitals: Vitals

    async def push(self, body: object, headers: dict[str, str] = HEADER) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with httpx.AsyncClient(trust_env=False) as telegram:
            return await telegram.post(self.base + PATH, content=content, headers=headers)


@pytest.fixture
def telegram() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def bot(telegram: Emulator) -> AsyncIterator[Bot]:
    request = HTTPXRequest(connection_pool_size=16, connect_timeout=2, read_timeout=2)
    made = Bot(telegram.token, base_url=telegram.base_url, base_file_url=telegram.file_url, request=request)
    await made.initialize()
    yield made
    await made.shutdown()


@contextlib.asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def site(bot: Bot, db: Database, telegram: Emulator) -> AsyncIterator[Site]:
    """The webhook's route on the real pages, nothing else running."""
    port = free_port()
    intake = WebhookIntake(bot, db, f"http://127.0.0.1:{port}", SECRET)
    vitals = Vitals(db, {"intake": intake})
    settings = Settings(_env_file=None, listen=f"127.0.0.1:{port}", telegram_api_url=telegram.url)  # type: ignore[call-arg]
    up = asyncio.Event()
    app = create_app(db, settings, vitals, routes=[intake.route])
    task = asyncio.create_task(serve(app, settings, up.set))
    await asyncio.wait_for(up.wait(), 10)
    yield Site(f"http://127.0.0.1:{port}", intake, db, vitals)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(ready: Callable[[], Any], seconds: float = 10) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := ready():
            return value
        await asyncio.sleep(0.02)
    raise AssertionError(f"not so within {seconds} s")


async def rows(tx: Tx) -> list[Row]:
    return await tx.all("SELECT key, chat, payload, reason FROM inbox ORDER BY id")


def update(number: int, text: str = "打不出小票", chat: int = 5) -> dict[str, Any]:
    where = {"id": chat, "type": "private", "first_name": "A"}
    message = {"message_id": number, "date": 1_770_000_000, "chat": where, "from": {**where, "is_bot": False}}
    return {"update_id": number, "message": {**message, "text": text}}


@pytest.mark.parametrize("headers", [{}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"},
                                     {"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]},
                                     {"X-Telegram-Bot-Api-Secret-Token": ""}])  # fmt: skip
async def test_without_the_secret_nothing_is_taken(site: Site, headers: dict[str, str]) -> None:
    answer = await site.push(update(1), headers)
    assert answer.status_code == 403
    assert SECRET not in answer.text
    assert await site.db.read(rows) == []


async def test_the_secret_is_looked_at_before_the_body(site: Site) -> None:
    """A stranger who promises a body and never sends it is turned away at once."""
    address = site.base.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*address.split(":"))
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000\r\n\r\n".encode())
    assert b"403" in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_a_push_is_stored_before_it_is_acknowledged_and_stored_once(site: Site) -> None:
    for _ in range(3):
        assert (await site.push(update(7))).status_code == 200
        assert [row["key"] for row in await site.db.read(rows)] == ["7"]


async def test_a_card_number_in_a_push_is_not_stored(site: Site) -> None:
    card = "4111" + "1" * 12
    assert (await site.push(update(7, f"卡号 {card}"))).status_code == 200
    assert (await site.push(f'{{"update_id": 8, "message": {{"text": "{card}" broken'.encode())).status_code == 200
    stored = await site.db.read(rows)
    assert [row["key"] for row in stored] == ["7", "8"]
    assert not [row for row in stored if card.encode() in bytes(row["payload"])]


async def test_a_large_body_is_refused(site: Site) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    assert (await site.push(b" " * 1_000_001)).status_code == 413
    async with httpx.AsyncClient(trust_env=False) as stranger:
        assert (await stranger.post(site.base + PATH, content=chunks(), headers=HEADER)).status_code == 413
    assert (await site.push(update(1, "好" * 4096))).status_code == 200


async def test_a_slow_body_holds_up_nobody_and_one_cut_short_is_not_stored(site: Site) -> None:
    address = site.base.removeprefix("http://")
    _, writer = await asyncio.open_connection(*address.split(":"))
    head = f"POST {PATH} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000\r\n{next(iter(HEADER))}: {SECRET}\r\n\r\n"
    writer.write(head.encode() + b'{"update_id": 1')
    await writer.drain()
    began = time.monotonic()
    assert (await site.push(update(2))).status_code == 200
    assert time.monotonic() - began < 2
    writer.close()
    await asyncio.sleep(0.1)
    assert [row["key"] for row in await site.db.read(rows)] == ["2"]


ODD = [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b"[1, 2]", b'"x"', b'{"update_id": 5, "message": ',
       b'{"update_id": "x"}', b'{"update_id": 6, "message": {"text": "\\ud800"}}', b"1" * 5000]  # fmt: skip


async def test_absurd_bodies_are_parked_and_the_next_is_handled(
    site: Site, bot: Bot, db: Database, dialogue: Dialogue, telegram: Emulator
) -> None:
    telegram.chat_info(5)
    async with running(Service(db, dialogue, DECODERS), Sender(bot, db, 0)):
        for body in ODD:
            assert (await site.push(body)).status_code == 200, body[:20]
        assert (await site.push(update(9))).status_code == 200
        await until(lambda: telegram.count(5) == 1)
        while (await db.read(inbox.depth))["count"]:  # noqa: ASYNC110 - the test's timeout ends it
            await asyncio.sleep(0.02)
    parked = [row for row in await db.read(rows) if row["reason"]]
    assert len(parked) == len(ODD)


async def test_a_store_that_refuses_is_tried_again_and_the_order_holds(
    site: Site, bot: Bot, db: Database, dialogue: Dialogue, telegram: Emulator, lock: Lock
) -> None:
    lock.take()
    answer = await site.push(update(1))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    async with running(Service(db, dialogue, DECODERS), Sender(bot, db, 0), site.intake):
        await until(telegram.webhook)
        for text in SCRIPT:
            telegram.user_text(6, text)
        await until(lambda: telegram.tried() > 0)
        assert await db.read(rows) == []
        lock.give()
        await until(lambda: telegram.count(6) == len(SCRIPT))
        assert telegram.pending() == []
        assert "屏幕" in telegram.texts(6)[0]
        assert "编号 1" in telegram.texts(6)[3]


async def test_the_webhook_is_set_again_when_it_was_changed(
    site: Site, bot: Bot, telegram: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "EVERY", 0.05)
    address = site.base + PATH
    async with running(site.intake):
        await until(lambda: telegram.webhook() == address)
        assert (await bot.get_webhook_info()).allowed_updates == ("message", "edited_message", "callback_query")
        await bot.set_webhook("https://elsewhere.example/")
        await until(lambda: telegram.webhook() == address)
        await bot.delete_webhook()
        await until(lambda: telegram.webhook() == address)
        telegram.user_text(5, "你好")
        await until(lambda: not telegram.pending())


async def test_intake_is_red_while_telegram_cannot_hand_over(
    site: Site, telegram: Emulator, lock: Lock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(webhook, "EVERY", 0.05)
    monkeypatch.setattr(webhook, "SOON", 0.05)
    async with running(site.intake):
        await until(telegram.webhook)
        async with httpx.AsyncClient(base_url=site.base, trust_env=False) as machine:

            async def shows(status: int) -> None:
                while (await machine.get("/healthz")).status_code != status:  # noqa: ASYNC110 - the test's timeout ends it
                    await asyncio.sleep(0.02)

            await shows(200)
            lock.take()
            telegram.user_text(5, "你好")
            while (await machine.get("/healthz")).json()["parts"]["intake"]:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
            assert "posbot_webhook_pending 1.0" in (await machine.get("/metrics")).text
            lock.give()
            await shows(200)
            assert not telegram.pending()
    assert "Telegram could not hand an update over: Wrong response from the webhook: 503" in caplog.messages


async def test_polling_takes_over_from_a_webhook_and_loses_nothing(
    site: Site, bot: Bot, db: Database, telegram: Emulator, lock: Lock
) -> None:
    lock.take()
    async with running(site.intake):
        await until(telegram.webhook)
        for _ in range(3):
            telegram.user_text(5, "你好")
        await until(lambda: telegram.tried() > 0)
    lock.give()
    async with running(Poller(bot, db)):  # the webhook still stands: an earlier posbot may set it in its last moment
        await until(lambda: not telegram.pending())
    assert len(await db.read(rows)) == 3
    assert telegram.webhook() == ""
