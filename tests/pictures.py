"""The pictures of the desk in docs/images: python -m tests.pictures [FOLDER]. Realistic tickets, real Chromium."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import screens
from browsers import CHROMIUM
from playwright.async_api import async_playwright
from website import running

from bot.app import dialogue
from bot.config import Settings
from bot.dialogue.model import OpenTicket, Outcome, Step
from bot.messages import Messages
from bot.store import media, ticketing
from bot.store.base import Database, Tx
from bot.store.sqlite import SqliteDatabase
from bot.store.support import keeping, outcomes, replies, staff, states, sweeps, triage
from bot.store.support.acting import Act
from bot.store.times import stamp
from bot.support.accounts import Accounts
from bot.support.authority import LOCAL, Actor, Role
from bot.support.office import ALWAYS

FOLDER = Path(__file__).parent.parent / "docs" / "images"
MESSAGES = Messages()
STAFF: tuple[tuple[str, str, Role], ...] = (
    ("chen", "陈主管", "admin"), ("wang", "王芳", "agent"), ("li", "李强", "agent"), ("zhao", "赵敏", "supervisor"),
)  # fmt: skip
SHOPS = ("老张面馆", "美好便利店", "小林水果", "同福药房", "江南茶社", "鑫源五金", "阿丽服装", "家家乐超市", "蜀香火锅",
         "晨光文具", "海鲜大排档", "红旗书店")  # fmt: skip
FAULTS = tuple(
    line.split()
    for line in """
print.no_output 打印机不出纸 P3 换了纸还是空白，顾客都在等小票
txn.duplicate 重复扣款 P2 客人刷了一次，手机收到两条扣款短信
power.no_boot 开不了机 P1 店里就这一台机器，按电源没反应，完全收不了款
net.wifi 连不上无线网 P2 换了路由器以后一直连不上
print.jam 打印机卡纸 P3 纸卡在里面拉不出来
settle.not_arrived 没有到账 P2 昨天的三笔到现在没到账
scan.camera 扫码没反应 P3 扫付款码一直转圈
fee.rate 费率咨询 P4 这个月手续费好像变了
""".strip().splitlines()
)
MACHINES = (("newland", "SP930"), ("pax", "A920"), ("landi", "APOS A8"), ("verifone", "X990"))
PAGES = {"list": "/desk", "ticket": "/desk/tickets/{ticket}", "knowledge": "/desk/knowledge",
         "statistics": "/desk/statistics"}  # fmt: skip
SIZES = {"": {"width": 1366, "height": 860}, "-phone": {"width": 390, "height": 844}}


async def fill(db: Database, count: int = 90) -> int:
    """Put a month of support into a database whose staff is there; returns the ticket to show."""
    rng = random.Random(7)
    now = datetime.now(UTC)
    for title, text in (("重启", "请长按电源键 10 秒重启。"), ("寄修地址", "请寄到维修中心，运费到付。")):
        await db.write(keeping.can, _act(now, LOCAL), title, text, "")
    for index in range(count):
        at = now - timedelta(hours=720 * (1 - index / count) ** 1.5 + 0.4, minutes=rng.randrange(50))
        await _ticket(db, rng, index, at, open_=index > 0.87 * count)
    shown = await _shown(db, now)
    await db.write(_ends, rng, now)
    await db.write(sweeps.warn, now)
    await db.write(sweeps.escalate, now)
    return shown


def _act(at: datetime, actor: Actor) -> Act:
    return Act(actor, at, ALWAYS, MESSAGES)


def _someone(rng: random.Random) -> Actor:
    return Actor(*rng.choice(STAFF[1:]))


async def _ticket(db: Database, rng: random.Random, index: int, at: datetime, open_: bool) -> None:
    intent, title, priority, said = rng.choice(FAULTS)
    number = await db.write(_open, f"{'web' if index % 3 == 0 else 'tg'}:{index}", rng.choice(SHOPS), intent, title,
                            priority, [said], (), at, rng.choice(MACHINES))  # fmt: skip
    who = _someone(rng)
    if open_ and rng.random() < 0.5:
        return
    await db.write(replies.reply, _act(at + timedelta(minutes=rng.randrange(3, 50)), who), number, "您好，在看了。")
    if open_:
        if rng.random() < 0.4:
            await db.write(states.wait, _act(at + timedelta(minutes=55), who), number, "请拍一张机器背面标签的照片")
        if rng.random() < 0.5:
            await db.write(triage.tag, _act(at, who), number, rng.choice(("换机", "回访", "大客户")))
        return
    end = at + timedelta(minutes=rng.randrange(60, 900))
    await db.write(
        states.resolve, _act(end, who), number, rng.choice(("fixed", "fixed", "explained", "replaced", "bank"))
    )
    await db.write(_rate, number, rng.choice((5, 5, 5, 4, 4, 3, 2)))


async def _rate(tx: Tx, number: int, stars: int) -> None:
    await tx.run("UPDATE tickets SET rating = :stars WHERE number = :number", stars=stars, number=number)


async def _open(
    tx: Tx, chat: str, shop: str, intent: str, title: str, priority: str, said: list[str], path: tuple[Step, ...],
    at: datetime, machine: tuple[str, str],
) -> int:  # fmt: skip
    channel = "web" if chat.startswith("web") else "telegram"
    await tx.run("""INSERT INTO sessions (chat, channel, name, lang, data, created_at, updated_at)
                    VALUES (:chat, :channel, :name, 'zh', '{}', :at, :at)""",
                 chat=chat, channel=channel, name=shop, at=stamp(at))  # fmt: skip
    for order, text in enumerate(said):
        mine = order % 2 == 0
        await _say(tx, chat, text, at - timedelta(minutes=2 * (len(said) - order)), "merchant" if mine else "bot")
    slots = {"serial": f"N9{abs(hash(chat)) % 10**8:08}", "taking_payments": "no" if priority == "P1" else "yes"}
    why = "完全收不了款" if priority == "P1" else "有一部分收不了"
    change = OpenTicket(intent, title, priority, why, path, slots, False, *machine)  # type: ignore[arg-type]
    return await ticketing.apply(tx, chat, channel, "zh", change, at) or 0


async def _say(
    tx: Tx, chat: str, text: str, at: datetime, author: str, kind: str = "text", kept: int | None = None
) -> None:
    heard = None
    if author == "merchant" and "打印" in text:
        sure = (("print.no_output", 0.93), ("print.jam", 0.05))
        heard = json.dumps({"candidates": [{"intent": intent, "confidence": one} for intent, one in sure]})
    await tx.run("""INSERT INTO messages (chat, direction, author, kind, text, at, media, match)
                    VALUES (:chat, :direction, :author, :kind, :text, :at, :media, :match)""",
                 chat=chat, direction="in" if author == "merchant" else "out", author=author, kind=kind, text=text,
                 at=stamp(at), media=kept, match=heard)  # fmt: skip


async def _shown(db: Database, now: datetime) -> int:
    """The ticket of the picture: a conversation, a photo, a path, a note."""
    at = now - timedelta(minutes=38)
    photo = picture_of_a_screen()

    async def opened(tx: Tx) -> int:
        said = ["打印机不出纸，顾客在等小票", "打印机里有纸吗？", "有纸",
                "请打开纸仓，热敏面朝上重新装一次纸，再按走纸键。",
                "装了，还是空白"]  # fmt: skip
        path = (Step("print.no_output", "prompt", "有纸"), Step("print.no_output", "load", "还是空白"))
        number = await _open(tx, "web:shown", "老张面馆", "print.no_output", "打印机不出纸", "P2", said, path, at,
                             ("newland", "N910"))  # fmt: skip
        kept = await media.add(tx, "web:shown", "web", "document", "a.jpg", "image/jpeg", photo, stamp(at))
        await _say(tx, "web:shown", "屏幕是这样的", at + timedelta(minutes=1), "merchant", "photo", kept)
        await tx.run("UPDATE messages SET ticket = :number WHERE chat = 'web:shown'", number=number)
        return number

    number = await db.write(opened)
    wang = Actor(*STAFF[1])
    await db.write(replies.reply, _act(at + timedelta(minutes=6), wang), number,
                   "您好，照片收到了。请关机，用干布擦一下打印头的黑条，再装纸试一次。")  # fmt: skip
    await db.write(replies.note, _act(at + timedelta(minutes=8), wang), number, "同一家上月换过打印头，若不行就换机。")
    await db.write(triage.tag, _act(at + timedelta(minutes=8), wang), number, "打印头")
    return number


async def _ends(tx: Tx, rng: random.Random, now: datetime) -> None:
    ends = ("solved",) * 6 + ("helped",) * 2 + ("escalated",) * 2 + ("gave_up", "unhelped")
    for _ in range(700):
        intent, _, _, _ = rng.choice(FAULTS[: rng.randrange(2, len(FAULTS))])
        at = now - timedelta(minutes=rng.randrange(30 * 24 * 60))
        one = Outcome(rng.choice(ends), intent, rng.choice(("paper", "head", "cable")))  # type: ignore[arg-type]
        await outcomes.add(tx, "tg:1", "zh", [one], stamp(at))
    misses = """小票上有一道白线 小票中间有白线 小票有道白线怎么办 能开电子发票吗 可以开电子发票不 机器老是滴滴叫
                POS机一直滴滴响 押金怎么退 换了法人怎么改 想把机器过户给别人""".split()
    for index, text in enumerate(misses):
        await outcomes.add(tx, "tg:1", "zh", [Outcome("missed", text=text)], stamp(now - timedelta(hours=index)))


def picture_of_a_screen() -> bytes:
    """Return a photo of a terminal that is out of paper."""
    name = next(one["file"] for one in screens.load() if one["code"] == "打印机缺纸")
    return (screens.FOLDER / name).read_bytes()


async def run(folder: Path) -> None:
    """Write the pictures, light for the documents and dark beside them for looking."""
    with tempfile.TemporaryDirectory() as temporary:
        db = SqliteDatabase(Path(temporary) / "posbot.db")
        await db.open()
        for login, name, role in STAFF:
            await db.write(staff.add, _act(datetime.now(UTC), LOCAL), login, name, role, None)
        shown = await fill(db)
        answers = await dialogue(Settings(_env_file=None))
        async with running(db, answers) as site, async_playwright() as playwright:
            token = await Accounts(db, lambda: datetime.now(UTC)).open("chen")
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for suffix, size in SIZES.items():
                for scheme in ("light", "dark") if folder != FOLDER else ("light",):
                    context = await browser.new_context(base_url=site.base, viewport=size, locale="zh-CN",
                                                        color_scheme=scheme, device_scale_factor=1)  # type: ignore[arg-type]  # fmt: skip
                    await context.add_cookies([{"name": "posbot_desk", "value": token, "url": site.base}])
                    page = await context.new_page()
                    for name, path in PAGES.items():
                        await page.goto(path.format(ticket=shown))
                        await page.wait_for_timeout(1200)
                        dark = "-dark" if scheme == "dark" else ""
                        await page.screenshot(path=folder / f"desk-{name}{suffix}{dark}.png")
                    await context.close()
            await browser.close()
        await db.close()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(run(target))
