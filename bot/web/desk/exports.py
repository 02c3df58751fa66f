"""The tickets of the list as a file for spreadsheets, through the list's own filter."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import exporting
from bot.support.authority import Action
from bot.web.context import clock, web_of
from bot.web.desk import acts, wanted
from bot.web.desk.signin import allowed

MOST = 50_000
"""Tickets of one file; the command line writes as many as there are."""
KINDS = {"csv": "text/csv; charset=utf-8",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip


@allowed(Action.EXPORT)
async def tickets(request: Request) -> Response:
    """Return the tickets that the list's address asks for, oldest first."""
    from bot.support import export  # what writes spreadsheets is slow to import, and few need it

    web, me, kind = web_of(request), acts.actor(request), kind_of(request)
    chosen = wanted.read(request.query_params).filter(me.login)
    rows = await export.wanted(web.db, chosen, clock(), ZoneInfo(web.settings.timezone), MOST)
    await web.desk.do(Action.EXPORT, me, exporting.noted, len(rows), "", "")
    return await spreadsheet("tickets", kind, export.COLUMNS, rows)


def kind_of(request: Request) -> str:
    """Return which kind of file an address asks for; 404 for one that there is not."""
    kind = str(request.path_params["kind"])
    if kind not in KINDS:
        raise HTTPException(404)
    return kind


async def spreadsheet(name: str, kind: str, head: tuple[str, ...], rows: list[list[str | int | None]]) -> Response:
    """Return a table as a file of a kind, written beside the event loop."""
    from bot.support import export

    content = await asyncio.to_thread(export.as_csv if kind == "csv" else export.as_xlsx, head, rows)
    today = datetime.now(UTC).date().isoformat()
    headers = {"Content-Disposition": f'attachment; filename="posbot-{name}-{today}.{kind}"'}
    return Response(content, media_type=KINDS[kind], headers=headers)


ROUTES = [Route("/desk/tickets.{kind:str}", tickets)]
