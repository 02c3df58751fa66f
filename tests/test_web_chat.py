from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from website import Merchant, Site, running

from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.errors import ConfigError
from bot.store import ticketing
from bot.store.base import Database, Tx
from bot.web.app import create_app
from bot.web.server import serve


@pytest.fixture
async def site(db: Database, dialogue: Dialogue) -> AsyncIterator[Site]:
    async with running(db, dialogue) as found:
        yield found


def photo(size: tuple[int, int] = (400, 300), kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (40, 90, 160)).save(out, kind, **options)
    return out.getvalue()


async def count(tx: Tx, table: str) -> int:
    row = await tx.one(f"SELECT COUNT(*) AS n FROM {table}")
    return int(row["n"]) if row else 0


async def test_a_new_visitor_is_greeted_once_even_in_two_tabs(site: Site) -> None:
    async with Merchant(site) as merchant:
        (greeting,), _ = await asyncio.gather(merchant.seen(1), merchant.seen(1))
        assert greeting["mine"] is False
        assert "POS" in greeting["text"]
        assert greeting["rows"]
        await merchant.http.post("/chat/open")
        await merchant.seen(1)
        await asyncio.sleep(0.2)
        assert await site.db.read(count, "messages") == 2  # "/start", which the stream leaves out, and its answer


async def test_a_message_is_answered_within_100_ms(site: Site) -> None:
    async with Merchant(site) as merchant:
        await merchant.seen(1)
        times = []
        async with merchant.listening() as stream:
            for text in ("pos机开不了机", "报91", "手续费多扣了", "我要找人工"):
                key = str(uuid4())
                started = time.monotonic()
                assert (await merchant.say(text, key)).status_code == 202
                async for event in stream:
                    if event["event"] == "message" and not event["data"]["mine"] and event["data"]["id"] > 2:
                        break
                times.append(time.monotonic() - started)
        assert sorted(times)[1] < 0.1, times  # not the slowest: other work shares the machine


async def test_the_stream_shows_my_own_message_with_the_key_it_was_sent_under(site: Site) -> None:
    async with Merchant(site) as merchant:
        key = str(uuid4())
        await merchant.say("报91", key)
        mine = next(message for message in await merchant.seen(3) if message["mine"])
        assert (mine["key"], mine["text"]) == (key, "报91")


async def test_a_repeated_post_counts_once(site: Site) -> None:
    async with Merchant(site) as merchant:
        key = str(uuid4())
        for _ in range(3):
            assert (await merchant.say("报91", key)).status_code == 202
        await merchant.seen(3)
        await asyncio.sleep(0.3)
        shown = await merchant.seen(3)
        assert sum(message["mine"] for message in shown) == 1


async def test_a_stream_that_comes_back_goes_on_after_the_last_message_it_saw(site: Site) -> None:
    async with Merchant(site) as merchant:
        (greeting,) = await merchant.seen(1)
        await merchant.say("报91")
        missed = await merchant.seen(2, after=greeting["id"])
        assert [message["mine"] for message in missed] == [True, False]


async def test_a_pressed_button_is_answered_and_an_old_one_too(site: Site) -> None:
    async with Merchant(site) as merchant:
        (greeting,) = await merchant.seen(1)
        label = greeting["rows"][0][0]
        for _ in range(2):
            assert (await merchant.press(greeting, label)).status_code == 202
        shown = await merchant.seen(5)
        assert [message["text"] for message in shown if message["mine"]] == [label, label]


async def test_a_foreign_button_does_nothing(site: Site) -> None:
    async with Merchant(site) as one, Merchant(site) as other:
        (greeting,) = await one.seen(1)
        await other.press(greeting, greeting["rows"][0][0])
        shown = await other.seen(2)
        assert not any(message["text"] == greeting["rows"][0][0] for message in shown)


async def test_a_photo_is_kept_small_and_shown_to_its_owner_only(site: Site) -> None:
    exif = Image.Exif()
    exif[0x010E] = "GPS-canary"
    async with Merchant(site) as merchant, Merchant(site) as other:
        assert (await merchant.upload(photo((3000, 2000), "JPEG", exif=exif))).status_code == 202
        shown = next(message for message in await merchant.seen(2) if message["photo"])
        path = f"/chat/photos/{shown['photo']}"
        answer = await merchant.http.get(path)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert b"GPS-canary" not in answer.content
        assert max(Image.open(io.BytesIO(answer.content)).size) == 1600
        assert (await other.http.get(path)).status_code == 404


async def test_a_photo_sent_twice_is_kept_once(site: Site) -> None:
    async with Merchant(site) as merchant:
        key = str(uuid4())
        for _ in range(2):
            assert (await merchant.upload(photo(), key=key)).status_code == 202
        assert await site.db.read(count, "media") == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 422),
        (b"", 422),
        (photo((9000, 5000)), 422),
        (b"\xff\xd8\xff" + b"0" * 10_200_000, 413),
    ],
    ids=["svg", "postscript", "empty", "too many pixels", "too large"],
)
async def test_what_is_no_photo_is_refused_with_a_sentence(site: Site, content: bytes, status: int) -> None:
    async with Merchant(site) as merchant:
        answer = await merchant.upload(content)
        assert answer.status_code == status
        assert answer.json()["error"]
        assert await site.db.read(count, "media") == 0


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"key": "x", "text": "hi"}', "application/json", 400),
        (b'{"text": "hi"}', "application/json", 400),
        (b'{"key": "8d5a0f8e-5f2a-4a54-9d6c-0c7a2f7f9b11", "text": 7}', "application/json", 400),
        (b'{"key": "8d5a0f8e-5f2a-4a54-9d6c-0c7a2f7f9b11", "text": "\\ud800"}', "application/json", 400),
        (b'{"key": "8d5a0f8e-5f2a-4a54-9d6c-0c7a2f7f9b11", "text": "hi"}', "text/plain", 415),
        (b"[" * 100_000, "application/json", 413),
    ],
)
async def test_a_bad_body_is_refused_with_a_sentence(site: Site, body: bytes, kind: str, status: int) -> None:
    async with Merchant(site) as merchant:
        answer = await merchant.http.post("/chat/messages", content=body, headers={"Content-Type": kind})
        assert answer.status_code == status
        assert answer.json()["error"]


async def test_a_body_without_a_length_is_cut_off(site: Site) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    async with Merchant(site) as merchant:
        headers = {"Content-Type": "application/json"}
        answer = await merchant.http.post("/chat/messages", content=endless(), headers=headers)
        assert answer.status_code == 413


async def test_a_long_message_is_answered_and_so_is_an_empty_one(site: Site) -> None:
    async with Merchant(site) as merchant:
        await merchant.seen(1)
        assert (await merchant.say("机器坏了" * 2500)).status_code == 202
        assert (await merchant.say("")).status_code == 202
        shown = await merchant.seen(5)
        assert sum(not message["mine"] for message in shown) >= 3


async def test_a_post_from_another_site_is_refused(site: Site) -> None:
    async with Merchant(site) as merchant:
        for headers in (
            {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
        ):  # fmt: skip
            answer = await merchant.http.post(
                "/chat/messages", json={"key": str(uuid4()), "text": "x"}, headers=headers
            )
            assert answer.status_code == 403, headers
        assert (await merchant.http.post("/chat/open", headers={"Origin": site.base})).status_code == 200


async def test_without_an_identity_nothing_is_taken_or_shown(site: Site) -> None:
    async with site.client() as stranger:
        assert (await stranger.get("/")).status_code == 200
        assert (await stranger.get("/chat/events")).status_code == 403
        assert (await stranger.post("/chat/messages", json={"key": str(uuid4()), "text": "x"})).status_code == 403


async def test_the_cookie_is_strict_and_stays_the_same(site: Site) -> None:
    async with site.client() as browser:
        first = (await browser.post("/chat/open")).headers["set-cookie"]
        again = (await browser.post("/chat/open")).headers["set-cookie"]
        assert first == again
        assert "HttpOnly" in first
        assert "SameSite=strict" in first
        assert "Secure" not in first
    async with site.client(headers={"Host": "localhost"}) as page:
        assert "set-cookie" not in (await page.get("/")).headers  # a link elsewhere must not replace an identity


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-Proto": "https"}, {"Forwarded": "for=203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"}, {"Via": "1.1 proxy"}, {"Host": "evil.example"}, {"Host": "shop.local:8080"},
    ],
    ids=str,
)  # fmt: skip
async def test_the_local_chat_is_for_this_machine_only(site: Site, headers: dict[str, str]) -> None:
    async with site.client(headers=headers) as outsider:
        assert (await outsider.get("/")).status_code == 404
        assert (await outsider.post("/chat/open")).status_code == 404
        assert (await outsider.get("/chat/events")).status_code == 404


async def test_the_public_chat_is_for_everyone_and_the_cookie_secure_behind_https(
    db: Database, dialogue: Dialogue
) -> None:
    async with running(db, dialogue, web_chat="public") as site:
        headers = {"Host": "help.example.com", "X-Forwarded-Proto": "https"}
        async with site.client(headers=headers) as visitor:
            assert (await visitor.get("/")).status_code == 200
            assert "Secure" in (await visitor.post("/chat/open")).headers["set-cookie"]


async def test_the_chat_can_be_switched_off(db: Database, dialogue: Dialogue) -> None:
    async with running(db, dialogue, web_chat="off") as site, site.client() as visitor:
        assert (await visitor.get("/")).status_code == 404
        assert (await visitor.post("/chat/open")).status_code == 404


async def test_all_answers_carry_the_security_headers(site: Site) -> None:
    async with site.client(headers={"Accept": "text/html"}) as visitor:
        for path in ("/", "/nothing", "/desk", "/static/chat/chat.js", "/healthz", "/chat/events"):
            answer = await visitor.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_fault_of_ours_shows_no_trace_and_carries_the_headers(site: Site) -> None:
    async def broken() -> dict[str, bool]:
        raise RuntimeError("secret-detail")

    object.__setattr__(site.app.state.web, "health", broken)
    async with site.client(headers={"Accept": "text/html", "Accept-Language": "en"}) as visitor:
        answer = await visitor.get("/healthz")
    assert answer.status_code == 500
    assert "secret-detail" not in answer.text
    assert "went wrong" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("zh-CN,zh;q=0.9", "故障"),
        ("zh-TW", "機"),
        ("en-GB,en;q=0.9,zh;q=0.1", "Terminal"),
        ("de", "Terminal"),
        ("", "故障"),
    ],
)
async def test_the_page_speaks_the_browsers_language(site: Site, accepted: str, expected: str) -> None:
    async with site.client(headers={"Accept-Language": accepted}) as visitor:
        assert expected in (await visitor.get("/")).text


async def test_the_language_can_be_switched_and_leads_back_to_this_site_only(site: Site) -> None:
    async with site.client() as visitor:
        answer = await visitor.post("/language", data={"lang": "en", "back": "//evil.example"})
        assert answer.headers["location"] == "/"
        assert "Terminal" in (await visitor.get("/")).text
        assert (await visitor.post("/language", data={"lang": "xx"})).status_code == 400


async def test_a_forgotten_merchant_sees_an_empty_chat(site: Site) -> None:
    async with Merchant(site) as merchant:
        await merchant.seen(1)
        await merchant.say("/forget")
        question = (await merchant.seen(3))[-1]
        async with asyncio.timeout(10), merchant.listening(after=question["id"]) as stream:
            await merchant.press(question, question["rows"][0][0])
            async for event in stream:
                if event["event"] == "cleared":
                    break
        shown = await merchant.seen(1)
        assert "删除" in shown[0]["text"]
        assert not shown[0]["rows"]


async def test_a_merchant_gets_to_a_numbered_ticket(site: Site) -> None:
    async with Merchant(site) as merchant:
        last = (await merchant.seen(1))[-1]
        await merchant.say("我要找人工")
        for _ in range(12):
            last = (await merchant.seen(2, after=last["id"]))[-1]
            labels = [label for row in last["rows"] for label in row]
            if not labels:
                break
            await merchant.press(
                last, next((label for label in ("提交", "跳过", "完全收不了") if label in labels), labels[0])
            )
    ticket = await site.db.read(ticketing.show, 1)
    assert ticket is not None
    assert ticket["channel"] == "web"
    assert str(ticket["number"]) in last["text"]


async def test_too_many_streams_of_one_chat_are_refused_for_now(site: Site) -> None:
    async with Merchant(site) as merchant:
        streams = [merchant.http.stream("GET", "/chat/events") for _ in range(8)]
        for stream in streams:
            assert (await stream.__aenter__()).status_code == 200
        assert (await merchant.http.get("/chat/events")).status_code == 503
        for stream in streams:
            await stream.__aexit__(None, None, None)


async def test_a_stop_ends_open_streams_at_once(site: Site) -> None:
    async with Merchant(site) as merchant, merchant.listening() as stream:
        await anext(stream)
        started = time.monotonic()
        site.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await site.task
        assert time.monotonic() - started < 1.5


async def test_a_port_in_use_is_said_in_one_sentence(site: Site, db: Database) -> None:
    async def health() -> dict[str, bool]:
        return {}

    settings = Settings(_env_file=None, listen=site.base.removeprefix("http://"))  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match=r"POSBOT_LISTEN: .* is used by another program"):
        await serve(create_app(db, settings, health), settings)


async def test_healthz_is_red_when_one_part_is_dead(site: Site) -> None:
    async with site.client() as machine:
        assert (await machine.get("/healthz")).status_code == 200
        site.parts["sender"] = False
        answer = await machine.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["parts"] == {"worker": True, "sender": False}


async def test_metrics_are_for_this_machine(site: Site) -> None:
    async with site.client() as machine:
        assert "posbot_inbox_waiting 0.0" in (await machine.get("/metrics")).text
        assert (await machine.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})).status_code == 404
