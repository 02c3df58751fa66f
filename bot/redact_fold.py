"""Seeing through disguises: one plain character for each way to write a letter, a digit or nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

_PAIRS = "〇0零0一1二2三3四4五5六6七7八8九9壹1贰2貳2叁3參3叄3肆4伍5陆6陸6柒7捌8玖9幺1"
CHINESE = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
_TRADITIONAL = (
    "號号碼码證证驗验後后單单訂订會会員员戶户終终機机電电話话時时間间額额發发動动態态訊讯係是設设為为這这個个給给顯显輸输"
    "總总條条執执業业稅税統统購购禮礼憑凭檢检備备貨货運运蹤踪護护貸贷儲储銀银聯联達达數数帳帐賬账編编標标籤签維维領领認认"
)
"""Characters of labels; numbers and sentences need no other."""
SIMPLIFIED = dict(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True))
CHINESE_CLASS = "".join(CHINESE)
_UNSEEN = frozenset("\ufe0f\ufe0e\u20e3\u034f\u3164\u115f\u1160\u180e\u2800")
_DASHES = frozenset("‐‑‒–—―−﹣－")
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Folded:
    """A text with disguises removed; `where[i]` is the place of `text[i]` in the original."""

    text: str
    where: Sequence[int]


class _Folding(dict[int, str]):
    """A translation table that works each character out once; zero-width ones become nothing."""

    def __missing__(self, code: int) -> str:
        if len(self) > _REMEMBERED:  # a hostile text may use every character there is
            self.clear()
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(char: str) -> str:
    if char in CHINESE:
        return char
    if char in SIMPLIFIED:
        return SIMPLIFIED[char]
    if char in _UNSEEN or unicodedata.category(char) in {"Cf", "Mn"}:
        return ""
    if char in _DASHES:
        return "-"
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", char).lower()
    return plain if len(plain) == 1 else char


_TABLE = _Folding()


def fold(text: str) -> Folded:
    """Return the text in lower case, full width as half width, any script's digits as 0-9, labels simplified."""
    folded = text.translate(_TABLE)
    if len(folded) == len(text):
        return Folded(folded, range(len(text)))
    return Folded(folded, [at for at, char in enumerate(text) if _TABLE[ord(char)]])


def utf16(text: str) -> int:
    """Return the length in UTF-16 units, which Telegram's entity offsets count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def units(text: str) -> Sequence[int]:
    """Return for each place in a text, and its end, how many UTF-16 units stand before it."""
    if text.isascii() or max(text, default="") <= "\uffff":
        return range(len(text) + 1)
    return list(accumulate((1 + (char > "\uffff") for char in text), initial=0))
