"""Lines of the redaction corpus in which nothing may be hidden: order numbers, phones … as people give them."""

from __future__ import annotations

import random
from datetime import date, timedelta

SEED = 20261123

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
    "hant": ("訂單號{}沒到帳", "商戶號 {} 終端機連不上", "參考號{}金額128元", "手機{}請回電", "序列號：{}開不了機"),
    "slip": (
        "商户编号：{}\n终端编号：{}\n卡号：622202******{}\n批次号：{}\n凭证号：{}\n参考号：{}\n金额：RMB 128.00",
        "MERCHANT ID {} TERMINAL ID {}\nCARD **** **** **** {}\nBATCH {} TRACE {} REF {}\nTOTAL 128.00",
    ),
    "bare_slip": ("商户 {} 终端 {} 参考号 {} 今天那笔没到账", "MID {} TID {} RRN {}"),
    "iban": ("IBAN {}", "our account is {}", "转到 {} 没到账"),
    "landline": ("座机{}", "call {} please", "电话 {}，找李姐"),
    "spaced_phone": ("手机 {}", "{} 张老板，急", "打我电话{}"),
    "tracked": ("顺丰 {} 和 {} 都没收到", "运单号：{}，{}"),
    "payments": ("上午{}元，中午{}元，下午{}元，都没到账", "{} {} {} 这三笔", "paid {} and {} and {}"),
    "times": ("{}到{}之间刷的都没到账", "between {} and {} everything failed"),
    "asset": ("机器背面写的是{}", "标签上：{}", "label on the back: {}", "the sticker says {}"),
    "pos_id": ("POS编号{}", "机具编号：{}，一直重启", "POS机号{}"),
    "order_list": ("订单号：{}、{}、{} 都没到账", "orders {}, {} and {}"),
    "member_hant": ("會員卡號{}積分沒了",),
    "coordinates": ("定位 {}",),
    "money_words": ("一共{}没到账", "差了{}"),
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
        "hant": lambda: rng.choice((stamp + digits(2), digits(12), "1" + rng.choice("3578") + digits(9))),
        "slip": lambda: digits(rng.choice((4, 6, 8))),
        "bare_slip": lambda: digits(rng.choice((8, 12))),
        "iban": lambda: f"{rng.choice(('DE', 'GB', 'FR'))}{digits(2)} " + " ".join(digits(4) for _ in range(4)),
        "landline": lambda: f"0{rng.choice(('10', '21', '755', '571'))}-{digits(4)} {digits(4)}",
        "spaced_phone": lambda: f"1{rng.choice('3578')}{digits(1)}{rng.choice(' -')}{digits(4)} {digits(4)}",
        "tracked": lambda: rng.choice((f"SF{digits(13)}", f"JD{digits(13)}", f"75{digits(13)}")),
        "payments": lambda: f"{rng.randrange(1, 9999)}.{digits(2)}",
        "times": lambda: f"{day} {clock[:2]}:{clock[2:4]}",
        "asset": lambda: rng.choice((f"N{digits(10)}", f"82{digits(9)}", f"{digits(4)}-{digits(6)}", f"SP{digits(8)}")),
        "pos_id": lambda: digits(rng.choice((8, 10, 12, 15))),
        "order_list": lambda: f"{day:%Y%m%d}{digits(rng.choice((4, 6, 8)))}",
        "member_hant": lambda: digits(13),
        "coordinates": lambda: f"31.{digits(6)},121.{digits(6)}",
        "money_words": lambda: rng.choice(("三千五百六十块", "壹万贰仟元整", "一百二十八块五", "二十八万六千四百元")),
    }  # fmt: skip
    return makers[kind]()


def decoys(seed: int = SEED, rounds: int = 12) -> list[tuple[str, str]]:
    """Return (kind, line); nothing may be hidden in the line."""
    rng = random.Random(seed)
    lines = [("words", line) for line in PLAIN_DECOYS]
    for _ in range(rounds):
        for kind, templates in DECOYS.items():
            for line in templates:
                lines.append((kind, line.format(*(decoy_number(kind, rng) for _ in range(line.count("{}"))))))
    return lines
