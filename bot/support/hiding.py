"""Secrets in what staff write: hidden as for merchants, before anything is stored or sent."""

from __future__ import annotations

import re

from bot.redact import redact_text

OF_THE_MACHINE = re.compile(
    r"(?:默认|默認|初始|出厂|出廠|操作员|操作員|主管|管理员|管理員|default|initial|factory|operator|supervisor|admin)"
    r"[^，。,.;；\n]{0,20}$",
    re.IGNORECASE,
)
"""Words before a password that every new terminal has: staff tell it to merchants."""
BEFORE = 32


def hide(text: str) -> str:
    """Return a text without card numbers, codes, passwords of people and bot tokens; its length stays."""
    clean = redact_text(text)
    # the spans count in UTF-16, in which both texts are equally long
    old, new = text.encode("utf-16-le", "surrogatepass"), clean.text.encode("utf-16-le", "surrogatepass")
    for finding in clean.found:
        start, end = 2 * finding.start, 2 * finding.end
        before = old[max(0, start - 2 * BEFORE) : start].decode("utf-16-le", "replace")
        if finding.kind != "password" or not OF_THE_MACHINE.search(before):
            old = old[:start] + new[start:end] + old[end:]
    return old.decode("utf-16-le", "surrogatepass")
