"""Which of the offered choices a reply names: a number, an ordinal, a letter or a place in the list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from intents.reply_words import levelled

_MOST = 9  # without a list to count in, no reply names more than the ninth choice
_HANZI = "一二三四五六七八九"
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_SHORT = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th")

NUMBER_WORDS = frozenset(_NUMBERS + _ORDINALS)

_VALUE: dict[str, int] = {"两": 2, "十": 10} | {
    word: value for row in (_HANZI, _NUMBERS, _ORDINALS, _SHORT, "abcdef") for value, word in enumerate(row, 1)
}
_WORD = "|".join((*_NUMBERS, *_ORDINALS, "[1-9] ?(?:st|nd|rd|th)"))
_COUNTER = "(?:个|项|条|种|款|行|号|样|题|类|栏|按钮|选项|答案)"
_END_ZH = f" ?(?:{_COUNTER}|那|这|的|吧|啊|呀|呢|哦|啦|喇|了|嘛|嘅|情况|问题)*"
_SAY_ZH = "(?:我|要|想|觉得|感觉|可能|选择|选项|选|挑|拣|按|点|应该|就|是|系|属于|情况|答案|编号|数字|号码|啲|嗰|得| )*"
_SAY_EN = (
    "(?:(?:i|id|ill|im|will|would|like|pick|choose|chose|select|selected|want|take|go|with|for|its|it|is|option|opt|number|"
    "num|nr|no|choice|answer|case|item|button|the|my|think|say|mine|that|thats|probably|maybe|yes|ok|okay|please) ?)*"
)
_END_EN = "(?: ?(?:one|option|choice|please|pls|plz|i think|answer|item|thanks|button|on the list|from the list))*"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_SAY_ZH}第 ?(?P<n>[0-9]{{1,2}}|[{_HANZI}十]){_END_ZH}",
        rf"{_SAY_ZH}(?P<n>[0-9]{{1,2}}|[{_HANZI}]|[a-f])(?! ?[个条种款行样类]){_END_ZH}",
        rf"{_SAY_EN}\b(?P<n>[0-9]{{1,2}}|{_WORD}|[a-f])\b{_END_EN}",
        rf"(?:di ?|xuan(?: ?ze)? ?(?:di ?)?)(?P<n>[0-9]|{'|'.join(('yi', 'er', 'san', 'si', 'wu', 'liu'))})(?: ?ge)?",
    )
)
_PINYIN = {"yi": 1, "er": 2, "san": 3, "si": 4, "wu": 5, "liu": 6}
_LAST = re.compile(
    rf"{_SAY_ZH}(?:最后|最尾|末尾|最下面|最底下|最下边|倒数第一){_END_ZH}一?{_END_ZH}"
    r"|(?:the |pick |choose )*(?:last|bottom|final|lowest)(?: one| option| choice)?"
)
_FIRST = re.compile(
    rf"{_SAY_ZH}(?:最上面|最上边|最顶上|最前面|头一|首){_END_ZH}|(?:the )?(?:top|topmost)(?: one| option)?"
)
_MIDDLE = re.compile(rf"{_SAY_ZH}(?:中间|当中|正中间){_END_ZH}|(?:the )?middle(?: one| option)?")


def labelled(clean: str, choices: Sequence[str]) -> int | None:
    """Return the number (from 1) of the choice whose label the normalised reply is, else None."""
    labels = [levelled(label) for label in choices]
    return labels.index(clean) + 1 if clean in labels else None


def numbered(clause: str, choices: Sequence[str]) -> int | None:
    """Return the number of the choice that a normalised clause names, else None.

    "The last" and "the middle one" need the list of choices; a number beyond its end is no choice.
    """
    most = len(choices) or _MOST
    number = _spoken(clause) or _placed(clause, len(choices))
    return number if number and number <= most else None


def _spoken(clause: str) -> int | None:
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(clause):
            word = found["n"]
            if word.isdigit():
                return int(word)
            return _VALUE.get(word) or _VALUE.get(word.replace(" ", "")) or _PINYIN.get(word)
    return None


def _placed(clause: str, count: int) -> int | None:
    if _LAST.fullmatch(clause):
        return count or None
    if _FIRST.fullmatch(clause):
        return 1
    return count // 2 + 1 if count % 2 and _MIDDLE.fullmatch(clause) else None
