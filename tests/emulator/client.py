"""The emulator of another process, driven over /control with the same actions."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from .actions import Actions, decode, encode

if TYPE_CHECKING:
    Described = Actions  # lets the type checker see the actions that __getattr__ finds
else:
    Described = object


class RemoteEmulator(Described):
    """`RemoteEmulator("http://127.0.0.1:8081").user_text(5, "hello")`; unknown actions raise LookupError."""

    def __init__(self, url: str, token: str = "", pid: int = 0) -> None:
        self.token, self.pid = token, pid
        self.url = url.rstrip("/")
        self.base_url, self.file_url = f"{self.url}/bot", f"{self.url}/file/bot"
        self._client = httpx.Client(timeout=30, trust_env=False)

    def wait_up(self, timeout: float = 10.0) -> None:
        """Wait until the emulator answers; httpx.TransportError after `timeout` seconds."""
        until = time.monotonic() + timeout
        while True:
            try:
                self._call("ping", (), {})
                return
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]:
            """Return an action that runs over HTTP."""
            if name.startswith("_") or not callable(getattr(Actions, name, None)):
                raise AttributeError(name)
            return lambda *args, **kwargs: self._call(name, args, kwargs)

    def _call(self, name: str, args: Any, kwargs: Any) -> Any:
        given = {"args": encode(list(args)), "kwargs": encode(kwargs)}
        answer = self._client.post(f"{self.url}/control/{name}", json=given)
        body = answer.json()
        if answer.status_code != 200:
            raise LookupError(body.get("reason", str(body)))
        return decode(body["result"])


@contextlib.contextmanager
def elsewhere(token: str, seed: int = 0) -> Iterator[RemoteEmulator]:
    """Run an emulator in a process of its own, so that a load is not measured with it; yield the way to it."""
    command = [sys.executable, "-m", "tests.emulator", "--token", token, "--seed", str(seed)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            telegram = RemoteEmulator(url, token, process.pid)
            telegram.wait_up()
            with contextlib.closing(telegram):
                yield telegram
        finally:
            process.kill()
