"""The office as one turn sees it: settings, time zone, announcements in force. Immutable, so turns stay pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from bot.messages import Messages, speak
from bot.support.policy import ROUND_THE_CLOCK, Hours, Policy, Span
from bot.support.worktime import WorkTime
from intents.model import Lang, Priority, Text

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Announcement:
    """Maintenance or an outage, told to merchants before any steps.

    ``intents`` are ids, or beginnings such as ``net.``; none means every fault. ``brands`` narrows it to brands.
    Times are UTC, ISO 8601; ``ends_at`` "" means until somebody ends it.
    """

    id: int
    zh: str
    en: str
    intents: tuple[str, ...]
    brands: tuple[str, ...]
    starts_at: str
    ends_at: str

    def concerns(self, intent: str, brand: str) -> bool:
        """Tell whether a fault of this intent and brand may come from it."""
        by_intent = not self.intents or any(
            intent == one or (one.endswith(".") and intent.startswith(one)) for one in self.intents
        )
        return by_intent and (not self.brands or not brand or brand in self.brands)

    def holds(self, at: str) -> bool:
        """Tell whether it is in force at a time."""
        return self.starts_at <= at and (not self.ends_at or at < self.ends_at)


@dataclass(frozen=True)
class Office:
    """Settings with what follows from them."""

    policy: Policy = field(default_factory=Policy)
    zone: ZoneInfo = SHANGHAI
    announcements: tuple[Announcement, ...] = ()

    @cached_property
    def time(self) -> WorkTime:
        """The working time."""
        return WorkTime(self.policy.hours, self.zone)

    def serves(self, priority: Priority, at: datetime) -> bool:
        """Tell whether somebody looks at such a ticket now."""
        return self.policy.sla.of(priority).always or self.time.on_duty(at)

    def away(self, messages: Messages, lang: Lang, at: datetime) -> str:
        """Return what a merchant reads when nobody is on duty: the hours, and when somebody is back."""
        own = self.policy.away
        if own.zh:
            return speak(Text(own.zh, own.en or own.zh), lang)
        opens = self.time.opens(at)
        hours = self.hours(messages, lang)
        if opens is None or not hours:
            return messages.say("away_soon", lang)
        return messages.say("away", lang, hours=hours, opens=self._moment(messages, lang, opens))

    def hours(self, messages: Messages, lang: Lang) -> str:
        """Return the working hours in words, "" if there are none."""
        hours = self.policy.hours
        rows = (("workday", hours.workday), ("restday", hours.restday))
        parts = [messages.say(f"hours.{key}", lang, spans=_spans(spans)) for key, spans in rows if spans]
        return messages.say("hours.and", lang).join(parts)

    def said(self, intent: str, brand: str, lang: Lang, at: str) -> str:
        """Return the announcements that concern a fault, "" if none does."""
        found = [one for one in self.announcements if one.holds(at) and one.concerns(intent, brand)]
        return "\n\n".join(speak(Text(one.zh, one.en or one.zh), lang) for one in found)

    def _moment(self, messages: Messages, lang: Lang, at: datetime) -> str:
        local = at.astimezone(self.zone)
        day = messages.say("day", lang, month=local.month, day=local.day, name=messages.say(
            f"weekday.{local.weekday()}", lang))  # fmt: skip
        return f"{day} {local:%H:%M}"


ALWAYS = Office(Policy(hours=Hours(workday=ROUND_THE_CLOCK, restday=ROUND_THE_CLOCK)))
"""An office that never closes, where nobody says otherwise."""


def _spans(spans: tuple[Span, ...]) -> str:
    return ", ".join(f"{start:%H:%M}–{'24:00' if f'{end:%H:%M}' == '00:00' else f'{end:%H:%M}'}"
                     for start, end in spans)  # fmt: skip
