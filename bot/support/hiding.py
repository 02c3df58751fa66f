"""Card numbers in what staff write: hidden as for merchants, before anything is stored or sent."""

from __future__ import annotations

from bot.redact import redact_text

HIDDEN = frozenset({"card", "cvv", "id_card", "token"})
"""What is never passed on. A password is: staff tell merchants the one that a terminal has when it is new."""


def hide(text: str) -> str:
    """Return a text without card numbers, their codes, identity numbers and bot tokens; its length stays."""
    clean = redact_text(text)
    if not any(finding.kind in HIDDEN for finding in clean.found):
        return text
    # the spans count in UTF-16, in which both texts are equally long
    old, new = text.encode("utf-16-le", "surrogatepass"), clean.text.encode("utf-16-le", "surrogatepass")
    for finding in clean.found:
        if finding.kind in HIDDEN:
            start, end = 2 * finding.start, 2 * finding.end
            old = old[:start] + new[start:end] + old[end:]
    return old.decode("utf-16-le", "surrogatepass")
