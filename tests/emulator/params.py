"""Parameters of a Bot API call, from whichever of the four encodings the bot chose."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request

from .refusal import bad


class Params(dict[str, Any]):
    """Parameters by name: strings from forms, typed values from JSON; `files` holds uploads."""

    def __init__(self, values: dict[str, Any], files: dict[str, tuple[str, bytes]] | None = None) -> None:
        super().__init__(values)
        self.files = files or {}

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter as text."""
        value = self.get(name)
        return default if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """Return a parameter as a whole number; what is not one is refused."""
        value = self.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad(f"parameter {name} is invalid") from None

    def flag(self, name: str) -> bool:
        """Return a parameter as true or false."""
        return str(self.get(name, "")).lower() in {"true", "1", "yes"}

    def data(self, name: str) -> Any:
        """Return a parameter that carries JSON, decoded; None when it is absent."""
        value = self.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad(f"can't parse {name} JSON object") from None


async def read_params(scope: Any, receive: Any) -> Params:
    """Read query string and body of an ASGI request."""
    query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    kind = next((v for k, v in scope["headers"] if k == b"content-type"), b"")
    if kind.startswith(b"multipart/form-data"):
        return await _multipart(scope, receive, query)
    body = await read_body(receive)
    if not body:
        return Params(query)
    if kind.startswith(b"application/json"):
        return Params(query | _object(body))
    return Params(query | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)))


async def read_body(receive: Any) -> bytes:
    """Read a whole request body."""
    parts = []
    while True:
        event = await receive()
        parts.append(event.get("body", b""))
        if not event.get("more_body"):
            return b"".join(parts)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        raise bad("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad("object expected as a request body")
    return value


async def _multipart(scope: Any, receive: Any, query: dict[str, Any]) -> Params:
    params = Params(query)
    async with Request(scope, receive).form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                params.files[name] = (value.filename or name, await value.read())
            else:
                params[name] = value
    return params
