"""Changes of the knowledge on their way: kept, tried by whichever process is alive, shown by every replica."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.store.base import Row, Tx
from bot.store.support.acting import Act
from bot.store.times import stamp

ALIVE = timedelta(seconds=20)
"""Silence after which the process that tried a change counts as dead, and another one takes it up."""
TRIES = 3
"""Processes that may die of a change before it counts as faulty."""
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change: over which version, which files, for which intent; ``effect`` is there once it was tried."""

    id: int
    author: str
    note: str
    base: int
    files: dict[str, str]
    intent: str
    misses: tuple[int, ...]
    state: str
    faults: tuple[str, ...]
    effect: dict[str, Any]


async def add(
    tx: Tx, act: Act, note: str, base: int, files: Mapping[str, str], intent: str, misses: Sequence[int]
) -> int:
    """Keep a change that is to be tried; returns its id. Those of last week go."""
    await tx.run("DELETE FROM proposals WHERE created_at < :before", before=stamp(act.now - KEPT))
    row = await tx.one(
        """INSERT INTO proposals (created_at, author, note, base, files, intent, misses)
           VALUES (:at, :author, :note, :base, :files, :intent, :misses) RETURNING id""",
        at=act.at, author=act.actor.login, note=note, base=base, intent=intent, misses=json.dumps(list(misses)),
        files=json.dumps(dict(files), ensure_ascii=False),
    )  # fmt: skip
    tx.notify("knowledge")
    return int(row["id"]) if row else 0


async def get(tx: Tx, number: int) -> Proposal | None:
    """Return a change, None if there is none (any more)."""
    row = await tx.one("SELECT * FROM proposals WHERE id = :id", id=number)
    return _proposal(row) if row else None


async def take(tx: Tx, worker: str, now: datetime) -> Proposal | None:
    """Return the oldest change that nobody alive works on, for this process to try; None if there is none.

    One that took several processes with it is not tried again.
    """
    before = stamp(now - ALIVE)
    await tx.run(
        """UPDATE proposals SET state = 'faulty', faults = '["?"]'
           WHERE state = 'working' AND tries >= :tries AND alive_at < :before""",
        tries=TRIES, before=before,
    )  # fmt: skip
    row = await tx.one(
        """UPDATE proposals SET worker = :worker, alive_at = :now, tries = tries + 1
           WHERE state = 'working' AND alive_at < :before AND id = (
             SELECT MIN(id) FROM proposals WHERE state = 'working' AND alive_at < :before) RETURNING *""",
        worker=worker, now=stamp(now), before=before,
    )  # fmt: skip
    return _proposal(row) if row else None


async def waiting(tx: Tx, now: datetime) -> bool:
    """Tell whether there is a change that nobody alive works on."""
    return await tx.one("SELECT 1 AS yes FROM proposals WHERE state = 'working' AND alive_at < :before LIMIT 1",
                        before=stamp(now - ALIVE)) is not None  # fmt: skip


async def alive(tx: Tx, number: int, worker: str, now: datetime) -> None:
    """Say that the process that tries a change is alive."""
    await tx.run("UPDATE proposals SET alive_at = :now WHERE id = :id AND worker = :worker",
                 now=stamp(now), id=number, worker=worker)  # fmt: skip


async def tried(tx: Tx, number: int, worker: str, faults: Sequence[str], effect: Mapping[str, object]) -> None:
    """Keep what came of a change: faults, or its effect; of a process that was given up meanwhile nothing."""
    await tx.run(
        """UPDATE proposals SET state = :state, faults = :faults, effect = :effect
           WHERE id = :id AND worker = :worker AND state = 'working'""",
        state="faulty" if faults else "ready", faults=json.dumps(list(faults), ensure_ascii=False),
        effect=json.dumps(dict(effect), ensure_ascii=False), id=number, worker=worker,
    )  # fmt: skip


async def drop(tx: Tx, act: Act, number: int) -> None:
    """Forget a change."""
    await tx.run("DELETE FROM proposals WHERE id = :id", id=number)


def _proposal(row: Row) -> Proposal:
    return Proposal(row["id"], row["author"], row["note"], row["base"], json.loads(row["files"]), row["intent"],
                    tuple(json.loads(row["misses"])), row["state"], tuple(json.loads(row["faults"])),
                    json.loads(row["effect"]))  # fmt: skip
