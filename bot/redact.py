"""Redaction before anything is stored: the functions that the rest of posbot uses.

Texts and updates keep their UTF-16 lengths, so that Telegram's entity offsets stay valid.
"""

from bot.redact_core import Finding, Redacted, mask, redact_text
from bot.redact_logs import RedactingFilter
from bot.redact_runs import MASK
from bot.redact_split import Joined, eraser, join_parts, join_split, wiped
from bot.redact_update import redact_json, redact_update

__all__ = [
    "MASK",
    "Finding",
    "Joined",
    "Redacted",
    "RedactingFilter",
    "eraser",
    "join_parts",
    "join_split",
    "mask",
    "redact_json",
    "redact_text",
    "redact_update",
    "wiped",
]
