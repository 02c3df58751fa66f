"""posbot as a process behind a webhook: switched, killed, stopped, and started while Telegram is away."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from emulator import Emulator

from tests.soak.load import SCRIPT, Load
from tests.soak.process import Posbot

SECRET = "the-secret_of-this-test"


@pytest.fixture
def telegram() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def start(telegram: Emulator, tmp_path: Path) -> Iterator[Callable[..., Posbot]]:
    running: list[Posbot] = []

    def begin(pushed: bool = True, **extra: str) -> Posbot:
        one = Posbot(telegram, tmp_path, **extra)
        if pushed:
            one._env |= {"POSBOT_WEBHOOK_URL": f"http://127.0.0.1:{one.port}", "POSBOT_WEBHOOK_SECRET": SECRET}
        running.append(one)
        one.start()
        return one

    yield begin
    for one in running:
        one.kill()


def wait(ready: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"not so within {seconds} s"
        time.sleep(0.05)


@pytest.mark.long
def test_switching_both_ways_loses_nothing_and_the_secret_stands_nowhere(
    start: Callable[..., Posbot], telegram: Emulator, tmp_path: Path
) -> None:
    said = 0
    for pushed in (False, True, False, True):
        running = start(pushed, POSBOT_LOG="json")
        assert bool(telegram.webhook()) is pushed
        for _ in range(3):
            telegram.user_text(5, "你好")
        said += 3
        wait(lambda said=said: telegram.count(5) >= said)
        running.terminate()
        telegram.user_text(5, "你好")  # waits at Telegram for the other way
        said += 1
    start(False)
    wait(lambda: telegram.count(5) == said)
    assert telegram.pending() == []
    written = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert written == []


def test_a_kill_between_receipt_and_reply_loses_nothing(start: Callable[..., Posbot], telegram: Emulator) -> None:
    running = start()
    load = Load(telegram, 30)
    load.start()
    time.sleep(0.6)
    running.kill()
    running.start()
    load.stop()
    wait(lambda: not telegram.pending() and all(telegram.count(chat) >= len(SCRIPT) for chat in load.sent), 60)
    for chat in load.sent:
        once = list(dict.fromkeys(telegram.texts(chat)))
        assert len(once) == len(SCRIPT)
        assert "屏幕" in once[0]
    with sqlite3.connect(running.database) as db:
        assert {row[0] for row in db.execute("SELECT COUNT(*) FROM tickets GROUP BY chat")} == {1}


def test_web_and_desk_are_up_while_telegram_cannot_be_reached(telegram: Emulator, tmp_path: Path) -> None:
    telegram.outage("drop_before")
    one = Posbot(telegram, tmp_path)
    starting = threading.Thread(target=one.start)
    starting.start()
    base = f"http://127.0.0.1:{one.port}"
    try:
        wait(lambda: answers(base, "/readyz") == 200)
        parts = httpx.get(f"{base}/healthz", trust_env=False).json()["parts"]
        assert (parts["intake"], parts["sender"], parts["worker"], parts["store"]) == (False, False, True, True)
        with httpx.Client(base_url=base, trust_env=False, headers={"Origin": base}, timeout=10) as browser:
            browser.post("/chat/open").raise_for_status()
            browser.post("/chat/messages", json={"key": str(uuid4()), "text": "打不出小票"}).raise_for_status()
            with browser.stream("GET", "/chat/events") as stream:
                assert any("屏幕" in line for line in stream.iter_lines())
        assert "connected as" not in one.log.read_text()
        telegram.clear_faults()
        starting.join(20)
        assert not starting.is_alive()
        wait(lambda: "connected as @posbot_test_bot" in one.log.read_text())
    finally:
        one.kill()


def answers(base: str, path: str) -> int:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(base + path, trust_env=False).status_code
    return 0


def test_readiness_goes_first_when_posbot_is_asked_to_stop(start: Callable[..., Posbot], telegram: Emulator) -> None:
    running = start(POSBOT_DRAIN_SECONDS="2")
    assert running._process is not None
    running._process.terminate()
    base = f"http://127.0.0.1:{running.port}"
    wait(lambda: answers(base, "/readyz") == 503, 2)
    assert answers(base, "/livez") == 200
    telegram.user_text(5, "你好")
    wait(lambda: telegram.count(5) == 1, 2)  # who was still sent here is still served
    assert running._process.wait(10) == 0
