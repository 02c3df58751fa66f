"""Which days are work days in China: weekends, holidays, and the weekend days worked instead of them."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import chinese_calendar
from chinese_calendar import constants

from bot.support.policy import Hours

FIRST = min(constants.holidays).year
LAST = max(constants.holidays).year
"""Years whose holidays are known: the State Council announces a year's in November of the year before."""


def is_workday(day: date, hours: Hours) -> bool:
    """Tell whether a day is worked; in a year whose holidays are not known, Monday to Friday are."""
    if day in hours.closed:
        return False
    if day in hours.open:
        return True
    if hours.calendar == "china" and FIRST <= day.year <= LAST:
        return _worked_in_china(day)
    return day.weekday() < 5


def is_known(day: date, hours: Hours) -> bool:
    """Tell whether the day's year has its holidays; the settings page warns where not."""
    return hours.calendar != "china" or FIRST <= day.year <= LAST


@lru_cache(maxsize=1024)
def _worked_in_china(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))
