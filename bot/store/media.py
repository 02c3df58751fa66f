"""Operations on photos and files: kept in the database, so that every replica has them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.redact import redact_text
from bot.store import times
from bot.store.base import Row, Tx
from bot.store.inbox import Receipt, receive
from bot.store.owning import FREE
from bot.store.payloads import pack
from bot.store.split import described

if TYPE_CHECKING:
    from bot.photos import Reading

A_DAY, BYTES_A_DAY = 40, 60_000_000
"""Files of one chat that are kept within 24 hours, and their size."""
STAFF = "staff"
"""Note on a file that staff sent: it goes to the merchant as it is."""

LONGEST = timedelta(hours=1)
"""Nothing is put off longer: what is due later was written before the clock was set back."""


async def todo(tx: Tx, now: str, limit: int = 8) -> list[Row]:
    """Return media that must still be fetched (``remote``) or read (``unread``) and are due."""
    return await tx.all(
        """SELECT id, chat, channel, ref, kind, mime, state, attempts, note FROM media
           WHERE state IN ('remote', 'unread') AND (due_at <= :now OR due_at > :longest) ORDER BY id LIMIT :limit""",
        now=now, longest=times.later(now, LONGEST), limit=limit,
    )  # fmt: skip


async def claim(tx: Tx, now: str, limit: int = 8) -> list[Row]:
    """On a shared database: make media that are due this replica's own; it works them off before it claims again."""
    return await tx.all(
        f"""WITH picked AS MATERIALIZED (
              SELECT m.id FROM media m WHERE m.state IN ('remote', 'unread')
                AND (m.due_at <= :now OR m.due_at > :longest)
                AND {FREE.format(table="m")} ORDER BY m.id LIMIT :limit FOR UPDATE OF m SKIP LOCKED)
            UPDATE media SET owner = :me FROM picked WHERE media.id = picked.id
            RETURNING media.id, chat, channel, ref, kind, mime, state, attempts, note""",  # noqa: S608 - words of this package
        now=now, longest=times.later(now, LONGEST), limit=limit, me=tx.replica,
    )  # fmt: skip


async def full(tx: Tx, chat: str, since: str) -> bool:
    """Tell whether a chat has had its measure of files since some time."""
    row = await tx.one(
        """SELECT COUNT(*) AS count, COALESCE(SUM(LENGTH(f.content)), 0) AS bytes
           FROM (SELECT media, at FROM messages WHERE chat = :chat ORDER BY id DESC LIMIT 500) m
           JOIN media f ON f.id = m.media WHERE m.at >= :since""",
        chat=chat, since=since,
    )  # fmt: skip
    return row is not None and (row["count"] >= A_DAY or row["bytes"] >= BYTES_A_DAY)


async def drop(tx: Tx, media: int) -> None:
    """Delete a file that was uploaded and is not kept."""
    await tx.run("DELETE FROM media WHERE id = :id", id=media)


async def store(tx: Tx, media: int, content: bytes, mime: str, unread: bool, own: bool = True) -> None:
    """Keep a fetched file's content; ``unread`` photos are read next. ``own``: Telegram's copy is as good as ours."""
    await tx.do(
        """UPDATE media SET state = :state, content = :content, mime = :mime,
             ref = CASE WHEN :own = 1 THEN ref END WHERE id = :id""",
        state="unread" if unread else "ready", content=content, mime=mime, own=int(own), id=media,
    )  # fmt: skip
    tx.notify("media")


async def was_read(tx: Tx, media: int, chat: str, reading: Reading, at: str, told: bool) -> None:
    """Record what was read on a photo and, if ``told``, let the dialogue know; secrets are painted over for good."""
    clean = redact_text(reading.text)
    found = tuple(sorted({*reading.found, *(one.kind for one in clean.found)}))
    await tx.run("UPDATE media SET state = 'ready', note = :text WHERE id = :id", text=clean.text, id=media)
    if found:  # a photo that could not be painted over goes
        await tx.run(
            """UPDATE media SET content = :content, ref = NULL,
                 state = CASE WHEN :covered = 1 THEN state ELSE 'failed' END WHERE id = :id""",
            content=reading.covered, covered=int(reading.covered is not None), id=media,
        )  # fmt: skip
        tx.notify("erased")
    if told or found:
        await tell(tx, media, chat, clean.text, found, at, photo=told)


async def tell(tx: Tx, media: int, chat: str, text: str, found: tuple[str, ...], at: str, photo: bool = True) -> None:
    """Let the dialogue know what is in a file; ``photo``: the merchant waits for what was read on it."""
    row = await tx.one(
        """SELECT i.payload, i.received_at FROM messages m JOIN inbox i ON i.id = m.inbox
           WHERE m.chat = :chat AND m.media = :media""",
        chat=chat, media=media,
    )  # fmt: skip
    remote = described(bytes(row["payload"]), row["received_at"])[2] if row and found else ""
    data = {"text": text, "found": found, "remote": remote, "photo": photo}
    await receive(tx, [Receipt("reader", f"media:{media}", chat, pack(data), at)])


async def retry(tx: Tx, media: int, note: str, due_at: str | None) -> None:
    """Record a failed fetch: try again at ``due_at``, or never (None)."""
    await tx.do(
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
    payload = pack({"kind": "media", "media": media, "text": caption, "found": found})
    if not await receive(tx, [Receipt(channel, key, chat, payload, at, caption, at)]):
        await tx.do("DELETE FROM media WHERE id = :id", id=media)  # it came before, or the merchant is blocked
    tx.notify("media")
    return media


async def content(tx: Tx, media: int, chat: str | None = None) -> Row | None:
    """Return a file's ``content``, ``mime`` and ``name`` (only if it is of ``chat``, when given)."""
    return await tx.one(
        """SELECT content, mime, name, chat FROM media
           WHERE id = :id AND state IN ('unread', 'ready') AND (:chat = '' OR chat = :chat)""",
        id=media, chat=chat or "",
    )  # fmt: skip
