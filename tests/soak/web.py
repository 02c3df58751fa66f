"""How fast a posbot on this machine is for somebody at the browser: ready after, reply after, stopped after."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.emulator import Emulator
from tests.soak.process import Posbot

SAID = ("打不出小票", "缺纸", "还是不行", "返回", "报91", "清楚了", "手续费多扣了", "转人工", "还能收", "直接提交")


def main() -> int:
    """Print medians over five starts; status 1 where a limit is broken."""
    starts, replies, stops = [], [], []
    with Emulator() as telegram, tempfile.TemporaryDirectory() as folder:
        for number in range(5):
            place = Path(folder) / str(number)
            place.mkdir()
            posbot = Posbot(telegram, place, POSBOT_TELEGRAM_TOKEN="")
            starts.append(posbot.start())
            replies += _talk(posbot.port)
            stops.append(posbot.terminate())
    replies.sort()
    sys.stdout.write(f"ready after   {statistics.median(starts):.2f} s (worst {max(starts):.2f})\n")
    sys.stdout.write(f"reply after   {1000 * statistics.median(replies):.0f} ms (p95 "
                     f"{1000 * replies[int(0.95 * len(replies))]:.0f}, worst {1000 * replies[-1]:.0f})\n")  # fmt: skip
    sys.stdout.write(f"stopped after {statistics.median(stops):.2f} s (worst {max(stops):.2f})\n")
    return 0 if statistics.median(starts) <= 2 and statistics.median(replies) <= 0.1 else 1


def _talk(port: int) -> list[float]:
    base = f"http://127.0.0.1:{port}"
    seconds = []
    with httpx.Client(base_url=base, headers={"Origin": base}, timeout=10) as browser:
        browser.post("/chat/open", json={}).raise_for_status()
        with browser.stream("GET", "/chat/events") as stream:
            heard = _heard(stream)
            next(heard)  # the greeting
            for text in SAID:
                began = time.monotonic()
                browser.post("/chat/messages", json={"key": str(uuid.uuid4()), "text": text}).raise_for_status()
                next(heard)
                seconds.append(time.monotonic() - began)
    return seconds


def _heard(stream: httpx.Response) -> Iterator[str]:
    """Yield what the bot says; the visitor's own messages come back on the stream as well."""
    for line in stream.iter_lines():
        if line.startswith("data:"):
            message = json.loads(line.removeprefix("data:"))
            if isinstance(message, dict) and not message.get("mine", True):
                yield message["text"]


if __name__ == "__main__":
    raise SystemExit(main())
