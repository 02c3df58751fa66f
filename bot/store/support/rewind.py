"""Due times of unresolved tickets after the working hours or the SLA were changed: in batches, each ticket once."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.store.base import Tx
from bot.store.support import clock, settings
from bot.support.office import Office

KEY = "sla.rewind"
"""The number of the ticket that was wound last; there as long as there is something to do."""
BATCH = 200


async def due(tx: Tx, zone: ZoneInfo) -> int:
    """Work out a batch of due times anew by the settings in force; returns how many, 0 when all is done."""
    at = await tx.one("SELECT value FROM settings WHERE key = :key", key=KEY)
    if at is None:
        return 0
    rows = await tx.all(
        """SELECT number FROM tickets WHERE number > :after AND status IN ('open', 'claimed', 'waiting')
           ORDER BY number LIMIT :batch""",
        after=int(at["value"]), batch=BATCH,
    )  # fmt: skip
    office = Office(await settings.policy(tx), zone)
    for row in rows:
        await clock.wind(tx, row["number"], office)
    if rows:
        await tx.run("UPDATE settings SET value = :value WHERE key = :key", key=KEY, value=str(rows[-1]["number"]))
        tx.notify("tickets")
    else:
        await tx.run("DELETE FROM settings WHERE key = :key", key=KEY)
    return len(rows)
