"""`posbot run`: all parts of one process, started in order, watched, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import click
from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot import app, photos
from bot.channels import staff_group
from bot.channels.polling import Poller
from bot.channels.sender import Sender
from bot.config import Settings
from bot.dialogue.commands import NAMES
from bot.dialogue.engine import Dialogue
from bot.errors import ConfigError, PosbotError
from bot.fetcher import Fetcher
from bot.knowledge_watch import KnowledgeWatch
from bot.messages import Messages
from bot.service import now_utc
from bot.store.base import Database
from bot.support.keeper import Keeper
from bot.support.webhook import Webhook
from bot.web.app import LoginLinks, create_app
from bot.web.desk.describe import from_knowledge
from bot.web.desk.learning.teacher import Teacher
from bot.web.server import serve

ALIVE_SECONDS = 60.0
"""Silence of a part after which it counts as dead; a long poll lasts 25 s."""
log = logging.getLogger(__name__)


class Part(Protocol):
    """Something that runs until cancelled and says when it was last alive (monotonic seconds)."""

    seen_at: float

    async def run(self) -> None:
        """Run until cancelled."""


async def run(settings: Settings) -> None:
    """Run everything the settings ask for until SIGTERM or SIGINT.

    Raises:
        ConfigError: wrong configuration, found before anything was accepted.

    """
    with _lock(settings.database):
        db = app.database(settings)
        await db.open()
        try:
            answers = await app.dialogue(settings)
            async with _telegram(settings) as bot:
                await _serve(settings, db, answers, bot)
        finally:
            await db.close()


async def _serve(settings: Settings, db: Database, answers: Dialogue, bot: Bot | None) -> None:
    book = app.offices(settings, db)
    worker = app.service(db, answers, book=book)
    parts: dict[str, Part] = {"worker": worker, "keeper": Keeper(db, book, now_utc)}
    reader = photos.ScreenReader() if photos.available() else None
    parts["photos"] = Fetcher(db, _fetch(bot) if bot else None, reader)
    if bot is not None:
        parts["intake"] = Poller(bot, db)
        parts["sender"] = Sender(bot, db, settings.telegram_rate)
    if bot is not None and settings.staff_chat is not None:
        group = await staff_group.build(db, bot, settings.staff_chat, answers, book, settings.telegram_rate,
                                        settings.desk_url)  # fmt: skip
        worker.aside = group.handler
        parts |= {"group": group.sender, "group_check": group.check}
    if settings.ticket_webhook:
        parts["webhook"] = Webhook(db, settings.ticket_webhook, settings.ticket_webhook_secret.get_secret_value(),
                                   settings.desk, now_utc)  # fmt: skip
    login = LoginLinks()
    teacher = Teacher(db, answers, settings.knowledge)
    web = create_app(
        db, settings, _health(db, parts), login=login, describe=from_knowledge(lambda: answers.understanding.knowledge),
        offices=book, dialogue=answers, teacher=teacher,
    )  # fmt: skip
    watch = KnowledgeWatch(answers, settings.knowledge)
    jobs = [*(part.run() for part in parts.values()), watch.run(), teacher.run(),
            serve(web, settings, lambda: _announce(settings, login, bot))]  # fmt: skip
    await _until_stopped(jobs)


async def _until_stopped(jobs: Sequence[Awaitable[None]]) -> None:
    """Run the jobs until a signal comes or one of them ends; then stop all, letting each finish its work."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.ensure_future(job) for job in jobs]
    ended = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
    for task in (*tasks, ended):
        task.cancel()
    await asyncio.gather(*tasks, ended, return_exceptions=True)
    for task in done - {ended}:
        error = task.exception()
        if isinstance(error, InvalidToken):
            raise ConfigError("POSBOT_TELEGRAM_TOKEN: Telegram refuses this token") from error
        raise error or PosbotError("a part of posbot ended by itself")


def _announce(settings: Settings, login: LoginLinks, bot: Bot | None) -> None:
    base = f"http://{settings.listen}"
    if settings.web_chat != "off":
        click.echo(f"Merchant chat:  {base}/")
    click.echo(f"Support desk:   {base}/desk/login?token={login.new()}  (works once)")
    if bot is None:
        click.echo("Telegram:       not connected; set POSBOT_TELEGRAM_TOKEN to the token that @BotFather gave you")
    else:
        click.echo(f"Telegram:       connected as @{bot.username}")


@contextlib.asynccontextmanager
async def _telegram(settings: Settings) -> AsyncIterator[Bot | None]:
    """Yield a bot that is ready to poll, or None without a token."""
    token = settings.token
    if token is None:
        yield None
        return
    request = HTTPXRequest(connection_pool_size=32, pool_timeout=30, connect_timeout=10, read_timeout=20)
    bot = Bot(token, base_url=f"{settings.telegram_api_url}/bot", base_file_url=f"{settings.telegram_api_url}/file/bot",
              request=request, get_updates_request=HTTPXRequest())  # fmt: skip
    await _first_contact(bot)
    try:
        yield bot
    finally:
        with contextlib.suppress(TelegramError):
            await bot.shutdown()


async def _first_contact(bot: Bot) -> None:
    """Ask Telegram who we are; wait out its troubles, but not a wrong token."""
    pause = 1.0
    while True:
        try:
            await bot.initialize()
            await bot.delete_webhook(drop_pending_updates=False)
            await _describe(bot)
        except InvalidToken as error:
            raise ConfigError("POSBOT_TELEGRAM_TOKEN: Telegram refuses this token") from error
        except TelegramError as error:
            log.warning("Telegram cannot be reached, next try in %.0f s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(60.0, pause * 2)
        else:
            return


async def _describe(bot: Bot) -> None:
    """Show the commands in Telegram's menu, in both languages."""
    messages = Messages()
    for lang, code in (("en", None), ("zh", "zh")):
        commands = [(name, messages.say(f"command.{name}", lang)) for name in NAMES]  # type: ignore[arg-type]
        await bot.set_my_commands(commands, language_code=code)


def _fetch(bot: Bot) -> Callable[[str], Awaitable[bytes]]:
    async def fetch(ref: str) -> bytes:
        file = await bot.get_file(ref)
        if (file.file_size or 0) > photos.MAX_BYTES:
            raise photos.BadPhoto("the file is too large")
        return bytes(await file.download_as_bytearray())

    return fetch


def _health(db: Database, parts: Mapping[str, Part]) -> Callable[[], Awaitable[dict[str, bool]]]:
    async def health() -> dict[str, bool]:
        now = time.monotonic()
        state = {name: now - part.seen_at < ALIVE_SECONDS for name, part in parts.items()}
        return {**state, "store": await _store_works(db)}

    return health


async def _store_works(db: Database) -> bool:
    from bot.store import probe

    try:
        await asyncio.wait_for(db.write(probe.write), 5)
    except (PosbotError, TimeoutError):
        return False
    return True


@contextlib.contextmanager
def _lock(database: str):  # type: ignore[no-untyped-def]  # a generator of nothing
    """Hold the database's lock file: two posbots on one SQLite file would answer everybody twice."""
    path = Path(f"{database}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("a")
    except OSError as error:
        raise ConfigError(f"POSBOT_DATABASE: {path.parent} cannot be written: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"another posbot is running on {database}: stop it first, or name another file"
            ) from error
        yield
