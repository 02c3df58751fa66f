"""The emulator of another process, driven over /control with the same actions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

from .actions import Actions, decode, encode

if TYPE_CHECKING:
    Described = Actions  # lets the type checker see the actions that __getattr__ finds
else:
    Described = object


class RemoteEmulator(Described):
    """`RemoteEmulator("http://127.0.0.1:8081").user_text(5, "hello")`; unknown actions raise LookupError."""

    def __init__(self, url: str) -> None:
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
