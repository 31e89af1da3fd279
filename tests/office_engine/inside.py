"""What the engine asks LibreOffice about a block, answered within LibreOffice: its own Python loads this file.

A call from outside that returns an object takes a millisecond of both processes, and one question of Excel's is dozens of such calls.
Only `uno` may be imported here: this is the Python of LibreOffice, without our packages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

IMPLEMENTATION = "collab_xl.tests.Inside"
FORMULA_ERROR = 4  # com.sun.star.sheet.FormulaResult
CONTENT = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: VALUE, DATETIME, STRING, FORMULA


def _box(address: Any) -> tuple[int, int, int, int]:
    return address.StartRow, address.StartColumn, address.EndRow, address.EndColumn


def _cells(sheet: Any, box: Any) -> Any:
    top, left, bottom, right = box
    return sheet.getCellRangeByPosition(left, top, right, bottom)


def format_runs(doc: Any, sheet: Any, box: Any) -> tuple[Any, ...]:
    """(type, format, key, box) for every run of cells with one format. A box is top, left, bottom, right, from 0."""
    known = doc.NumberFormats
    groups = _cells(sheet, box).getUniqueCellFormatRanges()
    out = []
    for n in range(groups.Count):
        group = groups.getByIndex(n)
        key = group.NumberFormat
        shown = known.getByKey(key)
        out += [(shown.Type, shown.FormatString, key, _box(address)) for address in group.RangeAddresses]
    return tuple(out)


def values(doc: Any, sheet: Any, box: Any, kinds: int) -> tuple[Any, ...]:
    """The data of a block · the format runs of these types, if there is a number · (row, column, LibreOffice's number) of every error."""
    cells = _cells(sheet, box)
    data = cells.getDataArray()
    numbers = kinds and any(isinstance(value, float) for line in data for value in line)
    errors = tuple(
        (row, col, sheet.getCellByPosition(col, row).getError())
        for a in cells.queryFormulaCells(FORMULA_ERROR).RangeAddresses
        for row in range(a.StartRow, a.EndRow + 1)
        for col in range(a.StartColumn, a.EndColumn + 1)
    )
    return data, tuple(run for run in format_runs(doc, sheet, box) if run[0] & kinds) if numbers else (), errors


def formulas(sheet: Any, box: Any) -> tuple[Any, ...]:
    return _cells(sheet, box).getFormulaArray()  # type: ignore[no-any-return]


def put(sheet: Any, box: Any, typed: Any, formats: Any, texts: Any) -> None:
    """Type a block, then set number formats (box, key) again, then put in what stays a text (box, data)."""
    _cells(sheet, box).setFormulaArray(typed)
    for area, key in formats:
        _cells(sheet, area).NumberFormat = key
    for area, data in texts:
        _cells(sheet, area).setDataArray(data)


def hidden(sheet: Any, box: Any, columns: bool) -> int:
    """How many rows or columns of a block are hidden."""
    cells, (top, left, bottom, right) = _cells(sheet, box), box
    seen: set[int] = set()
    for part in cells.queryVisibleCells().RangeAddresses:
        seen.update(range(part.StartColumn, part.EndColumn + 1) if columns else range(part.StartRow, part.EndRow + 1))
    count = (right - left if columns else bottom - top) + 1 - len(seen)
    if columns and count:  # or all rows are hidden
        lines = cells.Columns
        count = sum(not lines.getByIndex(n).IsVisible for n in range(lines.Count))
    return count


def hidden_lines(sheet: Any, box: Any, columns: bool) -> tuple[bool, ...]:
    """Of each row or column of a block whether it is hidden."""
    lines = _cells(sheet, box).Columns if columns else _cells(sheet, box).Rows
    return tuple(not lines.getByIndex(n).IsVisible for n in range(lines.Count))


def texts(sheet: Any, box: Any) -> tuple[tuple[str, ...], ...]:
    """What each cell shows."""
    top, left, bottom, right = box
    return tuple(tuple(sheet.getCellByPosition(c, r).getString() for c in range(left, right + 1)) for r in range(top, bottom + 1))


def filtered(sheet: Any, box: Any) -> bool:
    """A filter hides a row of the block."""
    rows = _cells(sheet, box).Rows
    return any(rows.getByIndex(n).IsFiltered for n in range(rows.Count))


def used(sheet: Any) -> tuple[int, int, int, int]:
    """The box around all content; A1 of a sheet without any."""
    boxes = [_box(a) for a in sheet.queryContentCells(CONTENT).RangeAddresses]
    if not boxes:
        return 0, 0, 0, 0
    tops, lefts, bottoms, rights = zip(*boxes)  # noqa: B905  # of one length each
    return min(tops), min(lefts), max(bottoms), max(rights)


def merged(sheet: Any, box: Any) -> bool:
    return bool(_cells(sheet, box).getIsMerged())


def _inside(small: Any, large: Any) -> bool:
    return large[0] <= small[0] and large[1] <= small[1] and small[2] <= large[2] and small[3] <= large[3]  # type: ignore[no-any-return]


def cuts_array(sheet: Any, box: Any) -> bool:
    """An array formula lies partly in the block and partly outside."""
    top, left, _, _ = box
    for r, line in enumerate(_cells(sheet, box).getFormulaArray(), top):
        for c, text in enumerate(line, left):
            if text.startswith("{"):
                cursor = sheet.createCursorByRange(sheet.getCellByPosition(c, r))
                cursor.collapseToCurrentArray()
                if not _inside(_box(cursor.RangeAddress), box):
                    return True
    return False


def cuts_merged(sheet: Any, box: Any) -> bool:
    """A merged cell lies partly in the block and partly outside."""
    cursor = sheet.createCursorByRange(_cells(sheet, box))
    cursor.collapseToMergedArea()
    return not _inside(_box(cursor.RangeAddress), box)


def heights(sheet: Any, box: Any) -> tuple[int, ...]:
    """The heights of the rows, each once."""
    rows = _cells(sheet, box).Rows
    return tuple({rows.getByIndex(n).Height for n in range(rows.Count)})


def visible(doc: Any, sheet: str) -> bool:
    return bool(doc.Sheets.getByName(sheet).IsVisible)


def tables(doc: Any, sheet: str) -> tuple[str, ...]:
    """The names of the tables of a sheet."""
    tab, ranges = doc.Sheets.getByName(sheet).RangeAddress.Sheet, doc.DatabaseRanges
    return tuple(name for name in ranges.ElementNames if ranges.getByName(name).DataArea.Sheet == tab)


def sheet(doc: Any, name: str) -> Any:
    return doc.Sheets.getByName(name)


def table(doc: Any, name: str) -> tuple[Any, ...]:
    """Its box · whether it has headings, a totals row, filter buttons."""
    found = doc.DatabaseRanges.getByName(name)
    return _box(found.DataArea), found.ContainsHeader, found.TotalsRow, found.AutoFilter


def names(doc: Any) -> tuple[Any, ...]:
    """(name, what it refers to) of every name of the workbook."""
    ranges = doc.NamedRanges
    return tuple((name, ranges.getByName(name).Content) for name in ranges.ElementNames)


class Asked:
    """Questions by name to the functions above, from outside."""

    def __init__(self, context: Any) -> None:
        loader = context.ServiceManager.createInstanceWithContext("com.sun.star.loader.Python", context)
        factory = loader.activate(IMPLEMENTATION, "", Path(__file__).resolve().as_uri(), None)
        self._script = factory.createInstanceWithContext(context)

    def __getattr__(self, name: str) -> Any:
        def ask(*args: Any) -> Any:
            answer, _, _ = self._script.invoke((name, *args), (), ())
            return answer

        return ask


if __name__ == "uno_component":  # the name under which LibreOffice loads it
    import unohelper
    from com.sun.star.script.provider import XScript

    class Inside(unohelper.Base, XScript):  # type: ignore[misc]
        def __init__(self, context: Any) -> None:
            pass

        def invoke(self, args: Any, *_: Any) -> Any:
            name, *rest = args
            return globals()[name](*rest), (), ()

    g_ImplementationHelper = unohelper.ImplementationHelper()
    g_ImplementationHelper.addImplementation(Inside, IMPLEMENTATION, (IMPLEMENTATION,))
