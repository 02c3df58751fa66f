"""Which parts of a text say what the merchant wants: clauses, and what a contrast takes back."""

from __future__ import annotations

import re

SHORT = 24  # up to so many units a text is read as a whole only
MOST = 6  # at most so many clauses of a long text are looked at one by one

_DENIAL = re.compile(
    r"^(?:(?:我|这|它|也|并|可|倒|机器|问题|不,)*(?:不是(?:说|因为|要|想)?|不用|不要|不想|不需要|不必|别|没说|没让|没要))"
    r"|^(?:no |it is |its |i |im |i am |this is |we )*(?:not|dont|do not|didnt|did not|doesnt|isnt)\b"
)
_TURN = re.compile(
    r"^(?:而是|但是|就是|其实是|我是|它是|是|我要|我想|我只|要|想|帮我|给我|但|只是|我说的是|我问的是|说的是|问的是|打出来)"
    r"|^(?:but|its|it is|i want|i need|i mean|i meant|just|rather|the |what i|im asking|i am asking|instead)\b"
)
_INSIDE = re.compile(r"(?:并|可)?不是[^,是]{1,14}?(?:而是|就是|,?是(?!不是))|not [^,]{1,40}? but ")


def without_denied(clean: str) -> str:
    """Return normalised text without what it denies before it says what it means.

    ``不是没纸,是打出来是白的`` becomes ``是打出来是白的``; a denial that nothing follows stays, for then it is
    the complaint itself.
    """
    if "不" not in clean and "not" not in clean and "nt " not in clean and "别" not in clean and "没" not in clean:
        return clean
    if clean.startswith(("是不是", "能不能")):
        return clean
    parts = clean.split(",")
    kept = [
        part
        for at, part in enumerate(parts)
        if not (at + 1 < len(parts) and _DENIAL.match(part) and _TURN.match(parts[at + 1]))
    ]
    return _INSIDE.sub("", ",".join(kept)) or clean


def clauses(clean: str) -> list[str]:
    """Return the clauses of normalised text, short neighbours joined, at most ``MOST`` of them."""
    parts: list[str] = []
    for part in clean.split(","):
        if parts and len(parts[-1]) < 6:
            parts[-1] += part
        elif part:
            parts.append(part)
    return parts[: MOST - 2] + parts[-2:] if len(parts) > MOST else parts
