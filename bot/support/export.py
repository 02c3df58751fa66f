"""Tickets as a table for spreadsheets: nothing in it is a formula, serials and phones are masked."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from bot.redact import mask
from bot.store.base import Database, Row
from bot.store.support import exporting
from bot.store.support.filters import Filter
from bot.store.times import read

Cell = str | int | None
COLUMNS = (
    "number", "opened", "status", "priority", "intent", "title", "brand", "model", "serial", "merchant", "phone",
    "channel", "language", "assignee", "first_reply", "first_reply_minutes", "first_reply_in_time", "resolved",
    "resolution_minutes", "resolved_in_time", "resolution", "resolved_by", "merged_into", "rating", "rating_word",
)  # fmt: skip
_FORMULA = tuple("=+-@\t\r\n＝＋－＠|")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
LONGEST = 32_000
"""Characters of a cell; Excel takes 32,767."""


async def tickets(db: Database, since: str, until: str, zone: ZoneInfo) -> list[list[Cell]]:
    """Return the tickets of a period as rows under ``COLUMNS``; times as the shop's clock showed them."""
    table: list[list[Cell]] = []
    after = 0
    while rows := await db.read(exporting.tickets, since, until, after):
        table += [_line(row, zone) for row in rows]
        after = rows[-1]["number"]
    return table


async def wanted(db: Database, chosen: Filter, now: datetime, zone: ZoneInfo, most: int) -> list[list[Cell]]:
    """Return the tickets that a filter lets through as rows under ``COLUMNS``, oldest first, ``most`` at most."""
    table: list[list[Cell]] = []
    after = 0
    while len(table) < most and (rows := await db.read(exporting.wanted, chosen, now, after)):
        table += [_line(row, zone) for row in rows]
        after = rows[-1]["number"]
    return table[:most]


def safe(value: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula, without marks that hide or turn its text."""
    if not isinstance(value, str):
        return value
    clean = _UNPRINTABLE.sub("", value)[:LONGEST]
    return f"'{clean}" if clean.lstrip().startswith(_FORMULA) or clean.startswith(_FORMULA) else clean


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a CSV file that Excel, too, reads as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return an Excel file; texts are written as texts, whatever they begin with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("posbot")
    sheet.append(list(columns))
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, safe(value))
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _line(row: Row, zone: ZoneInfo) -> list[Cell]:
    slots: dict[str, str] = json.loads(row["slots"])
    return [
        row["number"], _local(row["created_at"], zone), row["status"], row["priority"], row["intent"], row["title"],
        row["brand"], row["model"], mask(row["serial"]), mask(slots.get("merchant", "")),
        mask(slots.get("phone", "")), row["channel"], row["lang"], row["assignee"],
        _local(row["first_reply_at"], zone), row["first_minutes"], _met(row["first_reply_at"], row["first_due_at"]),
        _local(row["resolved_at"], zone), row["solve_minutes"], _met(row["resolved_at"], row["solve_due_at"]),
        row["resolution"], row["resolved_by"], row["merged_into"], row["rating"], row["rating_word"],
    ]  # fmt: skip


def _local(at: str | None, zone: ZoneInfo) -> str:
    return read(at).astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""


def _met(at: str | None, due: str | None) -> str:
    return "" if not at or not due else "yes" if at <= due else "no"
