"""When a ticket is due, by its priority, in working time. Pure: a ticket's clock in, its due times out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.support.policy import Sla
from bot.support.worktime import WorkTime
from intents.model import Priority


@dataclass(frozen=True, slots=True)
class Due:
    """When the first reply and the solution are due, and when staff are warned before each."""

    first: datetime
    first_warn: datetime
    solve: datetime
    solve_warn: datetime


def due(sla: Sla, time: WorkTime, priority: Priority, start: datetime, paused: float = 0) -> Due:
    """Return the due times of a ticket whose clock started then; ``paused`` minutes it waited for the merchant."""
    target = sla.of(priority)

    def at(minutes: float) -> datetime:
        return time.add(start, minutes, target.always)

    part = sla.warn / 100
    return Due(at(target.first), at(target.first * part), at(target.solve + paused), at(target.solve * part + paused))


def spent(sla: Sla, time: WorkTime, priority: Priority, start: datetime, end: datetime) -> float:
    """Return how many of a priority's minutes passed between two times."""
    return time.between(start, end, sla.of(priority).always)
