"""Operations of the web chat: what the visitor sees, the greeting, a photo once."""

from __future__ import annotations

from bot.store import media
from bot.store.base import Row, Tx
from bot.store.inbox import Receipt, receive

SHOWN = 200
"""Messages that a fresh page gets; a reconnect gets at most that many at a time."""


async def since(tx: Tx, chat: str, after: int) -> tuple[bool, list[Row]]:
    """Return what came after a message, oldest first, and whether that message (0: none) is still there.

    ``key`` is the inbox key of the visitor's own messages. Where the message is gone, the chat was erased.
    """
    there = await tx.one("SELECT 1 AS there FROM messages WHERE id = :after AND chat = :chat", after=after, chat=chat)
    rows = await tx.all(
        f"""SELECT m.id, m.direction, m.author, m.kind, m.text, m.at, m.buttons, m.token, m.media, d.name, i.key
            FROM messages m LEFT JOIN media d ON d.id = m.media
              LEFT JOIN inbox i ON i.id = m.inbox AND i.channel = 'web'
            WHERE m.chat = :chat AND m.id > :after
            ORDER BY m.id {"DESC" if after == 0 else "ASC"} LIMIT :shown""",  # noqa: S608 - two fixed words
        chat=chat, after=after, shown=SHOWN,
    )  # fmt: skip
    return after == 0 or there is not None, rows[::-1] if after == 0 else rows


async def greet(tx: Tx, receipt: Receipt) -> bool:
    """Store the first word of a chat; False if anything was said or waits already."""
    return await is_new(tx, receipt.chat) and bool(await receive(tx, [receipt]))


async def is_new(tx: Tx, chat: str) -> bool:
    """Tell whether nothing was said in a chat and nothing waits."""
    known = await tx.one(
        """SELECT 1 AS known WHERE EXISTS (SELECT 1 FROM messages WHERE chat = :chat)
           OR EXISTS (SELECT 1 FROM inbox WHERE chat = :chat AND done_at IS NULL)""",
        chat=chat,
    )
    return known is None


async def receive_photo(
    tx: Tx, chat: str, key: str, photo: bytes, caption: str, at: str, found: tuple[str, ...] = ()
) -> None:
    """Store an uploaded photo with its message; one that came before is passed over."""
    known = await tx.one("SELECT 1 AS known FROM inbox WHERE channel = 'web' AND key = :key", key=key)
    if known is None:
        await media.upload(tx, chat, "web", key, photo, "image/jpeg", caption, at, found)
