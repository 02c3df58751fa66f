"""Character tables: one for normalisation, one for pinyin; built once and cached as a file.

OpenCC and pypinyin are only imported to build them: together they cost a second and 60 MB.
"""

from __future__ import annotations

import contextlib
import functools
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from intents.cache import cache_folder, write_atomically

BUILD = 4  # raise it when the way of building changes
CLAUSE_BREAKS = ",;!?，。；！？、…\n\r\v\f\u2028\u2029．｡·|~"
SYLLABLE_BASE = 0xE000  # syllables are written as private-use code points; messages cannot contain any
_HANZI = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x2EBE1))


@dataclass(frozen=True, slots=True)
class Tables:
    """Code point → replacement, for ``str.translate``; what is not in a table stays."""

    clean: dict[int, str]
    pinyin: dict[int, str]
    syllables: dict[str, str]
    traditional: frozenset[str]
    simplified: frozenset[str]


@functools.cache
def tables() -> Tables:
    """Return the tables, from the user's cache folder if they stand there."""
    stamp = f"{BUILD}-{version('opencc')}-{version('pypinyin')}-{unicodedata.unidata_version}"
    path = cache_folder() / f"tables-{stamp}.json"
    try:
        return _thaw(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError):
        frozen = _build()
    with contextlib.suppress(OSError):  # a read-only home: build again next time
        write_atomically(path, json.dumps(frozen, ensure_ascii=False).encode())
    return _thaw(frozen)


def _thaw(frozen: dict[str, dict[str, str]]) -> Tables:
    def by_code(name: str) -> dict[int, str]:
        return {int(code): text for code, text in frozen[name].items()}

    script = frozen["script"]
    return Tables(
        by_code("clean"),
        by_code("pinyin"),
        frozen["syllables"],
        frozenset(script["traditional"]),
        frozenset(script["simplified"]),
    )


def _build() -> dict[str, dict[str, str]]:
    simple, traditional, simplified = _scripts()
    clean = {}
    for code in _codes():
        char = chr(code)
        new = "".join(simple.get(part, part) for part in _clean(char))
        if new != char:
            clean[str(code)] = new
    pinyin, syllables = _pinyin(set(simple.values()))
    script = {"traditional": traditional, "simplified": simplified}
    return {"clean": clean, "pinyin": pinyin, "syllables": syllables, "script": script}


def _codes() -> Iterator[int]:
    yield from range(0xD800)
    yield from range(0xE000, 0x10000)
    yield from range(0x1D400, 0x1D800)  # styled Latin letters, favoured by spammers
    yield from range(0x1F000, 0x1FB00)  # emoji and enclosed letters
    yield from range(0xE0000, 0xE0200)  # invisible tags and variation selectors


def _clean(char: str) -> str:
    if char in CLAUSE_BREAKS:
        return ","
    if char in "%+":
        return char
    if char in "'’`´":
        return ""
    return "".join(_clean_part(part) for part in unicodedata.normalize("NFKD", char).casefold())


def _clean_part(part: str) -> str:
    kind = unicodedata.category(part)
    if part in CLAUSE_BREAKS:
        return ","
    if part in "%+":
        return part
    if kind[0] in "CM" or kind in ("So", "Sk"):
        return " " if part == "\t" else ""
    return " " if kind[0] in "PSZ" else part


def _scripts() -> tuple[dict[str, str], str, str]:
    """Return hanzi → simplified, and the hanzi that only one of the two scripts uses."""
    from opencc import OpenCC

    hanzi = [chr(code) for start, end in _HANZI for code in range(start, end)]
    text = "\n".join(hanzi)
    to_simple = OpenCC("t2s").convert(text).split("\n")
    to_traditional = OpenCC("s2t").convert(text).split("\n")
    simple = {char: new for char, new in zip(hanzi, to_simple, strict=True) if len(new) == 1}
    traditional = "".join(char for char, new in simple.items() if new != char)
    pairs = zip(hanzi, to_traditional, strict=True)
    simplified = "".join(char for char, new in pairs if new != char and simple[char] == char)
    return simple, traditional, simplified


def _pinyin(hanzi: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return hanzi → code point of its syllable without tone, and syllable → code point."""
    from pypinyin import lazy_pinyin
    from pypinyin.contrib.tone_convert import to_normal

    common = sorted(char for char in hanzi if len(char) == 1 and ord(char) < 0x10000)
    read = {char: to_normal(lazy_pinyin(char)[0]).replace("ü", "v") for char in common}
    read = {char: sound for char, sound in read.items() if sound.isascii() and sound.isalpha()}
    sounds = sorted(set(read.values()))
    codes = {sound: chr(SYLLABLE_BASE + at) for at, sound in enumerate(sounds)}
    return {str(ord(char)): codes[sound] for char, sound in read.items()}, codes
