"""The few calls that xlwings does not offer, made to Excel directly: by COM on Windows, by AppleScript on a Mac.

In: xlwings objects, of which `.api` is used.  Effects: described at each function.
The names are Excel's own; the names for the Mac are those in xlwings' dictionary of Excel for Mac (a test checks them there).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import xlwings as xw

MAC: bool = sys.platform == "darwin"

Options = tuple[bool, ...]
"""What is allowed on a protected sheet, in the order of `PROTECTION`."""
_ALLOWED: Final = (
    *("FormattingCells", "FormattingColumns", "FormattingRows", "InsertingColumns", "InsertingRows", "InsertingHyperlinks"),
    *("DeletingColumns", "DeletingRows", "Sorting", "Filtering", "UsingPivotTables"),
)
PROTECTION: Final = ("DrawingObjects", "Contents", "Scenarios", "UserInterfaceOnly", *(f"Allow{name}" for name in _ALLOWED))
"""The arguments of Worksheet.Protect after the password, in Excel's order."""
_MAC_ALLOWED: Final = (
    *("formatting_cells", "formatting_columns", "formatting_rows", "inserting_columns", "inserting_rows", "inserting_hyperlinks"),
    *("deleting_columns", "deleting_rows", "sorting", "filtering", "using_pivot_table"),
)
MAC_PROTECTION: Final = (
    *("drawing_objects", "worksheet_contents", "scenarios", "user_interface_only"),
    *(f"allow_{name}" for name in _MAC_ALLOWED),
)
_MAC_FOOTERS: Final = {"LeftFooter": "left_footer", "CenterFooter": "center_footer", "RightFooter": "right_footer"}


def date1904(book: xw.Book) -> bool:
    return bool(book.api.date_1904.get() if MAC else book.api.Date1904)


def read_only(book: xw.Book) -> bool:
    """Whether Excel would refuse to save the workbook under its name."""
    return bool(book.api.read_only.get() if MAC else book.api.ReadOnly)


def is_saved(book: xw.Book) -> bool:
    """Whether the workbook has no unsaved changes."""
    return bool(book.api.saved.get() if MAC else book.api.Saved)


def saves_itself(book: xw.Book) -> bool:
    """Whether AutoSave is on: then the workbook is in OneDrive or SharePoint and others may be in it. Older versions of Excel have none."""
    return not MAC and bool(_optional(lambda: book.api.AutoSaveOn))


def set_saves_itself(book: xw.Book, value: bool) -> None:
    """Switch AutoSave. Raises Excel's error where the switch is disabled."""
    if not MAC:
        book.api.AutoSaveOn = value


def full_name(book: xw.Book) -> str:
    """The workbook's path, or its address where it is in OneDrive or SharePoint, as Excel has it."""
    return str(_optional(lambda: book.api.full_name.get() if MAC else book.api.FullName) or book.name)


def is_shared(book: xw.Book) -> bool:
    """Whether several people have the workbook open at once (the old “shared workbook”)."""
    return not MAC and bool(_optional(lambda: book.api.MultiUserEditing))


def is_labelled(book: xw.Book) -> bool:
    """Whether the workbook has a sensitivity label, which may encrypt the file."""
    return not MAC and bool(_optional(lambda: book.api.SensitivityLabel.GetLabel().LabelId))


def windows(book: xw.Book) -> int:
    """How many windows show the workbook."""
    return 1 if MAC else int(book.api.Windows.Count)


def _optional(ask: Callable[[], Any]) -> Any:
    """The answer; None from an Excel that does not know the question."""
    try:
        return ask()
    except Exception:  # AttributeError or one of COM's many errors
        return None


def save_copy(book: xw.Book, path: Path) -> None:
    """Save a copy of the open workbook, which keeps its own name. Not possible on a Mac; see `copies`."""
    book.api.SaveCopyAs(str(path))


def copies() -> bool:
    return not MAC


def interface_language(app: xw.App) -> int | None:
    """The number of the language of Excel's menus (2052 Chinese, 1033 English); None if Excel does not state it."""
    return None if MAC else int(app.api.LanguageSettings.LanguageID(2))  # msoLanguageIDUI


def country(app: xw.App) -> int | None:
    """The telephone code of the country of this Excel; on a Mac this is the only hint at its language."""
    return int(app.api.get_international(data_type=1)) if MAC else int(app.api.International(1))  # xlCountryCode


def shown_texts(rng: xw.Range) -> Any:
    """The texts that the cells show, for a Mac: only they show an error there."""
    return rng.api.string_value.get()


def rows_hidden(rng: xw.Range) -> bool | None:
    """True or False for all rows of the range, None if only some are hidden. One call; xlwings would need one per row."""
    return _all(rng.api.entire_row.rows.hidden.get() if MAC else rng.api.EntireRow.Hidden)


def hides_rows(sheet: xw.Sheet) -> bool:
    """Whether any row of the sheet is hidden, by a person or a filter."""
    return (rows_hidden(sheet.used_range) if MAC else _all(sheet.api.Rows.Hidden)) is not False


def columns_hidden(rng: xw.Range) -> bool | None:
    return _all(rng.api.entire_column.columns.hidden.get() if MAC else rng.api.EntireColumn.Hidden)


def _all(answer: Any) -> bool | None:
    """One answer from the list, or the "missing value", that a Mac returns."""
    if isinstance(answer, list):
        return bool(answer[0]) if len({bool(item) for item in answer}) == 1 else None
    return bool(answer) if isinstance(answer, (bool, int)) else None


def protection(sheet: xw.Sheet) -> Options | None:
    """The protection of a sheet, to be restored by `protect`; None if it is not protected."""
    api = sheet.api
    if MAC:
        if not api.protect_contents.get():
            return None
        drawing, scenarios = api.protect_drawing_objects.get(), api.protect_scenarios.get()
        macros, allowed = api.protection_mode.get(), api.protection_object
        stays = [getattr(allowed, f"allow_{name}").get() for name in _MAC_ALLOWED]
    else:
        if not api.ProtectContents:
            return None
        drawing, scenarios = api.ProtectDrawingObjects, api.ProtectScenarios
        macros, allowed = api.ProtectionMode, api.Protection
        stays = [getattr(allowed, f"Allow{name}") for name in _ALLOWED]
    return bool(drawing), True, bool(scenarios), bool(macros), *(bool(s) for s in stays)


def unprotect(sheet: xw.Sheet) -> bool:
    """Remove protection without a password; returns whether it is removed. Raises Excel's error if there is a password."""
    if MAC:
        sheet.api.unprotect(password="")
        return not sheet.api.protect_contents.get()
    sheet.api.Unprotect("")  # without the argument Excel would show a dialog for the password
    return not sheet.api.ProtectContents


def protect(sheet: xw.Sheet, options: Options) -> None:
    if MAC:
        sheet.api.protect_worksheet(**dict(zip(MAC_PROTECTION, options, strict=True)))
    else:
        sheet.api.Protect("", *options)


def filter_address(sheet: xw.Sheet) -> str | None:
    """The address of the sheet's own filter (not that of a table); None if it has none."""
    api = sheet.api
    if MAC:
        return str(api.autofilter_object.range_object.get_address()) if api.autofilter_mode.get() else None
    return str(api.AutoFilter.Range.Address) if api.AutoFilterMode else None


def fills_columns(app: xw.App) -> bool:
    """Whether Excel copies a formula written into one cell of a table down its whole column."""
    if MAC:
        return bool(app.api.autocorrect_object.Automatically_fill_formulas.get())
    return bool(app.api.AutoCorrect.AutoFillFormulasInLists)


def set_fills_columns(app: xw.App, value: bool) -> None:
    if MAC:
        app.api.autocorrect_object.Automatically_fill_formulas.set(value)
    else:
        app.api.AutoCorrect.AutoFillFormulasInLists = value


def expands_tables(app: xw.App) -> bool:
    """Whether a table takes in what is written right below or beside it."""
    if MAC:
        return bool(app.api.autocorrect_object.Automatically_expand_tables_as_I_type.get())
    return bool(app.api.AutoCorrect.AutoExpandListRange)


def set_expands_tables(app: xw.App, value: bool) -> None:
    if MAC:
        app.api.autocorrect_object.Automatically_expand_tables_as_I_type.set(value)
    else:
        app.api.AutoCorrect.AutoExpandListRange = value


def footers(sheet: xw.Sheet) -> dict[str, str]:
    """The text of LeftFooter, CenterFooter and RightFooter."""
    setup = sheet.api.page_setup_object if MAC else sheet.api.PageSetup
    return {part: str((getattr(setup, name).get() if MAC else getattr(setup, part)) or "") for part, name in _MAC_FOOTERS.items()}


def set_footers(sheet: xw.Sheet, texts: Mapping[str, str]) -> None:
    """Set these parts of the footer."""
    setup = sheet.api.page_setup_object if MAC else sheet.api.PageSetup
    for part, text in texts.items():
        if MAC:
            getattr(setup, _MAC_FOOTERS[part]).set(text)
        else:
            setattr(setup, part, text)
