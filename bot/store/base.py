"""The seam to the database: one tiny interface, passed the same operations by every backend.

An *operation* is an ``async def op(tx, …)`` that talks SQL through ``tx`` and nothing else. It runs in one
transaction: all of it is stored, or none. SQL is written once, with ``:named`` parameters, in the common subset
of SQLite and PostgreSQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

Row = Mapping[str, Any]
Dialect = Literal["sqlite", "postgres"]
P = ParamSpec("P")
R = TypeVar("R")


class Tx(Protocol):
    """One transaction.

    ``dialect`` is for full-text search only, the one thing with no common SQL. ``replica`` is who this process is among
    those that share the database, "" if it has it to itself.
    """

    dialect: Dialect
    replica: str

    async def all(self, sql: str, **values: Any) -> list[Row]:
        """Run a statement and return its rows."""

    async def one(self, sql: str, **values: Any) -> Row | None:
        """Run a statement and return its first row, or None."""

    async def run(self, sql: str, **values: Any) -> int:
        """Run a statement and return how many rows it touched."""

    async def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run a statement for each row; returns how many rows were touched in all."""

    async def do(self, sql: str, **values: Any) -> None:
        """Run a statement of which nothing is to be known: a database far away is not waited for."""

    async def lock(self, *names: str) -> None:
        """Hold names until the transaction ends: whoever reads and then writes under a name does so alone."""

    def notify(self, topic: str) -> None:
        """Wake whoever listens to ``topic`` (``inbox``, ``outbox``, ``tickets``, ``chat:…``) after the commit."""


Operation = Callable[Concatenate[Tx, P], Awaitable[R]]


class Database(Protocol):
    """A database that runs operations and wakes listeners; ``shared``: other processes work on it as well."""

    shared: bool

    async def open(self) -> None:
        """Open it and bring its schema up to date; StoreError if it cannot be used."""

    async def close(self) -> None:
        """Finish what was accepted and close."""

    async def write(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an operation in a transaction that is durable when this returns."""

    async def read(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an operation that changes nothing, beside the writer."""

    def listen(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` on the event loop after commits that touch ``topic``; returns the way to stop."""

    def alone(self, name: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Wait until this process is the only one to hold ``name``; the event is set when it is so no longer."""
