"""One posbot as a process of its own, to be killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from tests.emulator import Emulator


class Posbot:
    """``posbot run`` against an emulator, on its own database and port."""

    def __init__(self, telegram: Emulator, folder: Path, **extra: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self.log = folder / "posbot.log"
        self._env = {**os.environ, "POSBOT_TELEGRAM_TOKEN": telegram.token, "POSBOT_TELEGRAM_API_URL": telegram.url,
                     "POSBOT_DATABASE": str(folder / "posbot.db"), "POSBOT_LISTEN": f"127.0.0.1:{self.port}",
                     "POSBOT_TELEGRAM_RATE": "0", **extra}  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and wait until it is healthy; returns the seconds that took."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            command = [str(Path(sys.executable).parent / "posbot"), "run"]
            self._process = subprocess.Popen(command, env=self._env, stdout=log, stderr=log, cwd=self.folder)
        while time.monotonic() - began < 60:
            if self._process.poll() is not None:
                raise RuntimeError(f"posbot ended with {self._process.returncode}: {self.log.read_text()[-2000:]}")
            if self.healthy():
                return time.monotonic() - began
            time.sleep(0.02)
        raise TimeoutError("posbot was not healthy within 60 s")

    def healthy(self) -> bool:
        """Tell whether /healthz is green."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def cpu(self) -> float:
        """Return the CPU seconds it has used."""
        return used(self._process.pid) if self._process else 0.0

    def kill(self) -> None:
        """End it without a warning."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def terminate(self) -> float:
        """Ask it to end; returns the seconds until it did."""
        began = time.monotonic()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
        return time.monotonic() - began


def used(pid: int) -> float:
    """Return the CPU seconds that a process and its children, those that ended too, have used."""
    process = psutil.Process(pid)
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + (times.children_user + times.children_system) * (one is process)
    return total


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
