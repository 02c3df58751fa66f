"""Settings: working hours, SLA, the away message, retention, announcements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import settings
from bot.store.support.triage import PRIORITIES
from bot.support.authority import Action
from bot.support.calendar import LAST, is_known
from bot.support.policy import Policy, Span
from bot.web import pages, visitor
from bot.web.context import clock, now, web_of
from bot.web.desk import acts
from bot.web.desk.signin import allowed
from bot.web.desk.views import View

SPANS = 3
"""Spans a day that the form offers."""


@allowed(Action.ANNOUNCE)
async def office(request: Request) -> Response:
    """Show the settings; those who may only announce see only the announcements."""
    web = web_of(request)
    view = View(web, visitor.language(request))
    policy = await web.db.read(settings.policy)
    told = [{"one": one, "starts": view.time(one.starts_at), "ends": view.time(one.ends_at), "holds": one.holds(now()),
             "over": bool(one.ends_at) and one.ends_at <= now()}
            for one in await web.db.read(settings.announcements)]  # fmt: skip
    marks = {name: acts.mark(getattr(policy, name)) for name in Policy.model_fields}
    known = is_known(clock().astimezone(ZoneInfo(web.settings.timezone)).date(), policy.hours)
    return pages.render(
        request, "desk/settings.html", policy=policy, marks=marks, announcements=told, spans=range(SPANS),
        priorities=PRIORITIES, zone=web.settings.timezone, calendar_known=known, last_year=LAST,
        intents=view.intents(), brands=view.brands(), tab="settings", problems=await view.problems(),
    )  # fmt: skip


@allowed(Action.SETTINGS)
async def change(request: Request) -> Response:
    """Change one section of the settings."""
    web, form, section = web_of(request), await request.form(), request.path_params["section"]
    if section not in Policy.model_fields:
        raise HTTPException(404)
    policy = await web.db.read(settings.policy)
    acts.fresh(request, form, getattr(policy, section))
    read = {"hours": _hours, "sla": _sla, "away": _away, "retention": _retention, "group": _group}[section]
    await web.desk.do(Action.SETTINGS, acts.actor(request), settings.change, section, read(form))
    return acts.done(request, "/desk/settings", "done.saved", go="/desk/settings")


@allowed(Action.ANNOUNCE)
async def announce(request: Request) -> Response:
    """Announce maintenance or an outage."""
    web, form = web_of(request), await request.form()
    zone = ZoneInfo(web.settings.timezone)
    await web.desk.do(
        Action.ANNOUNCE, acts.actor(request), settings.announce, acts.text(form, "zh"), acts.text(form, "en"),
        _several(form, "intents"), _several(form, "brands"),
        _moment(form, "starts", zone), _moment(form, "ends", zone),
    )  # fmt: skip
    return acts.done(request, "/desk/settings", "done.saved", go="/desk/settings")


@allowed(Action.ANNOUNCE)
async def end(request: Request) -> Response:
    """End an announcement now."""
    await web_of(request).desk.do(Action.ANNOUNCE, acts.actor(request), settings.end_announcement,
                                  request.path_params["number"])  # fmt: skip
    return acts.done(request, "/desk/settings", "done.saved", go="/desk/settings")


def _hours(form: FormData) -> dict[str, Any]:
    return {
        "workday": _spans(form, "workday"),
        "restday": _spans(form, "restday"),
        "calendar": acts.text(form, "calendar"),
        "closed": _days(form, "closed"),
        "open": _days(form, "open"),
    }


def _spans(form: FormData, name: str) -> list[Span]:
    found = []
    for index in range(SPANS):
        start = acts.clock_time(acts.text(form, f"{name}-{index}-from"))
        end_ = acts.clock_time(acts.text(form, f"{name}-{index}-until"))
        if start is not None and end_ is not None:
            found.append((start, end_))
    return found


def _days(form: FormData, name: str) -> list[date]:
    words = acts.text(form, name).replace(",", " ").split()
    found = [acts.day(word) for word in words]
    if None in found:
        raise HTTPException(422)
    return [day for day in found if day is not None]


def _sla(form: FormData) -> dict[str, Any]:
    found: dict[str, Any] = {"warn": acts.number(form, "warn")}
    for name in PRIORITIES:
        found[name] = {"first": acts.number(form, f"{name}-first"), "solve": acts.number(form, f"{name}-solve"),
                       "always": bool(form.get(f"{name}-always"))}  # fmt: skip
    return found


def _away(form: FormData) -> dict[str, Any]:
    return {"zh": acts.text(form, "zh").strip(), "en": acts.text(form, "en").strip()}


def _retention(form: FormData) -> dict[str, Any]:
    return {name: acts.number(form, name) for name in ("chats", "tickets", "technical", "audit")}


def _group(form: FormData) -> dict[str, Any]:
    return {"lang": acts.text(form, "lang")}


def _several(form: FormData, name: str) -> tuple[str, ...]:
    return tuple(value for value in form.getlist(name) if isinstance(value, str) and value)[:50]


def _moment(form: FormData, name: str, zone: ZoneInfo) -> str:
    """Return a time that the browser's picker gave, which is the shops', with its zone."""
    value = acts.text(form, name)
    try:
        return datetime.fromisoformat(value).replace(tzinfo=zone).isoformat() if value else ""
    except ValueError:
        raise HTTPException(422) from None


ROUTES = [
    Route("/desk/settings", office),
    Route("/desk/settings/{section:str}", change, methods=["POST"]),
    Route("/desk/announcements", announce, methods=["POST"]),
    Route("/desk/announcements/{number:int}/end", end, methods=["POST"]),
]
