"""Every fuzzer by its name, with the CPU seconds that one of its steps may take."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import chats, knowledge, longest, reading, updates, web, whole
from tests.fuzz.run import Fuzz

TARGETS: dict[str, Callable[[], Fuzz]] = {
    "updates": updates.make,
    "dialogue": chats.make,
    "match": reading.matching,
    "replies": reading.replies,
    "codes": reading.codes,
    "redact": reading.redaction,
    "longest": longest.make,
    "yaml": knowledge.make,
    "staff": whole.staff,
    "whole": whole.merchants,
    "web": web.make,
}
LIMITS = dict.fromkeys(TARGETS, 0.05) | {"dialogue": 0.1, "yaml": 1.0, "staff": 0.2, "whole": 0.2, "web": 2.0}
