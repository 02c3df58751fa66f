"""The line to Telegram: one bot, ready to poll and to send, and the parts that use it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot import photos
from bot.channels import staff_group
from bot.channels.link import Link
from bot.channels.polling import Poller
from bot.channels.sender import Sender
from bot.config import Settings
from bot.dialogue.commands import NAMES
from bot.dialogue.engine import Dialogue
from bot.elected import elected
from bot.errors import ConfigError
from bot.messages import Messages
from bot.service import Service
from bot.store.base import Database
from bot.support.book import Book
from bot.waiting import Part

log = logging.getLogger(__name__)


class Line:
    """A connected bot."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    @property
    def name(self) -> str:
        """The bot's user name."""
        return self.bot.username

    async def parts(
        self, db: Database, settings: Settings, answers: Dialogue, book: Book, worker: Service
    ) -> dict[str, Part]:
        """Return what runs over this line: intake, sender, and the staff group where one is set."""
        found: dict[str, Part] = {
            "intake": elected(db, "intake", Poller(self.bot, db)),
            "sender": Sender(self.bot, db, settings.telegram_rate),
        }  # fmt: skip
        if settings.staff_chat is not None:
            group = await staff_group.build(db, self.bot, settings.staff_chat, answers, book, settings.telegram_rate,
                                            settings.desk_url)  # fmt: skip
            worker.aside = group.handler
            found |= {"group": elected(db, "group", group.sender),
                      "group_check": elected(db, "group_check", group.check)}  # fmt: skip
        return found

    async def fetch(self, ref: str) -> bytes:
        """Return a file's content.

        Raises:
            BadPhoto: it is too large.
            TelegramError: Telegram does not give it.

        """
        file = await self.bot.get_file(ref)
        if (file.file_size or 0) > photos.MAX_BYTES:
            raise photos.BadPhoto("the file is too large")
        if not (file.file_path or "").startswith(f"{self.bot.base_file_url}/"):
            raise photos.BadPhoto("the file is not at the configured server")  # PTB would read a path of this machine
        return bytes(await file.download_as_bytearray())


@contextlib.asynccontextmanager
async def connect(settings: Settings, token: str) -> AsyncIterator[Line]:
    """Yield a line that is ready to use.

    Raises:
        ConfigError: Telegram refuses the token.

    """
    bot = Bot(token, base_url=f"{settings.telegram_api_url}/bot", base_file_url=f"{settings.telegram_api_url}/file/bot",
              request=Link(settings.telegram_api_url), get_updates_request=Link(settings.telegram_api_url))  # fmt: skip
    await _first_contact(bot)
    try:
        yield Line(bot)
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
