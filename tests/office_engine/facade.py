"""What our code asks of xlwings' `.api`, answered by LibreOffice in the shape and with the names of Excel's COM objects."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

from collab_xl.model.place import a1
from office_engine.calls import Counted
from office_engine.cells import Block, RefusedError, values
from office_engine.limits import check_footer

FOOTERS = {"LeftFooter": "LeftText", "CenterFooter": "CenterText", "RightFooter": "RightText"}


class Hidden(Counted):
    def __init__(self, block: Block, columns: bool) -> None:
        self._block, self._columns = block, columns

    @property
    def Hidden(self) -> bool | None:
        return self._block.hidden(columns=self._columns)


class RangeApi:
    def __init__(self, block: Block) -> None:
        self._block = block

    @property
    def EntireRow(self) -> Hidden:
        return Hidden(self._block, False)

    @property
    def EntireColumn(self) -> Hidden:
        return Hidden(self._block, True)

    @property
    def Value2(self) -> Any:
        return values(self._block, exact=True)


class PageSetup(Counted):
    """The page style of a sheet. LibreOffice keeps fields (&P, &D) as such: only plain text goes in and out unchanged."""

    def __init__(self, style: Any) -> None:
        object.__setattr__(self, "_style", style)

    def __getattr__(self, name: str) -> str:
        content = self._style.RightPageFooterContent  # its texts live no longer than it does
        text: str = getattr(content, FOOTERS[name]).getString()
        return text

    def __setattr__(self, name: str, text: str) -> None:
        check_footer(text if part == name else getattr(self, part) for part in FOOTERS)
        self._style.FooterIsOn = True
        content = self._style.RightPageFooterContent
        getattr(content, FOOTERS[name]).setString(text)
        self._style.RightPageFooterContent = content


class Protection:
    def __init__(self, options: dict[str, bool]) -> None:
        self._options = options

    def __getattr__(self, name: str) -> bool:
        return self._options.get(name, False)


class SheetFilter:
    """`Worksheet.AutoFilter`, of which only `Range.Address` is asked."""

    def __init__(self, area: Any) -> None:
        first, last = a1(area.StartRow + 1, area.StartColumn + 1), a1(area.EndRow + 1, area.EndColumn + 1)
        self.Address = f"{first}:{last}"

    @property
    def Range(self) -> SheetFilter:
        return self


class SheetApi(Counted):
    """LibreOffice does not hand out the options of a protected sheet: they are kept here, as `Protect` was given them."""

    OPTIONS: ClassVar[dict[str, dict[str, bool]]] = {}
    ORDER = (
        *("DrawingObjects", "Contents", "Scenarios", "UserInterfaceOnly", "AllowFormattingCells", "AllowFormattingColumns"),
        *("AllowFormattingRows", "AllowInsertingColumns", "AllowInsertingRows", "AllowInsertingHyperlinks", "AllowDeletingColumns"),
        *("AllowDeletingRows", "AllowSorting", "AllowFiltering", "AllowUsingPivotTables"),
    )

    def __init__(self, sheet: Any, doc: Any, used: Callable[[], Block] | None = None) -> None:
        self._sheet, self._doc, self._used = sheet, doc, used

    @property
    def _kept(self) -> dict[str, bool]:
        return self.OPTIONS.setdefault(f"{self._doc.URL}#{self._sheet.Name}", {})

    @property
    def Rows(self) -> Hidden:
        """Of a sheet: here those with contents or a format."""
        assert self._used is not None
        return Hidden(self._used(), columns=False)

    @property
    def ProtectContents(self) -> bool:
        return bool(self._sheet.isProtected())

    @property
    def ProtectDrawingObjects(self) -> bool:
        return self._kept.get("DrawingObjects", False)

    @property
    def ProtectScenarios(self) -> bool:
        return self._kept.get("Scenarios", False)

    @property
    def ProtectionMode(self) -> bool:
        return self._kept.get("UserInterfaceOnly", False)

    @property
    def Protection(self) -> Protection:
        return Protection(self._kept)

    def Unprotect(self, password: str) -> None:
        try:
            self._sheet.unprotect(password)
        except Exception as error:
            raise RefusedError("The password you supplied is not correct.") from error

    def Protect(self, password: str, *options: bool) -> None:
        self._sheet.protect(password)
        self._kept.update(zip(self.ORDER, options, strict=True))

    @property
    def AutoFilterMode(self) -> bool:
        return self._own_filter is not None

    @property
    def _own_filter(self) -> Any:
        unnamed = self._doc.getPropertyValue("UnnamedDatabaseRanges")
        tab = self._sheet.RangeAddress.Sheet
        return unnamed.getByTable(tab) if unnamed.hasByTable(tab) and unnamed.getByTable(tab).AutoFilter else None

    @property
    def AutoFilter(self) -> SheetFilter:
        return SheetFilter(self._own_filter.DataArea)

    @property
    def PageSetup(self) -> PageSetup:
        return PageSetup(self._doc.StyleFamilies.getByName("PageStyles").getByName(self._sheet.PageStyle))


class BookApi(Counted):
    READ_ONLY: ClassVar[bool] = False
    """As Excel opens a workbook that somebody else has open."""

    def __init__(self, book: Any) -> None:
        self._book, self._doc = book, book.doc

    @property
    def Date1904(self) -> bool:
        return bool(self._doc.NullDate.Year == 1904)

    @property
    def ReadOnly(self) -> bool:
        return BookApi.READ_ONLY

    STATE: ClassVar[dict[str, Any]] = {}
    """`AutoSaveOn`, `MultiUserEditing` and so on, for tests; an older Excel has none of them."""

    @property
    def Saved(self) -> bool:
        return not self._doc.isModified()

    @property
    def Windows(self) -> Any:
        return SimpleNamespace(Count=self.STATE.get("windows", 1))

    def __getattr__(self, name: str) -> Any:
        if name in ("AutoSaveOn", "MultiUserEditing", "SensitivityLabel") and name in self.STATE:
            return self.STATE[name]
        raise AttributeError(name)

    def SaveCopyAs(self, path: str) -> None:
        self._book.save_copy(path)
