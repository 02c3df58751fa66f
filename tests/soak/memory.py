"""Memory under a long load with faults: python -m tests.soak memory [--messages 100000].

Merchants come and go as fast as posbot answers. The resident memory of its processes is sampled; after the warm-up a
straight line through the samples says by how much it grows.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np

from tests.soak.evidence import collect, reference, settle
from tests.soak.load import Load
from tests.soak.process import lonely

SHARES = {**dict.fromkeys(("429", "500", "502", "drop_before", "drop_after"), 0.05), "hang": 0.0005}
"""Hangs are rare: each keeps one of eight senders for 20 s, and the load is to be fast."""
AFTER = "drop_after"
FASTER = 1000.0
"""Messages a second, more than posbot can take: the load waits for it."""
WARM = 0.25
"""Part of the messages after which growth counts."""
MOST = 1e6
"""Bytes per 10,000 messages that it may grow."""
STEP = 10_000
Sample = tuple[int, int]


def run(messages: int) -> bool:
    """Print the table; tells whether memory keeps still and nothing was lost."""
    with lonely(seed=1) as (telegram, posbot):
        posbot.start()
        expected = reference(telegram)
        telegram.fault_mix(SHARES, retry_after=1)
        began = time.monotonic()
        load = Load(telegram, FASTER)
        load.start()
        samples: list[Sample] = []
        while load.count < messages:
            time.sleep(0.5)
            samples.append((load.count - telegram.waiting(), posbot.memory()))
        load.stop()
        settle(posbot.database, telegram)
        samples.append((load.count, posbot.memory()))
        took = time.monotonic() - began
        posbot.terminate()
        found = collect(posbot.database, telegram, load.sent, expected)
        allowed = telegram.fault_report()["struck"].get(AFTER, 0)
    grown = growth(samples)
    sys.stdout.write(f"{_table(samples)}\n{found}\n{load.count / took:.0f} messages/s with faults on\n")
    sys.stdout.write(f"growth for {STEP} messages, the first {WARM:.0%} apart: {grown / 1e6:+.2f} MB (promise: < 1)\n")
    return grown < MOST and found.clean() and found.replies_twice <= allowed


def growth(samples: Sequence[Sample]) -> float:
    """Return the bytes per 10,000 messages by which memory grows once it is warm."""
    last = samples[-1][0]
    warm = [(count, size) for count, size in samples if count >= WARM * last]
    counts, sizes = zip(*warm, strict=True)
    return float(np.polyfit(counts, sizes, 1)[0]) * STEP


def _table(samples: Sequence[Sample]) -> str:
    step = max(1000, samples[-1][0] // 10)
    rows = ["messages   resident MB"]
    following = 0
    for count, size in samples:
        if count >= following:
            rows.append(f"{count:8} {size / 1e6:13.1f}")
            following = count - count % step + step
    return "\n".join(rows)
