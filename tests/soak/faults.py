"""Telegram as a bad line: python -m tests.soak faults [--outage SECONDS].

1. 5 % each of 429, 500, 502 with a page of HTML, reset before and after effect, hang; on every call of the bot.
2. One chat that is told to wait again and again: how long the others wait meanwhile.
3. Nothing at all arrives for a while, and merchants go on writing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.emulator import RemoteEmulator
from tests.soak.evidence import Evidence, collect, reference, settle
from tests.soak.load import SCRIPT, Load
from tests.soak.process import Posbot, lonely

SHARES = dict.fromkeys(("429", "500", "502", "drop_before", "drop_after", "hang"), 0.05)
AFTER = ("drop_after", "hang_after")
"""Faults after which the same reply may come again: nobody can know that it arrived."""
PATIENT, OTHERS = 7_777, 2.0
"""The chat that is told to wait, and the seconds within which all others must be answered."""


def run(messages: int, outage: float) -> bool:
    """Run all three; tells whether every promise held."""
    return all([_mix(messages), _one_told_to_wait(), _outage(outage)])


def _mix(messages: int) -> bool:
    with _bot() as (telegram, posbot, expected):
        telegram.fault_mix(SHARES, retry_after=1)
        load = _loaded(telegram, 20, messages / 20)
        settle(posbot.database, telegram)
        struck = telegram.fault_report()["struck"]
        found = collect(posbot.database, telegram, load.sent, expected)
    calls = ", ".join(f"{kind} {struck[kind]}" for kind in SHARES)
    allowed = sum(struck.get(kind, 0) for kind in AFTER)
    return _verdict(f"5 % each of six faults ({calls})", found, allowed)


def _one_told_to_wait(seconds: float = 20) -> bool:
    with _bot() as (telegram, posbot, expected):
        telegram.fault("429", method="sendMessage", chat=PATIENT, times=5, retry_after=3)
        telegram.user_texts([(PATIENT, line) for line in SCRIPT])
        load = _loaded(telegram, 20, seconds)
        settle(posbot.database, telegram)
        found = collect(posbot.database, telegram, load.sent | {PATIENT: len(SCRIPT)}, expected)
        own = [call for call in telegram.calls("sendMessage") if str(call["params"]["chat_id"]) == str(PATIENT)]
        waits = sorted(took for at, took in telegram.reply_times(without=[PATIENT]))
    sys.stdout.write(f"the others' replies: worst {1000 * waits[-1]:.0f} ms of {len(waits)} (promise: 2 s); "
                     f"{len(own)} attempts for the one told to wait\n")  # fmt: skip
    return _verdict("one chat told to wait (429) five times, 3 s each", found, 0) and waits[-1] < OTHERS


def _outage(seconds: float) -> bool:
    """Every second merchant waits for a reply when the line breaks; all go on writing while it is broken."""
    with _bot() as (telegram, posbot, expected):
        load = Load(telegram, 5)
        load.start()
        time.sleep(3)
        telegram.outage("drop_before", seconds)
        began = time.monotonic()
        time.sleep(seconds + 1)
        load.stop()
        settle(posbot.database, telegram)
        took = time.monotonic() - began - seconds
        found = collect(posbot.database, telegram, load.sent, expected)
    sys.stdout.write(f"everything was delivered {took:.0f} s after the line came back\n")
    return _verdict(f"no line for {seconds:.0f} s", found, 0)


def _loaded(telegram: RemoteEmulator, rate: float, seconds: float) -> Load:
    load = Load(telegram, rate)
    load.start()
    time.sleep(seconds)
    load.stop()
    return load


def _verdict(name: str, found: Evidence, allowed: int) -> bool:
    good = found.clean() and found.replies_twice <= allowed
    sys.stdout.write(f"{name}\n{found}\n{'held' if good else 'BROKEN'}, {allowed} replies twice were allowed\n\n")
    sys.stdout.flush()
    return good


@contextmanager
def _bot() -> Iterator[tuple[RemoteEmulator, Posbot, list[str]]]:
    with lonely(seed=1) as (telegram, posbot):
        posbot.start()
        yield telegram, posbot, reference(telegram)
