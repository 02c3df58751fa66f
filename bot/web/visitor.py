"""Who asks, from where, and in which language to answer."""

from __future__ import annotations

import hashlib
import re
import secrets
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.web.context import web_of
from intents.model import Lang

CHAT_COOKIE = "posbot_chat"
LANGUAGE_COOKIE = "posbot_lang"
CHAT_DAYS = 180
_COOKIE = re.compile(r"[0-9a-f]{32}")
_FORWARDING = ("forwarded", "x-real-ip", "via")
_HANT = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")


def language(request: HTTPConnection) -> Lang:
    """Return the page's language: the one chosen by the switch, else the browser's, else Chinese."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    tags = [chosen] if chosen in ("zh", "zh-Hant", "en") else _accepted(request.headers.get("accept-language", ""))
    for tag in (tag.lower() for tag in tags):
        if tag.startswith(_HANT):
            return "zh-Hant"
        if tag.startswith(("zh", "en")):
            return "en" if tag.startswith("en") else "zh"
    return "en" if tags and tags[0] != "*" else "zh"


def is_local(request: HTTPConnection) -> bool:
    """Tell whether a browser on this very machine asks, with no proxy between.

    The Host header is checked as well: a page on the internet can point its own name at 127.0.0.1.
    """
    forwarded = any(name in _FORWARDING or name.startswith("x-forwarded-") for name in request.headers)
    host = host_of(f"//{request.headers.get('host', '')}")
    client = request.client.host if request.client else ""
    return not forwarded and is_loopback(host) and is_loopback(client)


def host_of(address: str) -> str:
    """Return the host of an address, "" if it is no address."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_https(request: HTTPConnection) -> bool:
    """Tell whether the browser came by https (a proxy's word is enough: it only makes the cookie stricter).

    Where the desk's address is https, everybody does but whoever sits at this machine.
    """
    said = request.url.scheme == "https" or request.headers.get("x-forwarded-proto", "") == "https"
    return said or (web_of(request).settings.desk_url.startswith("https:") and not is_local(request))


def cookie_name(request: HTTPConnection, name: str) -> str:
    """Return a cookie's name; by https the browser takes one of such a name from this very host only."""
    return f"__Host-{name}" if is_https(request) else name


def address_of(request: HTTPConnection) -> str:
    """Return where a request comes from, for limits; of IPv6 the network, for everybody has a whole one."""
    host = request.client.host if request.client else ""
    try:
        found = ip_address(host)
    except ValueError:
        return host
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else host


def allow_chat(request: HTTPConnection) -> None:
    """Let those pass who may use the web chat; for the others there is none (404)."""
    settings = web_of(request).settings
    local = settings.web_chat == "local" and is_loopback(settings.host) and is_local(request)
    if not (local or settings.web_chat == "public"):
        raise HTTPException(404)


def chat_of(request: HTTPConnection) -> str:
    """Return the key of the visitor's chat; 403 if the browser brings no identity."""
    allow_chat(request)
    cookie = request.cookies.get(cookie_name(request, CHAT_COOKIE), "")
    if not _COOKIE.fullmatch(cookie):
        raise HTTPException(403)
    return chat_key(cookie)


def chat_key(cookie: str) -> str:
    """Return the chat that a cookie stands for; the database never holds the cookie itself."""
    return f"web:{hashlib.sha256(cookie.encode()).hexdigest()[:32]}"


def identify(request: HTTPConnection, response: Response) -> None:
    """Give a new visitor a cookie with 128 random bits; a known one keeps theirs for longer."""
    name = cookie_name(request, CHAT_COOKIE)
    cookie = request.cookies.get(name, "")
    if not _COOKIE.fullmatch(cookie):
        cookie = secrets.token_hex(16)
    response.set_cookie(name, cookie, max_age=CHAT_DAYS * 86400, httponly=True, samesite="strict",
                        secure=is_https(request))  # fmt: skip


def _accepted(header: str) -> list[str]:
    """Return the language tags of an Accept-Language header, the most wanted first."""
    found = []
    for part in header[:500].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            found.append((-float(quality or 1), tag))
        except ValueError:
            continue
    return [tag for _, tag in sorted(found, key=lambda item: item[0]) if tag]
