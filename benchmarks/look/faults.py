"""Judge printed sheets: text too small, cut, over other text, off the page, too pale; colour that no word goes with.

In: the sheets of a PDF (printed.py) and the workbook they were printed from. Out: faults, in the order of the sheets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from benchmarks.look.printed import WHITE, Box, Line, Page, Sheet, bare
from benchmarks.look.sight import contrast, signal

SMALLEST: Final = 7.0
"""Points of any text of a sheet."""
ROUNDING: Final = 0.05
"""LibreOffice scales by whole per cent and rounds a font to a tenth of a point."""
PALEST, PALEST_LARGE, LARGE, LARGE_BOLD = 4.5, 3.0, 18.0, 14.0
"""Contrast of text, and of text from so many points on, as WCAG 2 level AA."""
CUT_PART: Final = 0.3
"""A line counts as cut where more than this part of its height or of one letter is not shown: ink reaches over the cell by a hair."""
PALE_GROUND: Final = 1.25
WORD: Final = re.compile(r"[^\W\d_]|[▲▼★✓✔✗!！▶→↑↓⚑⚠]")
IDS: Final = re.compile(r"(?:[0-9-]*[、, ]+)*(?:[A-Z]+-[0-9-]+[、, ]+)*[A-Z]+-")
FIGURE: Final = re.compile(r"\d")


class Fault(NamedTuple):
    kind: str
    """small, cut, over, off, pale, broken, colour."""
    sheet: str
    page: int
    what: str

    def __str__(self) -> str:
        return f"{self.sheet} p{self.page} {self.kind}: {self.what}"


def faults_of(
    sheets: Sequence[Sheet], workbook: Path, smallest: Mapping[str, float] | None = None, bars: Collection[str] = ()
) -> list[Fault]:
    """Every fault. `smallest`: points of the smallest text of a sheet where they are not `SMALLEST`. `bars`: sheets of coloured bars,
    what a bar means being said by a word in its row."""
    book = openpyxl.load_workbook(workbook)
    found: list[Fault] = []
    for sheet in sheets:
        for page in sheet.pages:
            for kind, what in _of_page(page, (smallest or {}).get(sheet.name, SMALLEST), sheet.name in bars):
                found.append(Fault(kind, sheet.name, page.number, what))
        found += [Fault("cut", sheet.name, 0, words) for words in missing_words(sheet, book[sheet.name])]
    return found


def _of_page(page: Page, smallest: float, has_bars: bool) -> Iterator[tuple[str, str]]:
    for line in page.lines:
        if line.size < smallest - ROUNDING:
            yield "small", f"{line.size:.1f} pt: {line.words}"
        if _is_cut(line):
            yield "cut", line.words
        if line.box.left < 0 or line.box.top < 0 or line.box.right > page.wide or line.box.bottom > page.high:
            yield "off", line.words
        ratio, eye = contrast(line.colour, line.ground)
        enough = PALEST_LARGE if line.size >= (LARGE_BOLD if line.bold else LARGE) else PALEST
        if ratio < enough:
            yield "pale", f"{ratio:.1f} ({eye}) {_hex(line.colour)} on {_hex(line.ground)}: {line.words}"
    yield from (("over", f"{one.words} / {other.words}") for one, other in _overlapping(page.lines))
    yield from (("broken", f"{one.words} / {other.words}") for one, other in pairwise(page.lines) if _breaks_an_id(one, other))
    yield from _only_colour(page, has_bars)


def _hex(colour: tuple[int, int, int]) -> str:
    return "{:02X}{:02X}{:02X}".format(*colour)


def _is_cut(line: Line) -> bool:
    if set(line.words.strip()) == {"#"}:
        return True
    if line.clip is None:
        return False
    shown = line.box.common(line.clip)
    return line.box.high - max(0, shown.high) > CUT_PART * line.box.high or line.box.wide - max(0, shown.wide) > CUT_PART * line.size


def _overlapping(lines: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """Lines of which one is printed over another. A line that is cut covers only what is shown of it."""
    shown = sorted(((line.box if line.clip is None else line.box.common(line.clip), line) for line in lines), key=lambda seen: seen[0].top)
    for n, (box, line) in enumerate(shown):
        for other_box, other in shown[n + 1 :]:
            if other_box.top >= box.bottom:
                break
            both = box.common(other_box)
            if both.wide > 0.25 * line.size and both.high > 0.25 * min(box.high, other_box.high):
                yield line, other


def _breaks_an_id(one: Line, other: Line) -> bool:
    """Whether a list of IDs goes on with a part of one in the next line of its cell."""
    return one.clip == other.clip and one.box.bottom < other.box.bottom and bool(IDS.fullmatch(one.words) and other.words[:1].isdigit())


def _only_colour(page: Page, has_bars: bool) -> Iterator[tuple[str, str]]:
    """What red, amber or green say alone: a filled cell without a text, a sign of one shape without a word, a figure that is not bold.

    A pale ground of a blank cell asks for an entry, which its heading does too; in grey print it is not seen.
    """
    for fill in page.fills:
        said = signal(fill.colour)
        large = fill.box.wide > 8 and fill.box.high > 6 and contrast(fill.colour, WHITE)[0] > PALE_GROUND
        rows = fill.box._replace(left=0, right=page.wide) if has_bars else fill.box
        if said and large and not fill.over_text and not any(_middle_in(line, rows) for line in page.lines):
            yield "colour", f"{said} {_hex(fill.colour)}, nothing in it, at {fill.box.left:.0f}, {fill.box.top:.0f}"
    for line in page.lines:
        said = signal(line.colour)
        if said and not WORD.search(line.words) and (not FIGURE.search(line.words) or not (line.bold or line.size >= LARGE)):
            yield "colour", f"{said} without a word: {line.words}"


def _y(line: Line) -> float:
    return (line.box.top + line.box.bottom) / 2


def _middle_in(line: Line, box: Box) -> bool:
    return box.holds((line.box.left + line.box.right) / 2, _y(line))


def missing_words(sheet: Sheet, cells: Worksheet) -> Iterator[str]:
    """Texts of cells that are not whole in print, each once. A text that does not fit beside a filled cell is simply not drawn further."""
    printed = sheet.stream()
    wanted = Counter(bare(words) for words in _texts(cells))
    for words, times in wanted.items():
        if words and printed.count(words) < times:
            yield words


def _texts(cells: Worksheet) -> Iterator[str]:
    """The texts that should be seen in print, by number formats, hidden rows and columns, and print area."""
    never = {
        word
        for rules in cells.conditional_formatting
        for rule in rules.rules
        if rule.dxf is not None and rule.dxf.numFmt is not None and rule.dxf.numFmt.formatCode == ";;;"
        for formula in rule.formula
        for word in re.findall(r'"([^"]*)"', formula)
    }
    left, top, right, bottom = 1, 1, cells.max_column, cells.max_row
    if cells.print_area:
        left, top, right, bottom = range_boundaries(cells.print_area.split("!")[-1].replace("$", "").split(",")[0])
    hidden = set()
    for letters, column in cells.column_dimensions.items():
        if column.hidden:
            hidden |= set(range(column.min or 0, (column.max or 0) + 1)) if column.min else {letters}
    for row in cells.iter_rows(top, bottom, left, right):
        if cells.row_dimensions[row[0].row].hidden:
            continue
        for cell in row:
            value = cell.value
            if cell.hyperlink is not None and value == cell.hyperlink.location:
                continue  # a blank cell that leads somewhere
            seen = cell.column not in hidden and value not in never and cell.number_format != ";;;"
            if seen and isinstance(value, str) and value[:1] != "=":
                yield value
