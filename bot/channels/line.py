"""The line to Telegram: one bot, its first contact, and the parts that use it once it was made."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator

from starlette.routing import BaseRoute
from telegram import Bot
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot import photos
from bot.channels import staff_group
from bot.channels.link import Link
from bot.channels.polling import Poller
from bot.channels.sender import Sender
from bot.channels.webhook import WebhookIntake
from bot.config import Settings
from bot.dialogue.commands import NAMES
from bot.dialogue.engine import Dialogue
from bot.elected import elected
from bot.errors import ConfigError, Unreachable
from bot.messages import Messages
from bot.service import Service
from bot.store.base import Database
from bot.support.book import Book
from bot.waiting import Part

LONGEST_PAUSE = 30.0
log = logging.getLogger(__name__)


class Line:
    """A bot on its way to Telegram. ``routes`` are what Telegram calls, where it pushes updates (``pushed``)."""

    def __init__(self, bot: Bot, pushed: bool = False) -> None:
        self.bot = bot
        self.up = asyncio.Event()
        self.routes: list[BaseRoute] = []
        self._pushed = pushed

    @property
    def name(self) -> str:
        """The bot's user name; known once the line is up."""
        return self.bot.username

    async def contact(self) -> None:
        """Ask Telegram who we are; wait out its troubles, but not a wrong token.

        Raises:
            ConfigError: Telegram refuses the token.

        """
        pause = 1.0
        while True:
            try:
                await self.bot.initialize()
                if not self._pushed:
                    await self.bot.delete_webhook(drop_pending_updates=False)
                self.up.set()
                await _describe(self.bot)
            except InvalidToken as error:
                raise ConfigError("POSBOT_TELEGRAM_TOKEN: Telegram refuses this token") from error
            except TelegramError as error:
                log.warning("Telegram cannot be reached, next try in %.0f s: %s", pause, error)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            else:
                return

    async def parts(
        self, db: Database, settings: Settings, answers: Dialogue, book: Book, worker: Service
    ) -> dict[str, Part]:
        """Return what runs over this line once it is up: intake, sender, and the staff group where one is set."""
        found: dict[str, Part] = {"intake": self._intake(db, settings),
                                  "sender": Sender(self.bot, db, settings.telegram_rate)}  # fmt: skip
        if settings.staff_chat is not None:
            group = await staff_group.build(db, self.bot, settings.staff_chat, answers, book, settings.telegram_rate,
                                            settings.desk_url)  # fmt: skip
            worker.aside = group.handler
            found |= {"group": elected(db, "group", group.sender),
                      "group_check": elected(db, "group_check", group.check)}  # fmt: skip
        return {name: _OnceUp(self.up, part) for name, part in found.items()}

    async def fetch(self, ref: str) -> bytes:
        """Return a file's content.

        Raises:
            BadPhoto: it is too large.
            Unreachable: Telegram cannot be reached now.
            TelegramError: Telegram does not give it.

        """
        try:
            file = await self.bot.get_file(ref)
            if (file.file_size or 0) > photos.MAX_BYTES:
                raise photos.BadPhoto("the file is too large")
            if not (file.file_path or "").startswith(f"{self.bot.base_file_url}/"):
                raise photos.BadPhoto(
                    "the file is not at the configured server"
                )  # PTB would read a path of this machine
            return bytes(await file.download_as_bytearray())
        except BadRequest:
            raise  # the library counts it among the network's errors
        except (NetworkError, RetryAfter) as error:
            raise Unreachable(f"Telegram cannot be reached: {type(error).__name__}") from error

    def _intake(self, db: Database, settings: Settings) -> Part:
        if not settings.webhook_url:
            return elected(db, "intake", Poller(self.bot, db))
        intake = WebhookIntake(self.bot, db, settings.webhook_url, settings.webhook_secret.get_secret_value())
        self.routes = [intake.route]
        return intake


class _OnceUp:
    """A part that begins when the line is up, and is not alive before."""

    def __init__(self, up: asyncio.Event, part: Part) -> None:
        self._up = up
        self._part = part

    @property
    def seen_at(self) -> float:
        return self._part.seen_at if self._up.is_set() else -math.inf

    async def run(self) -> None:
        await self._up.wait()
        await self._part.run()


@contextlib.asynccontextmanager
async def open_line(settings: Settings, token: str) -> AsyncIterator[Line]:
    """Yield a line that is not up yet; close it afterwards."""
    bot = Bot(token, base_url=f"{settings.telegram_api_url}/bot", base_file_url=f"{settings.telegram_api_url}/file/bot",
              request=Link(settings.telegram_api_url), get_updates_request=Link(settings.telegram_api_url))  # fmt: skip
    try:
        yield Line(bot, pushed=bool(settings.webhook_url))
    finally:
        with contextlib.suppress(TelegramError):
            await bot.shutdown()


async def _describe(bot: Bot) -> None:
    """Show the commands in Telegram's menu, in both languages."""
    messages = Messages()
    for lang, code in (("en", None), ("zh", "zh")):
        commands = [(name, messages.say(f"command.{name}", lang)) for name in NAMES]  # type: ignore[arg-type]
        await bot.set_my_commands(commands, language_code=code)
