"""The words around a number that say what it is, in folded text (lower case, half width).

Every pattern here is bounded: no repetition contains another one that could match the same text.
"""

from __future__ import annotations

import re

from bot.redact_fold import CHINESE_CLASS

DIGIT = f"[0-9{CHINESE_CLASS}]"

CARD_STRONG = (
    "银行卡号码 银行卡号 银行卡 银行卡账号 銀行卡號 銀行卡 信用卡号 信用卡 借记卡号 借记卡 储蓄卡 貸記卡 贷记卡 信用卡號 "
    "卡片号码 完整卡号 完整卡號 卡号码 卡号 卡號 卡号是 银联卡 付款卡 顾客卡 客人卡 全卡号 工资卡 结算卡 "
    "card|number card|num card|no card|nr card# cardno cardnum cardnumber card|details credit|card debit|card "
    "bank|card pan primary|account|number ccn unionpay|card visa|card"
)
CARD_WEAK = (
    "卡 账号 帐号 賬號 帳號 账户 帐户 账 card visa mastercard master|card mc amex american|express jcb unionpay union|pay "
    "maestro discover diners 银联 维萨 万事达 运通 account account|number account|no acct cc iban"
)
DECOY = (
    "商户订单号 订单号 订单编号 订单号码 订单 訂單號 訂單編號 訂單 单号 單號 交易单号 交易单 交易号 交易编号 流水号 流水號 流水 凭证号 憑證號 "
    "批次号 批次 参考号 參考號 检索参考号 系统参考号 检索号 商户号 商户号码 商戶號 商户编号 商户代码 商编 商户 商户id 终端号 终端编号 终端號 終端號 终端 终端id "
    "机身号 机器号 机具号 机号 设备号 设备编号 序列号 序列號 序號 序列码 机身序列号 电话 電話 电话号码 手机 手機 手机号 手机号码 手機號 联系方式 联系电话 热线 熱線 "
    "客服 固话 座机 传真 快递单号 快递 运单号 运单 物流单号 物流 顺丰 发票号 发票号码 发票代码 发票 税号 统一社会信用代码 信用代码 营业执照 营业执照号 执照 执照号 注册号 "
    "授权码 授權碼 授权号 付款码 付款碼 收款码 条码 條碼 条形码 二维码 编号 編號 工号 合同号 合同编号 协议号 工单号 工单 案件号 退款单号 退款 微信单号 支付宝单号 支付宝 "
    "sim卡号 sim卡 物联网卡号 物联卡号 流量卡号 流量卡 手机卡号 手机卡 电话卡 会员卡号 会员卡 社保卡号 公交卡 购物卡号 礼品卡号 加油卡 门禁卡 iccid imei imsi imei号 meid "
    "版本 版本号 固件 时间 時間 日期 时间戳 金额 金額 余额 限额 总额 合计 一共 流水金额 清算号 清算文件 回执 回执号 渠道号 机构号 机构代码 联行号 行号 通道 串号 mac 条目 小票号 小票 追踪号 跟踪号 "
    "卡bin 卡槽 刷卡机 读卡器 制卡 s/n sn s.n. tid mid t.i.d m.i.d tid号 mid号 sn号 sn码 serial serial|number serial|no tel phone phone|number mobile mobile|number "
    "cell call hotline fax whatsapp wechat qq qq群 order order|number order|no order|id tracking tracking|number tracking|no parcel waybill "
    "shipment courier invoice invoice|number receipt receipt|number receipt|no ref reference reference|number reference|no rrn stan trace trace|number trace|no "
    "batch batch|number batch|no transaction transaction|id transaction|number transaction|no txn txn|id trans|id trans trade|no merchant merchant|id "
    "merchant|number merchant|no terminal terminal|id terminal|number terminal|no device device|id device|number device|no barcode payment|code qr|code version "
    "firmware build time timestamp date amount total ticket ticket|number ticket|no case case|number case|id sim|card|number sim|card sim gift|card|number gift|card "
    "membership|card loyalty|card member|card store|number store|id license licence|number registration vat tax|id contract auth|code approval|code "
    "authorization|code arn uuid id serial# order# ref# po wx ord settlement|id payout|id session|id request|id log|id correlation|id message|id chat|id user|id"
)
ID_CARD = "身份证号码 身份证号 身份证 身份證號 身份證 身分证号 证件号码 证件号 id|card|number id|card|no id|card identity|card national|id 居民身份证"
PART = "(?:的)?(?:前|后|後|中间|剩下|剩余|余下|末|first|last|next|remaining) ?(?:面|的)? ?"
COUNT = "(?:[7-9]|1[0-9]|七|八|九|十[一二三四五六]?) ?(?:位数|位|digits)"


def _words(table: str) -> str:
    """Return a pattern for words separated by spaces, longest first; | inside a word is an optional space."""
    words = sorted(set(table.split()), key=len, reverse=True)
    return "|".join(_word(word) for word in words)


def _word(word: str) -> str:
    plain = re.escape(word).replace(r"\|", r"[ _-]?")
    start = r"(?<![a-z])" if word[0].isascii() else ""
    end = r"(?![a-z])" if word[-1].isascii() and word[-1].isalnum() else ""
    return start + plain + end


LABELS = re.compile(
    f"(?P<part>{PART}{COUNT})|(?P<decoy>{_words(DECOY)})|(?P<id>{_words(ID_CARD)})"
    f"|(?P<card>{_words(CARD_STRONG)})|(?P<weak>{_words(CARD_WEAK)})"
)
"""All labels; where two start together the one that stands first here wins, so longer ones come first."""

GAP = re.compile(
    r"(?:[\s:=#\"'“”‘’()（）\[\]【】<>《》_,，。.、?？!！~*/-]"
    r"|是|为|為|号|號|码|碼|有|如下|显示|顯示|的|在|这|這|个|個|那|就|给|給|发|你|您|我|了|呢|哦|啊|尾|也|还|叫|填|写|打|输入|给我|"
    r"is|was|are|were|no|nr|num|number|digits|of|the|my|for|this|that|it|it's|its|says|shows|to|full|id|code|and|和|跟|第[一二]个?){0,16}"
)
"""What may stand between a label and its number, matched over at most GAP_LIMIT characters."""
GAP_LIMIT = 20
LIST_GAP = re.compile(r"[\s,，、;；/|和跟及或+&]{1,6}|[\s,，、]{0,3}(?:and|or|还有|以及)[\s,，、]{0,3}")
AFTER = re.compile(
    r"[\s,，。.()（）-]{0,3}(?:这个|這個|这|這|就|都)?(?:是|为|is|are)?(?:我的|我们的|你们的|您的|个|一个|不是|my|the|your|our|not|a|an)?[\s]{0,2}"
)
"""What may stand between a number and a label behind it ("… 是订单号")."""

URL = re.compile(r"(?:https?://|www\.|t\.me/)[!-~]{1,3000}")
IS = r"(?:[\s\"'“”‘’()（）]{0,3}(?:是不是|是|为|為|就是|设的是|设成|改成了|改成|改为|改為|设置为|设置成|等于|填|输的是|输了|输|用的是|用|:|=|->|=>|(?:is|was|are|to|as|changed to|set to)(?![a-z]))){0,3}[\s\"'“”‘’()（）【\[「:=]{0,4}"
NUMBER = f"(?<!{DIGIT}){DIGIT}{{%s}}(?!{DIGIT})"
CVV_WORD = (
    r"(?:(?<![a-z])(?:cvv2?|cvc2?|cvn2?|csc|cav2|cid|security[ -]?code|card[ -]?verification(?:[ -]?(?:code|value|number))?)(?![a-z])"
    r"(?:码|号|數字|数字|number|code)?|(?:卡片)?安全码|安全碼|(?:卡)?(?:背面|背后|后面|反面)(?:的)?(?:最)?(?:后|末)?(?:面)?(?:的)?"
    r"(?:三|3|四|4)(?:位|个)(?:数字|数|安全码|码)?|(?:后|末)(?:三|3)位(?:安全)?(?:码)|3[ -]?digits? on (?:the )?back|(?:on )?the back)"
)
CVV = re.compile(f"{CVV_WORD}(?:号|码)?{IS}({NUMBER % '3,4'})")
CVV_AFTER = re.compile(f"({NUMBER % '3,4'}) ?(?:这个|这)?(?:就是|是|is(?: my| the)?|\\() ?(?:我的|卡的)?{CVV_WORD}")
SMS_WORD = (
    r"(?:(?:短信|手机|动态|校验|登录|支付)?(?:验证码|驗證碼|校验码|校驗碼|确认码)|动态码|動態碼|动态口令|动态密码|短信码|短信密码"
    r"|(?<![a-z])(?:verification|confirmation|security|one[ -]?time|sms|text|otp)[ -]?(?:pass)?(?:code|pin|password|number)(?![a-z])|(?<![a-z])otp(?![a-z]))"
)
SMS = re.compile(
    f"{SMS_WORD}(?:我收到的|收到的|收到了|收到|发来的|发来|短信|it sent|i got|they sent)?{IS}({NUMBER % '4,8'})(?! ?[元块秒分])"
)
SMS_AFTER = re.compile(
    f"({NUMBER % '4,8'}) ?(?:\\(|,|，)? ?(?:(?:就)?(?:是|为|為)(?:[^\\s0-9]{{0,8}})|is (?:your|my|the) ?(?:[a-z]{{1,12}} ){{0,2}}){SMS_WORD}"
)
EXPIRY_WORD = (
    r"(?:exp(?:iry|ires|iration)?(?:[ .-]?date)?\.?|valid(?:[ -]?thru|[ -]?until)?|有效期(?:限)?(?:至|到)?|到期日?)"
)
MONTH_YEAR = r"(?:0?[1-9]|1[0-2]) ?[/.\-年月 ] ?(?:20)?[2-4][0-9](?![0-9])|(?:0[1-9]|1[0-2])(?:20)?[2-4][0-9](?![0-9])|20[2-4][0-9][/.\-年](?:1[0-2]|0?[1-9])(?![0-9])"
EXPIRY = re.compile(f"{EXPIRY_WORD}{IS}((?<![0-9])(?:{MONTH_YEAR}))")
TRAIL = re.compile(
    f"[\\s,，;；/|、-]{{0,4}}(?:{EXPIRY_WORD})?{IS}((?<![0-9])(?:{MONTH_YEAR}))?(?:[\\s,，;；/|、-]{{1,3}}([0-9]{{3,4}})(?![0-9]| ?[元块.]))?"
)
"""Directly behind a card: month and year, then the three digits."""
