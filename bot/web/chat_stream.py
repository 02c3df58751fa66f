"""The stream of a visitor's chat: what was said, and what is said from now on."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.channels import local
from bot.errors import StoreError
from bot.store.base import Row
from bot.store.transcript import labels
from bot.web import history, quota, visitor
from bot.web.context import Web, now, web_of
from bot.web.streams import event, stream

START = "start:"
log = logging.getLogger(__name__)


async def events(request: Request) -> Response:
    """Stream the chat: what is new since ``Last-Event-ID`` (or ``after``), then everything as it happens.

    Whoever listens to an empty chat is greeted.
    """
    chat, web, address = visitor.chat_of(request), web_of(request), quota.place(request)
    web.streams.admit(chat, address)
    if request.method == "GET" and await quota.is_new(request, chat):
        await _greet(request, chat)
    seen = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    last = int(seen) if seen.isdecimal() and len(seen) < 16 else 0
    return stream(_events(web, chat, last, (chat, address) if address else (chat,)))


async def _greet(request: Request, chat: str) -> None:
    at = now()
    # the minute in the key: two tabs opened together greet once, an erased chat can begin again
    first = local.typed("web", chat, f"{START}{chat}:{at[:16]}", "/start", at, visitor.language(request))
    await web_of(request).db.write(history.greet, first)


async def _events(web: Web, chat: str, last: int, owners: tuple[str, ...]) -> AsyncIterator[str]:
    ready = False
    with web.streams.watch(web.db, [f"chat:{chat}"], *owners) as watch:
        while (news := await watch.wait()) != "end":
            if news == "idle":
                yield event("ping")
                continue
            try:
                there, rows = await web.db.read(history.since, chat, last)
                if not there:  # the merchant was forgotten: nothing of what the page shows is kept any more
                    last = 0
                    yield event("cleared", None, 0)
                    there, rows = await web.db.read(history.since, chat, 0)
            except StoreError as error:
                log.warning("a chat's stream ends, the browser comes back: %s", error)
                return
            for row in rows:
                if (shown := _message(row, chat)) is not None:
                    yield event("message", shown, row["id"])
            if rows:
                last = rows[-1]["id"]
                watch.wake()  # there may be more than one helping
            elif not ready:
                ready = True
                yield event("ready")


def _message(row: Row, chat: str) -> dict[str, Any] | None:
    """Return a message as the browser needs it; None for what the merchant did not see happen."""
    key = row["key"] or ""
    if row["kind"] == "read" or key.startswith(START):
        return None
    return {
        "id": row["id"], "mine": row["direction"] == "in", "author": row["author"], "kind": row["kind"],
        "text": row["text"], "at": row["at"], "rows": labels(row["buttons"]), "token": row["token"],
        "photo": row["media"] if row["kind"] == "photo" else None, "key": key.removeprefix(f"{chat}:"),
        "file": {"id": row["media"], "name": row["name"]} if row["media"] and row["kind"] != "photo" else None,
    }  # fmt: skip
