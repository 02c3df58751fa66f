"""The desk's operations over 100,000 tickets: python -m tests.soak.desk [TICKETS]. Prints a table of milliseconds."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.store.base import Tx
from bot.store.sqlite import SqliteDatabase
from bot.store.support import listing, search, showing, stats, stats_bot
from bot.store.support.filters import Filter
from bot.store.times import stamp

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INTENTS = ("print.jam", "print.no_output", "net.wifi", "power.no_boot", "txn.declined", "settle.missing", "scan.fail")
WORDS = """
打印机 卡纸 了 没有 反应 开不了 机 刷卡 失败 扣了钱 没到账 扫码 不行 网络 断开 屏幕 发蓝 重启 还是 一样 请 尽快 处理
""".split()
LIMITS = {"list": 150, "search": 200, "statistics": 500}


async def fill(tx: Tx, first: int, count: int, rng: random.Random) -> None:
    """Insert tickets with their transcript's search text."""
    for number in range(first, first + count):
        at = NOW - timedelta(minutes=5 * (100_000 - number))
        done = rng.random() < 0.93
        status = "resolved" if done else rng.choice(("open", "claimed", "waiting"))
        serial = f"N9{rng.randrange(10**8):08}"
        said = " ".join("".join(rng.choices(WORDS, k=8)) for _ in range(6))
        await tx.run(
            """INSERT INTO tickets (number, chat, channel, fault, intent, title, status, priority, reason, lang, path,
                 slots, assignee, brand, model, serial, created_at, updated_at, clock_at, due_at, warn_at,
                 first_reply_at, first_due_at, first_minutes, solve_minutes, resolved_at, rating)
               VALUES (:number, :chat, 'telegram', :fault, :intent, '打印机卡纸', :status, :priority, '试过三种办法',
                 'zh', :path, :slots, :who, :brand, 'SP930', :serial, :at, :at, :at, :due, :due, :at, :at, 12, :minutes,
                 :resolved, :rating)""",
            number=number, chat=f"tg:{rng.randrange(60_000)}", fault=f"f{number}", intent=rng.choice(INTENTS),
            status=status, priority=rng.choice(("P1", "P2", "P3", "P3", "P4")), serial=serial,
            path=json.dumps([{"symptom": "print.jam", "node": "a", "said": "有"}] * 8),
            slots=json.dumps({"serial": serial, "details": said}), who=f"s{rng.randrange(20)}" if done else None,
            brand=rng.choice(("newland", "pax", "landi", "verifone")), at=stamp(at),
            due=None if done else stamp(at + timedelta(days=2)), minutes=rng.randrange(2000) if done else None,
            resolved=stamp(at + timedelta(hours=5)) if done else None, rating=rng.choice((None, 3, 4, 5)),
        )  # fmt: skip
        await search.add(tx, number, str(number), "打印机卡纸", said, serial)
        await tx.run(
            """INSERT INTO ticket_events (ticket, at, actor, kind, data)
               VALUES (:number, :at, 'merchant', 'opened', '{}')""",
            number=number, at=stamp(at),
        )  # fmt: skip
        kind = rng.choice(("solved", "helped", "escalated", "gave_up"))
        await tx.run(
            """INSERT INTO outcomes (at, chat, kind, intent, node, text, lang)
               VALUES (:at, 'tg:1', :kind, :intent, 'n1', '', 'zh')""",
            at=stamp(at), kind=kind, intent=rng.choice(INTENTS),
        )  # fmt: skip


async def measure(name: str, call: Callable[[], Awaitable[Any]], limit: int, times: int = 15) -> bool:
    """Print median and worst of some calls; False if the median is over the limit."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - start) * 1000)
    good = statistics.median(taken) <= limit
    sys.stdout.write(f"{name:<42} {statistics.median(taken):8.1f} {max(taken):8.1f}   {limit if good else 'OVER'}\n")
    return good


async def run(count: int) -> bool:
    """Fill a database and measure."""
    with tempfile.TemporaryDirectory() as folder:
        db = SqliteDatabase(Path(folder) / "posbot.db")
        await db.open()
        rng = random.Random(1)
        for first in range(1, count, 5000):
            await db.write(fill, first, min(5000, count - first + 1), rng)
        size = await asyncio.to_thread(lambda: sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6)
        sys.stdout.write(f"{count} tickets, {size:.0f} MB\n{'':<42} {'median':>8} {'worst':>8}   limit (ms)\n")
        good = [await measure(name, _call(db, op, *args), LIMITS.get(name.partition(":")[0], LIMITS["list"]))
                for name, op, *args in cases(count)]  # fmt: skip
        await db.close()
    return all(good)


def cases(count: int) -> list[tuple[Any, ...]]:
    """Return what is measured: name, operation, arguments."""
    everything, period = Filter(status=()), (stamp(NOW - timedelta(days=400)), stamp(NOW))
    return [
        ("list: unresolved by priority", listing.page, Filter(), NOW),
        ("list: unresolved by due time", listing.page, Filter(), NOW, "due"),
        ("list: unresolved, newest", listing.page, Filter(), NOW, "newest"),
        ("list: everything by last change", listing.page, everything, NOW, "updated"),
        ("list: everything by priority", listing.page, everything, NOW, "priority"),
        ("list: everything by due time", listing.page, everything, NOW, "due"),
        ("list: mine (resolved), newest", listing.page, Filter(status=("resolved",), assignee="s3"), NOW, "newest"),
        ("list: one intent and brand by priority", listing.page,
         Filter(status=(), intent=("net.wifi",), brand=("pax",)), NOW),
        ("list: nothing matches", listing.page, Filter(status=(), intent=("x",)), NOW, "updated"),
        ("list: at risk", listing.page, Filter(at_risk=True), NOW, "due"),
        ("counts", listing.counts, "s3", NOW),
        ("search: a word that is everywhere", listing.page, Filter(status=(), text="打印"), NOW),
        ("search: two words, unresolved", listing.page, Filter(text="卡纸 屏幕"), NOW),
        ("search: common word, rare filter", listing.page, Filter(status=("open",), intent=("x",), text="打印"), NOW),
        ("search: common word, a few tickets", listing.page,
         Filter(status=("open",), intent=("net.wifi",), brand=("pax",), text="打印"), NOW),
        ("search: a serial's beginning", listing.page, Filter(status=(), text="n912"), NOW),
        ("search: nothing", listing.page, Filter(status=(), text="没这个词啊"), NOW),
        ("ticket page", showing.ticket, count // 2),
        ("statistics: summary", stats.summary, *period),
        ("statistics: times", stats.times, *period),
        ("statistics: by machine", stats.by_machine, *period),
        ("statistics: bot by node", stats_bot.by_node, *period),
    ]  # fmt: skip


def _call(db: SqliteDatabase, op: Any, *args: Any) -> Callable[[], Awaitable[Any]]:
    return lambda: db.read(op, *args)


if __name__ == "__main__":
    raise SystemExit(0 if asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)) else 1)
