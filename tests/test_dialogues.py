from __future__ import annotations

from typing import Any

import chats
import pytest

from bot.app import DECODERS
from bot.channels.console import Console
from bot.dialogue.engine import Dialogue
from bot.service import Service
from bot.store.base import Database

CHATS = chats.load()


@pytest.mark.parametrize("chat", [chat for _, chat in CHATS], ids=[name for name, _ in CHATS])
async def test_dialogue(chat: dict[str, Any], db: Database, dialogue: Dialogue, clock: Any) -> None:
    service = Service(db, dialogue, DECODERS, clock=clock, only="console:test")
    await chats.play(Console(db, service, "console:test", None), chat, clock)
