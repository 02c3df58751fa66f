"""The console: the same engine and database as every channel, for trying and for scripts."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot import app, photos
from bot.channels import local
from bot.config import Settings
from bot.errors import ConfigError
from bot.service import Service
from bot.store import media, transcript
from bot.store.base import Database
from bot.store.inbox import Receipt, receive
from bot.store.turns import stamp

CHANNEL = "console"


@dataclass(slots=True)
class Console:
    """One chat on the console: puts a line into the inbox, waits, and returns what came back."""

    db: Database
    service: Service
    chat: str
    reader: photos.ScreenReader | None
    seen: int = 0

    async def start(self) -> None:
        """Take up the chat where it stands."""
        self.seen = await self.db.read(transcript.last, self.chat)

    async def say(self, text: str) -> list[dict[str, Any]]:
        """Type a message and return the replies."""
        return await self._put(local.typed(CHANNEL, self.chat, uuid.uuid4().hex, text, _now()))

    async def press(self, label: str) -> list[dict[str, Any]]:
        """Press the newest button of that label; typed if none has it."""
        found = await self.db.read(transcript.button_named, self.chat, label)
        if found is None:
            return await self.say(label)
        token, index = found
        return await self._put(local.pressed(CHANNEL, self.chat, uuid.uuid4().hex, token, index, _now()))

    async def photo(self, path: Path) -> list[dict[str, Any]]:
        """Send a photo; with a reader its text follows as the bot's question."""
        try:
            content = photos.clean(await asyncio.to_thread(path.read_bytes))
        except (OSError, photos.BadPhoto) as error:
            raise ConfigError(f"the photo {path} cannot be read") from error
        number = await self.db.write(
            media.upload, self.chat, CHANNEL, uuid.uuid4().hex, content, "image/jpeg", "", _now()
        )
        replies = await self._replies()
        if self.reader is not None:
            await self.db.write(media.was_read, number, self.chat, await self.reader.read(content), _now(), told=True)
            replies += await self._replies()
        return replies

    async def end(self) -> None:
        """Leave: a ticket in preparation is opened rather than dropped."""
        key = uuid.uuid4().hex
        await self.db.write(receive, [Receipt("timer", key, self.chat, b"leave", _now())])
        await self.service.drain()

    async def _put(self, receipt: Receipt) -> list[dict[str, Any]]:
        await self.db.write(receive, [receipt])
        return await self._replies()

    async def _replies(self) -> list[dict[str, Any]]:
        await self.service.drain()
        rows = await self.db.read(transcript.replies, self.chat, self.seen)
        if rows:
            self.seen = rows[-1]["id"]
        return [{"text": row["text"], "buttons": transcript.labels(row["buttons"])} for row in rows]


async def chat(settings: Settings, jsonl: bool, name: str | None) -> None:
    """Talk until the input ends."""
    db = app.database(settings)
    await db.open()
    key = f"console:{name or uuid.uuid4().hex[:12]}"
    reader = photos.ScreenReader() if photos.available() else None
    service = app.service(db, await app.dialogue(settings), key, app.offices(settings, db))
    console = Console(db, service, key, reader)
    try:
        await console.start()
        await (_talk_json(console) if jsonl else _talk(console))
        await console.end()
    finally:
        if reader is not None:
            reader.close()
        await db.close()


async def _talk_json(console: Console) -> None:
    for line in sys.stdin:
        if not line.strip():
            continue
        replies = await _take(console, line)
        ticket = await console.db.read(transcript.newest_open_ticket, console.chat)
        click.echo(json.dumps({"replies": replies, "ticket": ticket}, ensure_ascii=False))
        sys.stdout.flush()


async def _take(console: Console, line: str) -> list[dict[str, Any]]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise ConfigError('a line is no JSON object such as {"text": "打不出小票"}') from error
    if isinstance(said, dict) and isinstance(said.get("press"), str):
        return await console.press(said["press"])
    if isinstance(said, dict) and isinstance(said.get("photo"), str):
        return await console.photo(Path(said["photo"]))
    if isinstance(said, dict) and isinstance(said.get("text"), str):
        return await console.say(said["text"])
    raise ConfigError("a line needs one of text, press, photo, each a string")


async def _talk(console: Console) -> None:
    _show(await console.say("/start"))
    while True:
        try:
            text = await asyncio.to_thread(input, "> ")
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        _show(await console.say(text))


def _show(replies: list[dict[str, Any]]) -> None:
    for reply in replies:
        click.echo(f"\n{reply['text']}")
        labels = [label for row in reply["buttons"] for label in row]
        click.echo("   ".join(f"[{number}] {label}" for number, label in enumerate(labels, 1)) + "\n")


def _now() -> str:
    return stamp(datetime.now(UTC))
