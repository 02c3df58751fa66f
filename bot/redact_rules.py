"""Patterns of the other secrets in folded text (lower case, half width): CVV, PIN, password, code, token.

Every repetition is bounded and none holds another one that matches the same text, so time is linear.
"""

from __future__ import annotations

import re

from bot.redact_fold import CHINESE_CLASS
from bot.redact_runs import MASK

DIGIT = f"[0-9{CHINESE_CLASS}]"
QUOTES = r"[\s\"'“”‘’()（）【】\[\]「」:=*#-]{0,4}"
LINK = (
    r"(?:是不是|就是|是|为|為|设的是|设成|设为|改成了|改成|改为|改為|设置为|设置成|等于|输入的是|输入了|输入|输的是|输了|输|填|用的是|用|应该是"
    r"|:|=|->|=>|(?:is|was|are|to|as|changed to|set to)(?![a-z]))"
)
IS = f"(?P<link>(?:\\s{{0,2}}{LINK}){{0,3}}){QUOTES}"
UNITS = r"(?! ?[元块圆秒分年月日次位个台笔天条遍号点%])"


def number(least: int, most: int) -> str:
    """Return a pattern for this many digits, spaced or not, in any script."""
    return (
        f"(?P<value>(?<![0-9{CHINESE_CLASS}{MASK}]){DIGIT}(?:[ -]?{DIGIT}){{{least - 1},{most - 1}}}(?![ -]?{DIGIT}))"
    )


def word(plain: str) -> str:
    """Return a pattern for English words that are not parts of longer ones."""
    return f"(?<![a-z])(?:{plain})(?![a-z])"


CVV_WORD = (
    "(?:"
    + word(r"cvv2?|cvc2?|cvn2?|csc|cav2|security[ -]?code|card[ -]?verification(?:[ -]?(?:code|value|number))?")
    + r"(?:码|号|数字|number|code)?|(?:卡片?)?安全[码碼](?:[三3][位个](?:数字?)?)?"
    r"|(?:卡)?(?:背面|背后|后面|反面)[的那]?最?[后末]?面?的?[三3四4][位个码](?:数字|数|安全码|码)?"
    r"|[后末][三3]位安全?码|卡背[后末]?[三3]位|3[ -]?digits? (?:on|at) (?:the )?back)"
)
SMS_WORD = (
    r"(?:(?:短信|手机|动态|登录|支付)?(?:验证码|驗證碼|校验码|校驗碼|确认码)|动态码|動態碼|动态口令|动态密码|短信码|短信密码|"
    + word(r"(?:verification|confirmation|one[ -]?time|sms|text|otp)[ -]?(?:pass)?(?:code|pin|password|number)|otp")
    + ")"
)
PIN_WORD = (
    r"(?:(?:支付|取款|提款|交易|银行卡|卡片?|顾客|客人|信用卡|储蓄卡)的?(?:密码|密碼|口令)|"
    + word(r"pin(?:[ -]?(?:code|number|no\.?))?")
    + "码?)"
)
PASSWORD_WORD = "(?:密码|密碼|口令|" + word(r"pass ?words?|passwd|pwd|pw|pass ?code|passphrase") + ")"
SECRET_WORD = f"(?:(?P<pin>{PIN_WORD})|{PASSWORD_WORD})"

CVV = re.compile(CVV_WORD + IS + number(3, 4) + UNITS)
CVV_BEHIND = re.compile(number(3, 4) + r" ?(?:这个|这)?(?:就?是|is(?: my| the)?) ?(?:我的|卡的|它的)?" + CVV_WORD)
TOLD = r"(?:我?(?:告诉|发|发给|跟)您?你?说?(?!的))?"
SMS = re.compile(
    SMS_WORD + r"(?:我)?(?:收到的?了?|发来的?|短信|it sent|i got|they sent)?" + TOLD + IS + number(4, 8) + UNITS
)
SMS_BEHIND = re.compile(
    number(4, 8) + r" ?[(,，]? ?(?:就?[是为為][^\s0-9]{0,8}?|is (?:your|my|the) ?(?:[a-z0-9]{1,12} ){0,3})" + SMS_WORD
)
SMS_BESIDE = re.compile(number(4, 6) + r" ?[(（]?" + SMS_WORD)
SECRET_BEHIND = re.compile(
    number(4, 12)
    + r" ?(?:这个|这)?(?:就?是|is(?: my| the| our)?) ?(?:我的|我们的|操作员|主管|管理员|卡的|卡片)?"
    + SECRET_WORD
)
SECRET = re.compile(SECRET_WORD + TOLD + IS)
SECRET_DIGITS = re.compile(number(4, 12) + UNITS)
SECRET_SHORT = re.compile(number(3, 3) + UNITS)
SECRET_COUNT = re.compile(f"(?P<value>{DIGIT}个{DIGIT})(?!位)")
SECRET_TEXT = re.compile(r"[!-+\--:<-~]{4,65}")

IDENTITY = re.compile(
    r"(?:身份证|身分证|通行证|护照|"
    + word(r"id card|passport|hkid")
    + r")(?:号码?| ?(?:number|no\.?))?"
    + IS
    + r"(?P<value>[a-z]{1,2}[0-9]{6,9}(?:\([0-9a]\))?)(?![a-z0-9])"
)

EXPIRY_WORD = r"(?:exp(?:iry|ires|iration)?(?:[ .-]?date)?\.?|valid(?:[ -]?thru|[ -]?until)?|有效期限?[至到]?|到期日?)"
MONTH = r"(?:0?[1-9]|1[0-2])"
MONTH_YEAR = (
    f"(?P<value>(?<![0-9])(?:{MONTH} ?[/.\\-年 ] ?(?:20)?[2-4][0-9]|(?:0[1-9]|1[0-2])(?:20)?[2-4][0-9]"
    f"|20[2-4][0-9] ?[/.\\-年] ?{MONTH})(?![0-9]))"
)
EXPIRY = re.compile(EXPIRY_WORD + IS + MONTH_YEAR)
TRAIL_JOIN = r"[\s,，;；/|、-]{0,4}"
TRAIL_EXPIRY = re.compile(TRAIL_JOIN + f"(?:{EXPIRY_WORD})?" + QUOTES + MONTH_YEAR)
TRAIL_CVV = re.compile(
    r"[\s,，;；/|、._·-]{1,3}(?P<value>[0-9]{3,4})(?![0-9]|\.[0-9]| ?[元块圆%]| ?(?:rmb|cny|usd|yuan|eur))"
)

TOKENS = (
    re.compile(r"(?<![0-9])(?P<value>[0-9]{6,12}:[a-z0-9_-]{32,200})"),
    re.compile(
        r"(?<![a-z0-9])(?P<value>(?:sk-|[spr]k_live_|sk_test_|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|akia|aiza|eyj)"
        r"[a-z0-9_.-]{14,2000})"
    ),
    re.compile(r"(?<![a-z])bearer {1,2}(?P<value>[a-z0-9_.~+/=-]{16,2000})"),
    re.compile(
        r"(?:token|secret|api[ _-]?key|access[ _-]?key|private[ _-]?key|令牌|密钥|秘钥)"
        r"(?P<link>[\s\"':=是为]{1,4}|)(?P<value>(?!https?:)[a-z0-9_+/=.-]{16,500})"
    ),
)

SAID = frozenset(
    # what stands behind "password is" or "PIN:" without being one
    "absolutely accepted again also always another any asked asking bad being blank block blocked broken "
    "bypass cancelled changed compromised confidential correct declined default denied different disabled "
    "does doesn't empty enter entered entry error exceeded expired fail failed failure false fine forgot "
    "forgotten gone good hard have here hidden incorrect input invalid just known limit locked lost "
    "mismatch missing needed never none normal null offline okay online only other please private problem "
    "prompt rejected required reset retry right safe same secret secure sent should still stuck that "
    "their then there there's they this timeout times translation tried tries true unavailable unknown "
    "unlocked unsupported used useless verification very weak what when where which with without working "
    "wrong your".split()
)
"""English words that people say about passwords; anything else behind a colon is one."""
