"""Photos and files on their way in: fetched from Telegram, cleaned, read, each step recorded."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot import files, photos
from bot.errors import PosbotError, StoreError, Unreachable
from bot.store import media
from bot.store.base import Database, Row
from bot.store.turns import stamp
from bot.waiting import wake_or

POLL_SECONDS = 1.0
TRIES = 5
LINES = 30
"""Lines of a screen that are kept for the dialogue and the ticket."""
Fetch = Callable[[str], Awaitable[bytes]]
log = logging.getLogger(__name__)


class Fetcher:
    """Works off the media table until cancelled."""

    def __init__(self, db: Database, fetch: Fetch | None, reader: photos.ScreenReader | None) -> None:
        self._db = db
        self._fetch = fetch
        self._reader = reader
        self._wake = asyncio.Event()
        self.seen_at = time.monotonic()

    async def run(self) -> None:
        """Fetch and read for ever."""
        stop = self._db.listen("media", self._wake.set)
        try:
            while True:
                self.seen_at = time.monotonic()
                self._wake.clear()
                try:
                    for row in await self._found():
                        await self._work(row)
                except StoreError as error:
                    log.error("photos have to wait: %s", error)
                await wake_or(self._wake, POLL_SECONDS)
        finally:
            stop()
            if self._reader is not None:
                self._reader.close()

    async def _found(self) -> list[Row]:
        now = stamp(datetime.now(UTC))
        return await (self._db.write(media.claim, now) if self._db.shared else self._db.read(media.todo, now))

    async def _work(self, row: Row) -> None:
        if row["state"] == "unread":
            await self._read(row)
            return
        if self._fetch is None:
            return
        try:
            content = await self._fetch(row["ref"])
            await self._keep(row, content)
        except photos.BadPhoto as error:
            await self._db.write(media.retry, row["id"], str(error), None)
            await self._unread(row)
        except Unreachable as error:  # an outage uses up no tries
            await self._db.write(media.retry, row["id"], str(error), _in(min(60, 2 ** min(row["attempts"], 6))))
        except (PosbotError, OSError) as error:
            await self._again(row, str(error))
        except Exception as error:  # the edge: whatever the library raises, only this file waits
            log.warning("a file could not be fetched: %s", type(error).__name__)
            await self._again(row, type(error).__name__)

    async def _keep(self, row: Row, content: bytes) -> None:
        reads = self._reader is not None
        if row["kind"] == "photo":
            photo = await asyncio.to_thread(photos.clean, content)
            await self._db.write(media.store, row["id"], photo, "image/jpeg", reads)
        elif row["kind"] == "document" and row["note"] != media.STAFF:
            file = await asyncio.to_thread(files.checked, content)
            await self._db.write(media.store, row["id"], file.content, file.mime, reads and file.photo, own=False)
            if file.found:
                await self._db.write(
                    media.tell, row["id"], row["chat"], "", file.found, stamp(datetime.now(UTC)), False
                )
        else:
            await self._db.write(media.store, row["id"], content, row["mime"] or "application/octet-stream", False)

    async def _read(self, row: Row) -> None:
        found = await self._db.read(media.content, row["id"])
        reading = photos.Reading()
        if found is not None and self._reader is not None:
            reading = await self._reader.read(bytes(found["content"]))
        reading = replace(reading, text="\n".join(reading.text.splitlines()[:LINES]))
        await self._db.write(media.was_read, row["id"], row["chat"], reading, stamp(datetime.now(UTC)),
                             told=self._reader is not None and row["kind"] == "photo")  # fmt: skip

    async def _again(self, row: Row, why: str) -> None:
        final = row["attempts"] + 1 >= TRIES
        due = None if final else _in(2 ** row["attempts"])
        await self._db.write(media.retry, row["id"], why, due)
        if final:
            await self._unread(row)

    async def _unread(self, row: Row) -> None:
        """Let the dialogue ask for the code: it has promised to look at the photo."""
        if row["kind"] == "photo" and self._reader is not None:
            at = stamp(datetime.now(UTC))
            await self._db.write(media.tell, row["id"], row["chat"], "", (), at)


def _in(seconds: float) -> str:
    return stamp(datetime.now(UTC) + timedelta(seconds=seconds))
