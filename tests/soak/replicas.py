"""Replicas over one real PostgreSQL: killed one after the other, and the server restarted under them.

python -m tests.soak replicas: 3 replicas, 100 messages/s over 2,000 chats, one killed -9 every 30 s and started again.
python -m tests.soak postgres-restart: the server stopped at once (immediate) and started, 10 times under load.
python -m tests.soak capacity: `posbot bench capacity` on a server of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import postgres
from tests.emulator import TOKEN, RemoteEmulator
from tests.emulator.client import elsewhere
from tests.soak.evidence import collect, reference, settle
from tests.soak.load import Load
from tests.soak.process import Posbot

P99 = 1.0
AFTER_A_KILL = 10.0
"""Seconds after a kill whose replies do not count for the 99 %: a lease must run out."""
RECOVERY = 10.0
"""Seconds within which posbot answers again once the server is back."""
TWICE = 8


@dataclass(slots=True)
class Cluster:
    """Replicas, their database server and their Telegram."""

    telegram: RemoteEmulator
    server: postgres.Server
    replicas: list[Posbot]
    expected: list[str]

    @property
    def database(self) -> str:
        """The address of the database."""
        return self.replicas[0].database


def kills(seconds: float, rate: float, every: float, count: int = 3) -> bool:
    """Kill one replica after the other; tells whether every promise held."""
    with _cluster(count) as cluster:
        load = Load(cluster.telegram, rate, side_by_side=2000)
        load.start()
        dead: list[float] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            _pause(min(every, until - time.monotonic()))
            victim = cluster.replicas[len(dead) % count]
            dead.append(time.time())
            victim.kill()
            victim.start()
        _pause(AFTER_A_KILL)
        return _judged(cluster, load, dead, TWICE * len(dead))


def restarts(times: int, rate: float, count: int = 2) -> bool:
    """Crash and start the server under load; tells whether every promise held."""
    slowest = 0.0
    with _cluster(count) as cluster:
        load = Load(cluster.telegram, rate)
        load.start()
        for _ in range(times):
            _pause(3)
            cluster.server.stop("immediate")
            cluster.server.start()
            slowest = max(slowest, _recovered(cluster.telegram))
        load.stop()
        settle(cluster.database, cluster.telegram)
        found = collect(cluster.database, cluster.telegram, load.sent, cluster.expected)
    sys.stdout.write(f"{times} restarts (immediate) under {rate:g} messages/s\n{found}\n"
                     f"slowest recovery {slowest:.1f} s (promise: 10)\n")  # fmt: skip
    return found.clean() and found.replies_twice <= TWICE * count * times and slowest <= RECOVERY


def capacity(replicas: int, messages: int, seconds: float) -> bool:
    """Run `posbot bench capacity` on an empty database."""
    with postgres.server() as server:
        server.sql("CREATE DATABASE bench")
        command = [str(Path(sys.executable).parent / "posbot"), "bench", "capacity", "--database", server.dsn("bench"),
                   "--replicas", str(replicas), "--messages", str(messages), "--seconds", str(seconds)]  # fmt: skip
        return subprocess.run(command, check=False).returncode == 0


def _judged(cluster: Cluster, load: Load, dead: Sequence[float], allowed: int) -> bool:
    ended = time.time()  # then the chats that are half way say the rest at once: no steady load any more
    load.stop()
    settle(cluster.database, cluster.telegram)
    found = collect(cluster.database, cluster.telegram, load.sent, cluster.expected)
    near: Callable[[float], bool] = lambda at: any(0 <= at - kill <= AFTER_A_KILL for kill in dead)
    waits = sorted(took for at, took in cluster.telegram.reply_times() if not near(at) and at < ended)
    p99 = waits[int(0.99 * (len(waits) - 1))]
    sys.stdout.write(f"{len(dead)} replicas killed under {load.rate:g} messages/s\n{found}\n"
                     f"replies outside the {AFTER_A_KILL:.0f} s after a kill: p99 {1000 * p99:.0f} ms, worst "
                     f"{1000 * waits[-1]:.0f} ms of {len(waits)} (promise: p99 1 s)\n")  # fmt: skip
    return found.clean() and found.replies_twice <= allowed and p99 <= P99


def _recovered(telegram: RemoteEmulator) -> float:
    """Return the seconds until something that is written now has a reply."""
    began = time.monotonic()
    chat = 900_000 + int(began)
    telegram.user_text(chat, "打不出小票")
    while not telegram.count(chat):
        if time.monotonic() - began > 60:
            raise TimeoutError("no reply within 60 s after the server came back")
        time.sleep(0.02)
    return time.monotonic() - began


def _pause(seconds: float) -> None:
    time.sleep(max(0.0, seconds))


@contextmanager
def _cluster(count: int) -> Iterator[Cluster]:
    with ExitStack() as stack:
        telegram = stack.enter_context(elsewhere(TOKEN, seed=1))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgres.server())
        server.sql("CREATE DATABASE soak")
        replicas = [Posbot(telegram, folder, f"posbot-{number}", server.dsn("soak")) for number in range(count)]
        for replica in replicas:
            stack.callback(replica.kill)
            replica.start()
        yield Cluster(telegram, server, replicas, reference(telegram))
