"""What visitors of a public web chat may do in a while. A chat of this machine alone is not limited here."""

from __future__ import annotations

from limits import RateLimitItem
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.web import history, pages, visitor
from bot.web.context import web_of
from bot.web.limiting import ALL_NEWCOMERS, NEWCOMERS, POSTS, PRESSES_AND_WORDS


def place(request: Request) -> str:
    """Return the address that counts for limits, "" where there are none."""
    return f"at:{visitor.address_of(request)}" if web_of(request).settings.web_chat == "public" else ""


async def sender(request: Request) -> str:
    """Return the chat of a visitor who sends something; 429 with a sentence if it is too much."""
    chat, address = visitor.chat_of(request), place(request)
    if address:
        _count(request, "error.too_fast", POSTS, address)
        _count(request, "error.too_fast", PRESSES_AND_WORDS, chat)
        await is_new(request, chat)
    return chat


async def is_new(request: Request, chat: str) -> bool:
    """Tell whether a chat is new; 429 if there were too many new ones."""
    if not await web_of(request).db.read(history.is_new, chat):
        return False
    address = place(request)
    if address:
        _count(request, "error.newcomers", NEWCOMERS, address)
        _count(request, "error.newcomers", ALL_NEWCOMERS, "all")
    return True


def _count(request: Request, sentence: str, item: RateLimitItem, key: str) -> None:
    pause = web_of(request).limits.pause(item, key)
    if pause:
        raise HTTPException(429, pages.say(request, sentence), {"Retry-After": str(pause)})
