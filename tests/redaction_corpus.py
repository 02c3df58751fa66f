"""The published redaction corpus: made-up card numbers in lines that merchants write, made from a seed when asked for.

`python -m tests.redaction_corpus` prints recall and false hits by class. No number is kept in a file: a random one
under a bank's real prefix may be somebody's card.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass

from bot.redact import redact_text
from bot.redact_fold import CHINESE, fold
from tests.redaction_decoys import SEED, decoys

RECALL, FALSE_HITS = 0.995, 0.005
"""What is promised: the share of cards found at least, of other lines touched at most."""
SCHEMES = (
    ("411111", 16), ("400000", 16), ("424242", 16), ("555555", 16), ("222300", 16), ("510510", 16), ("378282", 15),
    ("341111", 15), ("356600", 16), ("305693", 14), ("601111", 16), ("622202", 19), ("621700", 19), ("622848", 19),
    ("625094", 16), ("628888", 16), ("623058", 19), ("955880", 19), ("422222", 13), ("621483", 16), ("436742", 19),
    ("620522", 17), ("622588", 18),
)  # fmt: skip
UNION = ("622202", "621700", "623058", "620522", "625094", "628888")
CARD_LINES = (
    "{}", "我的卡号是{}", "卡号：{}", "银行卡号 {} 刷不了", "客人的卡{}被扣了两次", "刷卡失败，卡号{}，帮我查下",
    "信用卡{}退款没到", "{}这张卡刷不出来", "{} 这个是顾客的卡号", "帮查一下{}", "顾客付了两次钱 {} 今天中午",
    "卡号{}，金额500元，参考号302145678901", "订单号 20260311123456 卡号 {}", "商户号898310148160001，卡 {}",
    "my card number is {}", "card {} declined twice", "card no. {} got charged 2 times", "PAN: {}",
    "customer paid with {} and no receipt", "visa {} not accepted", "{} is the customer's card",
    "pls check {} asap", "refund to card ending, full number {}", "卡號{}扣款失敗", "银联卡{}提示无效卡号",
    "{}，密码没输就扣了", "工资卡 {} 收不到结算款", "结算卡换成{}", "客人说他的卡（{}）被多扣了", "卡号：\n{}",
    "他发来的：{}。怎么办", "刷了{}显示交易超时", "card: {} amount 88.00", "cardno={}",
    "https://pay.example/x?card={}", "信用卡號 {} 重複扣款", "客人的銀行卡{}刷唔到", "提款卡號：{}，請幫我查",
    "電話13800138000，卡號{}", "卡{}扣了128元，流水号000123", "{}\n{}元没到账".format("{}", "500"),
    "手机13800138000 卡号{}", "2026-03-11 12:30 {} 500元 失败",
)  # fmt: skip
FILE_NAMES = ("{}.jpg", "IMG_{}.png", "卡号{}.jpg", "card-{}-front.jpeg", "顾客卡 {}.pdf")
TABLES = {
    "wide": "０１２３４５６７８９", "chinese": "零一二三四五六七八九", "circle_zero": "〇一二三四五六七八九",
    "yao": "零幺二三四五六七八九", "formal": "零壹贰叁肆伍陆柒捌玖", "traditional": "零壹貳參肆伍陸柒捌玖",
    "arabic": "٠١٢٣٤٥٦٧٨٩", "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "circled": "⓪①②③④⑤⑥⑦⑧⑨",
}  # fmt: skip
JOINS = {
    "fours": " ", "dashes": "-", "dots": ".", "slashes": "/", "middle_dots": "·", "underscores": "_",
    "zero_width": "\u200b", "joiner": "\u2060", "soft_hyphen": "\u00ad", "double_spaces": "  ", "nbsp": "\u00a0",
    "thin_spaces": "\u2009", "wide_spaces": "\u3000", "wide_dashes": "－", "long_dashes": "—", "lines": "\n",
    "commas": ",", "spaced_dashes": " - ",
}  # fmt: skip
SPELLINGS = (
    "plain", *JOINS, *TABLES, "wide_fours", "chinese_fours", "yao_fours", "formal_fours", "zero_width_each",
    "singles", "single_dashes", "single_dots", "six_rest", "two_lines", "bidi", "mixed", "mixed_chinese", "keycaps",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A text with a card number in it, the number's digits, and how it is written."""

    text: str
    card: str
    how: str


def luhn_digit(body: str) -> str:
    """Return the check digit for all the digits before it."""
    total = 0
    for at, char in enumerate(reversed(body)):
        value = int(char) * (2 - at % 2)
        total += value - 9 * (value > 9)
    return str(-total % 10)


def pan(rng: random.Random, prefix: str = "", length: int = 0, valid: bool = True) -> str:
    """Return a random card number; `valid` False spoils the check digit."""
    if not prefix:
        prefix, length = rng.choice(SCHEMES)
    body = prefix + "".join(rng.choices("0123456789", k=length - len(prefix) - 1))
    check = luhn_digit(body)
    return body + (check if valid else str((int(check) + rng.randint(1, 9)) % 10))


def spell(number: str, how: str, rng: random.Random) -> str:
    """Write a number in one of SPELLINGS."""
    fours = [number[at : at + 4] for at in range(0, len(number), 4)]
    if how in JOINS:
        return JOINS[how].join(fours)
    if how in TABLES:
        return number.translate(str.maketrans("0123456789", TABLES[how]))
    if how.endswith("_fours"):
        return " ".join(spell(part, how.removesuffix("_fours"), rng) for part in fours)
    special = {
        "singles": " ".join(number), "single_dashes": "-".join(number), "single_dots": ".".join(number),
        "zero_width_each": "\u200d".join(number), "six_rest": f"{number[:6]} {number[6:]}",
        "two_lines": f"{number[:8]}\n{number[8:]}", "bidi": f"\u202d{number}\u202c",
        "mixed": "".join(rng.choice((c, spell(c, "wide", rng))) for c in number),
        "mixed_chinese": "".join(rng.choice((c, c, spell(c, "chinese", rng))) for c in number),
        "keycaps": "".join(f"{c}\ufe0f\u20e3" for c in number),
    }  # fmt: skip
    return special.get(how, number)


def positives(seed: int = SEED, each: int = 60) -> list[Line]:
    """Return `each` lines of every spelling, half with UnionPay numbers that fail the check digit, and file names."""
    rng = random.Random(seed)
    lines = []
    for at in range(each * len(SPELLINGS)):
        how = SPELLINGS[at % len(SPELLINGS)]
        union = rng.random() < 0.5
        number = pan(rng, rng.choice(UNION), rng.choice((16, 17, 18, 19)), valid=False) if union else pan(rng)
        line = rng.choice(CARD_LINES)
        if how in ("chinese", "circle_zero", "yao", "mixed_chinese") and line.startswith("{}"):
            line = "卡号" + line  # a bare number of Chinese digits next to words like 一 is not what people send
        lines.append(Line(line.format(spell(number, how, rng)), number, how))
    for at in range(4 * each):
        number, how = pan(rng), ("plain", "fours", "dashes", "underscores")[at % 4]
        lines.append(Line(rng.choice(FILE_NAMES).format(spell(number, how, rng)), number, "file_name"))
    return lines


def digits_of(text: str) -> str:
    """Return the digits that can be read in a text, however they are written."""
    return "".join(CHINESE.get(char, char) for char in fold(text).text if char.isdigit() or char in CHINESE)


def leaks(line: Line) -> bool:
    """Tell whether a card can still be read: seven digits in a row other than the last four, or nothing was found."""
    clean = redact_text(line.text)
    left = digits_of(clean.text)
    return not clean.found or any(line.card[at : at + 7] in left for at in range(len(line.card) - 10))


def report() -> bool:
    """Print the figures by class; tells whether both thresholds hold."""
    cards, others = positives(), decoys()
    missed = Counter(line.how for line in cards if leaks(line))
    touched = Counter(kind for kind, text in others if redact_text(text).found)
    for title, total, wrong in (("cards", Counter(line.how for line in cards), missed),
                                ("others", Counter(kind for kind, _ in others), touched)):  # fmt: skip
        sys.stdout.write(f"{title:<18}lines  wrong\n")
        sys.stdout.writelines(f"  {name:<16}{count:5}  {wrong[name]:5}\n" for name, count in total.items())
    recall, hits = 1 - missed.total() / len(cards), touched.total() / len(others)
    sys.stdout.write(f"recall {recall:.2%} of {len(cards)} (≥ {RECALL:.1%}), "
                     f"false hits {hits:.2%} of {len(others)} (≤ {FALSE_HITS:.1%})\n")  # fmt: skip
    return recall >= RECALL and hits <= FALSE_HITS


if __name__ == "__main__":
    sys.exit(not report())
