"""Where the blocks of a sheet stand in print, as data: `blocks.json` beside this file holds them for the demo, in per cent of the page.

A block is a cell whose text does not depend on the day: the title, a heading, a card. It is found by its text in the print; its name is the
address of its cell, so that a reworded heading that stays where it is has not moved. `TOLERANCE` leaves room for the fonts of a machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from benchmarks.look.faults import Fault
from benchmarks.look.printed import Line, Sheet, bare

REFERENCE: Final = Path(__file__).with_name("blocks.json")
TOLERANCE: Final = 2.5
"""Per cent of the page's width or height by which a block may stand elsewhere."""
Places = Mapping[str, Mapping[str, Any]]
"""Sheet → `pages`: how many it has; address of a block's cell → page, per cent from the left and from the top."""


def places(sheets: list[Sheet], workbook: Path) -> dict[str, dict[str, Any]]:
    """The blocks of every sheet of a printed workbook."""
    book = openpyxl.load_workbook(workbook)
    return {sheet.name: {"pages": len(sheet.pages), **dict(_places(sheet, book[sheet.name]))} for sheet in sheets}


def _places(sheet: Sheet, cells: Worksheet) -> Iterator[tuple[str, list[float]]]:
    lines = [(page, line, bare(line.words)) for page in sheet.pages for line in page.lines]
    used: set[int] = set()
    for address, words, bold in _blocks(cells):
        at = next((n for n in range(len(lines)) if n not in used and lines[n][1].bold == bold and _begins(lines, n, words)), None)
        if at is not None:
            used.add(at)
            page, line, _ = lines[at]
            yield address, [page.number, round(100 * line.box.left / page.wide, 1), round(100 * line.box.top / page.high, 1)]


def _begins(lines: list[tuple[Any, Line, str]], at: int, words: str) -> bool:
    """Whether the text of a cell begins with this line and ends with a line."""
    while at < len(lines) and words.startswith(lines[at][2]):
        words = words[len(lines[at][2]) :]
        if not words:
            return True
        at += 1
    return False


def _blocks(cells: Worksheet) -> Iterator[tuple[str, str, bool]]:
    """Titles, headings of columns and of sections: bold texts at the top or with a line of their own below."""
    for row in cells.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.font.b and (cell.font.sz or 0) >= 9:
                heading = cell.border.bottom is not None and cell.border.bottom.style == "medium"
                if heading or (cell.row <= 3 and (cell.font.sz or 0) > 12):
                    yield cell.coordinate, bare(cell.value), True


def moved(name: str, now: Places, reference: Mapping[str, Places] | None = None) -> list[Fault]:
    """What stands elsewhere than in the reference, is gone, or came. `name`: which workbook, as `demo.zh`."""
    if reference is None:
        reference = json.loads(REFERENCE.read_text(encoding="utf-8")) if REFERENCE.is_file() else {}
    then = reference.get(name, {})
    found = [Fault("moved", sheet, 0, "sheet is new" if sheet in now else "sheet is gone") for sheet in now.keys() ^ then.keys()]
    for sheet in [sheet for sheet in now if sheet in then]:
        here, there = now[sheet], then[sheet]
        if here["pages"] != there["pages"]:
            found.append(Fault("moved", sheet, 0, f"{there['pages']} pages are now {here['pages']}"))
        for block in [*there, *(block for block in here if block not in there)]:
            if block != "pages" and not _same(here.get(block), there.get(block)):
                found.append(Fault("moved", sheet, 0, f"{block}: {there.get(block)} is now {here.get(block)}"))
    return found


def _same(here: list[float] | None, there: list[float] | None) -> bool:
    return bool(here and there) and here[0] == there[0] and max(abs(a - b) for a, b in zip(here[1:], there[1:], strict=True)) <= TOLERANCE  # type: ignore[index]


def written(all_places: Mapping[str, Places]) -> str:
    """The reference as text, a sheet a line."""
    books = []
    for name, sheets in all_places.items():
        told = [(json.dumps(sheet, ensure_ascii=False), json.dumps(blocks, separators=(",", ":"))) for sheet, blocks in sheets.items()]
        books.append(f"{json.dumps(name)}: {{\n" + ",\n".join(f"  {sheet}: {blocks}" for sheet, blocks in told) + "\n}")
    return "{\n" + ",\n".join(books) + "\n}\n"
