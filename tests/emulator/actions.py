"""Everything a script can do to the emulator, by name: used in-process and over /control/<name>."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .faults import Faults, Limits
from .inspection import Inspection, Knobs
from .people import People
from .places import Places
from .state import World

BYTES = "$bytes"


class Actions(People, Places, Inspection, Knobs):
    """The scripted side of the emulator in one object."""

    faults: Faults
    limits: Limits

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.faults, self.limits = Faults(), Limits()

    def ping(self) -> str:
        """Answer, to show that the emulator is up."""
        return "pong"


def encode(value: Any) -> Any:
    """Turn bytes inside a value into JSON."""
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: encode(one) for key, one in value.items()}
    return [encode(one) for one in value] if isinstance(value, list | tuple) else value


def decode(value: Any) -> Any:
    """Undo `encode`."""
    if isinstance(value, dict):
        if set(value) == {BYTES}:
            return base64.b64decode(value[BYTES])
        return {key: decode(one) for key, one in value.items()}
    return [decode(one) for one in value] if isinstance(value, list) else value


def control_app(actions: Actions) -> Starlette:
    """Return the control endpoints: POST /control/<action> with {"args": […], "kwargs": {…}} or kwargs."""

    async def act(request: Request) -> JSONResponse:
        name = request.path_params["name"]
        try:
            given = decode(json.loads(await request.body() or b"{}"))
            return JSONResponse({"result": encode(perform(actions, name, given))})
        except (LookupError, TypeError, ValueError, binascii.Error) as error:
            return JSONResponse({"error": type(error).__name__, "reason": str(error)}, status_code=400)

    return Starlette(routes=[Route("/control/{name}", act, methods=["GET", "POST"])])


def perform(actions: Actions, name: str, given: dict[str, Any]) -> Any:
    """Run one action by name; private and unknown names are a LookupError."""
    action = None if name.startswith("_") else getattr(type(actions), name, None)
    if not callable(action):
        raise LookupError(f"no action {name!r}")
    if set(given) <= {"args", "kwargs"}:
        return action(actions, *given.get("args", []), **given.get("kwargs", {}))
    return action(actions, **given)
