"""The headers that keep a browser from being turned against its user."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.datastructures import MutableHeaders

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
SANDBOX = "sandbox; default-src 'none'"
"""The policy of files that merchants sent: opened as a page, they could do nothing."""
HSTS = "max-age=31536000; includeSubDomains"


def harden(headers: MutableHeaders, https: bool = False) -> None:
    """Add the security headers that are not set yet; by ``https`` the browser is told to stay there."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if https:
        headers.setdefault("Strict-Transport-Security", HSTS)


def attachment(name: str) -> dict[str, str]:
    """Return the headers of a file of somebody's: saved or shown inside our pages, never a page, never kept."""
    plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
            "Content-Security-Policy": SANDBOX, "Cache-Control": "no-store"}  # fmt: skip
