"""One's own account: a new password, and the end of every session."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.store.support import staff
from bot.support.authority import LOCAL, Action
from bot.support.errors import LoginRefused
from bot.support.passwords import hashed
from bot.web import pages
from bot.web.context import web_of
from bot.web.desk import acts
from bot.web.desk.signin import allowed, signed_in


@allowed(Action.OWN_ACCOUNT)
async def account(request: Request) -> Response:
    """Show the forms."""
    return pages.render(request, "desk/account.html", local=acts.actor(request) == LOCAL)


@allowed(Action.OWN_ACCOUNT)
async def password(request: Request) -> Response:
    """Change one's own password; every other session ends."""
    web, me, form = web_of(request), acts.actor(request), await request.form()
    if me == LOCAL:
        raise HTTPException(404)
    new = await hashed(acts.text(form, "password"), me.login, me.name)
    try:
        await web.accounts.prove(me, acts.text(form, "current"))
    except LoginRefused:
        raise HTTPException(422, pages.say(request, "account.wrong")) from None
    await web.desk.do(Action.OWN_ACCOUNT, me, staff.set_password, me.login, new)
    answer = acts.done(request, "/desk/account", "account.changed")
    return signed_in(request, answer, await web.accounts.open(me.login))


ROUTES = [
    Route("/desk/account", account),
    Route("/desk/account/password", password, methods=["POST"]),
]
