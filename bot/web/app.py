"""The web application: routes of the pages, what stands around them, and the parts they share."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.messages import Messages
from bot.store.base import Database
from bot.support.accounts import Accounts
from bot.support.book import Book, Offices
from bot.support.desk import Desk
from bot.web import chat, chat_files, pages, privacy
from bot.web.context import FOLDER, Health, Web, clock
from bot.web.desk import routes as desk
from bot.web.desk.acts import ERRORS as REFUSALS
from bot.web.desk.describe import Describe, as_written
from bot.web.desk.learning.teacher import Teacher
from bot.web.guard import Guard
from bot.web.health import ROUTES as HEALTH
from bot.web.tokens import LoginLinks

__all__ = ["LoginLinks", "create_app"]


class Assets(StaticFiles):
    """Style sheets and scripts; browsers ask each time whether a copy is still good (304)."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Return a file that may be kept, but must be asked about."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(
    db: Database, settings: Settings, health: Health, *, login: LoginLinks | None = None,
    describe: Describe = as_written, routes: Sequence[BaseRoute] = (), offices: Offices | None = None,
    dialogue: Dialogue | None = None, teacher: Teacher | None = None,
) -> Starlette:  # fmt: skip
    """Return the pages over an open database.

    ``health`` says which parts are alive. ``login`` hands out the desk's one-time links (none: nobody can
    sign in). ``describe`` turns a step of a ticket's path into words. ``routes`` are served beside the pages, such as
    Telegram's webhook. ``offices`` gives the office's settings (none: read from the database). ``dialogue`` is the one
    whose knowledge the desk shows, and changes through ``teacher`` (none: one of its own).
    """
    assets = GZipMiddleware(Assets(directory=FOLDER / "static"))
    app = Starlette(
        routes=[
            *chat.ROUTES, *chat_files.ROUTES, *privacy.ROUTES, *desk.ROUTES, *HEALTH, *routes,
            Route("/language", pages.choose_language, methods=["POST"]),
            Route("/desk/", _without_slash),
            Mount("/static", assets, name="static"),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={**pages.ERRORS, **REFUSALS},
    )  # fmt: skip
    app.router.redirect_slashes = False  # it would build the address from the Host header, and lose https
    book = offices or Book(db, ZoneInfo(settings.timezone))
    if dialogue is not None and teacher is None:
        teacher = Teacher(db, dialogue, settings.knowledge)
    app.state.web = Web(db, settings, health, login or LoginLinks(), describe, book,
                        Desk(db, book, Messages(), clock), Accounts(db, clock), dialogue, teacher)  # fmt: skip
    return app


async def _without_slash(request: Request) -> Response:
    return RedirectResponse("/desk", 308)


def end_streams(app: Starlette) -> None:
    """End all open streams, so that a stopping server need not wait for them."""
    web: Web = app.state.web
    web.streams.close()
