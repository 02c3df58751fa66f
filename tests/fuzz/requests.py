"""Random requests for every route: methods, parameters, headers, cookies and bodies, good, odd and broken."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.routing import BaseRoute, Mount, Route

ROLES = ("", "wang", "chen", "ed", "admin", "forged")
"""Who asks: nobody, an agent, a supervisor, an editor, an admin, somebody with a made-up session."""
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X" * 40)
NUMBERS = ("1", "2", "0", "-1", "999", "99999999999999999999", "1e3", "²", "１", "0x1", "1" * 5000, "", " 1", "NaN")
TEXTS = (
    "wang", "P1", "打印机卡纸", "", " ", "a" * 5000, "<script>alert(1)</script>", "' OR 1=1 --", '"', "\x00", "\u202e",
    "\ud7ff\ue000", "../../etc/passwd", "..\\..\\", "%00", "%", "{{7*7}}", "${7*7}", "=1+1", "print.jam", "net.", "new",
    "zh", "en", "fixed", "claim", "tag", "2026-02-30", "2026-03-02T22:00", "0001-01-01T00:00", "9999-12-31T23:59",
    "25:61", "08:30", "12:00", "\n", "\r\nX-Evil: 1", "//evil.example", "/\t/evil.example", "javascript:alert(1)",
    "null", "tg:1", "a.b", "correct horse 9", "😀", "\u0301" * 200, "1,2,3", ",,,", "1" * 30, "NEAR(", "* OR *", "^$",
    "[", "\\",
)  # fmt: skip
FIELDS = tuple(
    """text take login priority tag reason into number act value name query shared notes mark ids phrases intent id
    title title_zh title_en zh en note starts ends intents brands role password telegram current next lang back
    calendar closed open warn chats tickets technical audit key token index caption days q show sort after
    before actor subject kind view older newer workday-0-from workday-0-until workday-1-from workday-1-until
    restday-0-from restday-0-until P1-first P1-solve P1-always P2-first P2-solve P3-first P3-solve P4-first
    P4-solve brand username""".split()
)
KEY = "8d5a0f8e-5f2a-4a54-9d6c-0c7a2f7f9b11"
TYPES = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json", "text/plain",
         "multipart/form-data", "multipart/form-data; boundary=", "application/x-www-form-urlencoded; charset=utf-7",
         "\xff", "", "multipart/form-data; boundary=" + "x" * 300)  # fmt: skip
HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("accept", ("text/html", "application/json", "*/*", "", "\xff")),
    ("accept-language", ("zh-CN", "en", "zh-TW;q=0.9,*;q=x", "," * 300, "\xff", "en;q=nan", "en;q=1e999")),
    ("hx-request", ("true", "")), ("sec-fetch-site", ("same-origin", "cross-site", "none", "\xff")),
    ("origin", ("http://desk.test", "null", "http://[", "https://evil.example", "")),
    ("host", ("desk.test", "evil.example", "[", "127.0.0.1:1", "", "\xff", "a" * 300, "desk.test:99999")),
    ("x-forwarded-for", ("1.2.3.4", "x", "", ",,,")), ("x-forwarded-proto", ("https", "http", "x")),
    ("last-event-id", ("1", "-1", "x", "9" * 30, "²")), ("content-length", ("0", "5", "-1", "x", "9" * 30, "²")),
    ("range", ("bytes=0-1", "bytes=-", "x", "bytes=9-1", "bytes=" + "0-1," * 200)),
    ("if-none-match", ("*", "x", '"a"')),
    ("if-modified-since", ("x", "Thu, 01 Jan 1970 00:00:00 GMT", "\xff")), ("sec-purpose", ("prefetch", "")),
    ("transfer-encoding", ("chunked",)), ("accept-encoding", ("gzip", "gzip;q=x")), ("expect", ("100-continue",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes over the wire; ``who`` is turned into a cookie, ``section`` into a form's mark."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    who: str
    section: str = ""

    def __str__(self) -> str:
        return f"{self.who or 'nobody'}: {self.method} {self.target[:120]!r} {self.headers!r} {self.body[:200]!r}"


def paths(routes: Sequence[BaseRoute]) -> list[tuple[str, tuple[str, ...]]]:
    """Return every route's path and methods; of a mounted folder its beginning."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for route in routes:
        if isinstance(route, Route):
            found.append((route.path, tuple(sorted(route.methods or ()))))
        elif isinstance(route, Mount):
            found.append((f"{route.path}/{{rest:path}}", ("GET",)))
    return found


def request(dice: random.Random, known: Sequence[tuple[str, tuple[str, ...]]]) -> Request:
    """Return a random request for one of the known routes, or for no route at all."""
    path, methods = dice.choice(known) if dice.random() < 0.97 else (f"/{text(dice)}", METHODS)
    method = dice.choice(methods) if dice.random() < 0.9 else dice.choice(METHODS)
    target = re.sub(r"{(\w+)(?::(\w+))?}", lambda part: _parameter(dice, part[2] or "str"), path).encode()
    if dice.random() < 0.5:
        target += b"?" + query(dice)
    if dice.random() < 0.03:
        target += dice.choice((b"%", b"%ff", b"%00", b"/", b"//", b";a=b", b"%2e%2e/", b"%c0%ae"))
    headers = [(name.encode(), dice.choice(values).encode("latin-1", "replace")) for name, values in HEADERS
               if dice.random() < 0.12]  # fmt: skip
    body, kind = _body(dice) if method not in ("GET", "HEAD") or dice.random() < 0.05 else (b"", "")
    if kind:
        headers.append((b"content-type", kind.encode("latin-1")))
    section = path.rpartition("/")[2] if dice.random() < 0.5 else ""
    who = dice.choice(ROLES) if dice.random() < 0.6 else "admin"
    return Request(method, target, tuple(headers), body, who, section)


def text(dice: random.Random) -> str:
    """Return a value of a field, mostly one of the known odd ones."""
    if dice.random() < 0.8:
        return dice.choice(TEXTS if dice.random() < 0.7 else NUMBERS)
    return "".join(chr(dice.choice((dice.randrange(32, 127), dice.randrange(0xD800), dice.randrange(0xE000, 0x11000))))
                   for _ in range(dice.randrange(30)))  # fmt: skip


def query(dice: random.Random) -> bytes:
    """Return a query string or form body."""
    if dice.random() < 0.05:
        return bytes(dice.randrange(256) for _ in range(dice.randrange(60))).replace(b"\r", b"").replace(b"\n", b"")
    pairs = [(dice.choice(FIELDS), text(dice)) for _ in range(dice.randrange(9))]
    return urlencode(pairs, errors="replace").encode()


def _parameter(dice: random.Random, kind: str) -> str:
    if kind == "int":
        return dice.choice(("1", "2", "3", "0", "7", "99999999999999999999", "123456789012345", "1" * 5000, "x"))
    acts = ("reply", "note", "claim", "assign", "release", "priority", "tag", "untag", "wait", "resume", "resolve",
            "reopen", "merge", "block", "unblock", "forget", "change", "password", "remove", "hours", "sla", "away",
            "retention", "wang", "tg:1", "intent", "node", "chat/chat.js", "vendor/tabler/tabler.min.css")  # fmt: skip
    return quote(dice.choice(acts) if dice.random() < 0.8 else text(dice), safe="/:" if kind == "path" else ":")


def _body(dice: random.Random) -> tuple[bytes, str]:
    kind = dice.choice(TYPES[:3]) if dice.random() < 0.85 else dice.choice(TYPES)
    if kind.startswith("application/x-www"):
        return query(dice), kind
    if kind.startswith("multipart"):
        return _parts(dice), kind
    if kind == "application/json":
        made = {"key": dice.choice((KEY, text(dice))), "text": text(dice),
                "token": dice.choice(("abcdefghijkl", text(dice))),
                "index": dice.choice((0, -1, 10**30, "1", None))}  # fmt: skip
        whole = json.dumps(made).encode()
        return dice.choice((whole, whole, whole, whole[:-3], b"[" * 30_000, b"\xff", b"", b"NaN", b"1e9999")), kind
    return bytes(dice.randrange(256) for _ in range(dice.randrange(200))), kind


def _parts(dice: random.Random) -> bytes:
    lines = []
    for _ in range(dice.randrange(5)):
        name = dice.choice((*FIELDS, "photo", "photo", "key"))
        file = dice.choice(("", '; filename="a.jpg"', "; filename*=utf-8''%ff", '; filename="\\"'))
        typed = text(dice).encode("utf-8", "replace")
        value = dice.choice((typed, b"\xff\xd8\xff" + bytes(40), b"GIF89a" + bytes(9)))
        head = b'--b\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + file.encode()
        lines.append(head + b"\r\n\r\n" + value + b"\r\n")
    whole = b"".join(lines) + b"--b--\r\n"
    return dice.choice(
        (whole, whole, whole, whole[: dice.randrange(1, len(whole))], whole.replace(b"\r\n\r\n", b"\r\n"))
    )
