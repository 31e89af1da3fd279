"""The sheets of `reading_kept.toml` as workbooks: written by hand as people keep them, with their truth. Pure but for openpyxl's bytes."""

from __future__ import annotations

import io
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

from benchmarks.reading_sheets import Sheet, Truth

KEPT = Path(__file__).with_suffix(".toml")
_DAY, _PERCENT, _NUMBER = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d+%"), re.compile(r"\d+(?:\.\d+)?")


def kept_sheets() -> list[Sheet]:
    """Every sheet of the file, in its order. `Truth.rows` is the number of records; `plain` are columns that may be read or left."""
    return [_made(said) for said in tomllib.loads(KEPT.read_text(encoding="utf-8"))["sheet"]]


def _made(said: dict[str, Any]) -> Sheet:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = said["sheet"]
    for row, line in enumerate(said["cells"].strip("\n").split("\n"), 1):
        for col, text in enumerate(line.split("|") if line != "." else (), 1):
            if text:
                _put(sheet.cell(row, col), text)
    for area in said.get("merges", ()):
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    tables = [
        Truth(t["form"], tuple(t["headings"]), t["columns"], t["records"], frozenset(t.get("may", ()))) for t in said.get("table", ())
    ]
    return Sheet(said["name"], said["lang"], out.getvalue(), tables, [])


def _put(cell: Any, text: str) -> None:
    if _DAY.fullmatch(text):
        cell.value, cell.number_format = datetime.fromisoformat(text), "yyyy-mm-dd"
    elif _PERCENT.fullmatch(text):
        cell.value, cell.number_format = int(text[:-1]) / 100, "0%"
    elif _NUMBER.fullmatch(text):
        cell.value = float(text) if "." in text else int(text)
    else:
        cell.value = text.removeprefix("'")
