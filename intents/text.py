"""What a merchant typed → one plain form: width, case, script, punctuation, emoji, length; its language.

All of it is pure and rests on the tables of ``tables.py``. Nothing here knows intents.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

from intents.model import Lang
from intents.tables import tables

HEAD, TAIL = 600, 300  # characters that are looked at at all, before normalising and after it (one may become 18)
UNITS_HEAD, UNITS_TAIL = 90, 40  # hanzi and words that are matched

_UNIT = re.compile(r"[a-z]+|[0-9]+|[%+]|[^\W\d_]")
_LATIN = re.compile(r"[a-z]+")
_SPACE = re.compile(r"\s*,[\s,]*|\s+")

# English and trade words that could be read as pinyin ("machine" is ma-chi-ne).
_NOT_PINYIN = frozenset(
    """
    a an ai ali alipay and app are bad ban bang bank bin bing binge came can cancel cane change china chip code come
    cone cope dan dang date debit die do dope dude due dune e en fan fanfare fang fee fine game gang gape gate gave
    gen gone guide gun hang he hen her hi hope hole huge june jane kate key lag lake lan land lane late lie like
    line link lone long lose lou made main make male man mange manage me mean men menu mine mobile mode mole mom
    mouse name nan net nine no none note o one open own page pan pen pie pin pine ping pole pose pos ran rang range
    rate re red refuse reset ride rose run ruse sale same sane sang sat sang send she shun side sim site size so
    song sun sung take tale tame tan tang tape ten tie tile time tone tongue tune type use wang wan wage wake wan
    wane wave we wife wifi win wine wing wipe woman women won wu yang yen you young zone bane bike bite case cane
    cause chance change dance den dine fa face fade fake fame fate file fire gene hate have here hide hire home
    house huawei joke lang life lime live lock love machine mate mile move none pane pause pei phone place please
    pope race rice ripe rise role rule safe sake sauce save sense shine since sine tense tide token tube tuna vote
    wide wise yo yuan sunmi la da de du le li lu ma mi na pa pu ta ti to tu ya yi ye ha hai haha hahaha banana china
    canada data media panda
    """.split()
)


def cut(text: str) -> str:
    """Return a text of bounded length: what is too long keeps its beginning and its end."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"


def half_width(text: str, most: int = HEAD + TAIL) -> str:
    """Return at most so many characters of a text, full-width and other compatible forms as the plain ones.

    It is cut before and after: one ligature may become 18 characters.
    """
    return unicodedata.normalize("NFKC", text[:most])[:most]


def normalise(text: str) -> str:
    """Return lower-case simplified text with clauses parted by ``,``; no emoji, no other punctuation.

    Full-width and styled letters become plain, Traditional Chinese becomes Simplified, zero-width and
    bidirectional marks vanish. The result of a normalised text is the same text.
    """
    clean = cut(cut(text).translate(tables().clean))
    return _SPACE.sub(lambda gap: "," if "," in gap[0] else " ", clean).strip(", ")


def units(clean: str) -> list[str]:
    """Split normalised text into hanzi, Latin words, numbers and single letters of other scripts, in order.

    Of a text of more than 130 units the first 90 and the last 40 remain.
    """
    found = _UNIT.findall(clean)
    if len(found) > UNITS_HEAD + UNITS_TAIL:
        return found[:UNITS_HEAD] + found[-UNITS_TAIL:]
    return found


def language(text: str) -> Lang:
    """Return the language to answer in: Chinese for hanzi and pinyin, Traditional where its hanzi prevail."""
    marks = tables()
    hanzi = sum("\u3400" <= char <= "\u9fff" for char in cut(text))
    words = _LATIN.findall(normalise(text))
    if not hanzi:
        return "en" if words and not speaks_pinyin(words) else "zh"
    if len(words) > hanzi and len(words) > 3:
        return "en"
    traditional = sum(char in marks.traditional for char in cut(text))
    return "zh-Hant" if traditional > sum(char in marks.simplified for char in cut(text)) else "zh"


@functools.lru_cache(maxsize=8192)
def spelled(word: str) -> str:
    """Return a Latin word read as pinyin as code points of syllables, "" if it cannot be read so.

    ``dayinji`` gives the three code points that 打印机 gives. English words may be readable too.
    """
    return _segment(word, tables().syllables) or "" if len(word) <= 40 else ""


def _segment(word: str, syllables: dict[str, str]) -> str | None:
    """Return the segmentation with the longest first syllables, or None."""
    ends: list[str | None] = [None] * len(word) + [""]
    for start in range(len(word) - 1, -1, -1):
        for end in range(min(len(word), start + 6), start, -1):
            rest = ends[end]
            if rest is not None and (code := _syllable(word[start:end], syllables)):
                ends[start] = code + rest
                break
    return ends[0]


def _syllable(part: str, syllables: dict[str, str]) -> str:
    return "" if part in ("m", "n", "hm", "o", "e") else syllables.get(part, "")


def speaks_pinyin(words: Sequence[str]) -> bool:
    """Are Latin words pinyin for the most part?

    English has words that look like pinyin ("balance" is ba-lan-ce), but few in a row.
    """
    return 5 * sum(word not in _NOT_PINYIN and len(spelled(word)) > 0 for word in words) >= 3 * max(len(words), 1)


def readings(found: Sequence[str]) -> list[str]:
    """Return for every unit its pinyin syllables as code points, "" for what is no Chinese.

    Latin words are read as pinyin beside hanzi, English look-alikes apart, and where most of a text is pinyin.
    """
    pinyin = tables().pinyin
    words = [unit for unit in found if unit.isascii() and unit.isalpha()]
    if not words:
        return [pinyin.get(ord(unit), "") if len(unit) == 1 else "" for unit in found]
    all_pinyin = speaks_pinyin(words)
    latin = all_pinyin or any(unit > "\u2fff" for unit in found)
    read = {word: spelled(word) for word in words if latin and (all_pinyin or word not in _NOT_PINYIN)}
    return [read.get(unit, "") if unit.isascii() else pinyin.get(ord(unit[0]), "") for unit in found]


def sounds(found: Sequence[str]) -> str:
    """Return units as code points of pinyin syllables; numbers and words that are no pinyin are left out."""
    return "".join(readings(found))
