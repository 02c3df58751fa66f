"""Staff: who works here, in which role."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import staff
from bot.support.authority import ROLES, TABLE, Action
from bot.support.passwords import hashed
from bot.web import pages, visitor
from bot.web.context import web_of
from bot.web.desk import acts
from bot.web.desk.signin import allowed
from bot.web.desk.views import View


@allowed(Action.STAFF)
async def team(request: Request) -> Response:
    """Show everybody on the staff, and what each role may do."""
    web = web_of(request)
    view = View(web, visitor.language(request))
    people = [{**row, "seen": view.time(row["seen_at"])} for row in await web.db.read(staff.listing)]
    return pages.render(request, "desk/staff.html", people=people, roles=ROLES, matrix=TABLE, actions=list(Action),
                        tab="staff")  # fmt: skip


@allowed(Action.STAFF)
async def add(request: Request) -> Response:
    """Add a member of staff; the first one must be an admin, or nobody could go on."""
    web, form = web_of(request), await request.form()
    role = acts.text(form, "role")
    if role != "admin" and not await web.db.read(staff.exists):
        raise HTTPException(422, pages.say(request, "staff.first_admin"))
    login, name = acts.text(form, "login").strip().lower(), acts.text(form, "name")
    password = await hashed(acts.text(form, "password"), login, name)
    await web.desk.do(Action.STAFF, acts.actor(request), staff.add, login, name, role, password,
                      acts.text(form, "telegram").strip())  # fmt: skip
    return acts.done(request, "/desk/staff", "done.saved", go="/desk/staff")


@allowed(Action.STAFF)
async def change(request: Request) -> Response:
    """Change, remove, or give a new password to a member of staff."""
    web, me, form = web_of(request), acts.actor(request), await request.form()
    login, what = request.path_params["login"], request.path_params["act"]
    match what:
        case "change":
            await web.desk.do(Action.STAFF, me, staff.change, login, acts.text(form, "name"), acts.text(form, "role"),
                              acts.text(form, "telegram").strip())  # fmt: skip
        case "password":
            password = await hashed(acts.text(form, "password"), login)
            await web.desk.do(Action.STAFF, me, staff.set_password, login, password)
        case "remove":
            await web.desk.do(Action.STAFF, me, staff.remove, login)
        case _:
            raise HTTPException(404)
    return acts.done(request, "/desk/staff", "done.saved", go="/desk/staff")


ROUTES = [
    Route("/desk/staff", team),
    Route("/desk/staff", add, methods=["POST"]),
    Route("/desk/staff/{login:str}/{act:str}", change, methods=["POST"]),
]
