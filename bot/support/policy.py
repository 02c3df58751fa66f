"""The desk's settings, as they stand in the database: checked when read and when changed."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from intents.model import Priority

Span = tuple[time, time]
"""From and until, the shop's time; 00:00 as the end means midnight."""
_END_OF_DAY = time.max
ROUND_THE_CLOCK: tuple[Span, ...] = ((time(0), time(0)),)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hours(_Frozen):
    """When somebody is on duty. Work days follow the calendar; ``closed`` and ``open`` days override it."""

    workday: tuple[Span, ...] = ((time(9), time(18)),)
    restday: tuple[Span, ...] = ()
    calendar: Literal["china", "weekdays"] = "china"
    closed: tuple[date, ...] = ()
    open: tuple[date, ...] = ()

    @field_validator("workday", "restday")
    @classmethod
    def _in_order(cls, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        for start, end in spans:
            if start >= until(end):
                raise PydanticCustomError("span_order", "each span must end after it starts")
        if any(until(earlier[1]) > later[0] for earlier, later in pairwise(spans)):
            raise PydanticCustomError("span_overlap", "spans must be in order and must not overlap")
        return spans


class Target(_Frozen):
    """How soon, in minutes of working time (of all time, if ``always``): a first reply, a solution."""

    first: Annotated[int, Field(ge=1, le=100_000)]
    solve: Annotated[int, Field(ge=1, le=1_000_000)]
    always: bool = False


class Sla(_Frozen):
    """The targets by priority; staff are warned when ``warn`` percent of a target's time is gone."""

    P1: Target = Target(first=15, solve=240, always=True)
    P2: Target = Target(first=60, solve=540)
    P3: Target = Target(first=240, solve=1620)
    P4: Target = Target(first=540, solve=2700)
    warn: Annotated[int, Field(ge=10, le=99)] = 75

    def of(self, priority: Priority) -> Target:
        """Return the target of a priority."""
        target: Target = getattr(self, priority)
        return target


class Away(_Frozen):
    """What merchants read when nobody is on duty, instead of the shipped text; empty for that."""

    zh: Annotated[str, Field(max_length=1000)] = ""
    en: Annotated[str, Field(max_length=1000)] = ""


class Retention(_Frozen):
    """Days until things are erased: chats and photos, what tickets say, technical logs, the audit log."""

    chats: Annotated[int, Field(ge=1)] = 365
    tickets: Annotated[int, Field(ge=1)] = 1095
    technical: Annotated[int, Field(ge=1)] = 30
    audit: Annotated[int, Field(ge=1)] = 1095


class Group(_Frozen):
    """The Telegram staff group: the language of cards and notices."""

    lang: Literal["zh", "en"] = "zh"


class Policy(_Frozen):
    """All settings that the desk can change."""

    hours: Hours = Hours()
    sla: Sla = Sla()
    away: Away = Away()
    retention: Retention = Retention()
    group: Group = Group()


def until(end: time) -> time:
    """Return the end of a span for comparing: midnight is the end of the day."""
    return _END_OF_DAY if end == time(0) else end
