"""Browsers that somebody signed in with before: whoever guesses passwords elsewhere cannot keep them out.

The mark in the browser's cookie is signed with the account's own password hash: it needs no table, holds on every
replica, and ends with the password. See OWASP, "Slow down online guessing attacks with device cookies".
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

DAYS = 180
_MARK = re.compile(r"([\w-]{22})\.([0-9a-f]{64})", re.ASCII)


def mark(stored: str, login: str) -> str:
    """Return a mark for a browser; ``stored`` is the hash of the login's password."""
    name = secrets.token_urlsafe(16)
    return f"{name}.{_signed(stored, login, name)}"


def name_of(cookie: str, stored: str | None, login: str) -> str:
    """Return the name of the browser that a mark belongs to, "" if it is not one of this login."""
    found = _MARK.fullmatch(cookie)
    if found is None or not stored:
        return ""
    return found[1] if hmac.compare_digest(found[2], _signed(stored, login, found[1])) else ""


def _signed(stored: str, login: str, name: str) -> str:
    return hmac.new(stored.encode(), f"device:{login}:{name}".encode(), hashlib.sha256).hexdigest()
