"""What makes digits a card number or an identity number: schemes, lengths and check digits."""

from __future__ import annotations

import re
from datetime import date

SHORTEST, LONGEST = 13, 19
_SCHEMES = (
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"3(?:0[0-5]|09|[689])"), {14, 16, 17, 18, 19}),
    (re.compile(r"35(?:2[89]|[3-8])|6011|64[4-9]|65|220[0-4]|81[0-6]|817[01]|62"), {16, 17, 18, 19}),
    (re.compile(r"5[0678]|6|955|90|94|95|98|84|87|88"), {16, 17, 18, 19}),
)
_TYPED = re.compile(r"4|5[1-5]|62|3[47]|35[2-8]|6011|65")
_REGIONS = frozenset("11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 "
                     "71 81 82 83".split())  # fmt: skip
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn(digits: str) -> bool:
    """Tell whether the check digit of a card number fits."""
    values = [ord(char) - 48 for char in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def known_scheme(digits: str) -> bool:
    """Tell whether first digits and length are those of a card scheme."""
    return any(len(digits) in lengths and start.match(digits) for start, lengths in _SCHEMES)


def is_common_start(digits: str) -> bool:
    """Tell whether the first digits are those of a card that most merchants see."""
    return _TYPED.match(digits) is not None


def is_card(digits: str) -> bool:
    """Tell whether scheme, length and check digit all fit."""
    return known_scheme(digits) and luhn(digits)


def is_glued(digits: str) -> bool:
    """Tell whether digits are a card with month, year and perhaps three more digits behind it."""
    return any(
        len(rest := digits[size:]) in (4, 7)
        and "01" <= rest[:2] <= "12"
        and "24" <= rest[2:4] <= "49"
        and is_card(digits[:size])
        for size in (16, 19, 15)
    )


def is_identity(digits: str) -> bool:
    """Tell whether 18 characters are a Chinese identity number: region, birth date, check character."""
    if len(digits) != 18 or digits[:2] not in _REGIONS or not is_date(digits[6:14]):
        return False
    total = sum(weight * int(char) for weight, char in zip(_WEIGHTS, digits, strict=False))
    return "10X98765432"[total % 11] == digits[17].upper()


def is_date(digits: str) -> bool:
    """Tell whether eight digits are a day that somebody alive can be born on."""
    try:
        return 1900 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2035
    except ValueError:
        return False
