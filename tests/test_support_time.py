"""Working time, holidays, SLA, the office's words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.messages import Messages
from bot.support import sla
from bot.support.calendar import LAST, is_known, is_workday
from bot.support.office import ALWAYS, Announcement, Office
from bot.support.policy import Hours, Policy, Sla
from bot.support.worktime import WorkTime

SHANGHAI = ZoneInfo("Asia/Shanghai")
TIME = WorkTime(Hours(), SHANGHAI)
SAY = Messages()


def at(day: str, clock: str = "00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-02-13", True),  # Friday before Spring Festival
        ("2026-02-14", True),  # Saturday, worked instead of a day of the holiday
        ("2026-02-17", False),  # Spring Festival
        ("2026-02-28", True),  # Saturday, worked instead
        ("2026-03-01", False),  # an ordinary Sunday
        ("2026-10-01", False),  # National Day, a Thursday
    ],
)
def test_holidays_and_the_days_worked_instead(day: str, worked: bool) -> None:
    assert is_workday(date.fromisoformat(day), Hours()) is worked
    assert TIME.on_duty(at(day, "10:00")) is worked


def test_days_can_be_overridden() -> None:
    hours = Hours(closed=(date(2026, 3, 2),), open=(date(2026, 3, 1),))
    assert not is_workday(date(2026, 3, 2), hours)
    assert is_workday(date(2026, 3, 1), hours)


def test_a_year_without_known_holidays_goes_by_weekdays() -> None:
    day = date(LAST + 1, 5, 3)
    assert is_workday(day, Hours()) is (day.weekday() < 5)
    assert not is_known(day, Hours())
    assert is_known(day, Hours(calendar="weekdays"))


def test_minutes_pass_only_on_duty() -> None:
    friday = at("2026-02-27", "17:30")  # Saturday the 28th is a make-up work day, Sunday is not
    assert TIME.add(friday, 60) == at("2026-02-28", "09:30")
    assert TIME.add(friday, 30 + 540 + 1) == at("2026-03-02", "09:01")
    assert TIME.add(at("2026-03-01", "12:00"), 10) == at("2026-03-02", "09:10")
    assert TIME.add(friday, 60, always=True) == at("2026-02-27", "18:30")


def test_the_long_holiday_is_passed_over() -> None:
    assert TIME.add(at("2026-02-14", "17:59"), 2) == at("2026-02-24", "09:01")


def test_who_is_back_when() -> None:
    assert TIME.opens(at("2026-03-02", "10:00")) == at("2026-03-02", "10:00")
    assert TIME.opens(at("2026-03-02", "18:00")) == at("2026-03-03", "09:00")
    assert WorkTime(Hours(workday=()), SHANGHAI).opens(at("2026-03-02")) is None


def test_hours_that_never_open_do_not_stop_the_clock() -> None:
    closed = WorkTime(Hours(workday=()), SHANGHAI)
    assert closed.add(at("2026-03-02"), 60) == at("2026-03-02", "01:00")


def test_a_shop_open_over_midnight_and_round_the_clock() -> None:
    assert ALWAYS.time.on_duty(at("2026-02-17", "23:59"))
    assert ALWAYS.time.add(at("2026-02-17", "23:00"), 120) == at("2026-02-18", "01:00")
    late = WorkTime(Hours(workday=((time(0), time(2)), (time(18), time(0)))), SHANGHAI)
    assert late.add(at("2026-03-02", "23:30"), 60) == at("2026-03-03", "00:30")


@given(st.datetimes(datetime(2025, 12, 1), datetime(2026, 11, 1)), st.integers(0, 3000), st.integers(0, 3000))  # noqa: DTZ001
@settings(max_examples=60, deadline=None)
def test_adding_and_measuring_agree(start: datetime, first: int, more: int) -> None:
    begin = start.replace(tzinfo=UTC)
    end = TIME.add(begin, first)
    assert TIME.between(begin, end) == pytest.approx(first)
    assert TIME.between(begin, TIME.add(end, more)) == pytest.approx(first + more)
    assert TIME.between(end, begin) == 0


def test_the_day_on_which_clocks_go_forward_is_an_hour_short() -> None:
    berlin = WorkTime(Hours(calendar="weekdays", restday=((time(0), time(0)),)), ZoneInfo("Europe/Berlin"))
    start = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert berlin.between(start, start + timedelta(hours=23)) == 23 * 60
    assert berlin.add(start, 180) == start + timedelta(hours=3)


def test_the_most_urgent_is_due_round_the_clock() -> None:
    night = at("2026-03-01", "03:00")
    found = sla.due(Sla(), TIME, "P1", night)
    assert found.first == night + timedelta(minutes=15)
    assert found.first_warn == night + timedelta(minutes=11.25)
    normal = sla.due(Sla(), TIME, "P2", night)
    assert normal.first == at("2026-03-02", "10:00")
    assert normal.solve == at("2026-03-02", "18:00")
    assert sla.due(Sla(), TIME, "P2", night, paused=60).solve == at("2026-03-03", "10:00")


@pytest.mark.parametrize(
    "spans",
    [[["18:00", "09:00"]], [["09:00", "12:00"], ["11:00", "18:00"]], [["09:00", "09:00"]], [["9", "18:00"]]],
)
def test_hours_that_cannot_be_are_refused(spans: list[list[str]]) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate({"workday": spans})


def test_settings_survive_being_stored() -> None:
    policy = Policy(hours=Hours(closed=(date(2026, 3, 2),)))
    assert Policy.model_validate_json(policy.model_dump_json()) == policy


def test_nobody_on_duty_is_said_with_the_hours() -> None:
    office = Office(zone=SHANGHAI)
    saturday = at("2026-03-07", "12:00")
    assert office.serves("P1", saturday)
    assert not office.serves("P3", saturday)
    text = office.away(SAY, "zh", saturday)
    assert "工作日 09:00–18:00" in text
    assert "3月9日（周一） 09:00" in text
    assert "Monday 9/3 09:00" in office.away(SAY, "en", saturday)
    assert "週一" in office.away(SAY, "zh-Hant", saturday)


def test_an_announcement_concerns_what_it_names() -> None:
    one = Announcement(
        1, "网络维护", "", ("net.", "txn.declined"), ("newland",), "2026-03-02T00:00", "2026-03-03T00:00"
    )
    assert one.concerns("net.wifi", "newland")
    assert one.concerns("txn.declined", "")
    assert not one.concerns("txn.declined_more", "newland")
    assert not one.concerns("net.wifi", "pax")
    assert one.holds("2026-03-02T10:00")
    assert not one.holds("2026-03-03T00:00")
