"""Members of staff. Passwords are here only as hashes."""

from __future__ import annotations

import re

from bot.store.base import Row, Tx
from bot.store.support import acting
from bot.store.support.acting import Act
from bot.support.authority import ROLES, Actor, Role
from bot.support.errors import Invalid

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_RESERVED = ("bot", "merchant", "local", "clock", "sender")
"""Names that stand for something else on a timeline."""


async def add(tx: Tx, act: Act, login: str, name: str, role: str, password: str | None, telegram_id: str = "") -> None:
    """Add a member of staff, or take back one who was removed; ``password`` is a hash (None: Telegram only).

    Raises:
        Invalid: login, name, role or Telegram id cannot be, or are taken.

    """
    if not _LOGIN.fullmatch(login) or login in _RESERVED:
        raise Invalid("login")
    await _check(tx, login, name, role, telegram_id)
    done = await tx.run(
        """INSERT INTO staff (login, name, role, password, telegram_id, created_at)
           VALUES (:login, :name, :role, :password, NULLIF(:telegram, ''), :at)
           ON CONFLICT (login) DO UPDATE SET name = excluded.name, role = excluded.role, active = 1,
             password = excluded.password, telegram_id = excluded.telegram_id WHERE staff.active = 0""",
        login=login, name=name.strip(), role=role, password=password, telegram=telegram_id, at=act.at,
    )  # fmt: skip
    if not done:
        raise Invalid("login_taken", login=login)
    await acting.audit(tx, act, "staff_added", f"staff:{login}", role=role)
    tx.notify("staff")


async def change(tx: Tx, act: Act, login: str, name: str, role: str, telegram_id: str = "") -> None:
    """Change name, role and Telegram id of a member of staff; it holds with their next request.

    Raises:
        Invalid: there is no such member, the values cannot be, or nobody would be left to administer.

    """
    await _check(tx, login, name, role, telegram_id)
    if role != "admin":
        await _keep_an_admin(tx, login)
    done = await tx.run(
        """UPDATE staff SET name = :name, role = :role, telegram_id = NULLIF(:telegram, '')
           WHERE login = :login AND active = 1""",
        name=name.strip(), role=role, telegram=telegram_id, login=login,
    )  # fmt: skip
    if not done:
        raise Invalid("nobody", login=login)
    await acting.audit(tx, act, "staff_changed", f"staff:{login}", role=role)
    tx.notify("staff")


async def remove(tx: Tx, act: Act, login: str) -> None:
    """Remove a member of staff: signed out everywhere at once, unresolved tickets go back to everybody.

    Raises:
        Invalid: there is no such member, or it is the last admin while others are left.

    """
    await _keep_an_admin(tx, login)
    done = await tx.run("UPDATE staff SET active = 0, password = NULL, telegram_id = NULL "
                        "WHERE login = :login AND active = 1", login=login)  # fmt: skip
    if not done:
        raise Invalid("nobody", login=login)
    await tx.do("DELETE FROM staff_sessions WHERE login = :login", login=login)
    held = await tx.all(
        """UPDATE tickets SET assignee = NULL, handled = 0,
             status = CASE WHEN status = 'claimed' THEN 'open' ELSE status END
           WHERE assignee = :login AND status IN ('open', 'claimed', 'waiting') RETURNING number""",
        login=login,
    )
    for row in held:
        await acting.record(tx, act, row["number"], "released", before=login)
    await acting.audit(tx, act, "staff_removed", f"staff:{login}")
    tx.notify("staff")


async def set_password(tx: Tx, act: Act, login: str, password: str) -> None:
    """Keep the hash of a new password; every session of that login ends.

    Raises:
        Invalid: there is no such member.

    """
    done = await tx.run("UPDATE staff SET password = :password WHERE login = :login AND active = 1",
                        password=password, login=login)  # fmt: skip
    if not done:
        raise Invalid("nobody", login=login)
    await tx.do("DELETE FROM staff_sessions WHERE login = :login", login=login)
    await tx.do("DELETE FROM throttle WHERE key = :key", key=f"login:{login}")
    await acting.audit(tx, act, "password_set", f"staff:{login}")
    tx.notify("staff")


async def listing(tx: Tx) -> list[Row]:
    """Return everybody on the staff: ``login``, ``name``, ``role``, ``telegram_id``, ``has_password``, ``seen_at``."""
    return await tx.all(
        """SELECT s.login, s.name, s.role, s.telegram_id, s.created_at,
                  CASE WHEN s.password IS NULL THEN 0 ELSE 1 END AS has_password, MAX(t.seen_at) AS seen_at
           FROM staff s LEFT JOIN staff_sessions t ON t.login = s.login
           WHERE s.active = 1
           GROUP BY s.login, s.name, s.role, s.telegram_id, s.created_at, s.password ORDER BY s.name, s.login"""
    )


async def exists(tx: Tx) -> bool:
    """Tell whether there is any account: the one-time link of the desk works only while there is none."""
    return await tx.one("SELECT 1 AS yes FROM staff WHERE active = 1 LIMIT 1") is not None


async def by_login(tx: Tx, login: str) -> tuple[Actor, str | None] | None:
    """Return an active member and the hash of their password."""
    row = await tx.one("SELECT login, name, role, password FROM staff WHERE login = :login AND active = 1", login=login)
    return (actor(row), row["password"]) if row else None


async def by_telegram(tx: Tx, telegram_id: str) -> Actor | None:
    """Return the active member with a Telegram user id; None for everybody else."""
    row = await tx.one("SELECT login, name, role FROM staff WHERE telegram_id = :id AND active = 1", id=telegram_id)
    return actor(row) if row else None


async def supervisors(tx: Tx) -> list[tuple[int, str]]:
    """Return (Telegram id, name) of those whom an overdue ticket is escalated to: supervisors, without any admins."""
    rows = await tx.all(
        """SELECT telegram_id, name, role FROM staff
           WHERE active = 1 AND telegram_id IS NOT NULL AND role IN ('supervisor', 'admin') ORDER BY login"""
    )
    chosen = [row for row in rows if row["role"] == "supervisor"] or rows
    return [(int(row["telegram_id"]), row["name"]) for row in chosen]


async def _check(tx: Tx, login: str, name: str, role: str, telegram_id: str) -> None:
    if role not in ROLES:
        raise Invalid("role", known=", ".join(ROLES))
    if not name.strip() or len(name) > 40:
        raise Invalid("name")
    if telegram_id and not (telegram_id.isascii() and telegram_id.isdigit()):
        raise Invalid("telegram")
    if telegram_id and await _taken(tx, telegram_id, login):
        raise Invalid("telegram_taken", id=telegram_id)


async def _keep_an_admin(tx: Tx, login: str) -> None:
    await tx.lock("staff")
    others = await tx.one(
        """SELECT COUNT(CASE WHEN role = 'admin' THEN 1 END) AS admins, COUNT(*) AS all_of_them
           FROM staff WHERE active = 1 AND login <> :login""",
        login=login,
    )
    was = await tx.one("SELECT role FROM staff WHERE login = :login AND active = 1", login=login)
    if was and was["role"] == "admin" and others and others["all_of_them"] and not others["admins"]:
        raise Invalid("last_admin")


async def _taken(tx: Tx, telegram_id: str, login: str) -> bool:
    row = await tx.one(
        "SELECT login FROM staff WHERE telegram_id = :id AND login <> :login", id=telegram_id, login=login
    )
    return row is not None


def actor(row: Row) -> Actor:
    """Return who a row of ``staff`` is."""
    role: Role = row["role"]
    return Actor(row["login"], row["name"], role)
