"""A card number sent in pieces: its last piece makes the bot erase the others wherever they went."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from emulator import Emulator
from leftovers import places, shown, visible
from staffgroup import GROUP, at_work, open_one, settled, until
from support import open_ticket, row, rows, turn
from telegram import Bot

from bot.channels import local
from bot.dialogue.engine import Dialogue
from bot.redact import join_parts
from bot.service import Service
from bot.store import inbox
from bot.store.base import Database
from bot.store.support import search
from bot.store.times import stamp
from tests.redaction_corpus import SCHEMES, UNION, pan
from tests.redaction_decoys import SEED

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
    missed = [
        parts for parts in lines if not join_parts(parts).found and not any(p.found for p in join_parts(parts).parts)
    ]
    assert len(missed) <= 0.005 * len(lines), missed[:20]


def test_answers_one_after_the_other_are_no_card() -> None:
    lines = answers(4000)
    touched = [parts for parts in lines if join_parts(parts).found]
    assert len(touched) <= 0.005 * len(lines), touched[:20]


def piece(text: str, seconds: float, key: str) -> inbox.Receipt:
    return local.typed("web", CHAT, key, text, stamp(NOW + timedelta(seconds=seconds)))


async def test_the_first_piece_is_erased_when_the_last_comes(db: Database, service: Service) -> None:
    first, last = "6222 0212 34", "56 7890 123 刷不了"
    await db.write(inbox.receive, [piece(first, 0, "a")])
    await service.drain()
    await turn(db, lambda: NOW + timedelta(seconds=5), CHAT, "好", (), channel="web")
    await db.write(inbox.receive, [piece("不对，重发 6222 0212 34", 8, "b")])
    await service.drain()
    await db.write(inbox.receive, [piece(last, 50, "c")])
    await service.drain()
    assert await places(db, "6222", "0212 34", "56 7890", "7890") == {}
    said = await rows(db, "SELECT text FROM messages WHERE direction = 'in' ORDER BY id")
    assert [row["text"] for row in said] == ["•••• •••• ••", "好", "不对，重发 •••• •••• ••", "•• •••0 123 刷不了"]


async def test_pieces_that_wait_together_are_erased_too(db: Database, service: Service) -> None:
    for at, text in enumerate(("卡号6222", "0212", "3456", "7890123")):
        await db.write(inbox.receive, [piece(text, at, f"piece {at}")])
    await service.drain()
    assert await places(db, "6222", "0212", "3456", "7890") == {}
    told = await rows(db, "SELECT text FROM messages WHERE direction = 'out' AND text LIKE '%已隐藏%'")
    assert len(told) == 1, "the merchant is told once"


async def test_a_turn_under_way_begins_anew_when_its_words_are_erased(db: Database, service: Service) -> None:
    await db.write(inbox.receive, [piece("6222 0212 3456", 0, "a")])
    work = (await db.read(inbox.waiting, 1))[0]
    await db.write(inbox.receive, [piece("7890 123", 5, "b")])
    await service._handle(work)  # it was claimed before the second piece came
    await service.drain()
    assert await places(db, "0212", "3456", "7890") == {}
    assert (await db.read(inbox.depth))["count"] == 0


@pytest.mark.parametrize(("first", "seconds", "second"), [
    ("6222 0212 3456", 61, "7890 123"), ("13800138000", 5, "128.00"), ("我电话13800138000", 5, "6222 元"),
    ("订单号6222021234", 5, "567890123"),
])  # fmt: skip
async def test_what_is_no_card_stays(
    db: Database, service: Service, first: str, seconds: float, second: str
) -> None:  # fmt: skip
    await db.write(inbox.receive, [piece(first, 0, "a")])
    await db.write(inbox.receive, [piece(second, seconds, "b")])
    await service.drain()
    said = await rows(db, "SELECT text FROM messages WHERE direction = 'in' ORDER BY id")
    assert [row["text"] for row in said] == [first, second]


async def test_a_piece_is_erased_from_ticket_search_and_session(db: Database, service: Service) -> None:
    await db.write(inbox.receive, [piece("6222 0212 3456", 0, "a")])
    await service.drain()
    said = {"details": "6222 0212 3456 怎么办", "serial": "622202123456"}
    number = await open_ticket(db, lambda: NOW, CHAT, said="打不出小票", channel="web", **said)
    await db.write(inbox.receive, [piece("7890 123", 5, "b")])
    await db.write(search.compact)
    assert await places(db, "0212 3456", "02123456") == {}
    assert (await row(db, number))["serial"] == "•" * 12


async def test_pieces_are_erased_at_telegram_and_in_the_staff_group(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:  # fmt: skip
    async with at_work(bot, db, dialogue):
        await open_one(db)
        await until(lambda: telegram.chat_state(GROUP)["topics"])
        first = telegram.user_text(5, "客人刷的 4111 1111")
        await until(lambda: "4111 1111" in shown(telegram, GROUP))
        last = telegram.user_text(5, "1111 1111 刷不了")
        await until(lambda: not visible(telegram, 5, first) and not visible(telegram, 5, last))
        await until(lambda: "4111" not in shown(telegram, GROUP) and "•••• 1111 刷不了" in shown(telegram, GROUP))
        await settled(db)
        assert "客人刷的 •••• ••••" in shown(telegram, GROUP)
        await db.write(search.compact)
        assert await places(db, "4111", "1111 1") == {}


async def test_an_edit_that_completes_a_card_erases_what_stood_there_before(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:  # fmt: skip
    async with at_work(bot, db, dialogue):
        message = telegram.user_text(5, "客人刷的 6222 0212")
        await until(lambda: telegram.texts(5))
        telegram.user_edit(5, message["message_id"], "客人刷的 6222 0212 3456 7890 123")
        await until(lambda: not visible(telegram, 5, message))
        await settled(db)
        assert await places(db, "6222", "0212") == {}
