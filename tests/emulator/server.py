"""The emulator in a thread of this process, with the same actions as over /control."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .actions import Actions, control_app
from .app import EmulatorApp
from .state import World
from .webhook import Pusher

TOKEN = "700001:AAEmulatorTokenForTestsOnly_0123456789"
if TYPE_CHECKING:
    Described = Actions  # lets the type checker see the actions that __getattr__ finds
else:
    Described = object


class Emulator(Described):
    """A running emulator: `with Emulator() as telegram: telegram.user_text(5, "hello")`.

    `seed` fixes the faults; `port` 0 takes a free one. Actions run on the server's thread and return
    when done; pass `base_url` and `file_url` to the bot.
    """

    def __init__(self, token: str = TOKEN, seed: int = 0, port: int = 0, host: str = "127.0.0.1") -> None:
        self.token = token
        self._seed = seed
        self._socket = listening(host, port)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        self.base_url, self.file_url = f"{self.url}/bot", f"{self.url}/file/bot"
        self._connections: dict[Any, Any] = {}
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)

    def start(self) -> Emulator:
        """Start serving; return when the port answers."""
        self._thread.start()
        if not self._started.wait(10):
            raise RuntimeError("the emulator did not start within 10 s")
        return self

    def stop(self) -> None:
        """Cut all connections and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._app.closing.set)
            self._thread.join(10)

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def serve(self) -> None:
        """Serve in the foreground until interrupted."""
        self.start()
        with contextlib.suppress(KeyboardInterrupt):
            self._thread.join()
        self.stop()

    def wait(self, ready: Callable[[], Any], timeout: float = 5.0) -> Any:
        """Poll until `ready()` is true and return its value; TimeoutError after `timeout` seconds."""
        until = time.monotonic() + timeout
        while not (value := ready()):
            if time.monotonic() > until:
                raise TimeoutError(f"not so within {timeout} s")
            time.sleep(0.005)
        return value

    async def until(self, ready: Callable[[], Any], timeout: float = 5.0) -> Any:  # noqa: ASYNC109 - a deadline, not a cancel scope
        """Do as `wait`, inside an event loop."""
        end = time.monotonic() + timeout
        while not (value := ready()):
            if time.monotonic() > end:
                raise TimeoutError(f"not so within {timeout} s")
            await asyncio.sleep(0.005)
        return value

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]:
            """Return an action that runs on the server's thread."""
            action = None if name.startswith("_") else getattr(Actions, name, None)
            if not callable(action):
                raise AttributeError(name)
            return lambda *args, **kwargs: self._run(action, args, kwargs)

    def _run(self, action: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        done: Future[Any] = Future()

        def work() -> None:
            try:
                done.set_result(action(self._actions, *args, **kwargs))
            except Exception as error:  # handed to the caller's thread
                done.set_exception(error)

        self._loop.call_soon_threadsafe(work)
        return done.result(30)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        world = World(self.token)
        self._actions = Actions(world)
        self._app = EmulatorApp(world, self._hang_up, control_app(self._actions), self._seed)
        self._actions.faults, self._actions.limits = self._app.faults, self._app.limits
        self._server = uvicorn.Server(config(self._app, self._connections))
        tasks: list[asyncio.Future[None]] = [asyncio.ensure_future(Pusher(world.updates).run())]
        tasks.append(asyncio.ensure_future(self._announce()))
        serving = asyncio.ensure_future(self._server.serve([self._socket]))
        await self._app.closing.wait()
        self._close_all(tasks)
        await asyncio.gather(serving, *tasks, return_exceptions=True)

    async def _announce(self) -> None:
        while not self._server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.002)
        self._started.set()

    def _hang_up(self, client: Any) -> None:
        transport = self._connections.get(tuple(client))
        if transport is not None:
            transport.abort()

    def _close_all(self, tasks: list[asyncio.Future[None]]) -> None:
        self._server.should_exit = True
        for transport in list(self._connections.values()):
            transport.abort()
        for task in tasks:
            task.cancel()


def config(app: Any, connections: dict[Any, Any]) -> uvicorn.Config:
    """Return a lean uvicorn set-up that keeps the transport of each client in `connections`."""

    class Protocol(H11Protocol):
        """Remembers its transport, so that a fault can cut it."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            connections[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.client, None)
            super().connection_lost(exc)

    return uvicorn.Config(
        app, http=Protocol, ws="none", lifespan="off", log_level="critical", access_log=False,
        timeout_keep_alive=75, server_header=False, date_header=False, proxy_headers=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip


def listening(host: str, port: int) -> socket.socket:
    """Return a bound socket; port 0 takes a free one."""
    # asyncio switches Nagle off only where the protocol is named; else each answer waits 40 ms
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


@contextlib.contextmanager
def serve_app(app: Any) -> Iterator[str]:
    """Serve any ASGI application in a thread, for example a webhook; yield its address."""
    bound, connections = listening("127.0.0.1", 0), dict[Any, Any]()
    server = uvicorn.Server(config(app, connections))
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.002)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = server.force_exit = True
    thread.join(5)
