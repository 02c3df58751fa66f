"""A card number sent in pieces: its last piece makes the bot erase the others wherever they went."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redaction_corpus import SCHEMES, UNION, pan
from redaction_decoys import SEED
from support import rows, turn

from bot.channels import local
from bot.redact import join_parts
from bot.service import Service
from bot.store import inbox
from bot.store.base import Database
from bot.store.times import stamp

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CHAT = "web:1"


def cut(number: str, rng: random.Random) -> list[str]:
    """Cut a number as people do: in fours, in two, six and the rest, or over three messages."""
    fours = [number[at : at + 4] for at in range(0, len(number), 4)]
    half = 4 * rng.choice((1, 2, 3))
    ways = (fours if len(fours) <= 5 else [number], [number[:half], number[half:]], [number[:6], number[6:]],
            [" ".join(fours[:2]), " ".join(fours[2:])], [number[:4], number[4:8], number[8:]])  # fmt: skip
    return list(rng.choice(ways))


def sent_in_pieces(count: int) -> list[list[str]]:
    rng = random.Random(SEED)
    found = []
    for at in range(count):
        number = pan(rng) if at % 2 else pan(rng, rng.choice(UNION), rng.choice((16, 17, 18, 19)), valid=False)
        parts = cut(number, rng)
        parts[0] = rng.choice(("", "卡号", "卡号 ", "客人的卡是", "my card: ", "卡號")) + parts[0]
        parts[-1] += rng.choice(("", "", " 刷不了", "，扣了两次", " was declined"))
        found.append(parts)
    return found


def answers(count: int) -> list[list[str]]:
    """Return what merchants answer one after the other: phones, amounts, times, serials, last digits, references."""
    rng = random.Random(SEED)

    def digits(many: int) -> str:
        return "".join(rng.choices("0123456789", k=many))

    makers = (
        lambda: "1" + rng.choice("3578") + digits(9), lambda: str(rng.randrange(1, 99999)), lambda: digits(4),
        lambda: f"{rng.randrange(1, 9999)}.{digits(2)}", lambda: f"{rng.randrange(24)}:{rng.randrange(60):02}",
        lambda: f"N{digits(10)}", lambda: digits(12), lambda: "898310" + digits(9), lambda: digits(8),
        lambda: f"电话1{rng.choice('3578')}{digits(9)}", lambda: f"尾号{digits(4)}", lambda: f"{digits(3)}元",
        lambda: f"参考号{digits(12)}", lambda: "报" + digits(2), lambda: "2026031" + digits(1),
    )  # fmt: skip
    return [[rng.choice(makers)() for _ in range(rng.choice((2, 2, 3, 4)))] for _ in range(count)]


def test_cards_in_pieces_are_found() -> None:
    lines = sent_in_pieces(2000)
    assert len({prefix for prefix, _ in SCHEMES}) > 20
    missed = [parts for parts in lines if not join_parts(parts).found and not any(p.found for p in join_parts(parts).parts)]
    assert len(missed) <= 0.005 * len(lines), missed[:20]


def test_answers_one_after_the_other_are_no_card() -> None:
    lines = answers(4000)
    touched = [parts for parts in lines if join_parts(parts).found]
    assert len(touched) <= 0.005 * len(lines), touched[:20]
