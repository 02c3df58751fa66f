"""What was not understood, for those who own the knowledge; and the versions of the knowledge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bot.store.base import Row, Tx
from bot.store.support import acting
from bot.store.support.acting import Act

MISSES = ("missed", "clarified", "unhelped", "gave_up", "escalated")
"""Kinds that the owners of the knowledge look at."""


async def misses(tx: Tx, kind: str = "missed", before: int = 0, limit: int = 500) -> list[Row]:
    """Return texts of one kind that nobody has looked at, the newest first.

    ``id``, ``at``, ``kind``, ``intent`` (the best guess), ``text``, ``lang``; not who said it.
    """
    return await tx.all(
        """SELECT id, at, kind, intent, node, text, lang FROM outcomes
           WHERE kind = :kind AND reviewed_at IS NULL AND text <> '' AND (:before = 0 OR id < :before)
           ORDER BY id DESC LIMIT :limit""",
        kind=kind, before=before, limit=limit,
    )  # fmt: skip


async def reviewed(tx: Tx, act: Act, ids: Sequence[int]) -> int:
    """Mark texts as looked at; returns how many were not before."""
    done = 0
    for one in ids:
        done += await tx.run(
            "UPDATE outcomes SET reviewed_at = :at, reviewed_by = :login WHERE id = :id AND reviewed_at IS NULL",
            at=act.at, login=act.actor.login, id=one,
        )  # fmt: skip
    if done:
        await acting.audit(tx, act, "misses_reviewed", "knowledge", count=done)
    return done


async def publish(tx: Tx, act: Act, files: Mapping[str, str], note: str, report: str) -> int:
    """Make a new version of the knowledge the one in force: changed files by name, over those as shipped.

    ``report`` is what the evaluation said (JSON). Returns the version's id.
    """
    row = await tx.one(
        """INSERT INTO knowledge_versions (created_at, author, note, files, report)
           VALUES (:at, :login, :note, :files, :report) RETURNING id""",
        at=act.at, login=act.actor.login, note=note[:500], report=report,
        files=json.dumps(dict(files), ensure_ascii=False),
    )  # fmt: skip
    if row is None:
        raise LookupError("an insert returned no version")
    await acting.audit(tx, act, "knowledge_published", f"knowledge:{row['id']}", note=note[:500], files=sorted(files))
    tx.notify("knowledge")
    return int(row["id"])


async def current(tx: Tx) -> tuple[int, dict[str, str]]:
    """Return the version in force and its files; (0, {}) for the knowledge as shipped."""
    row = await tx.one("SELECT id, files FROM knowledge_versions ORDER BY id DESC LIMIT 1")
    return (row["id"], json.loads(row["files"])) if row else (0, {})


async def versions(tx: Tx, limit: int = 100) -> list[Row]:
    """Return versions without their files, the newest first."""
    return await tx.all(
        "SELECT id, created_at, author, note, report FROM knowledge_versions ORDER BY id DESC LIMIT :limit",
        limit=limit,
    )


async def roll_back(tx: Tx, act: Act, version: int) -> int | None:
    """Publish an earlier version's files (0: as shipped) again as a new version; None if there is no such one."""
    row = await tx.one("SELECT files FROM knowledge_versions WHERE id = :id", id=version)
    if row is None and version != 0:
        return None
    files = json.loads(row["files"]) if row else {}
    return await publish(tx, act, files, f"back to version {version}", "{}")
