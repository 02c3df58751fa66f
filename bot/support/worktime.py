"""Working time: whether somebody is on duty, when next, and adding minutes that only pass on duty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.support.calendar import is_workday
from bot.support.policy import Hours, Span

HORIZON = 800
"""Days that are looked ahead; hours that never open within them count as always open."""


class WorkTime:
    """Opening hours in the shops' time zone. Times go in with any zone and come out in UTC."""

    def __init__(self, hours: Hours, zone: ZoneInfo) -> None:
        self.hours = hours
        self.zone = zone

    def on_duty(self, at: datetime) -> bool:
        """Tell whether somebody is on duty at a time."""
        return any(start <= at < end for start, end in self._day(at.astimezone(self.zone).date()))

    def opens(self, at: datetime) -> datetime | None:
        """Return when somebody is on duty next (the time itself if now); None if never."""
        return next((max(at, start) for start, _ in self._spans(at)), None)

    def add(self, start: datetime, minutes: float, always: bool = False) -> datetime:
        """Return the time when so many working minutes have passed (``always``: minutes of the clock)."""
        left = timedelta(minutes=minutes)
        if always:
            return (start + left).astimezone(UTC)
        for begin, end in self._spans(start):
            begin = max(begin, start)
            if begin + left <= end:
                return (begin + left).astimezone(UTC)
            left -= end - begin
        return (start + timedelta(minutes=minutes)).astimezone(UTC)

    def between(self, start: datetime, end: datetime, always: bool = False) -> float:
        """Return the working minutes from one time to another, 0 if the second is not later."""
        if end <= start:
            return 0.0
        if always:
            return (end - start).total_seconds() / 60
        total = timedelta()
        for begin, close in self._spans(start):
            if begin >= end:
                break
            total += min(close, end) - max(begin, start)
        return total.total_seconds() / 60

    def _spans(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans on duty that end after a time, in order."""
        first = at.astimezone(self.zone).date()
        for days in range(HORIZON):
            for start, end in self._day(first + timedelta(days=days)):
                if end > at:
                    yield start, end

    def _day(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        spans = self.hours.workday if is_workday(day, self.hours) else self.hours.restday
        for span in spans:
            yield self._utc(day, span)

    def _utc(self, day: date, span: Span) -> tuple[datetime, datetime]:
        start = datetime.combine(day, span[0], self.zone).astimezone(UTC)
        last = day + timedelta(days=1) if span[1] == time(0) else day
        return start, datetime.combine(last, span[1], self.zone).astimezone(UTC)
