"""What keeps outsiders, other sites and other roles out of the pages; docs/reference/security.md names these tests."""

from __future__ import annotations

import asyncio
import io
import socket
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from desks import HTML, JSON, desk, open_ticket
from PIL import Image
from starlette.routing import Mount, Route
from support import ADMIN, CHEN, WANG, hire, rows
from support import act as acting
from website import Merchant, Site, running

from bot import photos
from bot.dialogue.engine import Dialogue
from bot.errors import ConfigError
from bot.service import now_utc
from bot.store import media
from bot.store.base import Database
from bot.store.support import keeping, sessions, staff
from bot.store.support.filters import Filter
from bot.store.times import stamp
from bot.support import devices
from bot.support.accounts import Accounts, digest
from bot.support.authority import LOCAL
from bot.support.errors import Invalid, LoginRefused, Throttled
from bot.support.passwords import hashed
from bot.web import connections, streams

PASSWORD = "correct horse 9"
FOREIGN: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
    {"Origin": "null"}, {"Origin": "http://["},
)  # fmt: skip


@pytest.fixture
async def site(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    async with running(db, dialogue) as found:
        await hire(db, now_utc)
        yield found


@pytest.fixture
async def wang(site: Site) -> Site:
    """A site where 小王 has a password."""
    await site.db.write(staff.set_password, acting(now_utc, LOCAL), "wang", await hashed(PASSWORD))
    return site


def _filled(path: str) -> str:
    for part, value in (("{number:int}", "1"), ("{media:int}", "1"), ("{id:int}", "1"), ("{view:int}", "1"),
                        ("{version:int}", "0"), ("{proposal:int}", "1"), ("{chat:str}", "tg:1"), ("{login:str}", "li"),
                        ("{section:str}", "away"), ("{table:str}", "intent"), ("{act:str}", "claim")):  # fmt: skip
        path = path.replace(part, value)
    assert "{" not in path, path
    return path


def _changing(site: Site) -> Iterator[tuple[str, str]]:
    for route in site.app.routes:
        if isinstance(route, Mount):
            assert route.path == "/static"
        elif isinstance(route, Route):
            yield from (
                (method, _filled(route.path)) for method in route.methods or () if method not in ("GET", "HEAD")
            )


async def test_no_other_site_can_change_anything(site: Site) -> None:
    """Each route that takes anything but GET, as the router has it: a foreign page's post stores nothing."""
    await open_ticket(site.db, now_utc)
    before = await rows(site.db, "SELECT (SELECT COUNT(*) FROM audit) AS a, (SELECT COUNT(*) FROM inbox) AS i")
    found = list(_changing(site))
    assert len(found) > 25
    async with desk(site, ADMIN) as admin:
        admin.cookies.set("posbot_chat", "a" * 32)
        for method, path in found:
            for headers in FOREIGN:
                answer = await admin.request(method, path, headers=headers)
                assert answer.status_code == 403, (method, path, headers)
    assert before == await rows(site.db, "SELECT (SELECT COUNT(*) FROM audit) AS a, (SELECT COUNT(*) FROM inbox) AS i")


async def test_every_answer_is_hardened(site: Site) -> None:
    """Pages, errors, refusals, redirects, fragments, static files, streams, files: each carries every header."""
    number = await open_ticket(site.db, now_utc)
    kept = await site.db.write(media.add, "tg:1", "web", "document", "a.html", "text/html", b"x", stamp(now_utc()))
    paths = f"""/ /desk /desk/ /desk/tickets/{number} /desk/tickets/999 /desk/media/{kept} /nothing /static/chat/chat.js
        /static/none /healthz /metrics /desk/login /desk/statistics/intent.csv /desk/account /chat/events /desk/%ff
        /static/../../etc/passwd /static/%2e%2e/%2e%2e/x /static/..%5c..%5cx""".split()
    async with desk(site, ADMIN) as admin:
        for path in paths:
            answer = await admin.get(path)
            assert answer.status_code < 500, path
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy, path
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert answer.headers["x-frame-options"] == "DENY", path
            assert answer.headers["referrer-policy"] == "no-referrer", path
            expected = "no-cache" if path == "/static/chat/chat.js" else "no-store"
            assert answer.headers["cache-control"] == expected, path
            assert "server" not in answer.headers
            assert "strict-transport-security" not in answer.headers
        for stream in ("/desk/events", f"/desk/tickets/{number}/events"):
            async with admin.stream("GET", stream) as answer:
                assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "sandbox" in (await admin.get(f"/desk/media/{kept}")).headers["content-security-policy"]


async def test_behind_https_cookies_are_bound_to_the_host_and_browsers_stay(db: Database, dialogue: Dialogue) -> None:
    async with running(db, dialogue, desk_url="https://desk.example/desk", web_chat="public") as site:
        await hire(db, now_utc)
        await db.write(staff.set_password, acting(now_utc, LOCAL), "wang", await hashed(PASSWORD))
        async with site.client(headers={**HTML, "Host": "desk.example"}) as browser:
            answer = await browser.post("/desk/login", data={"login": "wang", "password": PASSWORD})
            cookies = answer.headers.get_list("set-cookie")
            assert len(cookies) == 2
            for cookie in (*cookies, (await browser.post("/chat/open")).headers["set-cookie"]):
                assert cookie.startswith("__Host-")
                assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"))
                assert "Domain" not in cookie
            assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
            token = cookies[0].partition("=")[2].partition(";")[0]
            assert (await browser.get("/desk", headers={"Cookie": f"posbot_desk={token}"})).status_code == 401
            assert (await browser.get("/desk", headers={"Cookie": f"__Host-posbot_desk={token}"})).status_code == 200


async def test_a_session_is_new_at_each_sign_in_and_ends_everywhere(wang: Site) -> None:
    form = {"login": "wang", "password": PASSWORD}
    async with wang.client(headers=HTML) as one, wang.client(headers=HTML) as other:
        one.cookies.set("posbot_desk", "fixed-by-an-attacker")
        await one.post("/desk/login", data=form)
        await other.post("/desk/login", data=form)
        tokens = {client.cookies.get("posbot_desk", domain="127.0.0.1") for client in (one, other)}
        assert len(tokens) == 2
        assert "fixed-by-an-attacker" not in tokens
        assert (await other.post("/desk/logout/everywhere")).headers["clear-site-data"] == '"storage"'
        for client in (one, other):
            assert (await client.get("/desk")).status_code == 401


async def test_the_link_s_sessions_end_everywhere_too(db: Database, dialogue: Dialogue) -> None:
    async with running(db, dialogue) as site, site.client(headers=HTML) as one, site.client(headers=HTML) as other:
        for client in (one, other):
            await client.get(f"/desk/login?token={site.login.new()}")
            assert (await client.get("/desk")).status_code == 200
        await one.post("/desk/logout/everywhere")
        for client in (one, other):
            assert (await client.get("/desk")).status_code == 401


async def test_removed_staff_lose_pages_at_once_and_streams_with_the_next_sign(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT", 0.2)  # 15 s, so that at most 60 s pass
    async with desk(site, WANG) as client, client.stream("GET", "/desk/events") as stream:
        await site.db.write(staff.remove, acting(now_utc, LOCAL), "wang")
        assert (await client.get("/desk")).status_code == 401
        async with asyncio.timeout(5):
            async for _ in stream.aiter_lines():
                pass


async def test_one_s_own_password_needs_the_old_one_and_ends_other_sessions(wang: Site) -> None:
    form = {"login": "wang", "password": PASSWORD}
    async with wang.client(headers=HTML) as one, wang.client(headers=HTML) as other:
        await one.post("/desk/login", data=form)
        await other.post("/desk/login", data=form)
        change = {"current": "wrong", "password": "viele bunte Kraniche 7"}
        assert (await one.post("/desk/account/password", data=change, headers=JSON)).status_code == 422
        easy = {"current": PASSWORD, "password": "password12345"}
        assert (await one.post("/desk/account/password", data=easy, headers=JSON)).status_code == 422
        change["current"] = PASSWORD
        assert (await one.post("/desk/account/password", data=change, headers=JSON)).status_code == 200
        assert (await one.get("/desk")).status_code == 200
        assert (await other.get("/desk")).status_code == 401


EASY = ("password123", "1234567890", "qwertyuiop", "wang123456", "posbot12345", "aaaaaaaaaaaa", "short", "x" * 129)


@pytest.mark.parametrize("easy", EASY)
async def test_passwords_that_are_easy_to_guess_are_refused(easy: str) -> None:
    with pytest.raises(Invalid):
        await hashed(easy, "wang", "小王")


async def test_an_attacker_cannot_lock_anybody_out_of_a_browser_they_used(db: Database, clock: Any) -> None:
    await hire(db, clock)
    await db.write(staff.set_password, acting(clock, LOCAL), "wang", await hashed(PASSWORD))
    accounts, replica = Accounts(db, clock), Accounts(db, clock)
    entry = await accounts.enter("wang", PASSWORD, "192.0.2.1")
    for attempt in range(5):
        with pytest.raises(LoginRefused):
            await (accounts if attempt % 2 else replica).enter("wang", "guess", "203.0.113.9")
    with pytest.raises(Throttled):
        await replica.enter("wang", PASSWORD, "198.51.100.7")  # the account waits, whatever the address
    with pytest.raises(Throttled):
        await accounts.enter("li", "guess", "203.0.113.9")  # so does the address, whatever the account
    again = await accounts.enter("wang", PASSWORD, "203.0.113.9", entry.device)
    assert again.device == entry.device
    other = entry.device[:-1] + ("1" if entry.device.endswith("0") else "0")
    for mark in (other, "x", f"{entry.device}.x", devices.mark("other hash", "wang")):
        with pytest.raises(Throttled):
            await accounts.enter("wang", PASSWORD, "198.51.100.8", mark)
    for _ in range(5):
        with pytest.raises(LoginRefused):
            await accounts.enter("wang", "guess", "192.0.2.1", entry.device)
    with pytest.raises(Throttled):
        await accounts.enter("wang", PASSWORD, "192.0.2.1", entry.device)  # a stolen mark guesses no faster


async def test_a_new_password_frees_the_login_and_ends_the_marks(db: Database, clock: Any) -> None:
    await hire(db, clock)
    accounts = Accounts(db, clock)
    await db.write(staff.set_password, acting(clock, LOCAL), "wang", await hashed(PASSWORD))
    entry = await accounts.enter("wang", PASSWORD, "192.0.2.1")
    for _ in range(5):
        with pytest.raises(LoginRefused):
            await accounts.enter("wang", "guess", "203.0.113.9")
    new = await hashed("viele bunte Kraniche 7")
    await db.write(staff.set_password, acting(clock, LOCAL), "wang", new)
    assert not devices.name_of(entry.device, new, "wang")
    await accounts.enter("wang", "viele bunte Kraniche 7", "192.0.2.2")


async def test_only_hashes_of_tokens_are_kept(wang: Site) -> None:
    entry = await Accounts(wang.db, now_utc).enter("wang", PASSWORD, "192.0.2.1")
    kept = await rows(wang.db, "SELECT token FROM staff_sessions")
    assert [row["token"] for row in kept] == [digest(entry.token)]
    await wang.db.write(sessions.close_all, "wang")
    assert await Accounts(wang.db, now_utc).who(entry.token) is None


ELSEWHERE = ("//evil.example", "https://evil.example", "/\\evil.example", "/desk//evil.example", "/\t/evil.example",
             "/desk\\@evil", "javascript:alert(1)", "/desk/../..//evil.example")  # fmt: skip


@pytest.mark.parametrize("back", ELSEWHERE)
async def test_no_redirect_leaves_the_site(wang: Site, back: str) -> None:
    async with wang.client(headers=HTML) as client:
        answer = await client.post("/desk/login", data={"login": "wang", "password": PASSWORD, "next": back})
        other = await client.post("/language", data={"lang": "en", "back": back})
        slash = await client.get("/desk/", headers={"Host": "evil.example"})
        for found in (answer, other, slash):
            to = httpx.URL("http://here").join(found.headers["location"])
            assert to.host == "here", (back, found.headers["location"])


async def test_the_host_header_is_in_no_answer(site: Site) -> None:
    async with site.client(headers={**HTML, "Host": "evil.example"}) as client:
        for path in ("/desk", "/desk/", "/desk/login", "/nothing", "/desk/tickets/1/", "/static"):
            answer = await client.get(path)
            assert "evil.example" not in answer.text + str(answer.headers), path


async def test_an_agent_reaches_no_view_of_a_colleague_and_an_editor_no_file(site: Site) -> None:
    await open_ticket(site.db, now_utc)
    view = await site.db.write(keeping.save_view, acting(now_utc, CHEN), "meins", Filter(), "priority")
    photo = await site.db.write(media.add, "tg:1", "web", "photo", "", "image/jpeg", b"x", stamp(now_utc()))
    async with desk(site, WANG) as agent:
        await agent.post(f"/desk/views/{view}/drop")
        assert "meins" not in (await agent.get("/desk")).text
    assert len(await rows(site.db, "SELECT * FROM views")) == 1
    async with Merchant(site) as other:
        assert (await other.http.get(f"/chat/photos/{photo}")).status_code == 404
        assert (await other.http.get(f"/desk/media/{photo}")).status_code == 401


def _polyglots() -> list[tuple[str, bytes]]:
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 10, 10)).save(picture, "JPEG", comment=b"<script>alert(1)</script>")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("x.class", "canary-class")
    gif = io.BytesIO()
    Image.new("P", (8, 8)).save(gif, "GIF")
    return [("jpeg+zip", picture.getvalue() + archive.getvalue()),
            ("jpeg+html", picture.getvalue() + b"<html><script>alert(1)</script></html>"),
            ("gif+js", gif.getvalue() + b"/*canary*/=1;alert(1)")]  # fmt: skip


@pytest.mark.parametrize(("name", "content"), _polyglots(), ids=lambda one: one if isinstance(one, str) else "")
def test_a_polyglot_comes_out_as_a_picture_only(name: str, content: bytes) -> None:
    clean = photos.clean(content)
    assert clean.startswith(b"\xff\xd8\xff")
    for canary in (b"script", b"canary", b"PK\x03\x04", b"alert"):
        assert canary not in clean, name


async def test_a_bomb_is_refused_before_it_unfolds(site: Site) -> None:
    picture = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(picture, "PNG")  # 50 kB that would take 1.2 GB
    assert len(picture.getvalue()) < 100_000
    async with Merchant(site) as merchant:
        assert (await merchant.upload(picture.getvalue())).status_code == 422


async def _raw(site: Site, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send bytes as they are; returns what came back until the server closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(site.base).port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_a_head_that_never_ends_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    loop = asyncio.get_running_loop()
    for beginning in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "):
        began = loop.time()
        assert await _raw(site, *([beginning] if beginning else [])) == b""
        assert loop.time() - began < 5


@pytest.mark.parametrize(
    "head",
    [
        b"POST /desk/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /desk/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /desk/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /desk/login HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
        b"POST /desk/login HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
    ids=["both lengths", "two lengths", "unknown coding", "signed length", "space", "two hosts", "endless header"],
)
async def test_a_request_that_could_be_read_in_two_ways_is_refused(site: Site, head: bytes) -> None:
    answer = await _raw(site, head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    assert answer.split(b" ")[1][:1] == b"4" or b"501" in answer[:20], answer[:100]


async def test_one_address_cannot_take_all_connections(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PER_ADDRESS", 3)
    monkeypatch.setattr(type(site.app.state.web.settings), "is_near", lambda *_: False)
    async with running(site.db, site.app.state.web.dialogue) as other:
        place = ("127.0.0.1", httpx.URL(other.base).port)
        held = [socket.create_connection(place) for _ in range(3)]
        await asyncio.sleep(0.1)
        async with other.client() as late:
            with pytest.raises(httpx.TransportError):
                await late.get("/healthz")
        for one in held:
            one.close()


async def test_only_trusted_proxies_say_who_asks(db: Database, dialogue: Dialogue) -> None:
    await hire(db, now_utc)
    async with running(db, dialogue, trusted_proxies="127.0.0.1") as site:
        for number in range(12):  # each from an address of its own, as the proxy says
            await _guess(site, f"login{number}", f"198.51.100.{number}")
        assert {await _guess(site, f"more{number}", "198.51.100.99") for number in range(6)} == {401, 429}
        assert await _guess(site, "other", "198.51.100.99, 203.0.113.5") == 401  # the last before the proxy counts
    async with running(db, dialogue) as site:
        found = [await _guess(site, f"free{number}", f"192.0.2.{number}") for number in range(6)]
        assert found[-1] == 429  # not trusted: all the same address


async def _guess(site: Site, login: str, address: str) -> int:
    async with site.client(headers={**HTML, "X-Forwarded-For": address}) as client:
        return (await client.post("/desk/login", data={"login": login, "password": "x"})).status_code


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0"])
def test_trusting_everybody_is_refused(wrong: str) -> None:
    from bot.config import load

    with pytest.raises(ConfigError, match="POSBOT_TRUSTED_PROXIES"):
        load(trusted_proxies=wrong)
