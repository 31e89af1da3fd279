"""An xlwings engine over LibreOffice: the few dozen members our code uses.

`Books.open(path)` loads a workbook; a Table of the file is a database range with the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Final

import xlwings as xw
from xlwings import base_classes

from collab_xl.model.place import Area, a1
from office_engine import limits
from office_engine.calls import Counted
from office_engine.cells import TEXT_FORMAT, XL_ERRORS, Block, Box, RefusedError, formulas, put, scode, values
from office_engine.facade import BookApi, RangeApi, SheetApi
from office_engine.filters import AutoFilter
from office_engine.inside import CONTENT, Asked

AS_OPENED: dict[str, bytes] = {}
"""The files of the open documents, by the number LibreOffice gives each: a copy of an unchanged one takes half a second to write anew."""
HUNDREDTHS_OF_MM: Final = 2540 / 72
"""In a point."""


class Engine:
    """What `xw.main.Engine(impl=…)` takes."""

    name, type = "office", "desktop"

    def __init__(self, context: Any) -> None:
        self._apps = Apps(App(self, context))

    @property
    def apps(self) -> Apps:
        return self._apps

    @staticmethod
    def prepare_xl_data_element(value: Any, options: Any) -> Any:
        return "" if value is None else value

    @staticmethod
    def clean_value_data(data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool) -> Any:
        errors = {scode(error): error for error in XL_ERRORS}

        def clean(value: Any) -> Any:
            if value is None or value == "":
                return empty_as
            if isinstance(value, int) and value in errors:
                return errors[value] if err_to_str else None
            return number_builder(value) if number_builder is not None and isinstance(value, float) else value

        return [[clean(value) for value in line] for line in data]


class Apps(base_classes.Apps):
    def __init__(self, app: App) -> None:
        self._app = app

    def keys(self) -> list[int]:
        return [1]

    def __iter__(self) -> Iterator[App]:
        yield self._app

    def __len__(self) -> int:
        return 1

    def __getitem__(self, pid: int) -> App:
        return self._app


class App(Counted, base_classes.App):
    def __init__(self, engine: Engine, context: Any) -> None:
        self.engine = engine
        self._context = context
        self.ask = Asked(context)
        self._desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        self._updating, self._status, self._calculation = True, False, "automatic"
        self.editing = 0
        """How many more times the program refuses a change because a cell is being edited."""
        self.seen: list[str] = []
        """Texts that stood in the status bar."""
        self.answer = "yes"
        """What the person answers to a question."""
        self.questions: list[str] = []
        self.alerts: list[tuple[str, str]] = []
        """Message boxes: what they said, and info or critical."""

    @property
    def pid(self) -> int:
        return 1

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def api(self) -> App:
        return self

    display_alerts = True
    enable_events = True
    AutoCorrect = SimpleNamespace(AutoFillFormulasInLists=True, AutoExpandListRange=True)
    """Of `Application`: settings LibreOffice has no counterpart of."""

    @property
    def screen_updating(self) -> bool:
        return self._updating

    @screen_updating.setter
    def screen_updating(self, value: bool) -> None:
        if self.editing:
            self.editing -= 1
            raise RefusedError("Excel is waiting for the cell", -2146777998)
        self._updating = value

    @property
    def calculation(self) -> str:
        return self._calculation

    @calculation.setter
    def calculation(self, value: str) -> None:
        self._calculation = value
        for doc in Books(self)._docs():
            doc.enableAutomaticCalculation(value == "automatic")

    @property
    def status_bar(self) -> Any:
        return self._status

    @status_bar.setter
    def status_bar(self, value: Any) -> None:
        self._status = value
        if value:
            self.seen.append(value)

    @property
    def selection(self) -> Range | None:
        books = Books(self)
        if not len(books):
            return None
        book = books.active
        selected = book.doc.CurrentController.Selection
        if not selected.supportsService("com.sun.star.sheet.SheetCellRange"):
            return None
        return Range(Sheet(book, selected.Spreadsheet.Name), box_of(selected.RangeAddress))

    def activate(self, steal_focus: bool = False) -> None:
        """There is one window."""

    LANGUAGE: ClassVar[int] = 2052
    """What its menus are in: Chinese, 1033 is English."""

    @property
    def LanguageSettings(self) -> Any:
        return SimpleNamespace(LanguageID=lambda which: self.LANGUAGE)

    def International(self, which: int) -> int:
        return 86 if self.LANGUAGE == 2052 else 1

    typed: ClassVar[list[str | bool]] = []
    """What the person types or chooses in the next dialogs; False cancels, and so does an empty list."""

    def InputBox(self, prompt: Any, title: Any, default: Any) -> str | bool:
        self.questions.append(str(prompt))
        return self.typed.pop(0) if self.typed else False

    def GetOpenFilename(self, kinds: str, which: int, title: str, button: Any, several: bool) -> tuple[str, ...] | bool:
        assert kinds.count(",") == 1
        self.questions.append(title)
        said = self.typed.pop(0) if self.typed else False
        return (said,) if isinstance(said, str) else said

    def GetSaveAsFilename(self, suggested: str, kinds: str, which: int, title: str) -> str | bool:
        assert kinds.count(",") == 1
        self.questions.append(f"{title}: {suggested}")
        return self.typed.pop(0) if self.typed else False

    def alert(self, prompt: Any, title: Any, buttons: Any, mode: Any, callback: Any) -> str:
        if buttons == "yes_no":
            self.questions.append(str(prompt))
            return self.answer
        self.alerts.append((str(prompt), mode or ""))
        return "ok"


class Books(Counted, base_classes.Books):
    def __init__(self, app: App) -> None:
        self.app = app

    def _docs(self) -> list[Any]:
        components = self.app._desktop.Components.createEnumeration()
        out = []
        while components.hasMoreElements():
            doc = components.nextElement()
            if doc.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
                out.append(doc)
        return out

    @property
    def active(self) -> Book:
        return Book(self.app, self._docs()[0])

    def __len__(self) -> int:
        return len(self._docs())

    def __iter__(self) -> Iterator[Book]:
        return iter([Book(self.app, doc) for doc in self._docs()])

    def __call__(self, name_or_index: Any) -> Book:
        books = list(self)
        if isinstance(name_or_index, int):
            return books[name_or_index - 1]
        for book in books:
            if book.name == name_or_index:
                return book
        raise KeyError(name_or_index)

    def open(self, fullname: Any, *_: Any, **__: Any) -> Book:
        import uno

        limits.check_path(Path(fullname).resolve())
        limits.check_name(Path(fullname).name, [book.name for book in self])

        hidden = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        hidden.Name, hidden.Value = "Hidden", True
        doc = self.app._desktop.loadComponentFromURL(Path(fullname).resolve().as_uri(), "_blank", 0, (hidden,))
        if doc is None:
            raise RefusedError(f"cannot open {fullname}")
        doc.setModified(False)  # calculating while loading is no change
        AS_OPENED[doc.RuntimeUID] = Path(fullname).read_bytes()
        return Book(self.app, doc)


class Book(Counted, base_classes.Book):
    cloud: str = ""
    """Address the workbook was opened from, as OneDrive would have it."""

    def __init__(self, app: App, doc: Any) -> None:
        self._app, self.doc = app, doc

    @property
    def app(self) -> App:
        return self._app

    @property
    def api(self) -> BookApi:
        return BookApi(self)

    @property
    def name(self) -> str:
        return Path(self.fullname).name

    @property
    def fullname(self) -> str:
        import uno

        if Book.cloud:
            return Book.cloud
        return str(uno.fileUrlToSystemPath(self.doc.URL)) if self.doc.URL else "Book1"

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)

    def activate(self) -> None:
        """There is one window."""

    def save(self, path: Any = None, password: Any = None) -> None:
        import uno

        kind = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        kind.Name, kind.Value = "FilterName", "Calc MS Excel 2007 XML"
        target = Path(path or self.fullname).resolve()
        self.doc.storeToURL(target.as_uri(), (kind,))
        if path is None:
            self.doc.setModified(False)
            AS_OPENED[self.doc.RuntimeUID] = target.read_bytes()

    def save_copy(self, path: str) -> None:
        limits.check_path(path)
        if self.doc.isModified():
            self.save(path)
        else:
            Path(path).write_bytes(AS_OPENED[self.doc.RuntimeUID])

    CANCELS: ClassVar[bool] = False
    """Whether a macro of the workbook cancels closing."""

    def close(self) -> None:
        if not Book.CANCELS:
            AS_OPENED.pop(self.doc.RuntimeUID, None)
            self.doc.close(True)


class Names(Counted, base_classes.Names):
    def __init__(self, book: Book) -> None:
        self._book = book

    def snapshot(self) -> list[tuple[str, Name]]:
        return [(name, Name(name, content)) for name, content in self._book.app.ask.names(self._book.doc)]


class Name(Counted, base_classes.Name):
    def __init__(self, name: str, content: str) -> None:
        self._name, self._content = name, content

    @property
    def name(self) -> str:
        return self._name

    @property
    def refers_to(self) -> str:
        return "=" + self._content.lstrip("$").replace(".$", "!$", 1)


class Sheets(Counted, base_classes.Sheets):
    def __init__(self, book: Book) -> None:
        self._book = book

    @property
    def active(self) -> Sheet:
        return Sheet(self._book, self._book.doc.CurrentController.ActiveSheet.Name)

    def __len__(self) -> int:
        return int(self._book.doc.Sheets.Count)

    def __iter__(self) -> Iterator[Sheet]:
        return iter([Sheet(self._book, name) for name in self._book.doc.Sheets.ElementNames])

    def __call__(self, name_or_index: Any) -> Sheet:
        names = self._book.doc.Sheets.ElementNames
        name = names[name_or_index - 1] if isinstance(name_or_index, int) else name_or_index
        if name not in names:
            raise KeyError(name)
        return Sheet(self._book, name)


class Sheet(Counted, base_classes.Sheet):
    def __init__(self, book: Book, name: str) -> None:
        self._book, self._name = book, name

    @cached_property
    def sheet(self) -> Any:
        """LibreOffice's own object of it."""
        return self._book.app.ask.sheet(self._book.doc, self._name)

    @property
    def book(self) -> Book:
        return self._book

    @property
    def api(self) -> SheetApi:
        return SheetApi(self.sheet, self.book.doc, lambda: self.used_range._block)

    @property
    def name(self) -> str:
        return self._name

    @property
    def index(self) -> int:
        return int(self.sheet.RangeAddress.Sheet) + 1

    @property
    def visible(self) -> bool:
        return bool(self.book.app.ask.visible(self.book.doc, self._name))

    def activate(self) -> None:
        self.book.doc.CurrentController.setActiveSheet(self.sheet)

    @property
    def used_range(self) -> Range:
        return Range(self, self.book.app.ask.used(self.sheet))

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        if isinstance(arg1, str):
            area = Area.parse(arg1.replace("$", ""))
        else:
            first, last = (arg if isinstance(arg, tuple) else (arg.row, arg.column) for arg in (arg1, arg2 or arg1))
            area = Area(*first, *last)
        return Range(self, (area.first_row - 1, area.first_col - 1, area.last_row - 1, area.last_col - 1))

    @property
    def tables(self) -> Tables:
        return Tables(self)


class Tables(Counted, base_classes.Collection):
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def _all(self) -> list[str]:
        return list(self._sheet.book.app.ask.tables(self._sheet.book.doc, self._sheet.name))

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Table]:
        return iter([Table(self._sheet, name) for name in self._all()])

    def __call__(self, key: Any) -> Table:
        return next(Table(self._sheet, name) for n, name in enumerate(self._all(), 1) if key in (n, name))


class Table(Counted, base_classes.Table):
    def __init__(self, sheet: Sheet, name: str) -> None:
        self._sheet, self._name = sheet, name

    @property
    def _ranged(self) -> Any:
        return self._sheet.book.doc.DatabaseRanges.getByName(self._name)

    def _asked(self) -> tuple[Any, ...]:
        found: tuple[Any, ...] = self._sheet.book.app.ask.table(self._sheet.book.doc, self._name)
        return found

    @property
    def name(self) -> str:
        return self._name

    @property
    def parent(self) -> Sheet:
        return self._sheet

    @property
    def range(self) -> Range:
        return Range(self._sheet, self._asked()[0])

    @property
    def show_headers(self) -> bool:
        return bool(self._asked()[1])

    @property
    def show_totals(self) -> bool:
        return bool(self._asked()[2])

    @property
    def show_autofilter(self) -> bool:
        return bool(self._asked()[3])

    @property
    def autofilter(self) -> AutoFilter:
        return AutoFilter(self._sheet.sheet, self._ranged)

    def resize(self, range: xw.Range) -> None:
        sheet, target = self._sheet, range.impl
        limits.check_protected(sheet.sheet.isProtected())
        others = [Table(sheet, name)._asked()[0] for name in Tables(sheet)._all() if name != self._name]
        limits.check_resize(self._asked()[0], target._box, others)
        if sheet.book.app.ask.merged(sheet.sheet, target._box):
            raise RefusedError("Resize method of ListObject class failed: merged cells")
        self._ranged.DataArea = range.impl._cells.RangeAddress


def box_of(address: Any) -> Box:
    return address.StartRow, address.StartColumn, address.EndRow, address.EndColumn


class Range(Counted, base_classes.Range):
    def __init__(self, sheet: Sheet, box: Box) -> None:
        self._sheet, self._box = sheet, box
        self._block = Block(sheet.book.app.ask, sheet.book.doc, sheet.sheet, box)

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    @property
    def _doc(self) -> Any:
        return self.sheet.book.doc

    @property
    def _cells(self) -> Any:
        return self._block.cells

    @property
    def api(self) -> RangeApi:
        return RangeApi(self._block)

    @property
    def row(self) -> int:
        return self._box[0] + 1

    @property
    def column(self) -> int:
        return self._box[1] + 1

    @property
    def shape(self) -> tuple[int, int]:
        top, left, bottom, right = self._box
        return bottom - top + 1, right - left + 1

    @property
    def address(self) -> str:
        top, left, bottom, right = self._box
        first, last = a1(top + 1, left + 1), a1(bottom + 1, right + 1)
        return first if first == last else f"{first}:{last}"

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        return self.address

    def select(self) -> None:
        self._doc.CurrentController.select(self._cells)

    def __len__(self) -> int:
        rows, cols = self.shape
        return rows * cols

    def __call__(self, row: int, col: int | None = None) -> Range:
        if col is None:
            row, col = (row - 1) // self.shape[1] + 1, (row - 1) % self.shape[1] + 1
        top, left = self._box[0] + row - 1, self._box[1] + col - 1
        return Range(self.sheet, (top, left, top, left))

    @property
    def raw_value(self) -> Any:
        found = values(self._block)
        return found[0][0] if self.shape == (1, 1) else found

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self._refuse()
        put(self._block, self._without_covered(data))
        self._doc.calculate()  # Excel calculates a formula when it is entered, also with calculation by hand

    def _without_covered(self, data: Any) -> Any:
        """Excel drops what is written into the covered cells of a merged area."""
        ask, sheet = self._block.ask, self.sheet.sheet
        if self.shape == (1, 1):
            return data if self.merge_area._box[:2] == self._box[:2] else None
        if not isinstance(data, (list, tuple)) or not (ask.merged(sheet, self._box) or ask.cuts_merged(sheet, self._box)):
            return data
        return [
            [Range(self.sheet, (r, c, r, c))._without_covered(value) for c, value in enumerate(line, self._box[1])]
            for r, line in enumerate(data, self._box[0])
        ]

    def _refuse(self) -> None:
        limits.check_protected(self.sheet.sheet.isProtected())
        if self._block.ask.cuts_array(self.sheet.sheet, self._box):
            raise RefusedError("You can't change part of an array.")
        if self.shape[0] > 1 and self._block.hidden(columns=False) is not False:
            assert not self._block.ask.filtered(self.sheet.sheet, self._box), "Excel would write this block to wrong rows"

    @property
    def formula(self) -> Any:
        found = formulas(self._block)
        return found[0][0] if self.shape == (1, 1) else found

    @formula.setter
    def formula(self, value: str) -> None:
        """One formula for many cells of a column: its references move downwards."""
        import uno

        self._refuse()
        assert self.shape[1] == 1
        put(self(1)._block, value)
        if self.number_format == TEXT_FORMAT:
            put(self._block, value)
        elif self.shape[0] > 1:
            self._cells.fillAuto(uno.Enum("com.sun.star.sheet.FillDirection", "TO_BOTTOM"), 1)

    @property
    def has_array(self) -> bool | None:
        marks = {text.startswith("{") for line in self._block.ask.formulas(self.sheet.sheet, self._box) for text in line}
        return None if len(marks) == 2 else marks.pop()

    @property
    def merge_cells(self) -> bool | None:
        if not self._block.ask.merged(self.sheet.sheet, self._box):
            return False
        return True if self.shape == (1, 1) else None

    @property
    def merge_area(self) -> Range:
        cursor = self.sheet.sheet.createCursorByRange(self._cells)
        cursor.collapseToMergedArea()
        return Range(self.sheet, box_of(cursor.RangeAddress))

    @property
    def autofilter(self) -> AutoFilter:
        return AutoFilter(self.sheet.sheet, SheetApi(self.sheet.sheet, self._doc)._own_filter)

    @property
    def number_format(self) -> str | None:
        shown = {found.text for found in self._block.formats()}
        return shown.pop() if len(shown) == 1 else None

    @number_format.setter
    def number_format(self, value: str) -> None:
        import uno

        limits.check_protected(self.sheet.sheet.isProtected())  # LibreOffice knows no protection that allows it
        limits.check_format(value)
        locale, known = uno.createUnoStruct("com.sun.star.lang.Locale"), self._doc.NumberFormats
        key = known.queryKey(value, locale, False)
        self._cells.NumberFormat = known.addNew(value, locale) if key < 0 else key

    @property
    def row_height(self) -> float | None:
        heights = {round(height / HUNDREDTHS_OF_MM, 1) for height in self._block.ask.heights(self.sheet.sheet, self._box)}
        return heights.pop() if len(heights) == 1 else None

    @row_height.setter
    def row_height(self, points: float) -> None:
        limits.check_height(points)
        self._refuse_rows()
        self._cells.Rows.Height = round(points * HUNDREDTHS_OF_MM)

    @property
    def row_hidden(self) -> bool | None:
        return self._block.hidden(columns=False)

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self._refuse_rows()
        self._cells.Rows.IsVisible = not value

    def _refuse_rows(self) -> None:
        """Height and hiding of rows, which a protected sheet may allow."""
        kept = SheetApi(self.sheet.sheet, self._doc)._kept
        limits.check_protected(self.sheet.sheet.isProtected(), kept.get("AllowFormattingRows", False))

    def clear_contents(self) -> None:
        self._refuse()
        if self._block.ask.cuts_merged(self.sheet.sheet, self._box):
            raise RefusedError("We can't do that to a merged cell.")
        self._cells.clearContents(CONTENT)

    def autofill(self, destination: xw.Range, type_: str) -> None:
        """`fill_formats` downwards from one row: cell style and number format of each column."""
        assert type_ == "fill_formats"
        limits.check_protected(self.sheet.sheet.isProtected())
        box, whole = self._box, destination.impl._box
        if not (whole[0] <= box[0] and whole[1] <= box[1] and box[2] <= whole[2] and box[3] <= whole[3]):
            raise RefusedError("AutoFill method of Range class failed: the destination must contain the source")
        target = destination.impl._cells
        for n in range(target.Columns.Count):
            source, column = self._cells.getCellByPosition(n, 0), target.getCellRangeByPosition(n, 0, n, target.Rows.Count - 1)
            column.CellStyle, column.NumberFormat = source.CellStyle, source.NumberFormat


def xlwings_over(context: Any) -> xw.main.Engine:
    """Give xlwings LibreOffice as its active engine."""
    engine = xw.main.Engine(impl=Engine(context))
    xw.engines.add(engine)
    engine.activate()
    return engine
