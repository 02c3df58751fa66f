"""Statistics: numbers and charts of a period, each also as a table and for spreadsheets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.base import Tx
from bot.store.support import stats, stats_bot
from bot.store.times import stamp
from bot.support.authority import Action
from bot.web import pages, visitor
from bot.web.context import clock, web_of
from bot.web.desk import tables
from bot.web.desk.exports import kind_of, spreadsheet
from bot.web.desk.signin import allowed
from bot.web.desk.views import View

PERIODS = (1, 7, 30, 90, 365)


async def collect(tx: Tx, since: str, until: str, zone: ZoneInfo) -> dict[str, Any]:
    """Return all numbers of a period."""
    return {
        "tickets": await stats.summary(tx, since, until), "times": await stats.times(tx, since, until),
        "priority": await stats.by_priority(tx, since, until), "machine": await stats.by_machine(tx, since, until),
        "intent": await stats.by_intent(tx, since, until), "resolution": await stats.by_resolution(tx, since, until),
        "person": await stats.by_person(tx, since, until), "hour": await stats.by_hour(tx, since, until, zone),
        "satisfaction": await stats.satisfaction(tx, since, until), "words": await stats.words(tx, since, until),
        "bot": await stats_bot.summary(tx, since, until), "bot_intent": await stats_bot.by_intent(tx, since, until),
        "node": await stats_bot.by_node(tx, since, until), "give_up": await stats_bot.give_up_points(tx, since, until),
    }  # fmt: skip


def days_of(request: Request) -> int:
    """Return how many days back the page looks."""
    value = request.query_params.get("days", "")
    return int(value) if value.isdecimal() and int(value) in PERIODS else 30


async def _numbers(request: Request) -> tuple[int, dict[str, Any], View]:
    web, days = web_of(request), days_of(request)
    until = clock() + timedelta(seconds=1)
    zone = ZoneInfo(web.settings.timezone)
    found = await web.db.read(collect, stamp(until - timedelta(days=days)), stamp(until), zone)
    return days, found, View(web, visitor.language(request))


@allowed(Action.STATISTICS)
async def statistics(request: Request) -> Response:
    """Show the statistics of the last days."""
    days, found, view = await _numbers(request)
    describe = web_of(request).describe
    if not request.state.actor.may(Action.VIEW_TICKETS):
        found["words"] = []  # what merchants wrote is not for those who see no transcripts
    return pages.render(request, "desk/statistics.html", days=days, periods=PERIODS, found=found,
                        tiles=tables.tiles(found, view), charts=tables.charts(found, view, describe),
                        tables=tables.tables(found, view, describe))  # fmt: skip


@allowed(Action.EXPORT)
async def export(request: Request) -> Response:
    """Return one table for spreadsheets, CSV or XLSX, in which nothing is a formula."""
    days, found, view = await _numbers(request)
    name = request.path_params["table"]
    table = next((one for one in tables.tables(found, view, web_of(request).describe) if one["name"] == name), None)
    if table is None:
        raise HTTPException(404)
    return await spreadsheet(f"{name}-{days}d", kind_of(request), tuple(table["head"]), table["rows"])


ROUTES = [
    Route("/desk/statistics", statistics),
    Route("/desk/statistics/{table:str}.{kind:str}", export),
]
