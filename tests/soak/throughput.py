"""posbot against a bare echo bot on the same emulator: messages a second, CPU a message, and how long a reply takes.

python -m tests.soak throughput [--messages N]. Every run has a fresh emulator in a process of its own; the emulator's
ceiling is measured with a client that does nothing but send.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.emulator import TOKEN, RemoteEmulator
from tests.emulator.client import elsewhere
from tests.soak.load import SCRIPT, steadily
from tests.soak.process import Process, lonely, used

CHATS = 500
SHARE = 0.8
"""Of the echo bot's throughput that posbot must reach."""
P99 = 0.15
"""Seconds within which 99 of 100 replies must be there."""
SIDE_BY_SIDE = (0, 8, 256)
"""Settings of the echo bot's ``concurrent_updates``; 0 is the default, one after the other."""
WARM = 300


@dataclass(frozen=True, slots=True)
class Speed:
    """One contender's figures; ``emulator`` is the share of a core that the emulator used meanwhile."""

    name: str
    rate: float
    cpu: float
    emulator: float

    def __str__(self) -> str:
        return f"{self.name:34} {self.rate:8.0f} {1000 * self.cpu:10.2f} {self.emulator:9.0%}"


def run(messages: int, seconds: float) -> bool:
    """Print the table; tells whether posbot keeps its promises."""
    ceiling = _ceiling()
    sys.stdout.write(f"emulator alone, 8 connections that only send: {ceiling:.0f} messages/s\n")
    sys.stdout.write(f"{'':34} {'msgs/s':>8} {'CPU ms/msg':>10} {'emulator':>9}\n")
    echoes = [_echo(messages, setting) for setting in SIDE_BY_SIDE]
    posbot = _posbot(messages)
    best = max(echo.rate for echo in echoes)
    replies = sorted(latencies(50, seconds))
    p50, p99 = (replies[int(share * (len(replies) - 1))] for share in (0.5, 0.99))
    sys.stdout.write(f"posbot / echo bot: {posbot.rate / echoes[0].rate:.0%} of its default, "
                     f"{posbot.rate / best:.0%} of its best setting (promise: {SHARE:.0%})\n")  # fmt: skip
    sys.stdout.write(f"replies at 50 messages/s over {CHATS} chats, {len(replies)} replies: p50 {1000 * p50:.0f} ms, "
                     f"p99 {1000 * p99:.0f} ms, worst {1000 * replies[-1]:.0f} ms (promise: p99 150 ms)\n")  # fmt: skip
    return posbot.rate >= SHARE * best and p99 <= P99


def latencies(rate: float, seconds: float) -> list[float]:
    """Return the seconds from a merchant's message to its reply, posbot under a steady rate; the first 3 s warm it."""
    with lonely() as (telegram, posbot):
        posbot.start()
        began = time.time()
        count = steadily(telegram, rate, seconds + 3, CHATS)
        _wait(telegram, count)
        posbot.terminate()
        return [took for at, took in telegram.reply_times() if at > began + 3]


def _posbot(messages: int) -> Speed:
    with lonely() as (telegram, posbot):
        posbot.start()
        return _speed("posbot", telegram, posbot, messages)


def _echo(messages: int, side_by_side: int) -> Speed:
    with elsewhere(TOKEN) as telegram, tempfile.TemporaryDirectory() as folder:
        command = ["-m", "tests.soak.echo", telegram.url, telegram.token, str(side_by_side)]
        echo = Process(command, Path(folder), "echo")
        echo.launch()
        setting = f"concurrent_updates={side_by_side}" if side_by_side else "default"
        return _speed(f"echo bot, {setting}", telegram, echo, messages)


def _speed(name: str, telegram: RemoteEmulator, bot: Process, messages: int) -> Speed:
    try:
        telegram.user_texts(_lines(WARM, first=1_000_000))
        _wait(telegram, WARM)
        before, served = bot.cpu(), used(telegram.pid)
        began = time.time()
        telegram.user_texts(_lines(messages))
        _wait(telegram, WARM + messages)
        took = max(at + seconds for at, seconds in telegram.reply_times()) - began
        speed = Speed(name, messages / took, (bot.cpu() - before) / messages, (used(telegram.pid) - served) / took)
    finally:
        bot.kill()
    sys.stdout.write(f"{speed}\n")
    sys.stdout.flush()
    return speed


def _lines(count: int, first: int = 10_000) -> list[tuple[int, str]]:
    """Return the script of many chats: every chat says its first line, then every chat its second."""
    chats = -(-count // len(SCRIPT))
    return [(first + number % chats, SCRIPT[number // chats]) for number in range(count)]


def _wait(telegram: RemoteEmulator, count: int) -> None:
    until = time.monotonic() + 600
    while telegram.total() < count:
        if time.monotonic() > until:
            raise TimeoutError(f"{telegram.total()} of {count} replies came within 10 minutes")
        time.sleep(0.2)


def _ceiling(messages: int = 6000) -> float:
    with elsewhere(TOKEN) as telegram:
        telegram.user_text(5, "hello")
        began = time.monotonic()
        asyncio.run(_send(telegram, messages))
        return messages / (time.monotonic() - began)


async def _send(telegram: RemoteEmulator, messages: int, connections: int = 8) -> None:
    """Send prepared requests over plain sockets: what a bot without any cost of its own would reach."""
    body = b'{"chat_id": 5, "text": "hello"}'
    head = (f"POST /bot{telegram.token}/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")  # fmt: skip
    place = urlsplit(telegram.url)

    async def one() -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        for _ in range(messages // connections):
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
