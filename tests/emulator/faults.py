"""Faults on purpose: which call fails, how, and Telegram's rate limits. Deterministic by seed."""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from .params import Params

BEFORE = ("429", "500", "502", "drop_before", "slow", "hang")
AFTER = ("drop_after", "hang_after", "slow_after")
KINDS = (*BEFORE, *AFTER)


@dataclass(slots=True)
class Rule:
    """One fault: `times` None means without end, `skip` lets the first matching calls pass."""

    kind: str
    method: str = "*"
    chat: int | None = None
    probability: float = 1.0
    times: int | None = None
    skip: int = 0
    seconds: float = 1.0
    retry_after: int = 1
    hits: int = field(default=0)

    def fits(self, method: str, chat: str) -> bool:
        """Tell whether the rule is about this call and not used up."""
        if self.method != "*" and self.method.lower() != method:
            return False
        if self.chat is not None and str(self.chat) != chat:
            return False
        return self.times is None or self.hits < self.times


class Faults:
    """Rules in order (the first that strikes wins), and one outage over all of them."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.rules: list[Rule] = []
        self.outage: Rule | None = None
        self.outage_until = math.inf
        self.struck: Counter[str] = Counter()
        self._drawn: Counter[tuple[str, str]] = Counter()

    def add(self, kind: str, **settings: Any) -> Rule:
        """Add a rule; an unknown kind is a ValueError."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known are {', '.join(KINDS)}")
        rule = Rule(kind, **settings)
        self.rules.append(rule)
        return rule

    def begin_outage(self, kind: str, seconds: float) -> None:
        """Let every call fail in one way, for this many seconds (0: until ended)."""
        self.outage = Rule(kind)
        self.outage_until = time.monotonic() + seconds if seconds else math.inf

    def draw(self, method: str, params: Params) -> Rule | None:
        """Return the fault of this call; its chance depends on seed, method, chat and turn only."""
        if self.outage is not None:
            if time.monotonic() < self.outage_until:
                return self._strike(self.outage)
            self.outage = None
        if not self.rules:
            return None
        chat = str(params.get("chat_id", ""))
        self._drawn[method, chat] += 1
        roll = _roll(f"{self.seed}|{method}|{chat}|{self._drawn[method, chat]}")
        return self._pick(method, chat, roll)

    def _pick(self, method: str, chat: str, roll: float) -> Rule | None:
        """Rules share one roll, so that a mix of 5 % each gives 5 % each."""
        for rule in self.rules:
            if not rule.fits(method, chat):
                continue
            if rule.skip > 0:
                rule.skip -= 1
            elif roll < rule.probability:
                return self._strike(rule)
            else:
                roll = roll - rule.probability if rule.probability < 1 else roll
        return None

    def _strike(self, rule: Rule) -> Rule:
        rule.hits += 1
        self.struck[rule.kind] += 1
        return rule

    def as_dict(self) -> dict[str, Any]:
        """Return the state for the control interface."""
        return {"struck": dict(self.struck), "rules": [asdict(rule) for rule in self.rules]}


def _roll(key: str) -> float:
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Limits:
    """Telegram's limits as token buckets; 0 switches one off. Sends and edits count."""

    COUNTED = ("send", "edit", "copy", "forward")

    def __init__(self) -> None:
        self.per_chat = self.overall = self.per_group_minute = 0.0
        self.burst = 1.0
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, method: str, params: Params) -> int:
        """Return how many seconds a call must wait; 0 lets it pass."""
        if not (self.per_chat or self.overall or self.per_group_minute):
            return 0
        if not method.startswith(self.COUNTED) or method == "sendchataction":
            return 0
        chat = str(params.get("chat_id", ""))
        rates = [("all", self.overall, self.overall)]
        if chat.startswith(("-", "@")):
            rates.append((chat, self.per_group_minute / 60, self.per_group_minute))
        else:
            rates.append((chat, self.per_chat, self.burst))
        return max(self._take(*rate) for rate in rates)

    def _take(self, key: str, rate: float, burst: float) -> int:
        if rate <= 0:
            return 0
        now = time.monotonic()
        left, since = self._buckets.get(key, (max(burst, 1.0), now))
        left = min(max(burst, 1.0), left + (now - since) * rate)
        self._buckets[key] = (left - 1 if left >= 1 else left, now)
        return 0 if left >= 1 else math.ceil((1 - left) / rate)
