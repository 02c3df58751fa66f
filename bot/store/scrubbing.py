"""Taking digits that turned out to be a part of a card number out of everything that a chat's messages led to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bot.redact import eraser
from bot.store import pushing
from bot.store.base import Tx
from bot.store.support import erasing, topics

Hide = Callable[[str], str]
TICKETS = 5
"""Newest tickets of the chat that are looked through."""


async def scrub(tx: Tx, chat: str, channel: str, message: int, before: str, after: str, at: str) -> None:
    """Hide what ``after`` hides of ``before``, the text of a message: there, and in all that came of it."""
    hide = eraser(before, after)
    await tx.run("UPDATE messages SET text = :text WHERE id = :id", text=after, id=message)
    changed = [message, *await _replies(tx, chat, channel, message, hide, at)]
    await _columns(tx, "sessions", "chat", chat, ("data",), (), hide)
    await _columns(tx, "outcomes", "chat", chat, (), ("text",), hide)
    await _tickets(tx, chat, hide)
    for one in changed:
        await _mirrored(tx, one, at)
    await erasing.mark(tx)
    tx.notify(f"chat:{chat}")


def walked(value: Any, change: Hide) -> Any:
    """Return parsed JSON with every string in it changed; numbers and keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: walked(one, change) for key, one in value.items()}
    return [walked(one, change) for one in value] if isinstance(value, list) else value


async def _replies(tx: Tx, chat: str, channel: str, since: int, hide: Hide, at: str) -> list[int]:
    """Reword what was said after a message, also what waits to be sent; returns the messages that changed."""
    changed = []
    rows = await tx.all("SELECT id, direction, kind, text, buttons FROM messages WHERE chat = :chat AND id > :since",
                        chat=chat, since=since)  # fmt: skip
    for row in rows:
        text, buttons = hide(row["text"]), _json(row["buttons"], hide)
        if (text, buttons) == (row["text"], row["buttons"]):
            continue
        changed.append(row["id"])
        await tx.run("UPDATE messages SET text = :text, buttons = :buttons WHERE id = :id",
                     text=text, buttons=buttons, id=row["id"])  # fmt: skip
        await _columns(tx, "outbox", "message", row["id"], ("payload",), (), hide)
        if row["direction"] == "out" and channel in pushing.PUSHED:
            await pushing.push(tx, chat, channel, "edit",
                             {"message": row["id"], "text": text, "caption": row["kind"] != "text"}, at)  # fmt: skip
    return changed


async def _tickets(tx: Tx, chat: str, hide: Hide) -> None:
    rows = await tx.all("SELECT number FROM tickets WHERE chat = :chat ORDER BY number DESC LIMIT :most",
                        chat=chat, most=TICKETS)  # fmt: skip
    for row in rows:
        await _columns(tx, "tickets", "number", row["number"], ("slots", "path"),
                       ("reason", "title", "serial", "rating_word"), hide)  # fmt: skip
        await _columns(tx, "ticket_events", "ticket", row["number"], ("data",), (), hide)
        await _columns(tx, "search", "ticket", row["number"], (), ("body",), hide)


async def _mirrored(tx: Tx, message: int, at: str) -> None:
    """Delete a message in the staff group, and show it there anew."""
    posts = await tx.all("DELETE FROM topic_posts WHERE message = :id RETURNING posted, ticket", id=message)
    for post in posts:
        chat = topics.queue(post["ticket"])
        await pushing.push(tx, chat, topics.CHANNEL, "erase", {"thread": 0, "posts": [post["posted"]]}, at)
        await pushing.push(tx, chat, topics.CHANNEL, "mirror",
                         {"ticket": post["ticket"], "messages": [message], "album": ""}, at)  # fmt: skip
    row = await tx.one("SELECT t.ticket FROM messages m JOIN topics t ON t.ticket = m.ticket WHERE m.id = :id",
                       id=message)  # fmt: skip
    if row is not None:
        await topics.card(tx, row["ticket"], at)


async def _columns(
    tx: Tx, table: str, key: str, value: object, parsed: tuple[str, ...], plain: tuple[str, ...], hide: Hide
) -> None:  # fmt: skip
    """Hide in columns of the rows with that key; ``parsed`` ones hold JSON."""
    own = {"sessions": "chat", "tickets": "number", "search": "ticket"}.get(table, "id")
    names = (*parsed, *plain)
    rows = await tx.all(f"SELECT {own} AS own, {', '.join(names)} FROM {table} WHERE {key} = :value",  # noqa: S608 - names of this module
                        value=value)  # fmt: skip
    for row in rows:
        new = {name: _json(row[name], hide) if name in parsed else hide(row[name] or "") for name in names}
        changed = {name: text for name, text in new.items() if text != (row[name] or "")}
        for name, text in changed.items():
            await tx.run(f"UPDATE {table} SET {name} = :text WHERE {own} = :own", text=text, own=row["own"])  # noqa: S608 - as above


def _json(text: str | None, hide: Hide) -> str | None:
    if not text:
        return text
    data = json.loads(text)
    clean = walked(data, hide)
    return text if clean == data else json.dumps(clean, ensure_ascii=False)
