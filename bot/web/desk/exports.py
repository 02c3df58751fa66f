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

    web, me = web_of(request), acts.actor(request)
    chosen = wanted.read(request.query_params).filter(me.login)
    rows = await export.wanted(web.db, chosen, clock(), ZoneInfo(web.settings.timezone), MOST)
    await web.desk.do(Action.EXPORT, me, exporting.noted, len(rows), "", "")
    return await spreadsheet("tickets", request.path_params["kind"], export.COLUMNS, rows)


async def spreadsheet(name: str, kind: str, head: tuple[str, ...], rows: list[list[str | int | None]]) -> Response:
    """Return a table as a file, written beside the event loop; 404 for a kind that there is not."""
    from bot.support import export

    if kind not in KINDS:
        raise HTTPException(404)
    content = await asyncio.to_thread(export.as_csv if kind == "csv" else export.as_xlsx, head, rows)
    today = datetime.now(UTC).date().isoformat()
    headers = {"Content-Disposition": f'attachment; filename="posbot-{name}-{today}.{kind}"'}
    return Response(content, media_type=KINDS[kind], headers=headers)


ROUTES = [Route("/desk/tickets.{kind:str}", tickets)]
