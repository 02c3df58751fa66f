"""Changes of status that merchants and staff cause alike."""

from __future__ import annotations

from bot.store.base import Tx


async def woken(tx: Tx, number: int) -> bool:
    """Set a waiting ticket back to work, without its clock; False if it did not wait."""
    done = await tx.run(
        """UPDATE tickets SET status = CASE WHEN assignee IS NULL THEN 'open' ELSE 'claimed' END
           WHERE number = :number AND status = 'waiting'""",
        number=number,
    )
    return bool(done)


async def opened_again(tx: Tx, number: int) -> bool:
    """Set a done ticket back to work, without its clock; False if it was not done."""
    # its fault may be open again under another number; a fault of its own keeps both
    done = await tx.run(
        """UPDATE tickets SET status = CASE WHEN assignee IS NULL THEN 'open' ELSE 'claimed' END, handled = 0,
             resolved_at = NULL, resolution = NULL, resolved_by = NULL, solve_minutes = NULL,
             fault = intent || '#r' || number
           WHERE number = :number AND status IN ('resolved', 'closed') AND merged_into IS NULL""",
        number=number,
    )
    return bool(done)
