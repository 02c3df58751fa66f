"""Changes of the knowledge: prepared and tried beside the event loop, published as a version, live at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path

from bot.dialogue.engine import Dialogue
from bot.errors import StoreError
from bot.service import now_utc
from bot.store.base import Database
from bot.store.support import learning, proposals
from bot.store.support.proposals import Proposal
from bot.waiting import wake_or
from bot.web.desk.learning import overlay
from bot.web.desk.learning.effect import Effect, compare
from bot.web.desk.learning.overlay import Overlay
from intents.load import build
from intents.understanding import Understanding

SECONDS = 2.0
"""Between two looks for a version that another replica published."""
BEAT = 5.0
"""Seconds between two signs of life while a change is tried."""
MISSES = 300
"""Misses that a change is tried on."""
log = logging.getLogger(__name__)


class Teacher:
    """Keeps the running dialogue at the version in force, and tries out changes, one at a time."""

    def __init__(self, db: Database, dialogue: Dialogue, folder: Path | None) -> None:
        self._db = db
        self._dialogue = dialogue
        self.folder = folder
        self.version = 0
        self._expected = dialogue.understanding.knowledge.version
        self._worker = secrets.token_hex(8)
        self._task: asyncio.Task[None] | None = None
        self._built: tuple[int, Understanding] | None = None

    async def run(self) -> None:
        """Take over every version that is published anywhere, until cancelled."""
        wake = asyncio.Event()
        stop = self._db.listen("knowledge", wake.set)
        try:
            while True:
                try:
                    await self.refresh()
                    if await self._db.read(proposals.waiting, now_utc()):
                        self.start()
                except StoreError as error:
                    log.error("the knowledge in force cannot be read: %s", error)
                wake.clear()
                await wake_or(wake, SECONDS)
        finally:
            stop()

    async def refresh(self, built: Understanding | None = None) -> None:
        """Make the running dialogue use the version in force; ``built`` is its understanding if it is there already."""
        version, files = await self._db.read(learning.current)
        live = self._dialogue.understanding.knowledge.version
        if version == self.version and (live == self._expected or not files):
            return
        if built is None:
            built = await asyncio.to_thread(self._build, files)
        if built is None:
            log.error("version %d of the knowledge has faults, the one before stays", version)
            self.version, self._expected = version, live
            return
        self._dialogue.understanding = built
        self.version, self._expected = version, built.knowledge.version
        log.info("version %d of the knowledge is live", version)

    def start(self) -> None:
        """Try out in the background what waits to be tried: new changes, and those of a process that died."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._try_all())

    def built(self, number: int) -> Understanding | None:
        """Return the understanding of a change if this process tried it last."""
        return self._built[1] if self._built and self._built[0] == number else None

    async def _try_all(self) -> None:
        try:
            while found := await self._db.write(proposals.take, self._worker, now_utc()):
                await self._try(found)
        except StoreError as error:
            log.error("a change of the knowledge has to wait: %s", error)

    async def _try(self, proposal: Proposal) -> None:
        """Try a change out; a page waits for the outcome, so it hears of every failure."""
        texts = [row["text"] for row in await self._db.read(learning.misses, "missed", 0, MISSES)]
        alive = asyncio.create_task(self._live(proposal.id))
        try:
            faults, effect = await asyncio.to_thread(self._work, proposal, texts)
        except Exception:  # whatever it is, the page that waits must hear of it
            log.exception("a change of the knowledge could not be tried")
            faults, effect = ("?",), Effect()
        finally:
            alive.cancel()
        await self._db.write(proposals.tried, proposal.id, self._worker, faults, effect.dump())

    async def _live(self, number: int) -> None:
        while True:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(StoreError):
                await self._db.write(proposals.alive, number, self._worker, now_utc())

    def _work(self, proposal: Proposal, texts: Sequence[str]) -> tuple[tuple[str, ...], Effect]:
        knowledge, faults = overlay.read(self.folder, proposal.files)
        if knowledge is None:
            return tuple(map(str, faults[:20])), Effect()
        new = build(knowledge)
        effect = compare(self._dialogue.understanding, new, proposal.intent, texts)
        self._built = (proposal.id, new)
        return (), effect

    def _build(self, files: Overlay) -> Understanding | None:
        knowledge, _ = overlay.read(self.folder, files)
        return build(knowledge) if knowledge else None
