"""A card number sent in pieces: when the last one comes, the earlier ones are erased wherever they went."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

from bot.redact import eraser, join_parts, wiped
from bot.store import pushing, scrubbing
from bot.store.base import Row, Tx
from bot.store.payloads import pack, unpack
from bot.store.times import read, stamp

if TYPE_CHECKING:
    from bot.store.inbox import Receipt

WITHIN = timedelta(seconds=60)
PARTS = 5
"""Earlier messages that are looked at; nobody sends a card in more pieces."""
LONGEST = 500
"""Characters of a message that can be such a piece."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the merchant: on the transcript (``message``) or still in the inbox only (0)."""

    inbox: int
    message: int
    text: str
    at: str
    payload: bytes
    remote: str


def concerned(receipt: Receipt) -> bool:
    """Tell whether an update may hold a piece of a number."""
    return _has_digits(receipt.said)


async def completed(tx: Tx, receipt: Receipt) -> Receipt:
    """Return the receipt as it may be stored: if it ends a card number, its part is hidden, the earlier ones erased."""
    if not concerned(receipt):
        return receipt
    earlier = [one for one in await _earlier(tx, receipt) if _near(one.at, receipt.said_at) and _has_digits(one.text)]
    if receipt.edits:
        for one in earlier:
            if one.remote == receipt.edits:
                await _erase(tx, receipt, one, wiped(one.text))
        return receipt
    if not earlier or len(receipt.said) > LONGEST:
        return receipt
    joined = join_parts([*(one.text for one in earlier), receipt.said])
    if not joined.found:
        return receipt
    for one, text in zip(earlier, _without(earlier, [part.text for part in joined.parts[:-1]]), strict=True):
        if one.text != text:
            await _erase(tx, receipt, one, text)
            if one.remote and receipt.channel in pushing.PUSHED:
                await pushing.push(tx, receipt.chat, receipt.channel, "delete", {"message": one.remote}, receipt.at)
    text = joined.parts[-1].text
    return replace(receipt, said=text, payload=_reworded(receipt.payload, receipt.said, text, "card"))


def described(payload: bytes, received_at: str) -> tuple[str, str, str]:
    """Return text, time and Telegram's message id of a stored update, "" each where it has none."""
    data: Any = unpack(payload or b"{}")
    update = data.get("update")
    if not isinstance(update, dict):
        return str(data.get("text") or ""), received_at, ""
    message = update.get("message") or update.get("edited_message")
    message = message if isinstance(message, dict) else {}
    date = message.get("edit_date") or message.get("date")
    at = received_at
    if isinstance(date, int):
        with contextlib.suppress(ValueError, OverflowError, OSError):  # a time that is none
            at = stamp(datetime.fromtimestamp(date, UTC))
    return str(message.get("text") or message.get("caption") or ""), at, str(message.get("message_id") or "")


def _without(earlier: Sequence[Said], clean: Sequence[str]) -> list[str]:
    """Return the earlier texts without the pieces, also where one of them was said twice."""
    hides = [eraser(one.text, text) for one, text in zip(earlier, clean, strict=True) if one.text != text]
    return [reduce(lambda text, hide: hide(text), hides, text) for text in clean]


async def _earlier(tx: Tx, receipt: Receipt) -> list[Said]:
    handled = await tx.all(
        """SELECT m.id AS message, m.text, m.at, COALESCE(m.inbox, 0) AS inbox, i.payload
           FROM messages m LEFT JOIN inbox i ON i.id = m.inbox
           WHERE m.chat = :chat AND m.direction = 'in' AND m.kind NOT IN ('press', 'read')
           ORDER BY m.id DESC LIMIT :most""",
        chat=receipt.chat, most=PARTS,
    )  # fmt: skip
    waiting = await tx.all(
        """SELECT id AS inbox, payload, received_at FROM inbox
           WHERE chat = :chat AND done_at IS NULL ORDER BY id DESC LIMIT :most""",
        chat=receipt.chat, most=PARTS,
    )  # fmt: skip
    found = [_handled(row) for row in reversed(handled)] + [_waiting(row) for row in reversed(waiting)]
    return [one for one in found if one.text and len(one.text) <= LONGEST][-PARTS:]


def _handled(row: Row) -> Said:
    payload = bytes(row["payload"] or b"")
    return Said(row["inbox"], row["message"], row["text"], row["at"], payload, _described(payload, "")[2])


def _waiting(row: Row) -> Said:
    payload = bytes(row["payload"])
    text, at, remote = _described(payload, row["received_at"])
    return Said(row["inbox"], 0, text, at, payload, remote)


def _described(payload: bytes, received_at: str) -> tuple[str, str, str]:
    try:
        return described(payload, received_at)
    except (ValueError, AttributeError):  # a timer's name, an update that could not be parsed
        return "", received_at, ""


def _has_digits(text: str) -> bool:
    return any(char.isnumeric() for char in text)


def _near(one: str, other: str) -> bool:
    return bool(one and other) and abs(read(one) - read(other)) <= WITHIN


async def _erase(tx: Tx, receipt: Receipt, said: Said, text: str) -> None:
    # a turn under way finds its update changed and begins anew, see turns.commit
    await tx.run("UPDATE inbox SET payload = :payload WHERE id = :id",
                 payload=_reworded(said.payload, said.text, text), id=said.inbox)  # fmt: skip
    if said.message:
        await scrubbing.scrub(tx, receipt.chat, receipt.channel, said.message, said.text, text, receipt.at)


def _reworded(payload: bytes, before: str, after: str, found: str = "") -> bytes:
    """Return a stored update whose text, wherever it stands in it, is another one."""
    try:
        data = unpack(payload or b"{}")
    except ValueError:
        return b""
    data = scrubbing.walked(data, _exactly(before, after))
    if found and isinstance(data, dict):
        data["found"] = sorted({*data.get("found", ()), found})
    return pack(data)


def _exactly(before: str, after: str) -> Callable[[str], str]:
    return lambda text: after if text == before else text
