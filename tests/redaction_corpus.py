"""The published redaction corpus: fake numbers in lines that merchants write, made from a seed.

`python -m tests.redaction_corpus` writes tests/data/redaction.yaml anew. Numbers are random under test or
public issuer prefixes; none is anybody's.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "data" / "redaction.yaml"
SEED = 20261123
SCHEMES = (
    ("411111", 16), ("400000", 16), ("424242", 16), ("555555", 16), ("222300", 16), ("510510", 16), ("378282", 15),
    ("341111", 15), ("356600", 16), ("305693", 14), ("601111", 16), ("622202", 19), ("621700", 19), ("622848", 19),
    ("625094", 16), ("628888", 16), ("623058", 19), ("955880", 19), ("422222", 13), ("621483", 16), ("436742", 19),
)  # fmt: skip
CARD_LINES = (
    "{}", "我的卡号是{}", "卡号：{}", "银行卡号 {} 刷不了", "客人的卡{}被扣了两次", "刷卡失败，卡号{}，帮我查下",
    "信用卡{}退款没到", "{}这张卡刷不出来", "{} 这个是顾客的卡号", "帮查一下{}", "顾客付了两次钱 {} 今天中午",
    "卡号{}，金额500元，参考号302145678901", "订单号 20260311123456 卡号 {}", "商户号898310148160001，卡 {}",
    "my card number is {}", "card {} declined twice", "card no. {} got charged 2 times", "PAN: {}",
    "customer paid with {} and no receipt", "visa {} not accepted", "{} is the customer's card",
    "pls check {} asap", "refund to card ending, full number {}", "卡號{}扣款失敗", "银联卡{}提示无效卡号",
    "{}，密码没输就扣了", "工资卡 {} 收不到结算款", "结算卡换成{}", "客人说他的卡（{}）被多扣了", "卡号：\n{}",
    "他发来的：{}。怎么办", "刷了{}显示交易超时", "card: {} amount 88.00", "cardno={}",
    "https://pay.example/x?card={}",
)  # fmt: skip
SPELLINGS = ("plain", "fours", "dashes", "dots", "underscores", "wide", "wide_fours", "chinese", "chinese_fours",
             "traditional", "zero_width", "zero_width_each", "arabic", "singles", "double_spaces", "six_rest", "nbsp",
             "lines", "bidi", "mixed", "bold")  # fmt: skip


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
    tables = {
        "wide": "０１２３４５６７８９", "chinese": "零一二三四五六七八九", "traditional": "零壹貳叁肆伍陸柒捌玖",
        "arabic": "٠١٢٣٤٥٦٧٨٩", "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    }  # fmt: skip
    joins = {"fours": " ", "dashes": "-", "dots": ".", "underscores": "_", "zero_width": "\u200b",
             "double_spaces": "  ", "nbsp": "\u00a0", "lines": "\n"}  # fmt: skip
    if how in joins:
        return joins[how].join(fours)
    if how in tables:
        return number.translate(str.maketrans("0123456789", tables[how]))
    if how.endswith("_fours"):
        return " ".join(spell(part, how.removesuffix("_fours"), rng) for part in fours)
    special = {
        "singles": " ".join(number), "zero_width_each": "\u200d".join(number), "six_rest": f"{number[:6]} {number[6:]}",
        "bidi": f"\u202d{number}\u202c", "mixed": "".join(rng.choice((c, spell(c, "wide", rng))) for c in number),
    }  # fmt: skip
    return special.get(how, number)


def positives(seed: int = SEED, count: int = 1200) -> list[dict[str, Any]]:
    """Return card lines: {"text", "card" (its digits as written without the last four)}."""
    rng = random.Random(seed)
    lines = []
    for at in range(count):
        how = SPELLINGS[at % len(SPELLINGS)] if at % 3 else "plain"
        union = at % 4 == 1
        number = (
            pan(rng, rng.choice(("622202", "621700", "623058")), rng.choice((16, 17, 19)), valid=False)
            if union
            else pan(rng)
        )
        line = CARD_LINES[rng.randrange(len(CARD_LINES))]
        written = spell(number, how, rng)
        if how == "chinese" and line.startswith("{}"):
            line = "卡号" + line  # a bare number of Chinese digits next to words like 一 is not what people send
        lines.append({"text": line.format(written), "card": number, "how": how})
    return lines


DECOYS: dict[str, tuple[str, ...]] = {
    "order16": (
        "订单号{}没到账", "订单号：{}", "{}是订单号", "order no {} refund please", "单号{}查一下", "交易单号 {}",
    ),
    "order18": ("订单编号 {} 客人说付了两次", "order number: {}"),
    "wechat": ("微信单号{}", "微信支付订单 {} 退款失败", "{}", "transaction id {}"),
    "alipay": ("支付宝订单号{}没到账", "{}", "alipay trade no {}", "交易号：{}"),
    "merchant": (
        "商户号{}", "商户号是{}，打不出小票", "MID {} offline", "merchant id: {}", "{}", "商户编号 {} 结算没到",
        "我们店商户号：{}，终端号12345678", "{} 这是商户号",
    ),
    "terminal": ("终端号{}报91", "TID {} no network", "terminal id {}"),
    "serial": (
        "SN {}", "机身号是{}", "序列号：{}开不了机", "serial number {} screen is black", "s/n: {} 卡纸了",
        "设备号{}，一直重启",
    ),
    "serial10": ("SN{}", "S/N {} won't turn on"),
    "ref": (
        "参考号{}", "参考号 {} 金额128元", "检索参考号：{}", "RRN {} charged twice", "reference number is {}",
        "ref {} approved but no slip",
    ),
    "phone": ("电话{}", "我手机号 {}，打给我", "联系{}", "call me {}", "{} 王老板"),
    "phone86": ("打电话给{}", "my phone is {}", "{}"),
    "phones": ("电话{}",),
    "hotline": ("打了{}没人接", "客服电话{}一直占线", "hotline {} busy"),
    "tracking": ("快递单号{}", "tracking number {}", "顺丰{}寄回去了", "运单号 {} 还没收到机器"),
    "paycode": ("付款码{}扫不出来", "客人付款码 {} 提示失效", "payment code {} expired"),
    "union_code": ("付款码 {} 扫码失败",),
    "barcode": ("条码 {}", "商品条形码{}扫不了"),
    "amount": ("今天一共{}元没到账", "金额{}", "charged {} twice"),
    "datetime": ("{}刷的", "交易时间{}", "at {} customer paid"),
    "datetime14": ("交易时间 {}", "{} 那笔没到账"),
    "stamp": ("timestamp {}", "日志 {} 报错"),
    "invoice": ("发票号码{}", "invoice {} is wrong"),
    "tax": ("税号{}", "统一社会信用代码 {} 怎么改"),
    "licence": ("营业执照号{}",),
    "batch": ("批次号{}，凭证号{}", "batch {} trace {} voided"),
    "auth": ("授权码 {}", "auth code {} on the slip"),
    "sim": ("SIM卡号{}", "流量卡号 {} 没信号", "iccid {}"),
    "imei": ("IMEI {}", "imei号是{}"),
    "url": (
        "看这个 https://shop.example/o/{}", "www.example.com/track?no={} 打不开", "https://pay.example/{}/receipt",
    ),
    "code": ("报{}", "显示错误码{}怎么办", "error {} on screen"),
    "codes": ("试了 {} 都不行",),
    "last4": ("卡号后四位{}", "card ending {} charged twice", "尾号{}的卡扣了两次"),
    "masked": ("卡号{}", "card {} declined"),
    "pwerror": (
        "密码错误{}", "输密码报{}", "忘记密码，提示{}", "密码键盘报{}", "PIN error {}", "pin pad says {}",
        "PIN tries exceeded {}",
    ),
    "plain": (
        "密码输了{}次都不对", "验证码{}分钟还没收到", "等了{}秒", "我有{}台机器",
        "the verification code never came, waited {} min", "密码是{}位数吗", "password is wrong {} times",
    ),
    "ip": ("IP {} ping不通", "gateway {}"),
    "mac": ("mac {}",),
    "version": ("版本{}", "firmware {}"),
    "uuid": ("request id {}",),
    "member": ("会员卡号{}积分没了", "礼品卡号 {} 刷不了"),
    "qq": ("加我QQ {}",),
    "contract": ("合同号{}", "工单号 {} 处理到哪了", "ticket number {}"),
    "bankno": ("联行号{}", "行号 {} 对吗"),
}  # fmt: skip
PLAIN_DECOYS = (
    "密码键盘没反应", "忘记密码怎么办", "操作员密码忘了", "修改密码在哪", "password is incorrect",
    "forgot my password", "PIN pad not working", "pin is blocked", "the password: what is it", "验证码收不到",
    "没有收到验证码", "安全码是什么", "cvv是啥", "where is the cvv on the card", "卡号在哪里看", "无效卡号14",
    "提示密码错误55", "密码超次75", "卡槽坏了", "身份证过期了怎么换", "有效期写错了", "token expired on the app",
    "密钥丢失 A0", "提示 token invalid", "一二三四五六七八九十", "第一台第二台第三台都坏了", "三千五百六十块没到",
    "pin verification failed", "password required every time", "密码：怎么重置", "老板说密码就是不对",
    "wifi密码错误", "打印纸80mm*80", "57x40的纸", "1-2-3-4-5-6-7-8", "0000", "报错 1234 5678",
    "6月22日 12:30 刷的500", "营业时间 9:00-21:00 周一到周日", "2026-03-11 12:30:45 2026-03-12 09:10:11",
    "满100减20 满200减50 满300减80",
)  # fmt: skip


def decoy_number(kind: str, rng: random.Random) -> str:
    """Return a random number of a kind that is no card number."""

    def digits(count: int) -> str:
        return "".join(rng.choices("0123456789", k=count))

    day = date(2025, 1, 1) + timedelta(days=rng.randrange(600))
    clock = f"{rng.randrange(24):02}{rng.randrange(60):02}{rng.randrange(60):02}"
    stamp = f"{day:%Y%m%d}{clock}"
    serials = (f"N{digits(2)}0{digits(8)}", f"0821{digits(8)}", f"P{digits(10)}", f"{digits(16)}", f"V1E{digits(9)}")
    makers = {
        "order16": lambda: rng.choice((stamp + digits(2), digits(16), "6" + digits(15))),
        "order18": lambda: rng.choice((stamp + digits(4), digits(18), "D" + stamp + digits(3))),
        "wechat": lambda: "4200" + digits(6) + f"{day:%Y%m%d}" + digits(10),
        "alipay": lambda: f"{day:%Y%m%d}22001" + digits(15),
        "merchant": lambda: rng.choice(("898310", "822290", "849341", "104110", "305100")) + digits(9),
        "terminal": lambda: digits(8),
        "serial": lambda: rng.choice(serials),
        "serial10": lambda: digits(rng.choice((10, 12, 16))),
        "ref": lambda: digits(12),
        "phone": lambda: rng.choice(("13", "15", "18", "17")) + digits(9),
        "phone86": lambda: "+86 1" + rng.choice("3578") + digits(1) + " " + digits(4) + " " + digits(4),
        "phones": lambda: f"13{digits(9)} 或者 18{digits(9)}",
        "hotline": lambda: rng.choice(("400-820-", "400-", "95", "021-6")) + digits(4),
        "tracking": lambda: rng.choice((f"SF{digits(13)}", digits(15), f"YT{digits(13)}", f"1Z{digits(16)}")),
        "paycode": lambda: rng.choice(("10", "13", "15", "28", "25")) + digits(16),
        "union_code": lambda: "62" + digits(17),
        "barcode": lambda: "69" + digits(11),
        "amount": lambda: rng.choice((f"{rng.randrange(10, 99999)}.{digits(2)}", str(rng.randrange(1, 99999)))),
        "datetime": lambda: f"{day} {clock[:2]}:{clock[2:4]}:{clock[4:]}",
        "datetime14": lambda: stamp,
        "stamp": lambda: str(1_700_000_000_000 + rng.randrange(9**11)),
        "invoice": lambda: digits(rng.choice((8, 20))),
        "tax": lambda: "91310" + digits(9) + rng.choice(("MA1K", "X", "7")) + digits(2),
        "licence": lambda: digits(15),
        "batch": lambda: digits(6),
        "auth": lambda: digits(6),
        "sim": lambda: "898600" + digits(14),
        "imei": lambda: "86" + digits(13),
        "url": lambda: rng.choice((digits(16), digits(19), digits(13))),
        "code": lambda: rng.choice((digits(2), "Z1", "A0", digits(4))),
        "codes": lambda: " ".join(digits(2) for _ in range(rng.randrange(3, 9))),
        "last4": lambda: digits(4),
        "masked": lambda: rng.choice(("6222 **** **** ", "411111******", "622202xxxxxxxxx")) + digits(4),
        "pwerror": lambda: rng.choice(("55", "75", "38", "A0")),
        "plain": lambda: str(rng.randrange(1, 60)),
        "ip": lambda: ".".join(str(rng.randrange(10, 255)) for _ in range(4)),
        "mac": lambda: ":".join(f"{rng.randrange(256):02x}" for _ in range(6)),
        "version": lambda: f"{rng.randrange(9)}.{rng.randrange(30)}.{digits(2)}.{day:%Y%m%d}",
        "uuid": lambda: "-".join("".join(rng.choices("0123456789abcdef", k=k)) for k in (8, 4, 4, 4, 12)),
        "member": lambda: digits(rng.choice((13, 16))),
        "qq": lambda: digits(rng.choice((9, 10))),
        "contract": lambda: f"{day:%Y%m%d}" + digits(rng.choice((4, 8))),
        "bankno": lambda: digits(12),
    }  # fmt: skip
    return makers[kind]()


def decoys(seed: int = SEED, rounds: int = 12) -> list[str]:
    """Return lines in which nothing may be hidden."""
    rng = random.Random(seed)
    lines = list(PLAIN_DECOYS)
    for _ in range(rounds):
        for kind, templates in DECOYS.items():
            for line in templates:
                lines.append(line.format(*(decoy_number(kind, rng) for _ in range(line.count("{}")))))
    return lines


def published() -> dict[str, Any]:
    """Return what tests/data/redaction.yaml holds: a part of the corpus, for readers in other languages."""
    return {"cards": positives(count=500), "decoys": decoys(rounds=6)}


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    body = yaml.safe_dump(published(), allow_unicode=True, sort_keys=False, width=200)
    FILE.write_text("# Made by python -m tests.redaction_corpus; all numbers are fake.\n" + body, encoding="utf-8")
