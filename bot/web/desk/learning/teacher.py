"""Changes of the knowledge: prepared and tried beside the event loop, published as a version, live at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.dialogue.engine import Dialogue
from bot.errors import StoreError
from bot.store.base import Database
from bot.store.support import learning
from bot.waiting import wake_or
from bot.web.desk.learning import overlay
from bot.web.desk.learning.effect import Effect, compare
from bot.web.desk.learning.overlay import Overlay
from intents.load import build
from intents.understanding import Understanding

SECONDS = 2.0
"""Between two looks for a version that another replica published."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Proposal:
    """A change on its way: trained and tried in the background, then published or dropped."""

    id: int
    author: str
    note: str
    base: int
    files: dict[str, str]
    intent: str
    phrases: tuple[str, ...]
    misses: tuple[int, ...] = ()
    state: Literal["working", "ready", "faulty"] = "working"
    faults: tuple[str, ...] = ()
    effect: Effect | None = None


class Teacher:
    """Keeps the running dialogue at the version in force, and tries out changes, one at a time."""

    def __init__(self, db: Database, dialogue: Dialogue, folder: Path | None) -> None:
        self._db = db
        self._dialogue = dialogue
        self.folder = folder
        self.version = 0
        self._expected = dialogue.understanding.knowledge.version
        self._busy = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._proposals: dict[int, Proposal] = {}
        self._built: dict[int, Understanding] = {}

    async def run(self) -> None:
        """Take over every version that is published anywhere, until cancelled."""
        wake = asyncio.Event()
        stop = self._db.listen("knowledge", wake.set)
        try:
            while True:
                try:
                    await self.refresh()
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

    def propose(self, author: str, note: str, base: int, files: dict[str, str], intent: str,
                phrases: Sequence[str], misses: Sequence[int], texts: Sequence[str]) -> Proposal:  # fmt: skip
        """Start to try out a change."""
        found = Proposal(max(self._proposals, default=0) + 1, author, note, base, files, intent, tuple(phrases),
                         tuple(misses))  # fmt: skip
        for old in list(self._proposals)[:-4]:
            self.drop(old)
        self._proposals[found.id] = found
        task = asyncio.create_task(self._try(found, texts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return found

    def proposal(self, number: int) -> Proposal | None:
        """Return a change that is on its way."""
        return self._proposals.get(number)

    def built(self, number: int) -> Understanding | None:
        """Return the understanding of a change that was tried."""
        return self._built.get(number)

    def drop(self, number: int) -> None:
        """Forget a change."""
        self._proposals.pop(number, None)
        self._built.pop(number, None)

    async def _try(self, proposal: Proposal, texts: Sequence[str]) -> None:
        async with self._busy:
            try:
                await asyncio.to_thread(self._work, proposal, texts)
            except Exception:  # a page waits for the outcome: it must hear of every failure
                log.exception("a change of the knowledge could not be tried")
                proposal.faults, proposal.state = ("?",), "faulty"

    def _work(self, proposal: Proposal, texts: Sequence[str]) -> None:
        knowledge, faults = overlay.read(self.folder, proposal.files)
        if knowledge is None:
            proposal.faults, proposal.state = tuple(map(str, faults[:20])), "faulty"
            return
        new = build(knowledge)
        proposal.effect = compare(self._dialogue.understanding, new, proposal.intent, texts)
        self._built[proposal.id] = new
        proposal.state = "ready"

    def _build(self, files: Overlay) -> Understanding | None:
        knowledge, _ = overlay.read(self.folder, files)
        return build(knowledge) if knowledge else None
