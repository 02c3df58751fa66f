"""Operations on photos and files: kept in the database, so that every replica has them."""

from __future__ import annotations

import json
from datetime import timedelta

from bot.store import times
from bot.store.base import Row, Tx
from bot.store.inbox import Receipt, receive

LONGEST = timedelta(hours=1)
"""Nothing is put off longer: what is due later was written before the clock was set back."""


async def todo(tx: Tx, now: str, limit: int = 8) -> list[Row]:
    """Return media that must still be fetched (``remote``) or read (``unread``) and are due."""
    return await tx.all(
        """SELECT id, chat, channel, ref, kind, mime, state, attempts FROM media
           WHERE state IN ('remote', 'unread') AND (due_at <= :now OR due_at > :longest) ORDER BY id LIMIT :limit""",
        now=now, longest=times.later(now, LONGEST), limit=limit,
    )  # fmt: skip


async def store(tx: Tx, media: int, content: bytes, mime: str, unread: bool) -> None:
    """Keep a fetched file's content; ``unread`` photos are read next."""
    await tx.run("UPDATE media SET state = :state, content = :content, mime = :mime WHERE id = :id",
                 state="unread" if unread else "ready", content=content, mime=mime, id=media)  # fmt: skip
    tx.notify("media")


async def was_read(tx: Tx, media: int, chat: str, text: str, at: str, told: bool) -> None:
    """Record what was read on a photo and, if ``told``, let the dialogue know."""
    await tx.run("UPDATE media SET state = 'ready', note = :text WHERE id = :id", text=text, id=media)
    if told:
        await receive(tx, [Receipt("reader", f"media:{media}", chat, text.encode(), at)])


async def retry(tx: Tx, media: int, note: str, due_at: str | None) -> None:
    """Record a failed fetch: try again at ``due_at``, or never (None)."""
    await tx.run(
        """UPDATE media SET attempts = attempts + 1, note = :note, due_at = COALESCE(:due_at, due_at),
             state = CASE WHEN :due_at IS NULL THEN 'failed' ELSE state END WHERE id = :id""",
        note=note[:300], due_at=due_at, id=media,
    )  # fmt: skip


async def add(tx: Tx, chat: str, channel: str, kind: str, name: str, mime: str, content: bytes, at: str) -> int:
    """Keep a file that was uploaded; returns its id."""
    row = await tx.one(
        """INSERT INTO media (chat, channel, kind, name, mime, content, state, due_at, created_at)
           VALUES (:chat, :channel, :kind, :name, :mime, :content, :state, :at, :at) RETURNING id""",
        chat=chat, channel=channel, kind=kind, name=name, mime=mime, content=content, at=at,
        state="unread" if kind == "photo" else "ready",
    )  # fmt: skip
    if row is None:
        raise LookupError("an insert returned no media")
    return int(row["id"])


async def upload(tx: Tx, chat: str, channel: str, key: str, photo: bytes, mime: str, caption: str, at: str,
                 found: tuple[str, ...] = ()) -> int:  # fmt: skip
    """Keep an uploaded photo and the message it came with, together; ``found`` names what its caption lost."""
    media = await add(tx, chat, channel, "photo", "", mime, photo, at)
    payload = json.dumps(
        {"kind": "media", "media": media, "text": caption, "found": found}, ensure_ascii=False
    ).encode()
    if not await receive(tx, [Receipt(channel, key, chat, payload, at)]):
        await tx.run("DELETE FROM media WHERE id = :id", id=media)  # it came before, or the merchant is blocked
    tx.notify("media")
    return media


async def content(tx: Tx, media: int, chat: str | None = None) -> Row | None:
    """Return a file's ``content``, ``mime`` and ``name`` (only if it is of ``chat``, when given)."""
    return await tx.one(
        """SELECT content, mime, name, chat FROM media
           WHERE id = :id AND state IN ('unread', 'ready') AND (:chat = '' OR chat = :chat)""",
        id=media, chat=chat or "",
    )  # fmt: skip
