"""Random Telegram updates, valid ones bent and absurd ones, from raw JSON to what the dialogue gets."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from bot.channels import local, polling, telegram
from bot.errors import UndecodableUpdate
from bot.service import Decoded
from bot.store.inbox import Work
from tests.fuzz import words
from tests.fuzz.merchant import need
from tests.fuzz.run import Fuzz, Step

AT = "2026-03-02T09:00:00.000+00:00"
CARD = "4111111111111111"
_CARD = re.compile(rf"(?<![0-9]){CARD}(?![0-9])".encode())
LEAVES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 10**30, -(10**30), 1.5, 1e308, float("inf"), "", "x", "5", "\x00",
    "\ud800", "😀", [], {}, [[]], {"id": 5}, [{"type": "bold", "offset": 0, "length": 10**9}], "a" * 5000,
)  # fmt: skip
PIECES = (
    b"", b"{", b"[" * 200, b'"', b"\\", b"\xff", b"\x00", b"1" * 5000, b"NaN", b"-", b"1e999", b"\\ud800", b"null",
)  # fmt: skip
"""What is put into the bytes of an answer."""
_USER = {"id": 5, "is_bot": False, "first_name": "Li", "last_name": "Wang", "language_code": "zh-hans"}
_CHAT = {"id": 5, "type": "private", "first_name": "Li"}
_FILE = {"file_id": "AgAC1", "file_unique_id": "u1", "file_size": 10}
_PHOTO = [{**_FILE, "width": 90, "height": 60}, {**_FILE, "width": 900, "height": 600}]
_MESSAGE: dict[str, Any] = {"message_id": 7, "date": 1772442000, "chat": _CHAT, "from": _USER}
CONTENTS: tuple[dict[str, Any], ...] = (
    {"text": "打不出小票"}, {"text": "/start sn_1", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
    {"photo": _PHOTO, "caption": "报91"}, {"voice": {**_FILE, "duration": 3, "mime_type": "audio/ogg"}},
    {"video": {**_FILE, "width": 1, "height": 1, "duration": 1}}, {"document": {**_FILE, "file_name": "a.pdf"}},
    {"sticker": {**_FILE, "width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular"}},
    {"location": {"latitude": 31.2, "longitude": 121.5}},
    {"contact": {"phone_number": "13800138000", "first_name": "L"}},
    {"dice": {"emoji": "🎲", "value": 3}}, {"text": "x", "reply_to_message": {**_MESSAGE, "text": CARD}},
    {"text": "x", "forward_origin": {"type": "hidden_user", "sender_user_name": "S", "date": 1}},
    {"new_chat_members": [_USER]}, {"video_note": {**_FILE, "length": 1, "duration": 1}},
    {"poll": {"id": "1", "question": "?", "options": [{"text": "a", "voter_count": 0}], "total_voter_count": 0,
              "is_closed": False, "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}},
    {"text": f"卡号{CARD}", "quote": {"text": CARD, "position": 0}},
)  # fmt: skip


def make() -> Fuzz:
    """Return the fuzzer; a case is one update, or the bytes of an answer that holds some."""
    return _fuzz


def _fuzz(dice: random.Random) -> Iterator[Step]:
    roll = dice.random()
    if roll < 0.05:
        yield Case(_typed, dice.choice((_row(dice), json.dumps(absurd(dice, 3)).encode())))
    elif roll < 0.15:
        yield Case(_taken, absurd(dice, 4))
    elif roll < 0.25:
        yield Case(_answered, _bytes(dice))
    else:
        yield Case(_taken, bent(dice))


def bent(dice: random.Random) -> dict[str, Any]:
    """Return an update of a merchant with some of its values changed."""
    update = valid(dice)
    for _ in range(dice.choice((0, 1, 1, 2, 3))):
        bend(dice, update)
    return update


def _bytes(dice: random.Random) -> bytes:
    """Return the body of an answer to getUpdates, with some of its bytes replaced, cut or doubled."""
    given = {"ok": True, "result": [valid(dice) for _ in range(dice.randint(1, 3))]}
    body = bytearray(json.dumps(given, ensure_ascii=dice.random() < 0.5).encode())
    for _ in range(dice.randint(1, 4)):
        body = body or bytearray(b"{")
        at, end = dice.randrange(len(body)), dice.randrange(len(body)) if dice.random() < 0.2 else 0
        body[at : max(at, end)] = dice.choice(PIECES) if dice.random() < 0.5 else bytes((dice.randrange(256),))
    return bytes(body)


def _answered(body: bytes) -> None:
    for update in polling.parse(body) or ():
        _taken(update)
    if polling.parse(body) is None:
        number = telegram.named(body)
        need(number is None or 0 <= number < 10**18, "an offset out of range", number)


class Case:
    """One update and what is done with it."""

    def __init__(self, do: Callable[[Any], None], given: Any) -> None:
        self._do = do
        self._given = given

    def __call__(self) -> None:
        self._do(self._given)

    def __str__(self) -> str:
        return repr(self._given)


def valid(dice: random.Random) -> dict[str, Any]:
    """Return an update as Telegram sends it."""
    message = copy.deepcopy({**_MESSAGE, **dice.choice(CONTENTS)})
    if "text" in message and dice.random() < 0.5:
        message["text"] = words.text(dice)
    number = dice.randrange(10**9)
    kind = dice.choice(("message", "message", "message", "edited_message", "callback_query"))
    if kind == "callback_query":
        data = dice.choice(("aBc:1", "", ":", "x:²", "é:1", "x:9999", "a" * 64, "x:-1", "x:１"))
        query = {"id": "1", "from": copy.deepcopy(_USER), "chat_instance": "1", "data": data, "message": message}
        return {"update_id": number, kind: query}
    return {"update_id": number, kind: message | ({"edit_date": 1772442001} if kind == "edited_message" else {})}


def bend(dice: random.Random, update: dict[str, Any]) -> None:
    """Change one value of an update, somewhere inside."""
    node: Any = update
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = dice.choice(keys)
        if isinstance(node[key], dict | list) and node[key] and dice.random() < 0.8:
            node = node[key]
            continue
        if isinstance(node, dict) and dice.random() < 0.25:
            del node[key]
        else:
            node[key] = copy.deepcopy(dice.choice(LEAVES)) if dice.random() < 0.8 else absurd(dice, 3)
        return


def absurd(dice: random.Random, depth: int) -> Any:
    """Return any JSON value."""
    roll = dice.random()
    if depth == 0 or roll < 0.3:
        return copy.deepcopy(dice.choice(LEAVES))
    if roll < 0.8:
        names = ("message", "callback_query", "chat", "id", "from", "text", "date", "photo", "x", "update_id", "data")
        return {dice.choice(names): absurd(dice, depth - 1) for _ in range(dice.randint(0, 4))}
    return [absurd(dice, depth - 1) for _ in range(dice.randint(0, 3))]


def _row(dice: random.Random) -> bytes:
    return local.typed("web", "web:1", "k", words.text(dice), AT).payload


def _taken(update: Any) -> None:
    receipt = telegram.receipt(update, AT)
    for text in (receipt.key, receipt.chat):
        need(text.encode() and len(text) < 10_000, "a key that cannot be stored", text)
    need(telegram.chat_id(receipt.chat) is not None, "a chat without an id", receipt.chat)
    need(not _CARD.search(receipt.payload), "a card number is stored", update)
    work = Work(1, receipt.channel, receipt.chat, receipt.payload, AT, None, None, ())
    try:
        _storable(telegram.decode(work))
    except UndecodableUpdate as error:
        need(str(error), "parked without a reason", update)


def _typed(payload: bytes) -> None:
    try:
        _storable(local.decode(Work(1, "web", "web:1", payload, AT, None, None, ())))
    except UndecodableUpdate as error:
        need(str(error), "parked without a reason", payload)


def _storable(decoded: Decoded) -> None:
    """Check that the store and the dialogue can take what was understood."""
    incoming, file = decoded.incoming, decoded.attachment
    texts = [incoming.text, incoming.name, incoming.media, incoming.lang_hint, decoded.callback, decoded.remote]
    texts += [file.ref, file.name, file.mime, file.kind] if file else []
    for text in texts:
        need(isinstance(text, str), "not a text", text)
        need(
            text.encode("utf-8", "replace").decode() == text and "\x00" not in text,
            "a text that cannot be stored",
            text,
        )
    need(incoming.at.tzinfo is not None, "a time without a zone", incoming.at)
    need(isinstance(decoded.index, int) and 0 <= decoded.index < 2**31, "an index out of range", decoded.index)
