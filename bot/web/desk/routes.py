"""Every page of the desk. Each route names the act it takes, in its own module."""

from __future__ import annotations

from starlette.routing import Route

from bot.web.desk import (
    account,
    alerts,
    attaching,
    exports,
    live,
    merchant,
    office,
    records,
    signin,
    statistics,
    team,
    ticket,
    tickets,
)
from bot.web.desk.learning import pages as learning

ROUTES = [
    Route("/desk/login", signin.login, methods=["GET", "POST"]),
    Route("/desk/logout", signin.logout, methods=["POST"]),
    Route("/desk/logout/everywhere", signin.logout_everywhere, methods=["POST"]),
    *account.ROUTES,
    *tickets.ROUTES, *exports.ROUTES, *alerts.ROUTES, *live.ROUTES, *ticket.ROUTES, *attaching.ROUTES, *merchant.ROUTES,
    *learning.ROUTES, *statistics.ROUTES, *team.ROUTES, *office.ROUTES, *records.ROUTES,
]  # fmt: skip
