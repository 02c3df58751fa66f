"""Commands of support, as a shell calls them; exports that no spreadsheet runs."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import support
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from bot.cli import cli
from bot.errors import PosbotError
from bot.store.base import Database
from bot.store.sqlite import SqliteDatabase
from bot.support import export

Run = Callable[..., Result]


class Now:
    def __call__(self) -> datetime:
        return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "posbot.db"


@pytest.fixture
def run(file: Path) -> Run:
    def call(*args: str, given: str = "") -> Result:
        return CliRunner().invoke(cli, args, input=given, env={"POSBOT_DATABASE": str(file)})

    return call


@pytest.fixture
def prepared(file: Path) -> Path:
    async def fill(db: Database) -> None:
        await support.hire(db, Now())
        await support.open_ticket(db, Now(), serial="N9101234", phone="13800138000", merchant="=1+1")
        await support.open_ticket(db, Now(), "tg:2", "net.wifi", "P1", said="连不上", title="=HYPERLINK(1)")

    with_db(file, fill)
    return file


def with_db(file: Path, work: Callable[[Database], Coroutine[Any, Any, Any]]) -> Any:
    async def run_it() -> Any:
        db = SqliteDatabase(file)
        await db.open()
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run_it())


def test_staff_come_and_go(run: Run) -> None:
    assert "nobody" in run("staff", "list").output
    twice = "long-password-1\nlong-password-1\n"
    added = run("staff", "add", "wang", "--name", "小王", "--telegram-id", "7", given=twice)
    assert added.exit_code == 0
    assert "wang is on the staff as agent" in added.output
    assert run("staff", "add", "boss", "--name", "B", "--role", "admin", "--no-password").exit_code == 0
    assert "小王" in run("staff", "list").output
    found = [json.loads(line) for line in run("staff", "list", "--json").output.splitlines()]
    assert [(one["login"], one["has_password"]) for one in found] == [("boss", 0), ("wang", 1)]
    assert "password" not in found[0]
    assert run("staff", "password", "wang", "--password-stdin", given="another-long-1\n").exit_code == 0
    assert "signed out" in run("staff", "remove", "wang").output
    assert "小王" not in run("staff", "list").output


@pytest.mark.parametrize(
    ("args", "given", "sentence"),
    [
        (["staff", "add", "W X", "--name", "x", "--no-password"], "", "a login has"),
        (["staff", "add", "w2", "--name", "x", "--password-stdin"], "short\n", "10 to 128"),
        (["staff", "remove", "nobody"], "", "there is no nobody"),
        (["tickets", "99"], "", "there is no ticket 99"),
        (["tickets", "reply", "99", "x"], "", "there is no ticket 99"),
        (["tickets", "reply", "1", "x", "--as", "ghost"], "", "there is no ghost"),
        (["tickets", "resolve", "1", "--reason", "magic"], "", "the reason is one of"),
        (["export", "x.pdf"], "", "must end in .csv or .xlsx"),
        (["export", "/nowhere/x.csv"], "", "cannot be written"),
    ],
)
def test_what_is_wrong_is_one_sentence(prepared: Path, run: Run, args: list[str], given: str, sentence: str) -> None:
    result = run(*args, given=given)
    assert isinstance(result.exception, PosbotError)
    assert sentence in str(result.exception)


def test_tickets_are_listed_and_shown(prepared: Path, run: Run) -> None:
    assert run("tickets").output.splitlines()[0].startswith("#2     P1")
    assert len(run("tickets", "list", "--json").output.splitlines()) == 2
    assert json.loads(run("tickets", "list", "--json", "--priority", "P3").output)["number"] == 1
    assert json.loads(run("tickets", "list", "--json", "--text", "卡纸").output)["number"] == 1
    assert "serial: N9101234" in run("tickets", "1").output
    assert "serial: N9101234" in run("tickets", "show", "1").output
    assert json.loads(run("tickets", "1", "--json").output)["number"] == 1
    assert json.loads(run("tickets", "--json", "1").output)["number"] == 1
    assert "reply" in run("tickets", "--help").output


def test_a_ticket_is_answered_and_resolved_from_a_script(prepared: Path, run: Run) -> None:
    assert run("tickets", "reply", "1", "请重启", "--as", "wang").exit_code == 0
    assert run("tickets", "resolve", "1", "--reason", "explained", "--text", "好").exit_code == 0
    shown = run("tickets", "1").output
    assert "> 请重启" in shown
    assert "resolved" in shown
    said = with_db(prepared, lambda db: support.rows(db, "SELECT payload FROM outbox ORDER BY id"))
    assert json.loads(said[0]["payload"])["text"] == "客服小王：\n请重启"


def test_an_export_holds_no_formula_and_no_whole_serial(prepared: Path, run: Run, tmp_path: Path) -> None:
    for name in ("t.csv", "t.xlsx"):
        assert "2 tickets" in run("export", str(tmp_path / name)).output
    rows = list(csv.reader(io.StringIO((tmp_path / "t.csv").read_text("utf-8-sig"))))
    sheet = load_workbook(tmp_path / "t.xlsx").active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    for table in (rows, cells):
        text = json.dumps(table, ensure_ascii=False, default=str)
        assert table[0][0] == "number"
        assert "N9101234" not in text
        assert "13800138000" not in text
        assert not [cell for row in table for cell in row if isinstance(cell, str) and cell.startswith("=")]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert "'=HYPERLINK(1)" in rows[2]
    assert run("export", str(tmp_path / "none.csv"), "--until", "2026-03-01").output.startswith("0 tickets")
    assert run("export", str(tmp_path / "day.csv"), "--since", "2026-03-02", "--until", "2026-03-02").output[0] == "2"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "|cmd", "\u202e=1"])
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    assert str(export.safe(text)).startswith("'")


def test_plain_cells_stay() -> None:
    values = ("打不出", "a=b", 5, None, "a\u202eb\x00")
    assert [export.safe(value) for value in values] == ["打不出", "a=b", 5, None, "ab"]
