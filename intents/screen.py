"""What the text of a terminal's screen says: its response code or prompt, told from all else that stands there.

A screen is not a sentence: amounts, times, terminal and batch numbers stand beside the code in lines of their own.
They are taken out first; what is left is judged by its place: after "应答码" or "ERROR", before or after words, in
brackets, under "交易失败".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from intents.codes import CodeTable, squeeze
from intents.model import Code

SHOWN = 3
"""Lines of a screen that are shown to the merchant for confirming."""
_MAX_LINES, _MAX_LINE = 40, 120
_ENOUGH = 3
"""Points from which a number is taken for the code."""
_GAP = "\x00"

_FAULTY = r"(?P<faulty>无效的?|无此|找不到|(?:INVALID|WRONG|BAD|NO SUCH|UNKNOWN) )?"
_SEP = r"[\s:：#.=-]*"
_LABELLED = re.compile(
    _FAULTY + r"(?:"
    r"金额" + _SEP + r"(?:RMB|CNY|[¥$])?\s*\d[\d,]*(?:\.\d+|元|(?<=\d{3}))元?"
    r"|(?:终端|商户|设备|序列|门店|机具)(?:编?号|ID)?" + _SEP + r"[\dA-Z]{6,}"
    r"|(?:批次|凭证|流水|参考|订单|票据|授权|检索|笔数|期数|分期)(?:编?[号码])?" + _SEP + r"\d[\dA-Z]*"
    r"|(?:操作|柜|收银|营业|店)员(?:编?号|ID)?" + _SEP + r"\d{1,4}"
    r"|卡号" + _SEP + r"[\d* X]{6,}"
    r"|有效期" + _SEP + r"[\d/*]+"
    r"|(?:客服|热线|电话|TEL|CALL|HOTLINE)(?:热线|电话)?" + _SEP + r"[\d-]{5,}"
    r"|\b(?:AMOUNT|AMT|TOTAL|TIP|BASE|CASH ?BACK)" + _SEP + r"(?:RMB|CNY|USD|EUR|HKD|[¥$€£])?\s*\d[\d,]*\.?\d+"
    r"|\b(?:TID|MID|SN|S/N|TERMINAL(?: ?ID)?|MERCHANT(?: ?ID)?|SERIAL(?: NO)?)" + _SEP + r"[\dA-Z]{5,}"
    r"|\b(?:BATCH|TRACE|STAN|INVOICE|RRN|REF(?:ERENCE)?|ROC|SEQ|TICKET|APPR(?:OVAL)?|AUTH|AID|TVR|TSI)"
    r"(?: ?(?:NO|NUM|NUMBER|CODE|ID|#))?" + _SEP + r"\d[\dA-Z]*"
    r"|\b(?:CLERK|OPERATOR|CASHIER|USER|OPER|SERVER|STORE|LANE|POS ?(?:NO|ID)?)(?: ?(?:NO|ID))?" + _SEP + r"\d{1,4}\b"
    r"|\b(?:CARD|PAN)(?: ?(?:NO|NUMBER))?" + _SEP + r"[\d* X]{6,}"
    r"|\bEXP(?:IRY|\.)?(?: DATE)?" + _SEP + r"[\d/*]+"
    r")"
)
"""A label with its number; what says that the labelled thing is at fault ("无效金额 13") is left alone."""
_SHAPED = re.compile(
    r"\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?|(?<!\d)\d{1,2}月\d{1,2}日?|(?<!\d)\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?!\d)"
    r"|[¥$€£]\s*\d[\d,.]*|\d[\d,]*\.\d+|\d+ ?[%％℃]|\d+ ?(?:元|秒|分钟|S\b|SEC|个|笔|张|次|天)"
    r"|\bV ?\d[\d.]*|(?:\d{1,3}\.){3}\d{1,3}|[\d*X]*\*+[\d*X]*|(?<!\d)\d+ ?/ ?\d+(?!\d)"
    r"|(?<![0-9A-Z])[2345]G\b(?: ?\d{1,3}\b)?|\b\d[.、)] ?(?=[A-Z\u4e00-\u9fff])"
)
_LONG = re.compile(r"\d{5,}")
_LABEL = re.compile(
    r"(?:(?<!密)(?<!付款)(?<!授权)(?<!验证)(?<!校验)(?<!条)(?<!维)(?<!扫)码|错误|故障|\bRESP(?:ONSE)?|\bRSP|\bRC|\bRES"
    r"|\bERR(?:OR)?(?: NO)?|(?<!AUTH )(?<!APPR )(?<!APPROVAL )CODE|\bFAULT|\bE)[\s:：.=#(\[【-]*(?:是|为)?\s*$"
)
_FAILED = re.compile(
    r"(?:失败|拒绝|不成功|终止|取消|DECLINED?|REFUSED|FAILED|FAILURE|REJECTED|DENIED|NOT COMPLETED)[\s:：,，.!！(\[-]*$"
)
_DECOY_LABEL = re.compile(
    r"(?:[操柜收店]\S{0,2}员号?|(?<!无效)金额|批次号?|凭证号?|流水号?|期数|CLERK|OPERATOR|CASHIER|BATCH)[\s:：]*$"
)
_TOKEN = re.compile(r"(?<![0-9A-Z.])(?:[0-9A-Z]{2}|\d{5}|\d)(?![0-9A-Z]|\.\d)")
_WORDS = re.compile(r"[\u4e00-\u9fff]{2,}|[A-Z]{3,}")
_HANZI = re.compile(r"[\u4e00-\u9fff]")
_ALIKE = str.maketrans("OQDILSBGZ", "000115862")
_GENERIC = ("declined", "unknown", "referral", "noresponse", "nosignal")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a screen says: the code or prompt it leads to (None if it names none), and the lines that say so."""

    code: str | None
    text: str


@dataclass(frozen=True, slots=True)
class _Found:
    points: int
    line: int
    code: str


def focus(text: str, table: CodeTable, codes: Sequence[Code]) -> str:
    """Return the lines of a screen that matter, the code first; "" if it holds no words at all."""
    return read(text, table, codes).text


def read(text: str, table: CodeTable, codes: Sequence[Code]) -> Reading:
    """Return what a screen says; the lines as they were read from a photo, in reading order."""
    lines = [line.strip()[:_MAX_LINE] for line in text.splitlines() if line.strip()][:_MAX_LINES]
    plain = _without_decoys(lines, table)
    best = max(_candidates(plain, table), key=lambda found: (found.points, -found.line), default=None)
    if best is not None and best.points >= _ENOUGH:
        return Reading(best.code, _shown_code(lines, plain, best, table))
    return _prompt(lines, plain, table, codes) or Reading(None, "\n".join(_worded(lines, plain)[:SHOWN]))


def _without_decoys(lines: Sequence[str], table: CodeTable) -> list[str]:
    """Return the lines in half-width capitals, numbers that are no code cut out."""

    def keep(found: re.Match[str]) -> str:
        return found[0] if found[0] in table.known else _GAP

    def unless_faulty(found: re.Match[str]) -> str:
        return found[0] if found["faulty"] else _GAP

    plain = []
    for line in lines:
        half = unicodedata.normalize("NFKC", line).upper()
        plain.append(_LONG.sub(keep, _SHAPED.sub(_GAP, _LABELLED.sub(unless_faulty, half))))
    return plain


def _candidates(plain: Sequence[str], table: CodeTable) -> Iterator[_Found]:
    for number, line in enumerate(plain):
        above = plain[number - 1] if number else ""
        for found in _TOKEN.finditer(line):
            before, after = line[: found.start()], line[found.end() :]
            labelled = bool(_LABEL.search(before) or (not before.strip() and _LABEL.search(above)))
            if code := _code(found[0], labelled, after, table):
                points = _points(before, after, above, labelled) - (code != found[0])
                below = plain[number + 1] if number + 1 < len(plain) else ""
                if not before.strip() and not after.strip() and _WORDS.search(above + below):
                    points += 1
                yield _Found(points + code[0].isalpha(), number, code)


def _code(token: str, labelled: bool, after: str, table: CodeTable) -> str | None:
    """Return the code that a token stands for, letters and digits that look alike mended."""
    if len(token) == 1:
        return "0" + token if labelled and "0" + token in table.known else None
    if token.isalpha():
        mended = token.translate(_ALIKE)
        ends = not re.match(r"\s*[A-Z]", after)
        if labelled and ends:
            return token if token in table.known else mended if mended in table.known else None
        return None
    if token in table.known:
        return None if len(token) == 5 and not labelled else token
    first, second = token.translate(_ALIKE)
    return next(
        (mended for mended in (token[0] + second, first + token[1], first + second) if mended in table.known), None
    )


def _points(before: str, after: str, above: str, labelled: bool) -> int:
    """Return how much the place of a number speaks for a code."""
    if labelled:
        return 7
    start = not before.strip()
    if (start and _DECOY_LABEL.search(above)) or _DECOY_LABEL.search(before):
        return -5
    points = 0
    if _FAILED.search(before):
        points += 5
    elif start and _FAILED.search(above):
        points += 3
    if re.search(r"[(\[【<「]\s*$", before) and re.match(r"\s*[)\]】>」]", after):
        points += 4
    if start and re.match(r"[\s:：,，.、-]*(?:[\u4e00-\u9fff]{2}|[A-Z]{2})", after):
        points += 4
    if not re.match(r"\s*\S", after) and re.search(r"(?:[\u4e00-\u9fff]{2}|[A-Z]{3})[\s:：,，-]*$", before):
        points += 3
    return points


def _shown_code(lines: Sequence[str], plain: Sequence[str], best: _Found, table: CodeTable) -> str:
    """Return at most three lines that a merchant can compare with the screen, and that say the code for sure."""
    near = [place for place in (best.line, best.line + 1, best.line - 1, best.line + 2) if 0 <= place < len(lines)]
    chosen = [place for place in near if place == best.line or (_has_words(plain[place]) and _GAP not in plain[place])]
    for count in (2, 1):
        shown = "\n".join(_tidy(lines[place], plain[place]) for place in sorted(chosen[:count]))
        if table.find(shown) == best.code:
            return shown
    body = [_tidy(lines[place], plain[place]) for place in sorted(chosen[: SHOWN - 1])]
    word = "代码" if any(_HANZI.search(line) for line in body) else "Code"
    for kept in (body, [line for line in body if line != _tidy(lines[best.line], plain[best.line])], []):
        shown = "\n".join((f"{word} {best.code}", *kept))
        if table.find(shown) == best.code:
            return shown
    return f"{word} {best.code}"


def _prompt(lines: Sequence[str], plain: Sequence[str], table: CodeTable, codes: Sequence[Code]) -> Reading | None:
    """Return the prompt that a screen quotes: exact before misread, a particular one before "DECLINED"."""
    exact = [(len(squeeze(name)), -place) for place, name in _quoted(plain, table)]
    if exact:
        place = -max(exact)[1]
        shown = _tidy(lines[place], plain[place])
        for candidate in (shown, *(name for at, name in _quoted(plain, table) if at == place)):
            if name := table.find_prompt(candidate):
                return Reading(name, candidate)
    return _misread(plain, codes) or _plain_refusal(plain, table)


def _quoted(plain: Sequence[str], table: CodeTable) -> list[tuple[int, str]]:
    found = []
    for place, line in enumerate(plain):
        name = table.find_prompt(line.replace(_GAP, " "))
        if name and squeeze(name) not in _GENERIC:
            found.append((place, name))
    return found


def _misread(plain: Sequence[str], codes: Sequence[Code]) -> Reading | None:
    """Return the prompt nearest to a whole line, a letter or two of it misread."""
    names = [(squeeze(name), name, code.codes[0]) for code in codes for name in code.codes]
    found = []
    for line in plain:
        key = squeeze(line.replace(_GAP, " "))
        for wanted, name, first in names:
            size = len(wanted) // 2 if name.isascii() else len(wanted)
            slack = 2 if size >= 6 else 1 if size >= 4 else 0
            if slack and (off := Levenshtein.distance(key, wanted, score_cutoff=slack)) <= slack:
                found.append((off, -len(wanted), first, name))
    return Reading(*min(found)[2:]) if found else None


def _plain_refusal(plain: Sequence[str], table: CodeTable) -> Reading | None:
    for name in ("NO RESPONSE", "NO SIGNAL", "REFERRAL", "DECLINED"):
        for line in plain:
            if re.search(rf"\b{name}\b", line) and (first := table.find_prompt(name)):
                return Reading(first, name)
    return None


def _worded(lines: Sequence[str], plain: Sequence[str]) -> list[str]:
    """Return the lines with words in them, without keys, amounts and numbers."""
    return [_tidy(line, bare) for line, bare in zip(lines, plain, strict=True) if _has_words(bare)]


def _has_words(plain: str) -> bool:
    return bool(_WORDS.search(plain.replace(_GAP, " ")))


def _tidy(line: str, plain: str) -> str:
    """Return a line as it was read; without the numbers that were cut out of it."""
    if _GAP not in plain:
        return line
    return " ".join(plain.replace(_GAP, " ").split()) or line
