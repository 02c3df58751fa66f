"""Response codes and screen prompts: which one a message names, and what each scheme means by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from intents.code_finder import find_code
from intents.model import Code, Lang, Text
from intents.text import half_width, normalise

SCHEMES: dict[str, Text] = {
    "unionpay": Text("银联", "UnionPay"),
    "international": Text("国际卡（Visa、万事达等）", "Visa, Mastercard and other international cards"),
    "vendor": Text("个别收单机构", "Some acquirers"),
    "prompt_zh": Text("中文屏幕提示", "Chinese prompt"),
    "prompt_en": Text("英文屏幕提示", "English prompt"),
    "wechat": Text("微信支付", "WeChat Pay"),
    "alipay": Text("支付宝", "Alipay"),
    "wallet": Text("扫码支付", "QR payments"),
}
"""Schemes and their names, in the order in which their meanings are told."""

_DIFFERS = Text(
    "同一个代码，各家意思不同，请对照屏幕上的文字：",
    "The same code differs by scheme; go by the words on the screen:",
)
_GENERIC = frozenset(("declined", "unknown", "referral", "noresponse", "nosignal"))
"""English prompts that people also use as plain words: taken only in capitals, or as the whole message."""

_SHORT = re.compile(r"[0-9A-Z]{2}")
_FILLING = re.compile(r"(?:\d{1,3}|xx) ?%")  # MEMORY 95% FULL
_GAP = re.compile(r"[ ,]+")
_MAX_PROMPT_TEXT = 2000


class CodeTable:
    """All codes and prompts of the knowledge base, ready to be found in a text and looked up."""

    def __init__(self, codes: Sequence[Code]) -> None:
        order = list(SCHEMES)
        self._entries: dict[str, tuple[Code, ...]] = {}
        for code in sorted(codes, key=lambda entry: order.index(entry.scheme) if entry.scheme in order else 99):
            for name in code.codes:
                key = squeeze(name)
                self._entries[key] = (*self._entries.get(key, ()), code)
        self.known: frozenset[str] = frozenset(_short_names(codes))
        self._prompts = tuple(_prompts(codes))

    def find(self, text: str) -> str | None:
        """Return the response code a message names, in its canonical form ("05", "Z1"), or None."""
        return find_code(text, self.known)

    def find_prompt(self, text: str) -> str | None:
        """Return the first code of the entry whose prompt a message quotes; the longest prompt wins, else None."""
        cut = text[:_MAX_PROMPT_TEXT]
        squeezed = squeeze(cut)
        for key, english, name in self._prompts:
            if key in squeezed and (not english or _quoted(cut, key, squeezed)):
                return name
        return None

    def lookup(self, code: str) -> tuple[Code, ...]:
        """Return what each scheme means by a code or prompt, UnionPay first; () if it is unknown."""
        return self._entries.get(squeeze(code), ())

    def differences(self, code: str, lang: Lang) -> str:
        """Return lines that say how the schemes differ about a code; "" if they agree or only one has it."""
        meanings: dict[str, str] = {}
        for entry in self.lookup(code):
            meanings.setdefault(entry.meaning.in_(lang), SCHEMES.get(entry.scheme, _DIFFERS).in_(lang))
        if len(meanings) < 2:
            return ""
        colon = ": " if lang == "en" else "："
        lines = [f"{scheme}{colon}{meaning}" for meaning, scheme in meanings.items()]
        return "\n".join((_DIFFERS.in_(lang), *lines))


def squeeze(text: str) -> str:
    """Return a text in small half-width letters and simplified hanzi, without gaps, marks and percentages."""
    return _GAP.sub("", _FILLING.sub("", normalise(text)))


def _short_names(codes: Sequence[Code]) -> Iterator[str]:
    for code in codes:
        yield from (name for name in code.codes if _SHORT.fullmatch(name) or name.isdigit())


def _prompts(codes: Sequence[Code]) -> list[tuple[str, bool, str]]:
    """Return (squeezed prompt, is it English, the entry's first code), the longest first."""
    found = [
        (squeeze(name), name.isascii(), code.codes[0])
        for code in codes
        for name in code.codes
        if (len(name) > 2 and not name.isdigit()) or not name.isascii()
    ]
    return sorted(found, key=lambda item: -len(item[0]))


def _quoted(text: str, key: str, squeezed: str) -> bool:
    """Tell whether an English prompt is quoted: as words of its own, and not as everyday words."""
    pattern = r"[\W_]*(?:\d+ ?%[\W_]*)?".join(key)
    found = re.search(rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])", half_width(text, _MAX_PROMPT_TEXT), re.IGNORECASE)
    if found is None:
        return False
    return key not in _GENERIC or squeezed == key or (found[0].isupper() and not text.isupper())
