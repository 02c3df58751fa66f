"""The HTTP server: bound before it is called ready, stopped without waiting for open streams."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Iterator
from functools import partial

import uvicorn
from starlette.applications import Starlette

from bot.config import Settings
from bot.errors import ConfigError
from bot.web.app import end_streams
from bot.web.connections import Connection, room

BACKLOG = 512
STOP_SECONDS = 5
"""Time that requests under way get on shutdown."""
KEEP_ALIVE = 10
"""Seconds that an idle connection stays open."""
_REASONS = {
    errno.EADDRINUSE: "{listen} is used by another program: stop it, or choose another port",
    errno.EACCES: "no permission for {listen}: choose a port above 1023",
    errno.EADDRNOTAVAIL: "this machine has no address {host}",
}


async def serve(app: Starlette, settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    """Serve the pages until cancelled; ``ready`` is called once connections are accepted.

    Raises:
        ConfigError: the address cannot be used.

    """
    with _bind(settings) as listener:
        server = _Server(app, settings)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.wait([task, started := asyncio.create_task(server.up.wait())],
                               return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
            started.cancel()
            if not task.done():
                ready()
            await asyncio.shield(task)
        finally:
            end_streams(app)
            server.should_exit = True
            await task


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers and logs: posbot has one of each."""

    def __init__(self, app: Starlette, settings: Settings) -> None:
        connection = partial(Connection, exempt=settings.is_near, most=room())
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False,
            http=connection,  # type: ignore[arg-type]  # called like a class
            proxy_headers=bool(settings.proxies), forwarded_allow_ips=[str(one) for one in settings.proxies],
            timeout_graceful_shutdown=STOP_SECONDS, timeout_keep_alive=KEEP_ALIVE,
            log_level="error",  # a line for each malformed request would let anybody fill the log
        )  # fmt: skip
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def _bind(settings: Settings) -> socket.socket:
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ConfigError(f"POSBOT_LISTEN: there is no address {settings.host}") from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = _REASONS.get(error.errno or 0, "{listen} cannot be used: {error}")
        text = reason.format(listen=settings.listen, host=settings.host, error=error.strerror)
        raise ConfigError(f"POSBOT_LISTEN: {text}") from error
    listener.setblocking(False)
    return listener
