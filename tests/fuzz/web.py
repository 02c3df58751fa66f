"""Random requests to the whole web application over a real database: never a fault of ours, a trace or a hang."""

from __future__ import annotations

import asyncio
import atexit
import logging
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette

from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.dialogue.model import OpenTicket
from bot.messages import Messages
from bot.service import now_utc
from bot.store import media, ticketing
from bot.store.base import Database, Tx
from bot.store.sqlite import SqliteDatabase
from bot.store.support import keeping, settings, staff
from bot.store.support.acting import Act
from bot.store.times import stamp
from bot.support.accounts import Accounts
from bot.support.authority import LOCAL
from bot.support.office import ALWAYS
from bot.web.app import create_app
from bot.web.desk import acts
from bot.web.limiting import Limits
from intents.load import understand
from tests.fuzz.requests import Request, paths, request
from tests.fuzz.run import Fuzz, Step

SECONDS = 90.0
"""Time after which an answer counts as never coming: rolling the knowledge back learns it anew."""
PEOPLE = (("wang", "agent"), ("chen", "supervisor"), ("ed", "editor"), ("admin", "admin"))
COOKIES = ("", "__Host-")


def make() -> Fuzz:
    """Return the fuzzer; a case is one request to one site that all share."""
    runner, folder = asyncio.Runner(), tempfile.TemporaryDirectory()
    site = runner.run(FuzzedSite.opened(Path(folder.name) / "posbot.db"))

    atexit.register(folder.cleanup)  # its threads end with the process

    def fuzz(dice: random.Random) -> Iterator[Step]:
        yield Case(runner, site, request(dice, site.known))

    return fuzz


class Case:
    """One request; its name is what was sent."""

    def __init__(self, runner: asyncio.Runner, site: FuzzedSite, sent: Request) -> None:
        self._runner = runner
        self._site = site
        self._sent = sent

    def __call__(self) -> None:
        self._runner.run(self._site.check(self._sent))

    def __str__(self) -> str:
        return str(self._sent)


class Wrong(AssertionError):
    """What must never be answered."""


class FuzzedSite:
    """The pages over a database with something in it; requests go straight into the application."""

    def __init__(self, app: Starlette, db: Database) -> None:
        self.app = app
        self.db = db
        self.known = paths(app.routes)
        self.tokens: dict[str, str] = {"forged": "x" * 43}
        self._logged: list[str] = []
        handler = logging.Handler(logging.ERROR)
        handler.emit = lambda record: self._logged.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("bot").addHandler(handler)

    @classmethod
    async def opened(cls, path: Path) -> FuzzedSite:
        """Return a site with tickets, staff, a photo and a visitor."""
        dialogue = Dialogue(await asyncio.to_thread(understand), Messages())
        db = SqliteDatabase(path)
        await db.open()
        return await cls.over(db, dialogue)

    @classmethod
    async def over(cls, db: Database, dialogue: Dialogue) -> FuzzedSite:
        """Return a site over an open database, filled."""
        options = Settings(_env_file=None, web_chat="public", database="x.db")
        found = cls(create_app(db, options, _healthy, dialogue=dialogue), db)
        await found.fill()
        return found

    async def fill(self) -> None:
        """Put back what random acts may have taken away."""
        act = Act(LOCAL, now_utc(), ALWAYS, Messages())
        there = {row["login"] for row in await self.db.read(staff.listing)}
        for login, role in PEOPLE:
            if login not in there:
                await self.db.write(staff.add, act, login, login, role, None)
            self.tokens[login] = await Accounts(self.db, now_utc).open(login)
        for number in range(3):
            await self.db.write(_ticket, f"tg:{number}", f"打印机{number}")
        await self.db.write(media.add, "tg:1", "web", "photo", "", "image/jpeg", b"x", stamp(now_utc()))
        await self.db.write(keeping.can, act, "t", "z", "e")

    async def check(self, sent: Request) -> int:
        """Send a request; raises Wrong where the answer breaks a promise. Returns the status."""
        self._logged.clear()
        object.__setattr__(self.app.state.web, "limits", Limits())  # what is beyond the quotas is the point
        headers = await self._headers(sent)
        try:
            async with asyncio.timeout(SECONDS):
                status, answered, body = await self._ask(sent, headers)
        except TimeoutError:
            raise Wrong(f"no answer within {SECONDS:.0f} s: {sent}") from None
        names = {name.lower() for name, _ in answered}
        if status >= 500 and not (status == 503 and b"retry-after" in names):
            raise Wrong(f"status {status}: {sent}")
        if b"Traceback" in body or b'File "/' in body:
            raise Wrong(f"a trace: {sent}")
        if not {b"content-security-policy", b"x-content-type-options", b"cache-control"} <= names:
            raise Wrong(f"headers are missing: {sent}")
        if self._logged:
            raise Wrong(f"logged {self._logged[0][:100]}: {sent}")
        if status == 401 and sent.who not in ("", "forged"):
            await self.fill()  # somebody was removed, or signed out everywhere
        return status

    async def _headers(self, sent: Request) -> list[tuple[bytes, bytes]]:
        headers = list(sent.headers)
        token = self.tokens.get(sent.who, "")
        cookies = [f"{prefix}posbot_desk={token}" for prefix in COOKIES if token]
        cookies += [f"{prefix}posbot_chat={'a' * 32}" for prefix in COOKIES]
        headers.append((b"cookie", "; ".join(cookies).encode()))
        if not any(name == b"host" for name, _ in headers):
            headers.append((b"host", b"desk.test"))
        return headers

    async def _ask(self, sent: Request, headers: list[tuple[bytes, bytes]]) -> tuple[int, list[Any], bytes]:
        raw, _, query = sent.target.partition(b"?")
        body = await self._body(sent)
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "server": ("desk.test", 80),
            "client": ("203.0.113.7", 4), "scheme": "http", "method": sent.method, "root_path": "", "raw_path": raw,
            "path": unquote(raw.decode("ascii", "replace")), "query_string": query, "headers": headers, "state": {},
        }  # fmt: skip
        parts: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
        over, got = asyncio.Event(), bytearray()
        start: dict[str, Any] = {}

        async def receive() -> dict[str, Any]:
            if parts:
                return parts.pop()
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                if any(value.startswith(b"text/event-stream") for _, value in message["headers"]):
                    over.set()  # a browser that goes away at once
            got.extend(message.get("body", b""))

        await self.app(scope, receive, send)
        over.set()
        return start["status"], start["headers"], bytes(got)

    async def _body(self, sent: Request) -> bytes:
        """Return the body; where a form needs the mark of what it showed, often the right one."""
        policy = await self.db.read(settings.policy)
        if sent.section and hasattr(policy, sent.section) and b"&" in sent.body:
            return sent.body + f"&mark={acts.mark(getattr(policy, sent.section))}".encode()
        return sent.body


async def _healthy() -> dict[str, bool]:
    return {"worker": True}


async def _ticket(tx: Tx, chat: str, title: str) -> None:
    at = stamp(now_utc())
    await tx.run(
        """INSERT INTO sessions (chat, channel, lang, data, created_at, updated_at)
           VALUES (:chat, 'telegram', 'zh', '{}', :at, :at) ON CONFLICT (chat) DO NOTHING""",
        chat=chat, at=at,
    )  # fmt: skip
    change = OpenTicket("print.jam", title, "P3", "要报修", (), {"serial": "SN1"}, False, "newland", "SP930")
    await ticketing.apply(tx, chat, "telegram", "zh", change, now_utc(), ALWAYS)
