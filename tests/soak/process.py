"""Processes to be measured, killed and started again: one posbot, or any other bot."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from tests.emulator import TOKEN, Emulator, RemoteEmulator
from tests.emulator.client import elsewhere

ROOT = Path(__file__).parents[2]
START_SECONDS = 180
"""Until a start counts as failed; the slowest is reported."""


class Process:
    """A program in a process of its own; what it prints goes to ``log``."""

    def __init__(self, command: list[str], folder: Path, name: str, **environment: str) -> None:
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, *command]
        self._folder = folder
        paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self._env = {**os.environ, "PYTHONPATH": paths, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; 0 where it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def launch(self, *arguments: str) -> None:
        """Start it and return at once."""
        with self.log.open("ab") as log:
            command = [*self._command, *arguments]
            self._process = subprocess.Popen(command, env=self._env, stdout=log, stderr=log, cwd=self._folder)

    def kill(self) -> None:
        """End it without a warning."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def terminate(self) -> float:
        """Ask it to end; returns the seconds until it did. Raises subprocess.TimeoutExpired after 30 s."""
        began = time.monotonic()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
        return time.monotonic() - began

    def ended(self, seconds: float) -> bool:
        """Wait until it ended by itself, for some seconds at most; tells whether it did."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process is not None:
                self._process.wait(seconds)
        return not self.pid

    def cpu(self) -> float:
        """Return the CPU seconds that it and its children have used."""
        return used(self.pid) if self.pid else 0.0

    def memory(self) -> int:
        """Return the bytes that it and its children hold (resident)."""
        return sum(process.memory_info().rss for process in self._tree())

    def _tree(self) -> list[psutil.Process]:
        if not self.pid:
            return []
        first = psutil.Process(self.pid)
        return [first, *first.children(recursive=True)]


class Posbot(Process):
    """``posbot run`` against an emulator, on its own port; ``database`` is a file in ``folder`` or a DSN."""

    def __init__(
        self, telegram: Emulator | RemoteEmulator, folder: Path, name: str = "posbot", database: str = "", **extra: str
    ) -> None:
        self.port = _free_port()
        self.database = database or str(folder / "posbot.db")
        super().__init__(
            ["-m", "tests.soak.launch"], folder, name,
            **{"POSBOT_TELEGRAM_TOKEN": telegram.token, "POSBOT_TELEGRAM_API_URL": telegram.url,
               "POSBOT_DATABASE": self.database, "POSBOT_LISTEN": f"127.0.0.1:{self.port}",
               "POSBOT_TELEGRAM_RATE": "0", **extra},
        )  # fmt: skip

    def start(self, point: str = "", passes: int = 0) -> float:
        """Start it and wait until it is healthy; returns the seconds that took.

        With a ``point`` it kills itself there at the n-th pass, and may be dead before it was healthy.
        """
        began = time.monotonic()
        self.launch(*([point, str(passes)] if point else []))
        while time.monotonic() - began < START_SECONDS:
            if self.ended(0):
                if point:
                    break
                raise RuntimeError(f"posbot ended: {self.log.read_text()[-2000:]}")
            if self.healthy():
                break
            time.sleep(0.02)
        else:
            raise TimeoutError(f"posbot was not healthy within {START_SECONDS} s")
        return time.monotonic() - began

    def healthy(self) -> bool:
        """Tell whether /healthz is green."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


@contextlib.contextmanager
def lonely(seed: int = 0) -> Iterator[tuple[RemoteEmulator, Posbot]]:
    """Yield an emulator in a process of its own and a posbot, not started yet; both are gone afterwards."""
    with elsewhere(TOKEN, seed) as telegram, tempfile.TemporaryDirectory() as folder:
        posbot = Posbot(telegram, Path(folder))
        try:
            yield telegram, posbot
        finally:
            posbot.kill()


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
