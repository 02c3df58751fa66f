"""What random merchants say, send and forge."""

from __future__ import annotations

import random

FAULTS = (
    "打不出小票", "pos机开不了机", "报91", "显示Z1", "５５", "手续费多扣了", "my terminal says no network",
    "扣了款但是没出票", "機器開不了機", "error 51", "the card reader does not work", "刷卡没反应", "怎么退款",
    "D+1 什么时候到账", "how do I get paper", "wifi连不上", "二维码扫不出来", "屏幕黑了", "机器被撬了", "结算没到账",
    "charged twice", "要办一台pos机", "打印机卡纸了怎么办", "另一台也坏了", "other terminal has the same",
)  # fmt: skip
REPLIES = (
    "还是不行", "好了谢谢", "第二个", "返回", "换人工", "1", "2", "3", "最后一个", "都不是", "好", "不是", "是的",
    "没有", "yes", "no", "ok", "thanks", "back", "start over", "human", "still not working",
    "solved", "skip", "跳过", "不知道",
    "提交", "直接提交", "submit", "submit it", "取消", "cancel", "等一下", "later", "???", "听不懂", "新问题", "缺纸",
    "something else", "没事了", "不能", "可以", "cash", "1234", "尾号8888", "N9101234567", "13800138000", "100元",
)  # fmt: skip
COMMANDS = (
    "/start", "/start sn_N9101234567", "/start ../../etc", "/help", "/menu", "/human", "/status", "/status 1",
    "/status 999999999999", "/language", "/cancel", "/privacy", "/forget", "/nonsense", "/start@posbot x", "/",
    "//", "/STATUS", "/人工", "/status ١",
)  # fmt: skip
ODD = (
    "", " ", "\n\n", "\u200b\u200d", "\u202e\u2066abc", "😀" * 30, "👨‍👩‍👧‍👦", "\x00", "a\x00b", "{number}",
    "{0.__class__}", "%s %d %n", "<b>x</b>", "&lt;", "\ue000", "\ufeff报91", "Ⅻ①②⑨", "١٢٣", "²",
    "𝟝𝟝", "ﷺ" * 20, "é́́́́", "\U0010ffff",
    "卡" * 300, "x" * 10_000, "报91 " * 2000, "，" * 500, "1" * 4096, "不" * 4096, "'; DROP TABLE tickets; --",
    "傻逼 什么破机器", "你们是骗子 投诉", "f*** this useless machine", "ＰＯＳ機打唔到單", "\t\t打不出\t小票",
    "ÄÖÜ ß",
    "Привет не работает терминал", "مرحبا", "ไม่ทำงาน", "🆘", "?", "？", "……", "-1", "0", "1e309", "NaN",
)  # fmt: skip
TEXTS = (*FAULTS, *REPLIES, *COMMANDS, *ODD)
MEDIA = ("photo", "voice", "video", "document", "sticker", "location", "contact", "poll", "dice", "story", "game", "")
TIMERS = ("nudge", "end", "leave", "unknown", "")
FORGED = (
    "", ":", "::", "submit", "human", "back", "restart", "resume", "redo", "cancel", "none", "menu", "gone", "pick:",
    "pick:a/b/c", "pick:print.no_output/paper/99", "pick:print.no_output/paper/²",
    "pick:print.no_output/x/-1", "pick://",
    "open:", "open:nothing", "open:print.no_output", "new:", "new:chat.human", "solved:", "unsolved:x/y", "helped:",
    "unhelped:", "unhelped:nothing", "slot:taking_payments=yes", "slot:serial=", "slot:nothing=1", "skip:",
    "skip:phone", "same:1", "same:²", "same:99999999999999999999", "reopen:1", "reopen:x",
    "reopen:²", "lang:xx", "lang:en",
    "lang:zh-Hant", "forget:yes", "forget:no", "forget:", "read:yes", "read:no", "__class__", "\x00", "submit:x",
    "submit@1", "submit@-1", "submit@", "submit@²", "cancel@1", "slot:taking_payments=yes@1", "skip:phone@2",
    "forget:yes@1", "read:yes@1", "same:1@1", "rate:1=5", "rate:1=9", "rate:²=5", "no_word", "go_on@1", "redo@1",
    "reopen:0", "😀", "a" * 5000,
)  # fmt: skip
_PIECES = "不没还行好了打印机小票卡刷报代码91z1 5啊？?!，,。/x\u200b\u202e😀\n0１２３"
_PIECES += "第个二不是人工返回谢谢NoYes退款钱没到{}%<>'\\"


def text(dice: random.Random) -> str:
    """Return something to type: mostly what people say, sometimes put together, cut or stirred."""
    roll = dice.random()
    if roll < 0.6:
        return dice.choice(TEXTS)
    if roll < 0.75:
        return dice.choice((" ", "，", "\n", "")).join(dice.choices(TEXTS, k=dice.randint(2, 3)))[:10_000]
    if roll < 0.9:
        return stirred(dice, dice.choice((*FAULTS, *REPLIES)))
    return anything(dice, dice.choice((3, 10, 40, 300)))


def stirred(dice: random.Random, given: str) -> str:
    """Return a text with some of its characters lost, doubled, swapped or replaced."""
    chars = list(given) or [""]
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(chars))
        chars[at] = dice.choice(("", chars[at] * 2, dice.choice(_PIECES), chars[at] + dice.choice(_PIECES)))
    return "".join(chars)


def anything(dice: random.Random, longest: int) -> str:
    """Return characters of any kind, without lone surrogates."""
    found = []
    for _ in range(dice.randint(0, longest)):
        roll = dice.random()
        if roll < 0.7:
            found.append(dice.choice(_PIECES))
        elif roll < 0.9:
            found.append(chr(dice.randint(0, 0xD7FF)))
        else:
            found.append(chr(dice.randint(0xE000, 0x10FFFF)))
    return "".join(found)
