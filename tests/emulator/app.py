"""The ASGI application: /bot<TOKEN>/<method>, /file/bot<TOKEN>/<path> and the rest to Starlette.

The Bot API part is plain ASGI because it is measured: routing and request objects would halve its speed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from . import chats, editing, media, sending, topics  # noqa: F401 - importing registers their methods
from .faults import BEFORE, Faults, Limits, Rule
from .params import Params, read_params
from .refusal import Refusal, too_many
from .registry import METHODS
from .state import Call, World

log = logging.getLogger(__name__)
JSON_HEADER = (b"content-type", b"application/json")
PAGE = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx/1.18.0</body>\r\n</html>\r\n"
PATIENCE = 120.0
KINDS = {"send" + kind: kind for kind in (*media.KINDS,)}
Hangup = Callable[[Any], None]


class Dropped(Exception):
    """The connection ends without an answer."""


class EmulatorApp:
    """Answers the bot; `hang_up(client)` cuts a connection at the socket."""

    def __init__(self, world: World, hang_up: Hangup, control: Any, seed: int = 0) -> None:
        self.world = world
        self.faults = Faults(seed)
        self.limits = Limits()
        self.closing = asyncio.Event()
        self._hang_up = hang_up
        self._control = control

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        path = scope["path"]
        if path.startswith("/bot"):
            await self._api(scope, receive, send)
        elif path.startswith("/file/bot"):
            await self._download(path, send)
        else:
            await self._control(scope, receive, send)

    async def _api(self, scope: Any, receive: Any, send: Any) -> None:
        token, _, name = scope["path"][4:].partition("/")
        call = Call(time.time(), name, {})
        try:
            params = await self._checked(token, name, scope, receive)
            call.params = params
            body = await self._answer(call, name.lower(), params, receive)
        except Refusal as refusal:
            call.status, call.answer = refusal.code, refusal.description
            body = json.dumps(refusal.body()).encode()
        except Dropped:
            self._hang_up(scope["client"])
            return
        header = JSON_HEADER if body is not PAGE else (b"content-type", b"text/html")
        await respond(send, call.status, body, header)

    async def _checked(self, token: str, name: str, scope: Any, receive: Any) -> Params:
        params = await read_params(scope, receive)
        if token != self.world.token:
            raise Refusal(401, "Unauthorized")
        if name.lower() not in METHODS and name.lower() != "getupdates":
            raise Refusal(404, "Not Found: method not found" if name else "Not Found")
        return params

    async def _answer(self, call: Call, method: str, params: Params, receive: Any) -> bytes:
        """Run a call with its fault, if it drew one, and return the body."""
        self.world.calls.append(call)
        self.world.counts[method] += 1
        fault = self.faults.draw(method, params)
        if fault is not None:
            call.fault = fault.kind
            if fault.kind in BEFORE and (page := await self._before(call, fault, receive)):
                return page
        wait = self.limits.wait(method, params)
        if wait:
            raise too_many(wait)
        result = await self._result(method, params, receive)
        call.effect, call.status = True, 200
        call.answer = summary(result)
        if fault is not None and fault.kind not in BEFORE:
            await self._after(call, fault, receive)
        return b'{"ok":true,"result":' + result + b"}"

    async def _result(self, method: str, params: Params, receive: Any) -> bytes:
        if method == "getupdates":
            return await self.world.updates.poll(params, receive)
        params["_method"] = method
        params["_kind"] = KINDS.get(method, "")
        try:
            return json.dumps(METHODS[method](self.world, params)).encode()
        except (TypeError, ValueError, AttributeError, KeyError):
            log.exception("parameters of %s have a shape the emulator does not know", method)
            raise Refusal(400, "Bad Request: wrong parameters") from None

    async def _before(self, call: Call, fault: Rule, receive: Any) -> bytes:
        """Fail without any effect; an empty result lets the call go on (slow)."""
        if fault.kind == "429":
            raise too_many(fault.retry_after)
        if fault.kind == "500":
            raise Refusal(500, "Internal Server Error")
        if fault.kind == "502":
            call.status = 502
            return PAGE
        await self._stall(call, fault, receive)
        return b""

    async def _after(self, call: Call, fault: Rule, receive: Any) -> None:
        """Lose the answer although the call took effect."""
        call.status = 0 if fault.kind != "slow_after" else 200
        await self._stall(call, fault, receive)

    async def _stall(self, call: Call, fault: Rule, receive: Any) -> None:
        """Be slow, hang until the bot gives up, or drop at once."""
        if fault.kind in {"drop_before", "drop_after"}:
            raise Dropped
        slow = fault.kind in {"slow", "slow_after"}
        await self._pause(fault.seconds if slow else PATIENCE, receive)
        if not slow:
            raise Dropped

    async def _pause(self, seconds: float, receive: Callable[[], Awaitable[Any]]) -> None:
        """Wait; a client that hangs up or a closing emulator ends it."""
        tasks = {asyncio.ensure_future(receive()), asyncio.ensure_future(self.closing.wait())}
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    async def _download(self, path: str, send: Any) -> None:
        token, _, name = path.removeprefix("/file/bot").partition("/")
        file = self.world.paths.get(name)
        if token != self.world.token or file is None:
            code, reason = (401, "Unauthorized") if token != self.world.token else (404, "Not Found")
            await respond(send, code, json.dumps(Refusal(code, reason).body()).encode())
            return
        await respond(send, 200, file.content, (b"content-type", b"application/octet-stream"))


def summary(result: bytes) -> str:
    """Return the start of an answer for the call log."""
    return result[:120].decode(errors="replace")


async def respond(send: Any, status: int, body: bytes, kind: tuple[bytes, bytes] = JSON_HEADER) -> None:
    """Send a whole HTTP response."""
    headers = [kind, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
