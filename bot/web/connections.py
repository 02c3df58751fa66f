"""Connections of the HTTP server: how many, from where, and how long a request may take to be written."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 3000
"""Connections open at once in this process; fewer where the system allows fewer files."""
PER_ADDRESS = 200
"""Connections of one address, this machine and trusted proxies excepted: an office behind one address is many."""
HEAD_SECONDS = 10.0
"""Time to send the head of a request; the body has a time of its own, see the guard."""
FILES = 8192


class Connection(H11Protocol):
    """uvicorn's connection, which alone would wait for the head of a request for ever."""

    _peers: ClassVar[Counter[str]] = Counter()

    def __init__(self, *args: Any, exempt: Callable[[str], bool], most: int = MOST, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._exempt = exempt
        self._most = most
        self._peer = ""
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection, or drop one that is too many."""
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        if not self._exempt(host):
            self._peer = host
            self._peers[host] += 1
        if len(self.connections) > self._most or self._peers[self._peer] > PER_ADDRESS:
            transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take bytes; the clock runs while a request's head is not complete."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop()
        if self._peer:
            self._peers[self._peer] -= 1
            if not self._peers[self._peer]:
                del self._peers[self._peer]
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def room() -> int:
    """Let the process open as many files as it may, and return how many connections that leaves room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if 0 <= soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return MOST if soft < 0 else min(MOST, soft // 2)
