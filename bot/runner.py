"""`posbot run`: all parts of one process, started in order, watched, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot import app, forgotten, photos
from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.elected import elected
from bot.errors import PosbotError
from bot.fetcher import Fetcher
from bot.knowledge_watch import KnowledgeWatch
from bot.service import now_utc
from bot.store import sharing
from bot.store.base import Database
from bot.support.keeper import Keeper
from bot.support.webhook import Webhook
from bot.vitals import Vitals
from bot.waiting import Part
from bot.web.app import LoginLinks, create_app
from bot.web.desk.describe import from_knowledge
from bot.web.desk.learning.teacher import Teacher
from bot.web.server import serve

if TYPE_CHECKING:
    from bot.channels.line import Line

log = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Run everything the settings ask for until SIGTERM or SIGINT.

    Raises:
        ConfigError: wrong configuration, found before anything was accepted.

    """
    with _alone(settings):
        db = app.database(settings)
        await db.open()
        try:
            if brought_back := await forgotten.again(db, settings.forgotten):
                log.warning("%d merchants who had been erased were in the database again: erased", brought_back)
            answers = await app.dialogue(settings)
            async with contextlib.AsyncExitStack() as stack:
                await _serve(settings, db, answers, await _telegram(settings, stack))
        finally:
            await db.close()


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep a SQLite file to this process; a shared database is for many."""
    if settings.shared:
        yield
        return
    with sharing.only_one(settings.database):
        if said := sharing.warning(Path(settings.database)):
            log.warning("the database file is at risk: %s", said)
        yield


async def _serve(settings: Settings, db: Database, answers: Dialogue, line: Line | None) -> None:
    book = app.offices(settings, db)
    worker = app.service(db, answers, book=book)
    keeper = Keeper(db, book, now_utc, listed=settings.forgotten)
    parts: dict[str, Part] = {"worker": worker, "keeper": elected(db, "keeper", keeper)}
    reader = photos.ScreenReader() if photos.available() else None
    parts["photos"] = Fetcher(db, line.fetch if line else None, reader)
    if line is not None:
        parts |= await line.parts(db, settings, answers, book, worker)
    if settings.ticket_webhook:
        hook = Webhook(db, settings.ticket_webhook, settings.ticket_webhook_secret.get_secret_value(),
                       settings.desk, now_utc)  # fmt: skip
        parts["webhook"] = elected(db, "webhook", hook)
    login = LoginLinks()
    teacher = Teacher(db, answers, settings.knowledge)
    vitals = Vitals(db, parts)
    web = create_app(
        db, settings, vitals, login=login, describe=from_knowledge(lambda: answers.understanding.knowledge),
        routes=line.routes if line else (), offices=book, dialogue=answers, teacher=teacher,
    )  # fmt: skip
    watch = KnowledgeWatch(answers, settings.knowledge)
    jobs = [*(part.run() for part in parts.values()), watch.run(), teacher.run(), _meet(line),
            serve(web, settings, lambda: _announce(settings, login))]  # fmt: skip
    await _until_stopped(jobs, vitals, settings.drain_seconds)


async def _until_stopped(jobs: Sequence[Awaitable[None]], vitals: Vitals, drain: float) -> None:
    """Run the jobs until a signal comes or one of them ends; then stop all, letting each finish its work.

    After a signal everything goes on for ``drain`` seconds while /readyz is red, so that a proxy turns away first.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.ensure_future(job) for job in jobs]
    ended = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
    if ended in done:
        vitals.stopping = True
        await asyncio.wait(tasks, timeout=drain, return_when=asyncio.FIRST_COMPLETED)
    for task in (*tasks, ended):
        task.cancel()
    await asyncio.gather(*tasks, ended, return_exceptions=True)
    for task in done - {ended}:
        raise task.exception() or PosbotError("a part of posbot ended by itself")


def _announce(settings: Settings, login: LoginLinks) -> None:
    base = f"http://{settings.listen}"
    if settings.web_chat != "off":
        click.echo(f"Merchant chat:  {base}/")
    click.echo(f"Support desk:   {base}/desk/login?token={login.new()}  (works once)")


async def _meet(line: Line | None) -> None:
    """Connect to Telegram, however long it takes, and say so; everything else runs meanwhile."""
    if line is None:
        click.echo("Telegram:       not connected; set POSBOT_TELEGRAM_TOKEN to the token that @BotFather gave you")
    else:
        await line.contact()
        click.echo(f"Telegram:       connected as @{line.name}")
    await asyncio.Event().wait()


async def _telegram(settings: Settings, stack: contextlib.AsyncExitStack) -> Line | None:
    """Return the line to Telegram, not up yet, open until the stack ends; None without a token."""
    if settings.token is None:
        return None
    from bot.channels import line  # python-telegram-bot takes a third of a second to import

    return await stack.enter_async_context(line.open_line(settings, settings.token))
