"""The longest messages that Telegram takes, made of the worst there is, through a turn in every state of a chat."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from bot.channels import telegram
from bot.dialogue.engine import Dialogue
from bot.dialogue.model import Incoming, Session, TicketView
from bot.messages import Messages, traditional
from bot.store.inbox import Work
from intents.load import understand
from intents.understanding import Understanding
from tests.fuzz.merchant import need
from tests.fuzz.run import Fuzz, Step

LONGEST = 4096
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = NOW.isoformat(timespec="milliseconds")
PIECES = (
    "ﷺ", "㍿", "㌀", "㌔", "ﬃ", "Ǆ", "ｶﾞ", "각", "𝟝",
    "e\u0301\u0302\u0303", "a" + "\u0316" * 15,
    "👨\u200d👩\u200d👧", "😀",
    "\u202eمرحبا", "ไม่", "1", "1 ",
    "1.", "1-", "•1", "Ẅ１", "１２", "6222 ", "6222-", "卡号", "卡4",
    "六二二二", "11010519491231002X ", "cvv 123 ", "验证码 123456 ",
    "密码", "密码 abc1 ", "password is ", "一二三", "十", "二十一 ",
    "zhuang", "xianxian", "fangang", "k s f r t ", "x", "报91 ",
    "报91，", "error 05 ", "code 5 1 ", "打不出小票。",
    "屏幕黑了\nhum", "不", "没", "不是",
    "不是没纸，是打出来是白的，", "not a but b ", "no ", "是的，", "第二个，",
    "什么破", "另一台", "機器開不了機", "新大陆SP930 ", "，", " ", "\n", "{",
    "<b>", "\x00", "𠀀", "\U000e0041", "a\ufe0f",
    "http://a.b/c?", "a@b.c ", "￥100元", "12:30 ", "+86",
    "card ", "4111111111111111 ", "62220212345678901", "s/n ",
    "wifi", "不要不想", "能不能", "我我我说", "the ", "i want ",
)  # fmt: skip
"""What is dear to normalise, to redact, to split into clauses, syllables, codes or numbers."""
STATES = {
    "fresh": (),
    "tree": ("打不出小票",),
    "verdict": ("打印机卡纸了怎么办",),
    "details": ("转人工",),
    "brand": ("打不出小票", "转人工", "能", "跳过"),
    "summary": ("转人工", "能", "跳过", "跳过", "跳过"),
    "code": ("报错误代码",),
}
TICKET = TicketView(1, "open", "print.jam", "卡纸", "P3", AT, AT)
Place = tuple[Session, tuple[TicketView, ...]]


def make() -> Fuzz:
    """Return the fuzzer; a case is one message of 4,096 characters in one state."""
    talk, found = places(understand())

    def fuzz(dice: random.Random) -> Iterator[Step]:
        pieces = dice.choices(PIECES, k=dice.choice((1, 1, 2, 3)))
        text = "".join(piece * dice.choice((1, 1, 3, 50)) for piece in pieces)
        name = dice.choice(list(found))
        yield Case(talk, name, found[name], (text * LONGEST)[:LONGEST])

    return fuzz


def places(understanding: Understanding) -> tuple[Dialogue, dict[str, Place]]:
    """Return a dialogue and the states of a chat, each with the chat's tickets."""
    traditional("")  # as at the start of posbot
    talk = Dialogue(understanding, Messages(), reads_photos=True)
    found: dict[str, Place] = {}
    for name, said in STATES.items():
        session = Session()
        for text in said:
            session = talk.step(session, Incoming("text", NOW, text, limited=False), (), NOW).session
        found[name] = (session, ())
    return talk, found | {"ticket": (Session(lang="zh", met=True), (TICKET,))}


class Case:
    """One message and where it is said; the whole way on the event loop."""

    def __init__(self, talk: Dialogue, name: str, place: Place, text: str) -> None:
        self._talk, self._name, self._place, self._text = talk, name, place, text

    def __call__(self) -> None:
        message = {"message_id": 1, "date": 1772442000, "chat": {"id": 5, "type": "private"}, "text": self._text,
                   "from": {"id": 5, "is_bot": False, "first_name": "L"}}  # fmt: skip
        receipt = telegram.receipt({"update_id": 1, "message": message}, AT)
        decoded = telegram.decode(Work(1, receipt.channel, receipt.chat, receipt.payload, AT, None, None, ()))
        session, tickets = self._place
        turn = self._talk.step(session, decoded.incoming, tickets, NOW)
        need(turn.replies, "no reply", self._name)

    def __str__(self) -> str:
        return f"{self._name}: {self._text[:60]!r}"
