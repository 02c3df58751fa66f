"""The one door to support's acts, for web desk, staff group and command line: each asks the authority table first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.messages import Messages
from bot.store import turns
from bot.store.base import Database, Tx
from bot.store.support import claims, listing, merchants, merging, replies, sending, showing, states, triage
from bot.store.support.acting import Act
from bot.store.support.filters import Filter, Sort
from bot.store.support.listing import Page
from bot.store.support.sending import File
from bot.store.support.showing import Shown
from bot.support.authority import Action, Actor, require
from bot.support.book import Offices
from bot.support.errors import SupportError

P = ParamSpec("P")
R = TypeVar("R")
MOST = 200
"""Tickets that one bulk action takes."""


class Desk:
    """Support's acts. Each raises NotAllowed if the actor's role does not include it, and what its operation raises."""

    def __init__(self, db: Database, offices: Offices, messages: Messages, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._offices = offices
        self._messages = messages
        self._clock = clock

    async def do(
        self, action: Action, actor: Actor | None, op: Callable[Concatenate[Tx, Act, P], Awaitable[R]],
        *args: P.args, **kwargs: P.kwargs,
    ) -> R:  # fmt: skip
        """Carry out any operation that takes an ``Act``, if the actor may do ``action``."""
        act = Act(require(actor, action), self._clock(), await self._offices(), self._messages)
        return await self._db.write(op, act, *args, **kwargs)

    async def tickets(self, actor: Actor | None, wanted: Filter, sort: Sort = "priority", after: str = "") -> Page:
        """Return a page of the ticket list."""
        require(actor, Action.VIEW_TICKETS)
        return await self._db.read(listing.page, wanted, self._clock(), sort, after)

    async def ticket(self, actor: Actor | None, number: int) -> Shown:
        """Return a ticket with all that belongs to it; NoSuchTicket if there is none."""
        require(actor, Action.VIEW_TICKETS)
        return await self._db.read(showing.ticket, number)

    async def claim(self, actor: Actor | None, number: int, take: bool = False) -> None:
        """Take a ticket (over from somebody else, with ``take``); AlreadyClaimed names who has it."""
        await self.do(Action.TAKE_OVER if take else Action.CLAIM, actor, claims.claim, number, take)

    async def assign(self, actor: Actor | None, number: int, login: str) -> None:
        """Give a ticket to a member of staff."""
        await self.do(Action.ASSIGN, actor, claims.assign, number, login)

    async def release(self, actor: Actor | None, number: int) -> None:
        """Put a ticket back for everybody."""
        await self.do(Action.CLAIM, actor, claims.release, number)

    async def reply(self, actor: Actor | None, number: int, text: str) -> int:
        """Answer the merchant; returns the message's id."""
        return await self.do(Action.REPLY, actor, replies.reply, number, text)

    async def send(self, actor: Actor | None, number: int, file: File) -> int:
        """Send the merchant a photo or file; returns the message's id."""
        return await self.do(Action.REPLY, actor, sending.file, number, file)

    async def note(self, actor: Actor | None, number: int, text: str) -> None:
        """Write a note that only staff see."""
        await self.do(Action.NOTE, actor, replies.note, number, text)

    async def prioritise(self, actor: Actor | None, number: int, priority: str) -> None:
        """Change the priority."""
        await self.do(Action.TRIAGE, actor, triage.prioritise, number, priority)

    async def tag(self, actor: Actor | None, number: int, name: str) -> None:
        """Put a tag on a ticket."""
        await self.do(Action.TRIAGE, actor, triage.tag, number, name)

    async def untag(self, actor: Actor | None, number: int, name: str) -> None:
        """Take a tag off a ticket."""
        await self.do(Action.TRIAGE, actor, triage.untag, number, name)

    async def wait(self, actor: Actor | None, number: int, text: str = "") -> None:
        """Wait for the merchant; ``text`` says for what."""
        await self.do(Action.WAIT, actor, states.wait, number, text)

    async def resume(self, actor: Actor | None, number: int) -> None:
        """Wait no longer."""
        await self.do(Action.WAIT, actor, states.resume, number)

    async def resolve(self, actor: Actor | None, number: int, reason: str, text: str = "") -> None:
        """End a ticket; ``reason`` is one of ``states.RESOLUTIONS``."""
        await self.do(Action.RESOLVE, actor, states.resolve, number, reason, text)

    async def reopen(self, actor: Actor | None, number: int) -> None:
        """Open a ticket again."""
        await self.do(Action.REOPEN, actor, states.reopen, number)

    async def merge(self, actor: Actor | None, number: int, into: int) -> None:
        """Close a ticket as a duplicate of another one of the same merchant."""
        await self.do(Action.MERGE, actor, merging.merge, number, into)

    async def block(self, actor: Actor | None, chat: str) -> None:
        """Block a merchant."""
        await self.do(Action.BLOCK, actor, merchants.block, chat)

    async def unblock(self, actor: Actor | None, chat: str) -> None:
        """Let a merchant write again."""
        await self.do(Action.BLOCK, actor, merchants.unblock, chat)

    async def forget(self, actor: Actor | None, chat: str) -> None:
        """Erase everything about a merchant."""
        require(actor, Action.FORGET)
        await self._db.write(turns.forget, chat)

    async def bulk(
        self, actor: Actor | None, numbers: Sequence[int], act: Callable[..., Awaitable[Any]], *args: Any
    ) -> dict[int, SupportError]:
        """Do one of the above to many tickets, each for itself; returns those it was refused for, with the reason."""
        require(actor, Action.BULK)
        refused = {}
        for number in numbers[:MOST]:
            try:
                await act(actor, number, *args)
            except SupportError as error:
                refused[number] = error
        return refused
