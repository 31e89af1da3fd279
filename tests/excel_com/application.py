"""Application, its workbooks and settings."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from excel_com.calls import ComError, ComObject, no_item, refuse
from excel_com.contents import Contents
from excel_com.ranges import Range
from excel_com.worksheets import Names, Sheets, Worksheet

MAX_PATH = 218
"""Characters of a workbook's path ([Microsoft](https://learn.microsoft.com/en-us/troubleshoot/microsoft-365-apps/excel/the-file-name-contains-more-than-218-characters))."""
IGNORED = -2146777998
"""0x800AC472, VBA_E_IGNORE."""
AUTOMATIC, MANUAL, SEMIAUTOMATIC = -4105, -4135, 2
"""XlCalculation."""


def _refuse_path(path: str) -> None:
    if "://" in path:
        refuse("SaveCopyAs method of Workbook class failed: an address")
    if len(path.encode("utf-16-le")) // 2 > MAX_PATH:
        refuse("The path is longer than 218 characters")
    if not Path(path).parent.is_dir():
        refuse(f"Microsoft Excel cannot access the file '{path}'.")


class BookWindows(ComObject):
    def get_Count(self) -> int:
        return 1


class Workbook(ComObject):
    def __init__(self, app: Application, path: Path, read_only: bool = False) -> None:
        self._app, self._path, self._contents = app, path, Contents(path)
        self._name, self._read_only, self._saved = path.name, read_only, True
        self._full_name: str = str(path)
        self._autosave: bool | None = None
        """None: it cannot be switched, as the workbook is on this computer."""
        self._autosaves: list[frozenset[str]] = []
        """What Excel saved when it was switched on: the texts of the hidden sheet."""

    def get_Name(self) -> str:
        return self._name

    def get_FullName(self) -> str:
        return self._full_name

    def get_Path(self) -> str:
        return self._full_name.rpartition("/" if "/" in self._full_name else "\\")[0]

    def get_Application(self) -> Application:
        return self._app

    get_Parent = get_Application

    def get_Worksheets(self) -> Sheets:
        return Sheets(self)

    get_Sheets = get_Worksheets

    def get_ActiveSheet(self) -> Worksheet:
        return Worksheet(self, self._contents.active)

    def get_Names(self) -> Names:
        return Names(self)

    def get_Date1904(self) -> bool:
        return self._contents.date1904

    def get_ReadOnly(self) -> bool:
        return self._read_only

    def get_Saved(self) -> bool:
        return self._saved

    def get_FileFormat(self) -> int:
        return 51  # xlOpenXMLWorkbook

    def get_Windows(self) -> BookWindows:
        return BookWindows()

    def get_AutoSaveOn(self) -> bool:
        return self._autosave is True

    def put_AutoSaveOn(self, value: bool) -> None:
        if self._autosave is None:
            refuse("Method 'AutoSaveOn' of object '_Workbook' failed")  # of a book that is not in a cloud
        self._autosave = bool(value)
        if value:
            self._autosaves.append(self._contents.said())

    def get_ProtectStructure(self) -> bool:
        return b"lockStructure" in self._contents.parts["xl/workbook.xml"]

    def do_Activate(self) -> None:
        self._app._books.remove(self)
        self._app._books.insert(0, self)

    def do_SaveCopyAs(self, path: str) -> None:
        """The copy has this book's own format, whatever its name says; then Excel would not open it."""
        _refuse_path(path)
        if Path(path).suffix.lower() != self._path.suffix.lower():
            raise AssertionError(f"a copy of {self._name} named {path}")
        if self._saved and self._path.exists():
            shutil.copyfile(self._path, path)
        else:
            self._write(Path(path))

    def do_Save(self) -> None:
        if self._read_only or not os.access(self._path, os.W_OK):
            refuse(f"Cannot access read-only document '{self._name}'.")
        self._write(self._path)
        self._saved = True

    def _write(self, path: Path) -> None:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as beside:
            self._contents.save(Path(beside.name))
        Path(beside.name).replace(path)

    def do_Close(self, SaveChanges: bool | None = None) -> None:
        if SaveChanges:
            self.do_Save()
        self._app._books.remove(self)


class Workbooks(ComObject):
    def __init__(self, app: Application) -> None:
        self._app = app

    def get_Application(self) -> Application:
        return self._app

    def get_Count(self) -> int:
        return len(self._app._books)

    def item(self, key: int | str) -> Workbook:
        books = self._app._books
        if isinstance(key, int):
            return books[key - 1] if 1 <= key <= len(books) else no_item(key)
        found = next((book for book in books if book._name.casefold() == key.casefold()), None)
        return found if found is not None else no_item(key)

    def each(self) -> Iterator[Workbook]:
        return iter(self._app._books)

    def do_Open(self, Filename: str, UpdateLinks: Any = None, ReadOnly: bool | None = None, *_: Any) -> Workbook:
        if len(Filename) > MAX_PATH or not Path(Filename).is_file():
            refuse(f"Sorry, we couldn't find {Filename}.")
        if any(book._name.casefold() == Path(Filename).name.casefold() for book in self._app._books):
            refuse("Sorry, Excel can't open two workbooks with the same name at the same time.")
        book = Workbook(self._app, Path(Filename), bool(ReadOnly))
        self._app._books.insert(0, book)
        self._app._selected = book.get_ActiveSheet().do_Range("A1")
        return book


class AutoCorrect(ComObject):
    def __init__(self, app: Application) -> None:
        self._app = app

    def get_AutoFillFormulasInLists(self) -> bool:
        return self._app._fills_columns

    def put_AutoFillFormulasInLists(self, value: bool) -> None:
        self._app._fills_columns = bool(value)

    def get_AutoExpandListRange(self) -> bool:
        return self._app._expands_tables

    def put_AutoExpandListRange(self, value: bool) -> None:
        self._app._expands_tables = bool(value)


class LanguageSettings(ComObject):
    def __init__(self, number: int) -> None:
        self._number = number

    def do_LanguageID(self, which: int) -> int:
        return self._number


class Application(ComObject):
    """One Excel with one window. `_macros` are the VBA macros that `Run` finds, by name."""

    def __init__(self, language: int = 2052) -> None:
        self._books: list[Workbook] = []
        self._selected: Range | None = None
        self._language = language
        self._updating = self._events = self._alerts = self._interactive = True
        self._status: Any = False
        self._bar: list[str] = []
        """Texts that stood in the status bar."""
        self._calculation = AUTOMATIC
        self._fills_columns = self._expands_tables = True
        self._editing = 0
        """How many more changes of a setting are refused, as a cell is being edited."""
        self._macros: dict[str, Callable[..., Any]] = {}

    def _change(self) -> None:
        if self._editing:
            self._editing -= 1
            refuse("a cell is being edited")

    def _refuse_while_editing(self) -> None:
        """A cell that is being edited lets no program in (docs/facts/open-excel.md, Busy)."""
        if self._editing:
            self._editing -= 1
            raise ComError(IGNORED, "Exception occurred.", None, None)

    def get_Application(self) -> Application:
        return self

    def get_Name(self) -> str:
        return "Microsoft Excel"

    def get_Version(self) -> str:
        return "16.0"

    def get_Hwnd(self) -> int:
        return 1

    def get_Ready(self) -> bool:
        return not self._editing

    def get_Workbooks(self) -> Workbooks:
        return Workbooks(self)

    def get_ActiveWorkbook(self) -> Workbook | None:
        return self._books[0] if self._books else None

    def get_ActiveSheet(self) -> Worksheet | None:
        return self._books[0].get_ActiveSheet() if self._books else None

    def get_Selection(self) -> Range | None:
        return self._selected if self._books else None

    def get_ScreenUpdating(self) -> bool:
        return self._updating

    def put_ScreenUpdating(self, value: bool) -> None:
        self._change()
        self._updating = bool(value)

    def get_EnableEvents(self) -> bool:
        return self._events

    def put_EnableEvents(self, value: bool) -> None:
        self._change()
        self._events = bool(value)

    def get_DisplayAlerts(self) -> bool:
        return self._alerts

    def put_DisplayAlerts(self, value: bool) -> None:
        self._alerts = bool(value)

    def get_Interactive(self) -> bool:
        return self._interactive

    def put_Interactive(self, value: bool) -> None:
        self._change()
        self._interactive = bool(value)

    def get_StatusBar(self) -> Any:
        return self._status

    def put_StatusBar(self, value: Any) -> None:
        self._status = value
        if value:
            self._bar.append(value)

    def get_Calculation(self) -> int:
        if not self._books:
            refuse("Method 'Calculation' of object '_Application' failed")
        return self._calculation

    def put_Calculation(self, value: int) -> None:
        if not self._books or value not in (AUTOMATIC, MANUAL, SEMIAUTOMATIC):
            refuse("Method 'Calculation' of object '_Application' failed")
        self._change()
        self._calculation = value

    def get_AutoCorrect(self) -> AutoCorrect:
        return AutoCorrect(self)

    def get_LanguageSettings(self) -> LanguageSettings:
        return LanguageSettings(self._language)

    def do_International(self, which: int) -> Any:
        return {1: 86 if self._language == 2052 else 1, 2: 86}.get(which)

    do_GetInternational = do_International

    def do_Run(self, macro: str, *args: Any) -> Any:
        self._refuse_while_editing()
        if macro not in self._macros:
            refuse(f"Cannot run the macro '{macro}'.")
        return self._macros[macro](*args)

    def do_Intersect(self, *ranges: Range) -> Range | None:
        from excel_com.ranges import meet

        found = [ranges[0]._area]
        for other in ranges[1:]:
            found = [both for a in found for b in other._areas if (both := meet(a, b))]
        return Range(ranges[0]._sheet, found) if found else None

    def do_Union(self, *ranges: Range) -> Range:
        return Range(ranges[0]._sheet, [area for one in ranges for area in one._areas])


class Window(ComObject):
    """What the accessibility interface of Excel's window gives."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def get_Application(self) -> Application:
        return self._app
