"""What is written in files and on photos: hidden like anything else before staff or the database have it."""

from __future__ import annotations

import io

import pytest
from emulator import Emulator
from leftovers import places, shown, visible
from PIL import Image, ImageDraw, ImageFont
from staffgroup import GROUP, at_work, open_one, png, settled, until
from support import rows
from telegram import Bot
from test_screens import needs_reader

from bot import files, photos
from bot.dialogue.engine import Dialogue
from bot.store.base import Database
from tests.redaction_corpus import luhn_digit

BODY = "411111" + "22223333" + "4"
PAN = BODY + luhn_digit(BODY)
SPACED = " ".join(PAN[at : at + 4] for at in range(0, 16, 4))


def picture(text: str) -> bytes:
    """Return a photo of a card with that number on it."""
    image = Image.new("RGB", (1000, 620), "#1d4e89")
    draw = ImageDraw.Draw(image)
    draw.text((80, 60), "PEOPLE BANK", "white", ImageFont.load_default(60))
    draw.text((80, 330), text, "white", ImageFont.load_default(76))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_files_lose_their_secrets(encoding: str) -> None:
    table = f"时间,卡号,金额\n12:30,{SPACED},88.00\n密码：123456\n"
    kept = files.checked(table.encode(encoding))
    text = kept.content.decode("utf-8-sig")
    assert (kept.mime, kept.found) == ("text/plain", ("card", "password"))
    assert PAN[:12] not in text.replace(" ", "")
    assert "金额" in text
    assert PAN[-4:] in text


@pytest.mark.parametrize("content", [b"%PDF-1.7\n1 0 obj", b"PK\x03\x04\x14\x00word/document.xml",
                                     b"\xd0\xcf\x11\xe0" * 9, b"{\\rtf1 4}", b"x" * (files.LONGEST + 1)])  # fmt: skip
def test_what_cannot_be_looked_through_is_not_kept(content: bytes) -> None:
    with pytest.raises(files.Unchecked):
        files.checked(content)


def test_pictures_and_sounds_stay_what_they_are() -> None:
    assert files.checked(png()).photo
    assert files.checked(b"OggS\x00\x02").content == b"OggS\x00\x02"


async def test_a_merchants_documents_reach_staff_without_secrets(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:  # fmt: skip
    async with at_work(bot, db, dialogue):
        await open_one(db)
        await until(lambda: telegram.chat_state(GROUP)["topics"])
        sent = telegram.user_document(5, f"卡号 {PAN} 没到账".encode(), f"{PAN}.txt")
        await until(lambda: not visible(telegram, 5, sent))
        await until(lambda: any("document" in one["message"] for one in telegram.sent(GROUP)))
        posted = next(one["message"]["document"] for one in telegram.sent(GROUP) if "document" in one["message"])
        assert posted["file_name"].endswith(f"{PAN[-4:]}.txt")
        telegram.user_document(5, b"%PDF-1.7 " + PAN.encode(), "对账单.pdf")
        await until(lambda: "无法转发" in shown(telegram, GROUP))
        telegram.user_video(5, file_name=f"{PAN}.mp4")
        await settled(db)
        assert PAN not in shown(telegram, GROUP)
        assert await places(db, PAN) == {}
        assert sum("已隐藏" in text for text in telegram.texts(5)) >= 1


@needs_reader
@pytest.mark.timeout(120)
async def test_a_card_on_a_photo_is_painted_over() -> None:
    reader = photos.ScreenReader()
    try:
        found = await reader.read(photos.clean(picture(SPACED)))
        assert found.found == ("card",)
        assert PAN[:12] not in found.text.replace(" ", "")
        assert found.covered is not None
        again = await reader.read(found.covered)
        assert "PEOPLE" in again.text
        assert not again.found
        assert not any(PAN[at : at + 5] in again.text.replace(" ", "") for at in range(12))
    finally:
        reader.close()


class Covering(photos.ScreenReader):
    """Finds a card on every photo."""

    async def read(self, photo: bytes) -> photos.Reading:
        return photos.Reading("•••• 4444", ("card",), photos.clean(png("black")))


async def test_staff_see_the_photo_with_the_card_painted_over(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None
) -> None:  # fmt: skip
    async with at_work(bot, db, dialogue, reader=Covering()):
        await open_one(db)
        await until(lambda: telegram.chat_state(GROUP)["topics"])
        sent = telegram.user_photo(5, png("white"))
        await until(lambda: not visible(telegram, 5, sent))
        await until(lambda: any("photo" in one["message"] for one in telegram.sent(GROUP)))
        await settled(db)
        assert sum("已隐藏" in text for text in telegram.texts(5)) == 1, "the merchant is told once"
        kept = (await rows(db, "SELECT content, ref FROM media"))[0]
        assert kept["ref"] is None
        with Image.open(io.BytesIO(kept["content"])) as image:
            assert image.convert("L").getextrema()[1] < 30
        posted = next(one["message"]["photo"] for one in telegram.sent(GROUP) if "photo" in one["message"])
        assert posted[-1]["file_id"] not in repr(telegram.message(5, sent["message_id"]))
