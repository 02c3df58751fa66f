"""The desk's routes × roles: refused as the table says, never carried out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desks import JSON, desk, open_ticket
from support import PEOPLE, row
from website import Site

from bot.service import now_utc
from bot.support.accounts import Accounts
from bot.support.authority import TABLE, Action, Actor
from bot.web.desk.routes import ROUTES

NEEDS: dict[tuple[str, str], Action] = {
    ("GET", "/desk"): Action.VIEW_TICKETS,
    ("GET", "/desk/events"): Action.VIEW_TICKETS,
    ("POST", "/desk/bulk"): Action.BULK,
    ("POST", "/desk/views"): Action.VIEWS,
    ("POST", "/desk/views/1/drop"): Action.VIEWS,
    ("GET", "/desk/tickets/1"): Action.VIEW_TICKETS,
    ("GET", "/desk/tickets/1/events"): Action.VIEW_TICKETS,
    ("POST", "/desk/tickets/1/reply"): Action.REPLY,
    ("POST", "/desk/tickets/1/note"): Action.NOTE,
    ("POST", "/desk/tickets/1/claim"): Action.CLAIM,
    ("POST", "/desk/tickets/1/assign"): Action.ASSIGN,
    ("POST", "/desk/tickets/1/release"): Action.CLAIM,
    ("POST", "/desk/tickets/1/priority"): Action.TRIAGE,
    ("POST", "/desk/tickets/1/tag"): Action.TRIAGE,
    ("POST", "/desk/tickets/1/untag"): Action.TRIAGE,
    ("POST", "/desk/tickets/1/wait"): Action.WAIT,
    ("POST", "/desk/tickets/1/resume"): Action.WAIT,
    ("POST", "/desk/tickets/1/resolve"): Action.RESOLVE,
    ("POST", "/desk/tickets/1/reopen"): Action.REOPEN,
    ("POST", "/desk/tickets/1/merge"): Action.MERGE,
    ("POST", "/desk/tickets/1/block"): Action.BLOCK,
    ("POST", "/desk/tickets/1/unblock"): Action.BLOCK,
    ("POST", "/desk/files"): Action.REPLY,
    ("GET", "/desk/answers"): Action.VIEW_TICKETS,
    ("GET", "/desk/media/1"): Action.VIEW_TICKETS,
    ("GET", "/desk/merchants/tg:1"): Action.VIEW_TICKETS,
    ("POST", "/desk/merchants/tg:1"): Action.MERCHANT_NOTES,
    ("POST", "/desk/merchants/tg:1/block"): Action.BLOCK,
    ("POST", "/desk/merchants/tg:1/unblock"): Action.BLOCK,
    ("POST", "/desk/merchants/tg:9/forget"): Action.FORGET,
    ("GET", "/desk/knowledge"): Action.VIEW_KNOWLEDGE,
    ("GET", "/desk/knowledge/try"): Action.VIEW_KNOWLEDGE,
    ("GET", "/desk/knowledge/match"): Action.VIEW_KNOWLEDGE,
    ("GET", "/desk/knowledge/browse"): Action.VIEW_KNOWLEDGE,
    ("GET", "/desk/knowledge/versions"): Action.VIEW_KNOWLEDGE,
    ("POST", "/desk/knowledge/versions/7"): Action.EDIT_KNOWLEDGE,
    ("POST", "/desk/knowledge/reviewed"): Action.EDIT_KNOWLEDGE,
    ("GET", "/desk/knowledge/teach"): Action.EDIT_KNOWLEDGE,
    ("POST", "/desk/knowledge/teach"): Action.EDIT_KNOWLEDGE,
    ("GET", "/desk/knowledge/proposals/9"): Action.EDIT_KNOWLEDGE,
    ("POST", "/desk/knowledge/proposals/9/publish"): Action.EDIT_KNOWLEDGE,
    ("POST", "/desk/knowledge/proposals/9/drop"): Action.EDIT_KNOWLEDGE,
    ("GET", "/desk/statistics"): Action.STATISTICS,
    ("GET", "/desk/statistics/intent.csv"): Action.EXPORT,
    ("GET", "/desk/tickets.csv"): Action.EXPORT,
    ("GET", "/desk/alerts"): Action.ASSIGN,
    ("GET", "/desk/staff"): Action.STAFF,
    ("POST", "/desk/staff"): Action.STAFF,
    ("POST", "/desk/staff/nobody/change"): Action.STAFF,
    ("GET", "/desk/settings"): Action.ANNOUNCE,
    ("POST", "/desk/settings/away"): Action.SETTINGS,
    ("POST", "/desk/announcements"): Action.ANNOUNCE,
    ("POST", "/desk/announcements/1/end"): Action.ANNOUNCE,
    ("GET", "/desk/canned"): Action.CANNED,
    ("POST", "/desk/canned"): Action.CANNED,
    ("POST", "/desk/canned/9/drop"): Action.CANNED,
    ("GET", "/desk/audit"): Action.AUDIT,
    ("GET", "/desk/account"): Action.OWN_ACCOUNT,
    ("POST", "/desk/account/password"): Action.OWN_ACCOUNT,
}


def _paths() -> Iterator[tuple[str, str]]:
    for route in ROUTES:
        for method in sorted(route.methods or ()):
            if method != "HEAD" and route.path not in ("/desk/login", "/desk/logout", "/desk/logout/everywhere"):
                yield method, route.path


def test_the_matrix_names_every_route() -> None:
    for method, path in _paths():
        found = [
            one
            for one in NEEDS
            if one[0] == method
            and next((route.path for route in ROUTES if method in route.methods and route.path_regex.match(one[1])), "")
            == path
        ]
        assert found, (method, path)


OPEN = {
    "/", "/chat/open", "/chat/messages", "/chat/presses", "/chat/photos", "/chat/photos/{media:int}",
    "/chat/files/{media:int}", "/chat/events", "/language", "/healthz", "/readyz", "/livez", "/metrics", "/static",
    "/privacy", "/desk/", "/desk/login", "/desk/logout", "/desk/logout/everywhere",
}  # fmt: skip
"""What is there for others than staff; each has its own guard, and its own tests."""


async def test_every_route_of_the_app_is_the_desks_or_known(site: Site) -> None:
    paths = {getattr(route, "path", "") for route in site.app.routes}
    assert paths - {route.path for route in ROUTES} | {"/desk/login", "/desk/logout", "/desk/logout/everywhere"} == OPEN


async def test_a_merchant_is_a_stranger_to_the_desk(site: Site) -> None:
    await open_ticket(site.db, now_utc)
    async with site.client(headers=JSON) as merchant:
        (await merchant.post("/chat/open")).raise_for_status()
        for method, path in NEEDS:
            assert (await merchant.request(method, path)).status_code == 401, path


@pytest.mark.parametrize("who", [None, *PEOPLE], ids=lambda one: one.login if one else "outsider")
async def test_the_authority_matrix(site: Site, who: Actor | None) -> None:
    """Every route × every role: refused as the table says, never carried out, and never a fault of ours."""
    await open_ticket(site.db, now_utc)
    client = site.client(headers=JSON)
    if who:
        client.cookies.set("posbot_desk", await Accounts(site.db, now_utc).open(who.login))
    async with client:
        for (method, path), action in NEEDS.items():
            if path.endswith("/events") and who and action in TABLE[who.role]:
                async with client.stream(method, path) as answer:
                    assert answer.status_code == 200
                continue
            answer = await client.request(method, path)
            where = (method, path, who and who.login, answer.status_code, answer.text[:200])
            if who is None:
                assert answer.status_code == 401, where
            elif action in TABLE[who.role]:
                assert answer.status_code not in (401, 403, 500), where
            elif path == "/desk":
                assert answer.headers["location"] == "/desk/knowledge", where
            else:
                assert answer.status_code in (403, 404), where
            if who and who.role == "editor" and ("/tickets/" in path or "/merchants/" in path):
                assert answer.status_code == 404, where


async def test_a_foreign_page_cannot_act(site: Site) -> None:
    number = await open_ticket(site.db, now_utc)
    async with desk(site, PEOPLE[0]) as wang:
        answer = await wang.post(f"/desk/tickets/{number}/claim", headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
    assert (await row(site.db, number))["assignee"] is None
