"""Photos and files from the desk to the merchant, on Telegram and in the web chat."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from typing import Any

import pytest
from browsers import CHROMIUM, PHONE, ask_for_a_person, enter, picture, sign_in
from desks import JSON, desk, open_ticket
from emulator import Emulator
from playwright.async_api import Browser, expect
from staffgroup import GROUP, at_work, open_one, topic_of, until
from support import CHEN, WANG, rows
from telegram import Bot
from website import Site

from bot.dialogue.engine import Dialogue
from bot.photos import BadPhoto
from bot.service import now_utc
from bot.store.base import Database
from bot.web import files
from bot.web.files import BadFile

PDF = b"%PDF-1.7\n" + b"x" * 200


def docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind", "called"),
    [(PDF, "说明书.pdf", "document", "说明书.pdf"), (PDF, "evil.exe", "document", "evil.pdf"),
     (PDF, "\u202efdp.exe", "document", "fdp.pdf"), (PDF, "../../etc/passwd", "document", "passwd.pdf"),
     (PDF, "<img src=x onerror=1>.pdf", "document", "img src=x onerror=1.pdf"), (PDF, "", "document", "file.pdf"),
     (docx(), "步骤.docx", "document", "步骤.docx"), (docx(), "a.zip", "document", "a.docx"),
     ("第一步：关机".encode(), "a.html", "document", "a.txt"), (picture(), "a.pdf", "photo", "a.jpg"),
     (b"\0\0\0\x18ftypmp42" + b"\0" * 50, "v.mov", "video", "v.mp4")],
)  # fmt: skip
async def test_a_file_is_what_its_content_says(content: bytes, name: str, kind: str, called: str) -> None:
    found = await files.look(content, name)
    assert (found.kind, found.name) == (kind, called)


@pytest.mark.parametrize("content", [b"MZ\x90\x00\x03\x00", b"PK\x03\x04broken", b"", b"\x7fELF\x02\x01\x00", b"   "])
async def test_other_files_are_not_sent_on(content: bytes) -> None:
    with pytest.raises(BadFile):
        await files.look(content, "a.pdf")


async def test_a_broken_photo_is_said_to_be_one() -> None:
    with pytest.raises(BadPhoto):
        await files.look(picture()[:300], "a.png")


async def test_a_card_number_in_a_name_is_hidden() -> None:
    card = "4111" + "1111" * 3
    assert card not in (await files.look(PDF, f"{card}.pdf")).name


async def post(client: Any, number: int, content: bytes, name: str) -> Any:
    return await client.post("/desk/files", data={"number": str(number)}, files={"file": (name, content)})


async def test_what_cannot_be_sent_is_said_in_one_sentence(site: Site) -> None:
    number = await open_ticket(site.db, now_utc)
    async with desk(site, WANG, JSON) as wang, desk(site, CHEN, JSON) as chen:
        large = await post(wang, number, b"%PDF-" + b"x" * 10_000_001, "a.pdf")
        assert (large.status_code, large.json()["error"]) == (413, "文件太大，不能超过 10 MB。")
        wrong = await post(wang, number, b"MZ\x90\x00", "a.pdf")
        assert (wrong.status_code, "只能发送照片" in wrong.json()["error"]) == (422, True)
        assert (await post(wang, 999, PDF, "a.pdf")).status_code == 404
        await chen.post(f"/desk/tickets/{number}/claim")
        assert "陈主管" in (await post(wang, number, PDF, "a.pdf")).json()["error"]
        await chen.post(f"/desk/tickets/{number}/block")
        assert "拉黑" in (await post(chen, number, PDF, "a.pdf")).json()["error"]
    assert await rows(site.db, "SELECT * FROM media") == []


async def test_files_reach_telegram_and_the_topic(
    telegram: Emulator, bot: Bot, db: Database, dialogue: Dialogue, hired: None, site_beside: Site
) -> None:
    async with at_work(bot, db, dialogue):
        await open_one(db)
        thread = await topic_of(telegram)
        async with desk(site_beside, WANG, JSON) as wang:
            started = time.monotonic()
            assert (await post(wang, 1, PDF, "说明书.pdf")).json()["said"] == "文件已发送"
            await until(lambda: any("document" in one["message"] for one in telegram.sent(5)))
            assert time.monotonic() - started < 2
            await post(wang, 1, picture(), "屏幕.png")
            await until(lambda: any("photo" in one["message"] for one in telegram.sent(5)))
            sent = next(one["message"] for one in telegram.sent(5) if "document" in one["message"])
            assert sent["document"]["file_name"] == "说明书.pdf"
            assert "小王" in sent["caption"]
            for kind in ("document", "photo"):
                await until(lambda kind=kind: any(kind in one["message"] for one in telegram.sent(GROUP, thread)))
            telegram.block(5)
            await post(wang, 1, PDF, "b.pdf")
            for _ in range(200):
                page = (await wang.get("/desk/tickets/1", headers={"Accept": "text/html"})).text
                if "未送达" in page:
                    break
                await asyncio.sleep(0.02)
            assert "未送达" in page
            assert page.count("说明书.pdf") == 1


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it (apt install chromium)")
async def test_several_files_from_the_composer(browser: Browser, small: tuple[Site, Dialogue]) -> None:
    site, _ = small
    merchant = await enter(browser, site, **PHONE)
    await ask_for_a_person(merchant)
    staff_ = await sign_in(browser, site, "wang")
    page = staff_.page
    await page.goto("/desk/tickets/1")
    chosen = [{"name": "说明<b>.pdf", "mimeType": "application/pdf", "buffer": PDF},
              {"name": "a.png", "mimeType": "image/png", "buffer": picture()},
              {"name": "evil.exe", "mimeType": "application/pdf", "buffer": b"MZ\x90\x00"}]  # fmt: skip
    await page.set_input_files("#files", chosen)
    await expect(page.locator("#tray li")).to_have_count(3)
    await page.context.set_offline(True)
    await page.click("#form-reply button:has-text('发送')")
    await expect(page.locator(".toast-box.bad")).to_contain_text("已保留")
    await expect(page.locator("#tray li")).to_have_count(3)
    await page.context.set_offline(False)
    await page.fill("#text-reply", "请看附件")
    await page.click("#form-reply button:has-text('发送')")
    await expect(page.locator("#tray li")).to_have_count(1)
    await expect(page.locator(".toast-box.bad").last).to_contain_text("只能发送照片")
    await expect(page.locator(".talk .file")).to_contain_text("说明b.pdf")
    await expect(page.locator(".talk .staff .thumb")).to_have_count(1)
    await page.click("#tray .btn-close")
    await expect(page.locator("#tray")).to_be_hidden()
    theirs = merchant.page.locator(".theirs")
    await expect(theirs.locator(".words").filter(has_text="请看附件")).to_have_count(1)
    await expect(theirs.locator(".photo img")).to_have_count(1)
    async with merchant.page.expect_download() as download:
        await theirs.locator("a.file").click()
    assert (await download.value).suggested_filename == "说明b.pdf"
    assert [text for text in staff_.wrong if not any(word in text for word in ("ERR_INTERNET", "fetch", "422"))] == []
    assert merchant.wrong == []
