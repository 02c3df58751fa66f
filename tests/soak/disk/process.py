"""One posbot on a disk that can be made to fail, and what Telegram and the web chat see of it."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx

from tests.emulator import Emulator

POSBOT = str(Path(sys.executable).parent / "posbot")
PRIVATE = ("unshare", "--mount", "--map-root-user", "sh", "-c",
           'mount -t tmpfs -o size="$1" none "$0" && shift && exec "$@"')  # fmt: skip
"""A small disk that only the process sees, at a folder ($0) and of a size ($1)."""

KEYS = """
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", timeout=10, uri=True) as db:
    print(*(row[0] for row in db.execute("SELECT key FROM inbox WHERE channel = 'telegram'")))
"""


def until(ready: Callable[[], object], seconds: float, what: str) -> float:
    """Wait until something is so; returns how many seconds that took, TimeoutError if it never was."""
    began = time.monotonic()
    while not ready():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - began


class Posbot:
    """``posbot run`` with its database in ``disk``; its log stands elsewhere."""

    def __init__(self, telegram: Emulator, folder: Path, prefix: tuple[str, ...] = (), **extra: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.disk = folder / "disk"
        self.disk.mkdir(exist_ok=True)
        self.log = folder / "posbot.log"
        self.database = self.disk / "posbot.db"
        self.program = [POSBOT]
        self._telegram = telegram
        self._prefix = prefix
        self.environment = {
            **os.environ, "POSBOT_TELEGRAM_TOKEN": telegram.token, "POSBOT_TELEGRAM_API_URL": telegram.url,
            "POSBOT_DATABASE": str(self.database), "POSBOT_LISTEN": self.url.removeprefix("http://"),
            "POSBOT_TELEGRAM_RATE": "0", **extra,
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running posbot."""
        assert self.process is not None
        return self.process.pid

    @property
    def seen_disk(self) -> Path:
        """The disk as the process sees it."""
        return Path(f"/proc/{self.pid}/root{self.disk}")

    def launch(self) -> None:
        """Start it and return at once."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*self._prefix, *self.program, "run"], env=self.environment, stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL, cwd=self.log.parent)  # fmt: skip

    def start(self) -> float:
        """Start it and wait until it is healthy; returns the seconds that took."""
        self.launch()
        return until(lambda: self.ended() or self.healthy(), 90, "posbot is healthy")

    def ended(self) -> bool:
        """Tell whether it ended; RuntimeError while that was not asked for."""
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"posbot ended with {self.process.returncode}: {self.log.read_text()[-1500:]}")
        return False

    def healthy(self) -> bool:
        """Tell whether /healthz is green."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End it without a warning."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> int:
        """Ask it to end; returns its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command of posbot on the same database, seeing the same disk."""
        return subprocess.run([POSBOT, *words], env=self.environment, cwd=self.log.parent, capture_output=True,
                              text=True, timeout=120, check=False)  # fmt: skip

    def said(self) -> list[str]:
        """Return the lines of the log."""
        return self.log.read_text("utf-8").splitlines()

    def unstored(self) -> int:
        """Return how many updates Telegram was told to forget that are not in the database."""
        inside = ("nsenter", "--user", "--mount", "--preserve-credentials", f"--target={self.pid}")
        command = [*(inside if self._prefix else ()), sys.executable, "-c", KEYS, str(self.database)]
        waiting = set(self._telegram.pending())  # first: what is confirmed later is stored before
        listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        kept = {int(key) for key in listed.stdout.split()}
        known = kept | waiting
        return len(set(range(min(known, default=0), max(known, default=0))) - known)


class Visitor:
    """A merchant in the web chat: counts what was accepted, keeps what was refused."""

    def __init__(self, posbot: Posbot) -> None:
        self._posbot = posbot
        self._cookies = httpx.Cookies()
        self.accepted: list[str] = []
        opened = self._post("open", {})
        opened.raise_for_status()
        self._cookies = opened.cookies

    def say(self, text: str = "打不出小票") -> tuple[int, str]:
        """Post a message; returns the status and the sentence that the page shows."""
        key = str(uuid.uuid4())
        answer = self._post("messages", {"key": key, "text": text})
        if answer.status_code == 202:
            self.accepted.append(key)
        return answer.status_code, str(answer.json().get("error", ""))

    def lost(self, database: Path) -> int:
        """Return how many accepted messages are not in a database."""
        with closing(sqlite3.connect(database)) as db:
            kept = {row[0].rpartition(":")[2] for row in db.execute("SELECT key FROM inbox WHERE channel = 'web'")}
        return len(set(self.accepted) - kept)

    def _post(self, name: str, body: dict[str, str]) -> httpx.Response:
        url = self._posbot.url
        return httpx.post(f"{url}/chat/{name}", json=body, cookies=self._cookies, headers={"Origin": url}, timeout=30)
