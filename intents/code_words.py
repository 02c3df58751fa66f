"""The words that make a number a response code, and those that make it something else.

All of it is matched against text in half-width capitals and simplified hanzi (see ``code_finder``).
"""

from __future__ import annotations

from enum import IntEnum


class Cue(IntEnum):
    """How strongly a code is announced; of several codes in a message the strongest is taken."""

    ALONE = 1
    WEAK = 2
    VERB = 3
    NOUN = 4


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


PUNCTUATION = " \t\n:=#-_.…,，、。;；!！?？~～\"'“”‘’()[]【】「」『』《》<>|/\\*→"

_NOUNS = _words("""
    代码 代马 代吗 错误码 错物码 错误吗 错误马 错误代号 报错码 报错马 应答码 应达码 答码 返回码 返回值 响应码 回应码
    状态码 提示码 故障码 错码 错误编号 错误号 报错号 代号 错误 报错 码 39域 故障代码 回复码 信息码
""")
_VERBS = _words("""
    报 爆 暴 抱错 显示 显是 显视 提示 题示 弹 弹出 弹了 跳 跳出 蹦 蹦出 冒 冒出 出现 现出 出来 出咗 返回 写 写着
    写住 写的 秀 秀出 话 上面写 屏幕 屏幕上 屏上 屏显 萤幕 萤幕上 告警 警告 说是 打出 来了个 来了一个 来个 给我个
    给了个 显出 闪 闪着
""")
_WEAK = _words("""
    失败 拒绝 被拒 不成功 刷不了 刷不过 刷不出 过不去 老是 总是 一直 都是 全是 又是 还是 又 出 异常 就 不行 什么是
    这个 那个 请问 遇到 碰到 看到 问下 问一下 收到 变成
""")
HANZI_CUES: tuple[tuple[Cue, tuple[str, ...]], ...] = (
    (Cue.NOUN, _NOUNS),
    (Cue.VERB, _VERBS),
    (Cue.WEAK, _WEAK),
)
HANZI_FILLERS = _words("""
    一个 了个 了一个 这个 那个 个 了 是 为 的 出 着 住 咗 到 我 数字 过 叫做 叫 什么 啥 系 有 一串 后面 里 上 交易 中 在
    机器 一次 成 嘅 号
""")
"""What may stand between a cue and its code."""

LATIN: dict[str, Cue] = {
    **dict.fromkeys(_words("""
        DECLINED DECLINE DECLINES FAILED FAILURE FAIL FAILS REJECTED REJECT DENIED REFUSED UNSUCCESSFUL GOT GET GETS
        GETTING GIVES GIVING GAVE GIVE WHAT WHATS MEANING ABOUT EXPLAIN SEE SEEING SAW ALWAYS KEEPS KEEP RECEIVED
        RECEIVE HAVING WHY TERMINAL POS SHA
    """), Cue.WEAK),
    **dict.fromkeys(_words("""
        SAYS SAY SAYING SAID SHOWS SHOW SHOWING SHOWED SHOWN DISPLAYS DISPLAY DISPLAYED DISPLAYING READS READING COMES
        CAME COMING POPS POPPED POPPING PROMPT PROMPTS MESSAGE MSG SCREEN RETURNS RETURNED RETURN THROWS THREW FLASHING
        FLASHED FLASHES APPEARS APPEARED APPEAR SPITS BAO XIANSHI SHI TISHI TAN TANCHU
    """), Cue.VERB),
    **dict.fromkeys(_words("""
        CODE CODES COD ERROR ERRORS ERR ERRO EROR ERRCODE ER E RC RESP RESPONSE RESPCODE DE39 F39 FAULT EXCEPTION
        DAIMA MA BAOCUO CUOWU CUOWUMA
    """), Cue.NOUN),
}  # fmt: skip
LATIN_FILLERS = frozenset(
    _words("""
    IS NO NUMBER NUM NR OF THE A AN IT WAS WITH UP OUT ME US IN ON DOES DID AS LIKE THIS THAT JUST NOT ONLY NOW AGAIN TO
    AND MY REASON VALUE ITS LETTER LETTERS SOMETHING CALLED WHICH FOR GE LE YI DE CHU
""")
)

MEASURES = _words("""
    电量 电池 音量 温度 亮度 金额 余额 价格 时间 日期 进度 流量 版本 数量 总额 电压 笔数 型号 单价 合计 倒计时
    BATTERY VOLUME AMOUNT BALANCE TIME CLOCK DATE TOTAL PRICE TEMPERATURE VERSION QUEUE LEVEL COUNTER CHARGE
""")
"""What displays a number that is no code: "battery shows 55"."""

OTHER_CODES = MEASURES + _words("""
    付款 收款 收钱 付钱 验证 授权 批准 二维 条 条形 扫 邀请 激活 优惠 兑换 区 密 取件 推荐 行业 机构 信用 类别 商户 商家
    终端 银行 邮政 产品 动态 静态 安全 校验 识别 页
    QR BAR ZIP SMS AUTH VERIFICATION PROMO AREA COUNTRY SORT SWIFT PASS MCC POST POSTAL AUTHORISATION AUTHORIZATION
    APPROVAL COUPON INVITE ACTIVATION SECURITY DISCOUNT PAYMENT PIN UNIT FEE RATE
""")
"""What makes a code something else than the answer to a payment: "付款码", "zip code"."""

MODELS = frozenset(_words("A8 N3 N5 N6 N8 P5 P6 X5 I9"))
"""Known codes that are also names of terminals or phones: they need a cue in front."""

NETWORKS = frozenset(_words("3G 2G 2B 3D 3C 1A 2A 3A"))
"""Known codes that read as a network, a current, a dimension or a curse: only after the word "code"."""

FAREWELL = "88"
"""Alone it says goodbye (拜拜)."""

LONE_PAIRS = frozenset(_words("YM YT LC UD UC JF VT"))
"""Codes of two letters that are taken when they are the whole message."""

PREFIX_BEFORE = (
    r"(?:[¥$€£]|RMB|USD|HKD|CNY|EUR|NT|第|周|星期|\d\s?[:./~—*×-]|\d\s?[点时年月至到和跟与、,]\s?|[TDVS]\+|[差约近超共满]|\s[-+]|"
    r"[A-Z]/|按\s?\d\D{1,3})\s?$"
)
_TIME = r"分钟|分半|分之|小时|钟头|点钟|点半|天|日(?!志|切|结)|月|年|周(?!期)|星期|礼拜|秒|岁"
_MONEY = r"元|块|毛(?!病)|角|钱|万|千(?!万)|百|亿|折|K\b|W\b|个点|个百分"
_COUNTS = (
    r"个|回|遍|趟|下(?!来)|台|笔|张|次|人|位|家|斤|公里|米|步|页|层|楼|栋|路|级|版|期|倍|件|卷|盒|包|寸|英寸|毫米|厘米|条(?!码)|度|瓦|伏|毫安|"
    r"号(?!\s?(?:错|代码|报错|码))|分(?:\d|钟|左右|$)|种|项|行(?:\s|字|$)|格|部|套|间|桌|杯|份|句|后(?:还|才)|"
    r"开头|结尾|尾号|操作员|柜员|店"
)
_ENGLISH_UNITS = (
    r"(?:MM|CM|KG|GB|MB|HRS?|HOURS?|MINS?|MINUTES?|SECS?|SECONDS?|DAYS?|WEEKS?|MONTHS?|YEARS?|TIMES?|AM|PM|USD|RMB|CNY|HKD|EUR|"
    r"GBP|DOLLARS?|BUCKS?|YUAN|EUROS?|POUNDS?|CENTS?|PERCENT|PCT|BASIS|PCS|PIECES?|PEOPLE|PERSONS?|CUSTOMERS?|GUESTS?|ORDERS?|"
    r"SALES|TRANSACTIONS?|PAYMENTS?|TERMINALS?|MACHINES?|ROLLS?|SHOPS?|STORES?|CARDS|BARS|DIGITS?|STEPS?|GHZ|VOLTS?|INCH|INCHES|"
    r"ITEMS?|JAN|FEB|MAR|APR|MAY|JUNE?|JULY?|AUG|SEP|OCT|NOV|DEC|JANUARY|FEBRUARY|MARCH|APRIL|AUGUST|SEPTEMBER|OCTOBER|"
    r"NOVEMBER|DECEMBER|KUAI|TIAN|GE|TAI|FEN|FENZHONG|CI|BI|ST|ND|RD|TH)\b"
)
UNIT_AFTER = (
    rf"\s*(?:[%‰℃°×*+$€£¥]|{_MONEY}|{_TIME}|{_COUNTS}|{_ENGLISH_UNITS}|[-~～—至到]\s*\d|X\s?\d|/\s?\d)"
    r"|[.:]\d|,\d{3}|\s?和\s?\d|\s*多(?:块|元|$)|\s*几(?:块|天)"
)

NAMED_AFTER = (
    r"[\s\"'”’)\]」】,，:：.。-]*(?:这个|那个|的|这种|号|是个|呢个)?\s?(?:报错|错误|错码|代码|代号|应答码|返回码|故障码|故障|提示|异常|"
    r"码(?!头)|ERROR|ERR\b|CODE|RESPONSE|DECLINE|DAIMA|CUOWU)"
)
_WHAT = (
    r"什么意思|啥意思|甚么意思|乜意思|咩意思|么意思|几个意思|什么鬼|什么情况|啥情况|什么问题|啥问题|什么原因|啥原因|什么错|啥错|啥毛病|"
    r"咩事|乜事|[什甚]么(?:$|[?？啊呀呢])|[啥咩乜](?:$|[?？啊呀呢])|咋回事|咋办|咋整|咋弄|咋搞|怎么(?:回事|办|解决|处理|弄|搞|整|破)|"
    r"怎样解决|如何解决|如何处理|如何是好|代表|点解|点算|点搞"
)
_MEANING = (
    r"让|叫我|说|密码|余额|请|联系|无效|重新|签到|过期|超出|超限|发卡|系统异常|终端|受限|挂失|没收|不允许|资金|校验|格式|"
    r"FORMAT|DO NOT|INSUFF|EXPIRED|INCORRECT|WRONG|ISSUER|INVALID|SYSTEM|LOST CARD|STOLEN|PICK|NOT PERMITTED|EXCEED|"
    r"DUPLICATE|REFER|RESTRICTED|SUSPECTED|MAC\b|PIN\b"
)
ASKED_AFTER = (
    r"[\s\"'”’)\]」】,，:：.。?？-]*(?:这个|那个|呢个|到底|究竟|又|都|他|它|这)?(?:是|系|指|算)?"
    rf"(?:{_WHAT}|MEANS?\b|MEANING|SHENME|SHEN ME|SHA YI|ZENME|ZEN ME|WHAT\b|{_MEANING})"
)
TAIL_AFTER = (
    r"[\s\"'”’)\]」】]*(?:$|[,，.。!！?？;；:：(\[…~～]|[了啊呀呢吗吧哦喔嘛咧啦是什啥咋怎如让叫说这那请密余无联重代错报提]|的(?!钱)|"
    r"MEAN|ON\b|AGAIN|ALL\b|EVERY|EACH|WHEN|THEN|AND\b|BUT\b|WHAT|HOW|WHY|PLS|PLEASE|HELP|SIR|IS\b|IN\b|AT\b|AFTER|FROM)"
)
MONEY_BEFORE = (
    r"(?:[扣收付转退充花输加减差欠找补](?:款|钱)?|刷)(?:了|过|的是|的|成了|成|错|是|我|他|客人){0,2}\s?$|"
    r"[价额款费钱率]\s?(?:是|为)?\s?$|\b(?:PAID|PAY|COST|CHARGED|CHARGE|REFUND|PRICE|ROOM|TABLE|AGE|LAST|FIRST)\s?$"
)
ALONE = (
    r"(?:[^\w\x00]|请问|你好|您好|在吗|那个|这个|就是|又是|还是|老是|是个|它|是|HI|HELLO|ITS|IT'S|IT IS)*\x00"
    r"(?:[\s\W]|啊|呀|呢|吗|吧|哦|喔|嘛|了|的|咧|噢|PLS|PLEASE|SIR|HELP)*"
)
"""The whole message around a code, the code itself being replaced by NUL."""

_HANZI_DIGITS = dict(zip("零一二三四五六七八九〇两幺洞", "01234567890210", strict=True))
_NUMBERS = _words("ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE")
_TENS = _words("TEN TWENTY THIRTY FORTY FIFTY SIXTY SEVENTY EIGHTY NINETY")
_ENGLISH = {"OH": 0} | {word: value for value, word in enumerate(_NUMBERS)}
_ENGLISH_TENS = {word: 10 * value for value, word in enumerate(_TENS, 1)}
DIGIT_HANZI = "".join(_HANZI_DIGITS)
DIGIT_WORDS = "|".join(_ENGLISH)
TEN_WORDS = "|".join(_ENGLISH_TENS)


def from_hanzi(word: str) -> str:
    """Return the code that hanzi spell: 九十一 → 91, 五五 → 55, Z一 → Z1."""
    if "十" in word:
        tens, _, ones = word.partition("十")
        return (_HANZI_DIGITS.get(tens, tens) or "1") + (_HANZI_DIGITS[ones] if ones else "0")
    return "".join(_HANZI_DIGITS.get(char, char) for char in word)


def from_english(word: str) -> str:
    """Return the code that English words spell: FIFTY-ONE → 51, OH FIVE → 05, NINETY → 90."""
    first, _, second = word.replace("-", " ").partition(" ")
    ones = _ENGLISH.get(second, 0)
    return str(_ENGLISH_TENS[first] + ones) if first in _ENGLISH_TENS else f"{_ENGLISH[first]}{ones}"
