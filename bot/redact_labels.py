"""Finding the words that say what a number is: "卡号", "订单号", "serial no"."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path

from bot.redact_fold import fold

GAP_LIMIT, AFTER_LIMIT, LIST_LIMIT = 20, 12, 12
_GAP = re.compile(
    r"(?:[\s:=#\"'“”‘’()（）\[\]【】<>《》_,，。.、?？!！~*/-]|输入|如下|显示|顯示"
    r"|[是为為号號码碼有的在这這个個那就给給发你您我了呢哦啊也还叫填写打和跟]"
    r"|it's|its|is|was|are|were|now|no|nr|number|num|digits|of|the|my|for|this|that|it|says|shows|to|full|id|code|and){0,20}+"
)
_LIST = re.compile(r"[\s,，、;；/|和跟及或+&]{1,6}|[\s,，、]{0,3}(?:and|or|还有|以及)[\s,，、]{0,3}")
_AFTER = re.compile(
    r"[\s,，。.()（）-]{0,3}(?:这个|這個|[这這就都])?(?:是|为|is|are)?"
    r"(?:我的|我们的|你们的|您的|个|一个|不是|my|the|your|our|not|an?)?\s{0,2}"
)
_PART = re.compile(
    r"(?:[前后後末]|中间|剩下|剩余|余下|first|last|next|remaining)[ 面的]{0,2}"
    r"(?:[7-9]|1[0-9]|十[一二三四五六]?|[七八九]) ?(?:位数?|digits)"
)


def _load() -> dict[str, list[tuple[str, str]]]:
    """Return (word, kind) by first character, longest word first."""
    table: dict[str, list[tuple[str, str]]] = {}
    for line in Path(__file__).with_name("redact_words.txt").read_text(encoding="utf-8").splitlines():
        kind, colon, words = line.partition(": ")
        for word in words.split() if colon and not line.startswith("#") else ():
            for joint in ("", " ", "-", "_") if "+" in word else ("",):
                plain = fold(word.replace("+", joint)).text
                table.setdefault(plain[0], []).append((plain, kind))
    for found in table.values():
        found.sort(key=lambda pair: -len(pair[0]))
    return table


_WORDS = _load()
_STARTS = re.compile("[" + re.escape("".join(_WORDS)) + "]")


class Labels:
    """The labels of one folded text, in order and without overlap."""

    def __init__(self, text: str) -> None:
        self._text = text
        found = sorted([*_scan(text), *((m.start(), m.end(), "part") for m in _PART.finditer(text))])
        self._starts = [start for start, _, _ in found]
        self._kinds = [kind for _, _, kind in found]
        by_end = sorted((end, kind) for _, end, kind in found)
        self._ends, self._end_kinds = [end for end, _ in by_end], [kind for _, kind in by_end]

    def before(self, start: int) -> str:
        """Return the kind of the label that a number starting here is attached to, or nothing."""
        at = bisect_right(self._ends, start) - 1
        if at < 0 or start - self._ends[at] > GAP_LIMIT:
            return ""
        return self._end_kinds[at] if _GAP.fullmatch(self._text, self._ends[at], start) else ""

    def behind(self, end: int) -> str:
        """Return the kind of the label that follows a number ending here ("… is my order")."""
        at = bisect_left(self._starts, end)
        if at >= len(self._starts) or self._starts[at] - end > AFTER_LIMIT:
            return ""
        return self._kinds[at] if _AFTER.fullmatch(self._text, end, self._starts[at]) else ""


def is_list(between: str) -> bool:
    """Tell whether only commas or "and" stand between two numbers."""
    return len(between) <= LIST_LIMIT and _LIST.fullmatch(between) is not None


def _scan(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, kind) of every label, the longest at each place."""
    until = 0
    for match in _STARTS.finditer(text):
        start = match.start()
        if start < until:
            continue
        for word, kind in _WORDS[text[start]]:
            if text.startswith(word, start) and _is_whole(text, start, word):
                until = start + len(word)
                yield start, until, kind
                break


def _is_whole(text: str, start: int, word: str) -> bool:
    """Tell whether an English word is not a part of a longer one."""
    end = start + len(word)
    if word[0].isascii() and text[start - 1 : start].isascii() and text[start - 1 : start].isalpha():
        return False
    following = text[end : end + 1]
    return not (word[-1].isascii() and word[-1].isalpha() and following.isascii() and following.isalpha())
