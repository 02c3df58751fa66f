"""Redaction of one text: from text to text of the same UTF-16 length.

Card numbers keep their last four digits; CVVs, PINs, passwords, codes, identity numbers and tokens go whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.redact_cards import Hit, find_numbers
from bot.redact_fold import Folded, fold, units
from bot.redact_runs import KEPT, MASK
from bot.redact_secrets import find_beside_cards, find_codes, find_identities, find_passwords, find_tokens

ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """Something hidden: card, cvv, pin, password, sms_code, id_card or token; the span is in UTF-16 units."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets, exactly as long in UTF-16 units as before, and what was hidden in it."""

    text: str
    found: tuple[Finding, ...] = ()


def redact_text(text: str) -> Redacted:
    """Return the text with card numbers and other secrets hidden; redacting twice changes nothing."""
    clean, found = text, list[Finding]()
    for _ in range(ROUNDS):  # what is left of a number may look like a secret itself
        folded = fold(clean)
        hits = _hits(folded.text)
        if not hits:
            break
        clean, more = hide(clean, folded, hits)
        found += more
    return Redacted(clean, tuple(sorted(found, key=lambda finding: finding.start)))


def _hits(text: str) -> list[Hit]:
    numbers, codes = list(find_numbers(text)), list(find_codes(text))
    cards = [hit for hit in numbers if hit.kind == "card"]
    beside = find_beside_cards(text, cards, [hit for hit in codes if hit.kind == "cvv"])
    return [*find_tokens(text), *numbers, *codes, *find_identities(text), *find_passwords(text), *beside]


def hide(text: str, folded: Folded, hits: list[Hit]) -> tuple[str, list[Finding]]:
    """Return the text with the hits masked, and one finding for each that is not inside another."""
    chars = list(text)
    findings: list[Finding] = []
    until, before = -1, units(text)
    for hit in sorted(hits, key=lambda one: (one.start, -one.end)):
        places = [folded.where[place] for place in hit.hidden]
        for place in places:
            if not text[place].isspace():
                chars[place] = MASK * (1 + (text[place] > "\uffff"))
        if hit.end > until and places:
            start, end = folded.where[hit.start], folded.where[hit.end - 1] + 1
            findings.append(Finding(hit.kind, before[start], before[end]))
            until = hit.end
    return "".join(chars), findings


def mask(value: str, keep: int = KEPT) -> str:
    """Hide a serial, merchant number or phone for logs and exports, but for its last characters.

    At most half of a short value is kept, so that the mask hides something.
    """
    kept = min(keep, len(value) // 2)
    return MASK * (len(value) - kept) + value[len(value) - kept :]
