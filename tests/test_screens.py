"""Photos of screens: read, shown shortly, confirmed, answered; and the ones that cannot be read."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import photographing
import pytest
import screens
from PIL import Image

from bot import app, photos
from bot.channels.console import Console
from bot.dialogue.engine import Dialogue
from bot.fetcher import Fetcher
from bot.messages import Messages
from bot.redact import redact_text
from bot.service import Service
from bot.store import media
from bot.store.base import Database, Row, Tx
from intents import screen
from intents.understanding import Understanding

ROOT = Path(__file__).parent.parent
PHOTOS = screens.load()
SOME = PHOTOS[1::3][:12]
"""Photos that the suite reads, a second or two each; the known miss (12-green-moire-tilted) is not among them.

`python -m tests.screens --measure` reads all 40 and fails below 95 %: that is the figure, this is its guard.
"""
needs_reader = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime")),
    reason="the extra photos is missing",
)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """What one worker reads on each of the photos."""

    async def read() -> dict[str, str]:
        reader = photos.ScreenReader()
        try:
            return {
                entry["file"]: (await reader.read(photos.clean((screens.FOLDER / entry["file"]).read_bytes()))).text
                for entry in SOME
            }
        finally:
            reader.close()

    return asyncio.run(read())


@pytest.fixture
def reading(understanding: Understanding) -> Dialogue:
    return Dialogue(understanding, Messages(), reads_photos=True)


class Reader(photos.ScreenReader):
    """Says what a photo holds without looking at it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    async def read(self, photo: bytes) -> photos.Reading:
        return photos.Reading(self.text)


def console(db: Database, dialogue: Dialogue, clock: Any, reader: photos.ScreenReader | None) -> Console:
    return Console(db, Service(db, dialogue, app.DECODERS, clock=clock, only="console:test"), "console:test", reader)


def said(replies: list[dict[str, Any]]) -> str:
    return "\n".join(reply["text"] for reply in replies)


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def test_the_photos_are_small_and_forty() -> None:
    assert len(PHOTOS) == 40
    assert all((screens.FOLDER / entry["file"]).stat().st_size <= photographing.LIMIT for entry in PHOTOS)


@needs_reader
@pytest.mark.timeout(300)
def test_nineteen_of_twenty_photos_lead_to_the_right_code(texts: dict[str, str], understanding: Understanding) -> None:
    misses = []
    for entry in SOME:
        text = redact_text(texts[entry["file"]]).text
        shown = screen.focus(text, understanding.codes, understanding.knowledge.codes)
        assert len(shown.splitlines()) <= screen.SHOWN, shown
        got = screens.leads_to(understanding, shown)
        if got != entry["code"]:
            misses.append((entry["file"], entry["code"], got, shown))
    assert len(misses) <= 0.05 * len(SOME), f"{len(misses)} of {len(SOME)} photos mislead: {misses}"


@pytest.mark.parametrize("entry", PHOTOS, ids=[entry["file"] for entry in PHOTOS])
def test_a_screen_read_without_fault_leads_to_its_code(entry: dict[str, str], understanding: Understanding) -> None:
    shown = screen.focus(entry["screen"], understanding.codes, understanding.knowledge.codes)
    assert screens.leads_to(understanding, shown) == entry["code"]


TEXTS = {
    "Resp Code : 91\nIssuer or switch inoperative": "91",
    "交易失败\n余额不足 51\n金额 ￥55.00\n操作员 01": "51",
    "操作员\n01\n交易失败\n96": "96",
    "密码错误,请重试\n错误代码:55": "55",
    "DECLINED\nO5 DO NOT HONOUR\nTOTAL 51.00": "05",
    "ERROR\n91\nTID 12345678": "91",
    "10:51:05  3G 55%\n请先签到\n批次号 000051": "请签到",
    "TRANSACTION DECLINED\nTID: 55559105\n05/11/2026 10:51": "DECLINED",
    "清先签到\n0.00": "请签到",
    "无效卡号 14\n商户号 898055000051": "14",
    "AUTH CODE 91\nBAD MAC": "BAD MAC",
    "返回码 A0\nMAC校验失败": "A0",
}
NO_CODE = [
    "请刷卡/插卡\n金额:55.00元\n操作员:01", "SALE\nAMOUNT 51.00\nINSERT CARD\nCLERK 05", "欢迎光临\n2026-11-23 09:55",
    "BATCH 55\nTRACE 91\nPRESS ENTER", "1.消费 2.撤销\n3.退货 4.结算", "剩余 30 秒\n请输入密码", "第 1/3 页\n4G 75%",
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), TEXTS.items(), ids=[text.replace("\n", " / ") for text in TEXTS])
def test_a_screen_names_its_code(text: str, code: str, understanding: Understanding) -> None:
    found = screen.read(text, understanding.codes, understanding.knowledge.codes)
    assert found.code == code
    assert screens.leads_to(understanding, found.text) == code


@pytest.mark.parametrize("text", NO_CODE, ids=[text.replace("\n", " / ") for text in NO_CODE])
def test_a_screen_without_a_code_names_none(text: str, understanding: Understanding) -> None:
    assert screen.read(text, understanding.codes, understanding.knowledge.codes).code is None


@pytest.mark.parametrize("text", ["", "\n \n", "1  2  3\n4  5  6", "l|l\n··\nA", "6228480012345678901"])
def test_what_holds_no_words_shows_nothing(text: str, understanding: Understanding) -> None:
    assert screen.focus(text, understanding.codes, understanding.knowledge.codes) == ""


@needs_reader
async def test_a_photo_is_read_confirmed_and_answered(db: Database, reading: Dialogue, clock: Any) -> None:
    chat = console(db, reading, clock, photos.ScreenReader())
    try:
        await chat.start()
        asked = await chat.photo(screens.FOLDER / PHOTOS[0]["file"])
        assert "屏幕上写着" in said(asked)
        assert PHOTOS[0]["code"] in said(asked)
        assert "898" not in said(asked)
        assert f"代码 {PHOTOS[0]['code']}：" in said(await chat.say("对"))
        asked = await chat.photo(screens.FOLDER / PHOTOS[1]["file"])
        refused = await chat.press("不对")
        assert "请把屏幕上的代码或文字打给我" in said(refused)
        assert "代码 51：" in said(await chat.say("51"))
        blank = tmp(db, jpeg(Image.new("RGB", (800, 600), (200, 200, 190))))
        assert "看不清" in said(await chat.photo(blank))
        fur = random.Random(7)
        noise = Image.frombytes("RGB", (200, 150), fur.randbytes(200 * 150 * 3)).resize((1000, 750))
        assert "看不清" in said(await chat.photo(tmp(db, jpeg(noise))))
    finally:
        if chat.reader is not None:
            chat.reader.close()


def tmp(db: Database, content: bytes) -> Path:
    path = Path(str(db.path)).parent / f"{len(content)}.jpg"  # type: ignore[attr-defined]
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("entry", PHOTOS[:30:3] + PHOTOS[30:], ids=lambda entry: entry["file"])
async def test_a_confirmed_screen_is_answered(
    entry: dict[str, str], db: Database, reading: Dialogue, clock: Any
) -> None:
    chat = console(db, reading, clock, Reader(entry["screen"]))
    await chat.start()
    asked = said(await chat.photo(screens.FOLDER / entry["file"]))
    lead = "屏幕上写着" if "屏幕上写着" in asked else "screen"
    assert lead in asked
    answer = said(await chat.say("对"))
    if len(entry["code"]) == 2:
        meaning = reading.understanding.lookup(entry["code"])[0].meaning
        assert meaning.zh in answer or meaning.en in answer, answer
    else:  # a prompt may enter its fault's tree at once
        assert answer
        assert "换个说法" not in answer


async def test_a_photo_without_a_reader_is_answered_by_asking(db: Database, dialogue: Dialogue, clock: Any) -> None:
    chat = console(db, dialogue, clock, None)
    await chat.start()
    assert "把代码或文字打给我" in said(await chat.photo(screens.FOLDER / PHOTOS[0]["file"]))


async def test_without_the_extra_the_bot_does_not_promise_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "available", lambda: False)
    assert (await app.dialogue(app.Settings()))._reads_photos is False


@pytest.mark.parametrize(
    "content", [b"", b"no photo", b"\xff\xd8\xff\xe0 torn", b"GIF89a\x01", b"\x89PNG\r\n\x1a\n\0\0"]
)
def test_a_broken_file_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(photos.BadPhoto, match=r"^the file is not a photo$"):
        photos.clean(content)


def test_the_console_says_in_one_sentence_that_a_file_is_no_photo(tmp_path: Path) -> None:
    torn = tmp_path / "torn.jpg"
    torn.write_bytes((screens.FOLDER / PHOTOS[0]["file"]).read_bytes()[:3000])
    done = subprocess.run(
        [Path(sys.executable).with_name("posbot"), "chat", "--jsonl", "--database", str(tmp_path / "p.db")],
        input=f'{{"photo": "{torn}"}}\n', text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert "torn.jpg cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


async def everything(tx: Tx) -> list[Row]:
    return await tx.all("SELECT note FROM media")


async def inbox(tx: Tx) -> list[Row]:
    return await tx.all("SELECT * FROM inbox")


async def test_a_card_number_on_a_screen_is_not_stored(db: Database) -> None:
    number = await db.write(media.upload, "web:1", "web", "k", b"jpeg", "image/jpeg", "", "2026-03-02T09:00:00Z")
    fetcher = Fetcher(db, None, Reader("交易失败\n卡号: 4111 1111 1111 1111\n55 密码错误"))
    run = asyncio.create_task(fetcher.run())
    for _ in range(100):
        await asyncio.sleep(0.02)
        rows = await db.read(everything)
        if rows and rows[0]["note"]:
            break
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    stored = "".join(str(dict(row)) for row in [*await db.read(everything), *await db.read(inbox)])
    assert number
    assert "1111 1111" not in stored
    assert "密码错误" in stored


async def test_a_photo_that_cannot_be_used_still_gets_an_answer(db: Database) -> None:
    async def torn(_: str) -> bytes:
        return b"torn"

    await db.write(remote)
    run = asyncio.create_task(Fetcher(db, torn, Reader("")).run())
    for _ in range(100):
        await asyncio.sleep(0.02)
        rows = await db.read(inbox)
        if rows:
            break
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert [row["channel"] for row in rows] == ["reader"]


async def remote(tx: Tx) -> None:
    await tx.run(
        "INSERT INTO media (chat, channel, kind, ref, name, mime, state, due_at, created_at)"
        " VALUES ('telegram:1', 'telegram', 'photo', 'r', '', '', 'remote', :at, :at)", at="2026-03-02T09:00:00Z",
    )  # fmt: skip


@needs_reader
def test_nothing_is_reported_to_the_makers_of_the_reader(tmp_path: Path) -> None:
    """The reader's runtime, left alone, keeps an identifier in the user's folders and sends reports to its makers."""
    photo = screens.FOLDER / PHOTOS[0]["file"]
    program = f"from pathlib import Path; from bot import screen; screen.read(Path({str(photo)!r}).read_bytes())"
    # in CI the runtime is silent by itself: that must not make this test pass
    quiet = {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_ACTIONS", "TF_BUILD")}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program], env={**quiet, **home}, cwd=tmp_path, check=True, timeout=60)
    assert list(tmp_path.rglob("*")) == []
