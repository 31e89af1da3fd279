"""Worksheet, its tables, page setup and protection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collab_xl.model.place import MAX_COL, MAX_ROW, Area
from excel_com import filters
from excel_com.calls import ComObject, no_item, refuse
from excel_com.contents import Sheet, Table
from excel_com.ranges import Range, meet, parsed

if TYPE_CHECKING:
    from excel_com.application import Workbook

MAX_NAME, FORBIDDEN = 31, re.compile(r"[:\\/?*\[\]]")
"""Of a sheet's name ([Rename a worksheet](https://support.microsoft.com/en-us/office/3f1f7148-ee83-404d-8ef0-9ff99fbad1f9))."""
MAX_FOOTER = 255
_FILE_NAMES = {
    "FormattingCells": "formatCells", "FormattingColumns": "formatColumns", "FormattingRows": "formatRows",
    "InsertingColumns": "insertColumns", "InsertingRows": "insertRows", "InsertingHyperlinks": "insertHyperlinks",
    "DeletingColumns": "deleteColumns", "DeletingRows": "deleteRows", "Sorting": "sort", "Filtering": "autoFilter",
    "UsingPivotTables": "pivotTables",
}  # fmt: skip
"""What is allowed on a protected sheet; in the file the attribute is 0 where it is allowed (ECMA-376 part 1, 18.3.1.85)."""


class Protection(ComObject):
    def __init__(self, given: dict[str, bool]) -> None:
        self._given = given

    def __getattr__(self, name: str) -> Any:
        if name.startswith("Allow") and name[5:] in _FILE_NAMES:
            self._count(f".{name}")
            return self._given.get(_FILE_NAMES[name[5:]]) is False
        return super().__getattr__(name)


class PageSetup(ComObject):
    """The three parts of the footer."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def _parts(self) -> dict[str, str]:
        out, into = dict.fromkeys("LCR", ""), "C"
        for token in re.findall(r"&[LCR]|&&|&.|[^&]+", self._sheet.footer, re.DOTALL):
            if token in ("&L", "&C", "&R"):
                into = token[1]
            else:
                out[into] += token
        return out

    def _put(self, part: str, text: str) -> None:
        if len(text.encode("utf-16-le")) // 2 > MAX_FOOTER:
            refuse("Unable to set the footer: more than 255 characters")
        parts = self._parts() | {part: text}
        self._sheet.footer = "".join(f"&{name}{text}" for name, text in parts.items() if text)

    def get_LeftFooter(self) -> str:
        return self._parts()["L"]

    def get_CenterFooter(self) -> str:
        return self._parts()["C"]

    def get_RightFooter(self) -> str:
        return self._parts()["R"]

    def put_LeftFooter(self, text: str) -> None:
        self._put("L", text)

    def put_CenterFooter(self, text: str) -> None:
        self._put("C", text)

    def put_RightFooter(self, text: str) -> None:
        self._put("R", text)


class ListObject(ComObject):
    def __init__(self, sheet: Worksheet, table: Table) -> None:
        self._sheet, self._of = sheet, table

    def get_Name(self) -> str:
        return self._of.name

    get_DisplayName = get_Name

    def get_Parent(self) -> Worksheet:
        return self._sheet

    def get_Range(self) -> Range:
        return Range(self._sheet, [self._of.area])

    def get_HeaderRowRange(self) -> Range | None:
        a = self._of.area
        return Range(self._sheet, [Area(a.first_row, a.first_col, a.first_row, a.last_col)]) if self._of.headers else None

    def get_DataBodyRange(self) -> Range | None:
        a = self._of.area
        first, last = a.first_row + self._of.headers, a.last_row - self._of.totals
        return Range(self._sheet, [Area(first, a.first_col, last, a.last_col)]) if first <= last else None

    def get_ShowHeaders(self) -> bool:
        return self._of.headers

    def get_ShowTotals(self) -> bool:
        return self._of.totals

    def get_ShowAutoFilter(self) -> bool:
        return self._of.buttons

    def get_AutoFilter(self) -> filters.AutoFilter | None:
        """Nothing where the buttons are off ([ListObject.AutoFilter](https://learn.microsoft.com/en-us/office/vba/api/excel.listobject.autofilter))."""
        return filters.AutoFilter(self._sheet, self._of.area, self._of.criteria) if self._of.buttons else None

    def do_Resize(self, new: Range) -> None:
        """[ListObject.Resize](https://learn.microsoft.com/en-us/office/vba/api/excel.listobject.resize): the headings stay, tables do not
        meet, a protected sheet refuses."""
        old, area = self._of.area, new._one_area()
        if self._sheet._model.protection is not None:
            refuse("Resize method of ListObject class failed: the sheet is protected")
        if area.first_row != old.first_row or not meet(old, area) or area.last_row < area.first_row + self._of.headers + self._of.totals:
            refuse("Resize method of ListObject class failed: the headings must stay in their row")
        if any(other is not self._of and meet(other.area, area) for other in self._sheet._model.tables):
            refuse("A table cannot overlap another table.")
        if any(meet(merged, area) for merged in set(self._sheet._model.merged.values())):
            refuse("Resize method of ListObject class failed: merged cells")
        self._of.area = area
        self._sheet._book._saved = False


class ListObjects(ComObject):
    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet

    def get_Count(self) -> int:
        return len(self._sheet._model.tables)

    def item(self, key: int | str) -> ListObject:
        tables = self._sheet._model.tables
        if isinstance(key, int):
            return ListObject(self._sheet, tables[key - 1]) if 1 <= key <= len(tables) else no_item(key)
        found = next((t for t in tables if t.name.casefold() == key.casefold()), None)
        return ListObject(self._sheet, found) if found is not None else no_item(key)

    def each(self) -> Iterator[ListObject]:
        return (ListObject(self._sheet, table) for table in self._sheet._model.tables)


class Worksheet(ComObject):
    def __init__(self, book: Workbook, model: Sheet) -> None:
        self._book, self._model = book, model

    @property
    def _macros_may(self) -> bool:
        """Protected with UserInterfaceOnly: macros and programs may change cells."""
        return bool(self._model.protection and self._model.protection.get("userInterfaceOnly"))

    def _table(self, table: Table) -> ListObject:
        return ListObject(self, table)

    def get_Name(self) -> str:
        return self._model.name

    def put_Name(self, name: str) -> None:
        others = {sheet.name.casefold() for sheet in self._book._contents.sheets if sheet is not self._model}
        bad = not name or len(name) > MAX_NAME or FORBIDDEN.search(name) or name[0] == "'" or name[-1] == "'"
        if bad or name.casefold() in others or name.casefold() == "history":
            refuse("You typed an invalid name for a sheet or chart.")
        self._model.name = name

    def do_ExportAsFixedFormat(
        self, Type: int, Filename: str, Quality: int = 0, IncludeDocProperties: bool = True, IgnorePrintAreas: bool = False
    ) -> None:
        """A sheet that is hidden cannot be exported; the folder must exist (Microsoft, Worksheet.ExportAsFixedFormat)."""
        if Type != 0 or IgnorePrintAreas or not Path(Filename).parent.is_dir() or len(Filename) > 218:
            refuse("Document not saved.")
        Path(Filename).write_bytes(b"%PDF-1.7\n" + self._model.name.encode())

    def get_Index(self) -> int:
        return self._book._contents.sheets.index(self._model) + 1

    def get_Parent(self) -> Workbook:
        return self._book

    def get_Application(self) -> Any:
        return self._book._app

    def get_Visible(self) -> int:
        return self._model.visible

    def do_Range(self, first: Any, second: Any = None) -> Range:
        ends = [self._areas(end) for end in (first, second) if end is not None]
        if len(ends) == 1:
            return Range(self, ends[0])
        a, b = ends[0][0], ends[1][0]
        corners = min(a.first_row, b.first_row), min(a.first_col, b.first_col), max(a.last_row, b.last_row), max(a.last_col, b.last_col)
        return Range(self, [Area(*corners)])

    def _areas(self, end: Any) -> list[Area]:
        if isinstance(end, Range):
            if end._sheet._model is not self._model:
                refuse("Method 'Range' of object '_Worksheet' failed")
            return end._areas
        named = next((to for name, to in self._book._contents.names if name.casefold() == str(end).casefold()), None)
        return parsed(str(end) if named is None else named.rpartition("!")[2])

    def get_Cells(self) -> Range:
        return Range(self, [Area(1, 1, MAX_ROW, MAX_COL)])

    def get_Rows(self) -> Range:
        return Range(self, [Area(1, 1, MAX_ROW, MAX_COL)], "row")

    def get_Columns(self) -> Range:
        return Range(self, [Area(1, 1, MAX_ROW, MAX_COL)], "column")

    def get_UsedRange(self) -> Range:
        """Cells with a format count too, so it is not clipped to the contents."""
        return Range(self, [self._model.used])

    def get_ListObjects(self) -> ListObjects:
        return ListObjects(self)

    def get_PageSetup(self) -> PageSetup:
        return PageSetup(self._model)

    def get_AutoFilterMode(self) -> bool:
        return self._model.filter_area is not None

    def get_AutoFilter(self) -> filters.AutoFilter | None:
        area = self._model.filter_area
        return None if area is None else filters.AutoFilter(self, area, self._model.filter_criteria)

    def get_FilterMode(self) -> bool:
        """Of the sheet's own filter; tables have their own, unless the active cell is in one."""
        at = self._book._app._selected
        inside = [t for t in self._model.tables if at is not None and at._sheet._model is self._model and meet(t.area, at._area)]
        return any(t.criteria for t in inside) if inside else bool(self._model.filter_criteria)

    def get_ProtectContents(self) -> bool:
        return self._model.protection is not None

    def get_ProtectDrawingObjects(self) -> bool:
        return bool(self._model.protection and self._model.protection.get("objects"))

    def get_ProtectScenarios(self) -> bool:
        return bool(self._model.protection and self._model.protection.get("scenarios"))

    def get_ProtectionMode(self) -> bool:
        return self._macros_may

    def get_Protection(self) -> Protection:
        return Protection(self._model.protection or {})

    def do_Unprotect(self, Password: str | None = None) -> None:
        if Password is None and self._model.password:
            raise AssertionError("Excel shows a dialog for the password")
        if self._model.password and self._model.password != Password:
            refuse("The password you supplied is not correct.")
        self._model.protection = None

    def do_Protect(self, Password: str = "", *options: bool) -> None:
        drawing, _, scenarios, macros, *allowed = (*options, *[False] * (15 - len(options)))
        given = {"sheet": True, "objects": drawing, "scenarios": scenarios, "userInterfaceOnly": macros}
        given |= {name: not may for name, may in zip(_FILE_NAMES.values(), allowed, strict=True)}
        self._model.protection, self._model.password = given, Password

    def do_Activate(self) -> None:
        if self._model.visible != -1:
            refuse("Activate method of Worksheet class failed")  # of a hidden sheet
        if self._book._contents.active is not self._model:
            self._book._contents.active = self._model
            self._book._app._selected = self.do_Range("A1")

    do_Select = do_Activate

    def do_Evaluate(self, _: str) -> None:
        refuse("not calculated here")


class Sheets(ComObject):
    """`Worksheets` and `Sheets`: there are no chart sheets here."""

    def __init__(self, book: Workbook) -> None:
        self._book = book

    def get_Count(self) -> int:
        return len(self._book._contents.sheets)

    def get_Parent(self) -> Workbook:
        return self._book

    def item(self, key: int | str) -> Worksheet:
        sheets = self._book._contents.sheets
        if isinstance(key, (int, float)):
            return Worksheet(self._book, sheets[int(key) - 1]) if 1 <= key <= len(sheets) else no_item(key)
        found = next((sheet for sheet in sheets if sheet.name.casefold() == key.casefold()), None)
        return Worksheet(self._book, found) if found is not None else no_item(key)

    def each(self) -> Iterator[Worksheet]:
        return (Worksheet(self._book, sheet) for sheet in self._book._contents.sheets)


class Name(ComObject):
    def __init__(self, book: Workbook, name: str, to: str) -> None:
        self._book, self._name, self._to = book, name, to

    def get_Name(self) -> str:
        return self._name

    def get_RefersTo(self) -> str:
        return self._to

    def get_RefersToRange(self) -> Range:
        sheet, _, place = self._to[1:].rpartition("!")
        return self._book.get_Worksheets().item(sheet.strip("'").replace("''", "'")).do_Range(place)


class Names(ComObject):
    def __init__(self, book: Workbook) -> None:
        self._book = book

    def get_Count(self) -> int:
        return len(self._book._contents.names)

    def item(self, key: int | str) -> Name:
        names = self._book._contents.names
        if isinstance(key, int):
            return Name(self._book, *names[key - 1])
        found = next((pair for pair in names if pair[0].casefold() == key.casefold()), None)
        return Name(self._book, *found) if found is not None else no_item(key)

    def each(self) -> Iterator[Name]:
        return (Name(self._book, *pair) for pair in self._book._contents.names)
