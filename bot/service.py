"""From the inbox to the store: claims each chat's oldest update, lets the dialogue answer it, commits the turn.

Chats are handled side by side, one chat strictly in order. A fault while handling one update parks that update
with its reason; the next is handled.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.aside import Aside
from bot.dialogue.engine import Dialogue
from bot.dialogue.model import Incoming, Session, TicketView, Turn, load_session
from bot.errors import StoreUnavailable, UndecodableUpdate
from bot.metrics import APOLOGIES, LATENCY, OUTCOMES, PARKED, TURNS, WAITED
from bot.redact import redact_text
from bot.store import inbox, media, outbox, times, turns
from bot.store.base import Database, Row
from bot.store.inbox import Work
from bot.store.times import now_utc as now_utc
from bot.store.turns import AlreadyHandled, Arrived, Attachment
from bot.support.book import Offices, always
from bot.support.office import Office
from bot.support.steady import Trust
from bot.waiting import finish, wake_or

SIDE_BY_SIDE = 64
"""Chats handled at once; their commits share fsyncs."""
POLL_SECONDS = 0.5
"""How often the inbox and timers are looked at when nothing wakes the service."""
DAY = timedelta(days=1)
PAUSE_SECONDS = 1.0
"""Wait after the store refused to work."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decoded:
    """An update as its channel understands it. A press carries ``token`` and ``index`` of its button."""

    incoming: Incoming
    attachment: Attachment | None = None
    token: str = ""
    index: int = 0
    callback: str = ""
    remote: str = ""


Decoder = Callable[[Work], Decoded]


class Service:
    """Handles updates of every channel with one dialogue."""

    def __init__(
        self, db: Database, dialogue: Dialogue, decoders: Mapping[str, Decoder],
        clock: Callable[[], datetime] = now_utc, only: str | None = None, offices: Offices = always,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._db = db
        self.dialogue = dialogue
        self._decoders = {"timer": _decode_timer, "reader": _decode_reading, **decoders}
        self._clock = clock
        self._steady = steady
        self._trusted = Trust(steady)
        self._offices = offices
        self._only = only
        self.aside: Aside | None = None
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._fired_at = -math.inf
        self.seen_at = time.monotonic()

    async def run(self) -> None:
        """Handle updates and fire timers until cancelled; what is under way is then finished."""
        stop = self._db.listen("inbox", self._wake.set)
        try:
            while True:
                self.seen_at = time.monotonic()
                self._wake.clear()
                await self._round()
                await wake_or(self._wake, POLL_SECONDS)
        finally:
            stop()
            await finish(self._tasks)

    async def drain(self) -> None:
        """Handle everything that waits now, then return (the console uses this)."""
        while await self._claim() or self._tasks:
            await asyncio.gather(*self._tasks)

    async def _round(self) -> None:
        try:
            now, steady = self._clock(), self._steady()
            if self._only is None and steady - self._fired_at >= POLL_SECONDS and self._trusted(now):
                self._fired_at = steady
                await self._db.write(outbox.fire, turns.stamp(now))
            await self._claim()
        except StoreUnavailable as error:
            log.error("the store is out of order, trying again: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _claim(self) -> int:
        room, busy = SIDE_BY_SIDE - len(self._tasks), tuple(self._busy)
        if room <= 0:
            return 0
        take = (
            self._db.write(inbox.claim, room, busy, self._only)
            if self._db.shared
            else self._db.read(inbox.waiting, room, busy, self._only)
        )
        found = await take
        found = [work for work in found if work.chat not in self._busy]
        for work in found:
            self._busy.add(work.chat)
            task = asyncio.create_task(self._handle(work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(found)

    async def _handle(self, work: Work) -> None:
        started = time.monotonic()
        WAITED.observe(max(0.0, (self._clock() - times.read(work.received_at)).total_seconds()))
        try:
            await self._turn(work)
            TURNS.labels(work.channel).inc()
            LATENCY.observe(time.monotonic() - started)
        except AlreadyHandled:
            log.info("update %s was handled by another replica", work.id)
        except StoreUnavailable as error:
            log.error("a turn was not stored, it is tried again: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)
        except UndecodableUpdate as error:
            await self._park(work, str(error), error.callback)
        except Exception as error:  # the edge: one bad update must not stop the next
            log.exception("update %s cannot be handled", work.id)
            await self._park(work, f"{type(error).__name__}: {error}")
        finally:
            self._busy.discard(work.chat)
            self._wake.set()

    async def _turn(self, work: Work) -> None:
        if self.aside is not None and await self.aside.takes(work):
            await self.aside.handle(work)
            return
        decoder = self._decoders.get(work.channel)
        if decoder is None:
            raise UndecodableUpdate(f"no channel {work.channel} here")
        now = self._clock()
        decoded = await self._file(work, await self._press(work, decoder(work)), now)
        session = load_session(work.session)
        tickets = tuple(_view(row) for row in work.tickets)
        office = await self._offices()
        turn = self._step(work, session, decoded.incoming, tickets, now, office)
        if turn.heard:
            OUTCOMES.labels(turn.heard.outcome).inc()
        arrived = Arrived(work.id, _home(work), work.chat, decoded.incoming, decoded.attachment, decoded.callback,
                          decoded.remote, office, work.payload)  # fmt: skip
        await self._db.write(turns.commit, arrived, turn, now)

    def _step(
        self, work: Work, session: Session, incoming: Incoming, tickets: tuple[TicketView, ...], now: datetime,
        office: Office,
    ) -> Turn:  # fmt: skip
        """Let the dialogue answer; where it fails, the merchant hears so and a human is one tap away."""
        try:
            return self.dialogue.step(session, incoming, tickets, now, office)
        except Exception:  # the edge: a fault of ours must not silence the bot
            log.exception("the dialogue failed on update %s", work.id)
            APOLOGIES.inc()
            return self.dialogue.apology(session)

    async def _press(self, work: Work, decoded: Decoded) -> Decoded:
        """Look a pressed button up where it was shown; one that never was there has no action."""
        if not decoded.token:
            return decoded
        found = await self._db.read(turns.button, work.chat, decoded.token, decoded.index)
        label, action, shown = found or ("", "gone", None)
        return replace(decoded, incoming=replace(decoded.incoming, text=label, action=action, shown=shown))

    async def _file(self, work: Work, decoded: Decoded, now: datetime) -> Decoded:
        """Leave a file out that is over the chat's measure of a day; the words that came with it stay."""
        attachment = decoded.attachment
        if attachment is None or not await self._db.read(media.full, work.chat, turns.stamp(now - DAY)):
            return decoded
        if attachment.media:
            await self._db.write(media.drop, attachment.media)
        return replace(decoded, attachment=None, incoming=replace(decoded.incoming, kept=False))

    async def _park(self, work: Work, reason: str, callback: str = "") -> None:
        PARKED.inc()
        try:
            await self._db.write(turns.park, work, redact_text(reason).text, callback, turns.stamp(self._clock()))
        except StoreUnavailable as error:
            log.error("an update was not parked, it is tried again: %s", error)


def _home(work: Work) -> str:
    """Return the channel that the chat's replies go to: a timer answers where the merchant writes."""
    return work.home or work.channel if work.channel in ("timer", "reader") else work.channel


def _decode_timer(work: Work) -> Decoded:
    return Decoded(Incoming("timer", times.read(work.received_at), action=work.payload.decode(), limited=False))


def _decode_reading(work: Work) -> Decoded:
    data = json.loads(work.payload)
    incoming = Incoming("read", times.read(work.received_at), text=data["text"], limited=False,
                        action="" if data["photo"] else "file", found=tuple(data["found"]))  # fmt: skip
    return Decoded(incoming, remote=data["remote"])


def _view(row: Row) -> TicketView:
    return TicketView(**{**row, "assignee": row["assignee"] or "", "answered": bool(row["answered"]),
                         "resolved_at": row["resolved_at"] or ""})  # fmt: skip
