"""A bare echo bot, the measure for posbot's throughput: python -m tests.soak.echo API_URL TOKEN SIDE_BY_SIDE."""

from __future__ import annotations

import logging
import sys

from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Say what was said."""
    if update.message is not None:
        await update.message.reply_text(update.message.text or "")


def main(url: str, token: str, side_by_side: int) -> None:
    """Poll and echo until killed; as python-telegram-bot's own example does it, but for ``side_by_side``."""
    logging.disable(logging.CRITICAL)
    builder = ApplicationBuilder().token(token).base_url(f"{url}/bot").base_file_url(f"{url}/file/bot")
    if side_by_side:
        builder = builder.concurrent_updates(side_by_side).connection_pool_size(side_by_side)
    bot = builder.build()
    bot.add_handler(MessageHandler(filters.TEXT, echo))
    bot.run_polling()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
