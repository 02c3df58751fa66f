"""Secrets that only the words around them give away: CVV, PIN, password, SMS code, token, expiry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot import redact_rules as rules
from bot.redact_cards import Hit
from bot.redact_runs import MASK

LONGEST_PASSWORD = 64
_CVV_HINTS = ("cv", "csc", "cav", "安全", "背", "security", "verification", "back", "后面", "反面", "后三位", "末三位")
_SMS_HINTS = ("码", "口令", "code", "otp", "pin", "password", "number")
_DIGIT = re.compile("[0-9]")
_SECRET_HINTS = ("密", "口令", "pass", "pw", "pin")
_IDENTITY_HINTS = ("证", "护照", "id", "passport")


def find_tokens(text: str) -> Iterator[Hit]:
    """Yield bot tokens, API keys and what is called a token."""
    for pattern in rules.TOKENS:
        for match in pattern.finditer(text):
            if _DIGIT.search(match["value"]):
                yield _hit("token", match)


def find_codes(text: str) -> Iterator[Hit]:
    """Yield CVVs and SMS codes."""
    if any(hint in text for hint in _CVV_HINTS):
        yield from _all("cvv", (rules.CVV, rules.CVV_BEHIND), text)
    if any(hint in text for hint in _SMS_HINTS):
        yield from _all("sms_code", (rules.SMS, rules.SMS_BEHIND, rules.SMS_BESIDE), text)


def find_identities(text: str) -> Iterator[Hit]:
    """Yield identity and passport numbers with letters, which only their label gives away."""
    if any(hint in text for hint in _IDENTITY_HINTS):
        yield from _all("id_card", (rules.IDENTITY,), text)


def find_passwords(text: str) -> Iterator[Hit]:
    """Yield PINs and passwords."""
    if not any(hint in text for hint in _SECRET_HINTS):
        return
    for match in rules.SECRET.finditer(text):
        span = _value(text, match.end(), bool(match["link"].strip()) or ":" in match[0] or "=" in match[0])
        if span:
            yield Hit("pin" if match["pin"] else "password", *span, tuple(range(*span)))
    for match in rules.SECRET_BEHIND.finditer(text):
        yield _hit("pin" if match["pin"] else "password", match)


def find_beside_cards(text: str, cards: list[Hit], codes: list[Hit]) -> Iterator[Hit]:
    """Yield expiry dates and CVVs that stand next to card numbers, and labelled expiry dates beside a CVV."""
    for card in cards:
        at = card.end
        expiry = rules.TRAIL_EXPIRY.match(text, at)
        if expiry:
            yield _hit("card", expiry)
            at = expiry.end()
        code = rules.TRAIL_CVV.match(text, at)
        if code and (expiry or len(code["value"]) == 3):
            yield _hit("cvv", code)
    if cards or codes:
        yield from _all("card", (rules.EXPIRY,), text)


def _value(text: str, at: int, linked: bool) -> tuple[int, int] | None:
    """Return the span of the password that starts here; `linked`: "is" or a colon stands before it."""
    count = rules.SECRET_COUNT.match(text, at)
    found = count or rules.SECRET_TEXT.match(text, at)
    if found and not count:
        end = at + len(found[0].rstrip(".,;!?)'\"]"))
        if _is_password(text, at, end, linked):
            return at, end
        found = None
    found = found or rules.SECRET_DIGITS.match(text, at) or (rules.SECRET_SHORT.match(text, at) if linked else None)
    return found.span("value") if found else None


def _is_password(text: str, at: int, end: int, linked: bool) -> bool:
    """Tell whether this word can be a password and not the rest of a sentence."""
    value = text[at:end]
    if text[end : end + 1] == MASK:  # a part of it was hidden before
        return False
    if value.isdigit() or not 4 <= end - at <= LONGEST_PASSWORD or value.startswith(("http", "s/n")):
        return False
    if _DIGIT.search(value):
        return linked or end - at >= 6
    sentence = text[end : end + 2].strip(" ")[:1].isascii() and text[end : end + 2].strip(" ")[:1].isalpha()
    said = value in rules.SAID or value.endswith(("ed", "ing", "n't"))
    return linked and not sentence and not said and any(char.isalpha() for char in value)


def _all(kind: str, patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[Hit]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield _hit(kind, match)


def _hit(kind: str, match: re.Match[str]) -> Hit:
    start, end = match.span("value")
    return Hit(kind, start, end, tuple(range(start, end)))
