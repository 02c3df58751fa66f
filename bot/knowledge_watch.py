"""Knowledge edits go live by themselves: good ones replace the old, faulty ones are shown and change nothing."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from bot.dialogue.engine import Dialogue
from intents.knowledge import files, inspect
from intents.load import build

SECONDS = 2.0
log = logging.getLogger(__name__)


class KnowledgeWatch:
    """Looks at the knowledge files' times until cancelled."""

    def __init__(self, dialogue: Dialogue, folder: Path | None) -> None:
        self._dialogue = dialogue
        self._folder = folder
        self._seen = self._stamp()

    async def run(self) -> None:
        """Take over every good edit, training beside the event loop."""
        while True:
            await asyncio.sleep(SECONDS)
            now = await asyncio.to_thread(self._stamp)
            if now != self._seen:
                self._seen = now
                await self._reload()

    async def _reload(self) -> None:
        knowledge, faults = await asyncio.to_thread(inspect, self._folder)
        if knowledge is None:
            log.error("the edited knowledge has %d faults, the old one stays: %s", len(faults), faults[0])
            return
        if knowledge.version == self._dialogue.understanding.knowledge.version:
            return
        try:
            self._dialogue.understanding = await asyncio.to_thread(build, knowledge)
        except Exception:  # the edge: an edit that cannot be trained must not take the bot down
            log.exception("the edited knowledge cannot be trained, the old one stays")
            return
        log.info("knowledge version %s is live", knowledge.version)

    def _stamp(self) -> tuple[tuple[str, int], ...]:
        found = []
        for _, path in files(self._folder):
            try:
                found.append((str(path), path.stat().st_mtime_ns))
            except OSError:
                continue  # it vanished between listing and looking: the next look tells
        return tuple(found)
