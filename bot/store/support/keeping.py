"""What a member of staff keeps at hand: saved views, canned replies; who else looks at a ticket; the audit log."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import cast, get_args

from bot.store.base import Row, Tx
from bot.store.support import acting
from bot.store.support.acting import Act
from bot.store.support.filters import Filter, Sort
from bot.store.times import stamp
from bot.support.authority import Action, require
from bot.support.errors import Invalid
from bot.support.hiding import hide

PRESENT = timedelta(seconds=40)
"""How long somebody counts as looking at a ticket after the last sign of it."""


async def save_view(tx: Tx, act: Act, name: str, wanted: Filter, sort: Sort, shared: bool = False) -> int:
    """Keep a filter and sorting under a name, for oneself or for all; the same name is replaced.

    Raises:
        Invalid, NotAllowed: the name cannot be; sharing is not for this role.

    """
    if not name.strip() or len(name) > 60:
        raise Invalid("view")
    if shared:
        require(act.actor, Action.SHARE_VIEWS)
    query = json.dumps({"sort": sort, **wanted.dump()}, ensure_ascii=False)
    row = await tx.one(
        """INSERT INTO views (owner, name, query, shared) VALUES (:login, :name, :query, :shared)
           ON CONFLICT (owner, name) DO UPDATE SET query = excluded.query, shared = excluded.shared RETURNING id""",
        login=act.actor.login, name=name.strip(), query=query, shared=int(shared),
    )  # fmt: skip
    return int(row["id"]) if row else 0


async def views(tx: Tx, login: str) -> list[tuple[Row, Filter, Sort]]:
    """Return one's own and the shared views: (``id``, ``name``, ``owner``, ``shared``), filter, sorting."""
    rows = await tx.all("SELECT * FROM views WHERE owner = :login OR shared = 1 ORDER BY shared, name", login=login)
    found = []
    for row in rows:
        query = json.loads(row["query"])
        sort = cast(Sort, query.get("sort")) if query.get("sort") in get_args(Sort) else "priority"
        found.append((row, Filter.load(query), sort))
    return found


async def drop_view(tx: Tx, act: Act, number: int) -> None:
    """Delete a view of one's own; those who may share may delete shared ones."""
    shared = int(act.actor.may(Action.SHARE_VIEWS))
    await tx.do("DELETE FROM views WHERE id = :id AND (owner = :login OR (shared = 1 AND :shared = 1))",
                 id=number, login=act.actor.login, shared=shared)  # fmt: skip


async def can(tx: Tx, act: Act, title: str, zh: str, en: str, number: int = 0) -> int:
    """Keep a canned reply, or change one (``number``).

    Raises:
        Invalid: it has no title or no text, or is too long.

    """
    if not title.strip() or not (zh.strip() or en.strip()) or max(len(title), len(zh), len(en)) > acting.MAX_TEXT:
        raise Invalid("canned")
    columns = "title = :title, zh = :zh, en = :en, author = :login, updated_at = :at"
    values = {
        "title": title.strip(),
        "zh": hide(zh.strip()),
        "en": hide(en.strip()),
        "login": act.actor.login,
        "at": act.at,
    }
    if number:
        await tx.do(f"UPDATE canned SET {columns} WHERE id = :id", **values, id=number)  # noqa: S608 - stands above
        return number
    row = await tx.one(
        """INSERT INTO canned (title, zh, en, author, updated_at) VALUES (:title, :zh, :en, :login, :at)
           RETURNING id""",
        **values,
    )
    return int(row["id"]) if row else 0


async def canned(tx: Tx) -> list[Row]:
    """Return the canned replies by title."""
    return await tx.all("SELECT id, title, zh, en, author, updated_at FROM canned ORDER BY title")


async def drop_canned(tx: Tx, act: Act, number: int) -> None:
    """Delete a canned reply."""
    await tx.do("DELETE FROM canned WHERE id = :id", id=number)
    await acting.audit(tx, act, "canned_dropped", f"canned:{number}")


async def look(tx: Tx, ticket: int, login: str, now: datetime) -> list[str]:
    """Note that somebody looks at a ticket; returns the names of the others who do."""
    before = stamp(now - PRESENT)
    new = await tx.run("UPDATE presence SET seen_at = :at "
                       "WHERE ticket = :ticket AND login = :login AND seen_at > :before",
                       at=stamp(now), ticket=ticket, login=login, before=before)  # fmt: skip
    if not new:
        await tx.do("DELETE FROM presence WHERE seen_at <= :before", before=before)
        await tx.do(
            """INSERT INTO presence (ticket, login, seen_at) VALUES (:ticket, :login, :at)
               ON CONFLICT (ticket, login) DO UPDATE SET seen_at = excluded.seen_at""",
            ticket=ticket, login=login, at=stamp(now),
        )  # fmt: skip
        tx.notify(f"ticket:{ticket}")
    rows = await tx.all(
        """SELECT COALESCE(s.name, p.login) AS name FROM presence p LEFT JOIN staff s ON s.login = p.login
           WHERE p.ticket = :ticket AND p.login <> :login AND p.seen_at > :before ORDER BY name""",
        ticket=ticket, login=login, before=before,
    )  # fmt: skip
    return [row["name"] for row in rows]


async def audit(tx: Tx, before: int = 0, actor: str = "", subject: str = "", limit: int = 100) -> list[Row]:
    """Return the audit log, the newest first; ``before`` is the id that the last page ended with."""
    return await tx.all(
        """SELECT id, at, actor, action, subject, data FROM audit
           WHERE (:before = 0 OR id < :before) AND (:actor = '' OR actor = :actor)
             AND (:subject = '' OR subject = :subject) ORDER BY id DESC LIMIT :limit""",
        before=before, actor=actor, subject=subject, limit=limit,
    )  # fmt: skip
