"""The desk's settings and the announcements, in the database: every replica has the same."""

from __future__ import annotations

import json
import logging
from typing import Any

from pydantic import ValidationError

from bot.store.base import Row, Tx
from bot.store.support import acting
from bot.store.support.acting import Act
from bot.store.times import read, stamp
from bot.support.errors import Invalid
from bot.support.office import Announcement
from bot.support.policy import Policy

KEY = "policy"
MAX_TEXT = 1000
REASONS = ("span_order", "span_overlap", "greater_than_equal", "less_than_equal", "string_too_long")
"""What the checks of the settings name, and the texts have a sentence for."""
log = logging.getLogger(__name__)


async def policy(tx: Tx) -> Policy:
    """Return the settings; the shipped ones while nobody changed them (or a newer posbot's cannot be read)."""
    row = await tx.one("SELECT value FROM settings WHERE key = :key", key=KEY)
    if row is None:
        return Policy()
    try:
        return Policy.model_validate_json(row["value"])
    except ValidationError as error:
        log.error("the stored settings cannot be read, the shipped ones hold: %s", error)
        return Policy()


async def change(tx: Tx, act: Act, section: str, value: dict[str, Any]) -> Policy:
    """Change one section (hours, sla, away, retention, group) of the settings; the keeper works due times out anew.

    Raises:
        Invalid: the section does not exist or the value is wrong; the sentence says where.

    """
    await tx.lock("settings")
    now = await policy(tx)
    if section not in Policy.model_fields:
        raise Invalid("section", name=section)
    try:
        new = Policy.model_validate({**now.model_dump(), section: value})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        key = first["type"] if first["type"] in REASONS else "setting"
        raise Invalid(key, where=where, **first.get("ctx", {})) from None
    await tx.do(
        """INSERT INTO settings (key, value) VALUES (:key, :value)
           ON CONFLICT (key) DO UPDATE SET value = excluded.value""",
        key=KEY, value=new.model_dump_json(),
    )  # fmt: skip
    if section in ("hours", "sla"):
        await tx.run("INSERT INTO settings (key, value) VALUES ('sla.rewind', '0') "
                     "ON CONFLICT (key) DO UPDATE SET value = '0'")  # fmt: skip
    await acting.audit(tx, act, "settings", f"settings:{section}", **new.model_dump(mode="json")[section])
    tx.notify("settings")
    return new


async def announce(
    tx: Tx, act: Act, zh: str, en: str = "", intents: tuple[str, ...] = (), brands: tuple[str, ...] = (),
    starts_at: str = "", ends_at: str = "",
) -> int:  # fmt: skip
    """Announce maintenance or an outage to merchants whose fault it may be; returns its id.

    Times are ISO 8601 with a zone; "" means now, and until it is ended.

    Raises:
        Invalid: no text, or times that cannot be.

    """
    if not zh.strip() or max(len(zh), len(en)) > MAX_TEXT:
        raise Invalid("announcement", most=MAX_TEXT)
    start, end = _time(starts_at) or act.at, _time(ends_at)
    if end and end <= start:
        raise Invalid("announcement_ends")
    row = await tx.one(
        """INSERT INTO announcements (zh, en, intents, brands, starts_at, ends_at, author)
           VALUES (:zh, :en, :intents, :brands, :start, :end, :login) RETURNING id""",
        zh=zh.strip(), en=en.strip(), intents=json.dumps(intents), brands=json.dumps(brands), start=start, end=end,
        login=act.actor.login,
    )  # fmt: skip
    if row is None:
        raise LookupError("an insert returned no announcement")
    await acting.audit(tx, act, "announced", f"announcement:{row['id']}", intents=intents, brands=brands)
    tx.notify("settings")
    return int(row["id"])


async def end_announcement(tx: Tx, act: Act, number: int) -> None:
    """End an announcement now."""
    done = await tx.run("UPDATE announcements SET ends_at = :at WHERE id = :id AND (ends_at = '' OR ends_at > :at)",
                        at=act.at, id=number)  # fmt: skip
    if done:
        await acting.audit(tx, act, "announcement_ended", f"announcement:{number}")
        tx.notify("settings")


async def announcements(tx: Tx, limit: int = 100) -> list[Announcement]:
    """Return announcements, past and coming ones too, the newest first."""
    rows = await tx.all("SELECT * FROM announcements ORDER BY id DESC LIMIT :limit", limit=limit)
    return [_announcement(row) for row in rows]


def _announcement(row: Row) -> Announcement:
    return Announcement(row["id"], row["zh"], row["en"], tuple(json.loads(row["intents"])),
                        tuple(json.loads(row["brands"])), row["starts_at"], row["ends_at"])  # fmt: skip


def _time(at: str) -> str:
    if not at:
        return ""
    try:
        moment = read(at)
    except ValueError:
        raise Invalid("time", value=at) from None
    if moment.tzinfo is None:
        raise Invalid("time_zone", value=at)
    return stamp(moment)
