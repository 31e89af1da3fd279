"""What a run takes off a workbook before it writes: AutoSave, the protection of sheets, their filters. Noted in a file before it is taken
off, so that whoever comes after a killed run sets it again.

In: the open workbook and the sheets that are written.  Out: `Lifted`; whether something was set again.
Effects: a file in the folder of `left_state`; AutoSave, protection and filters of the workbook.

The note is about the workbook, not about the Excel that shows it: a workbook that was saved and closed meanwhile is set right when it is
open again at a click. What a person has set since, a filter or a protection, stays as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from collab_xl.book.hidden_sheet import HIDDEN_SHEET
from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.busy import is_busy
from collab_xl.excel.left_state import Note, folder, left
from collab_xl.project.run import WRITING

if TYPE_CHECKING:
    import xlwings as xw

PREFIX: Final = "book-"
OLDEST_SECONDS: Final = 60 * 86_400
"""A note about a workbook that was not opened since is deleted after two months."""
_CRITERION: Final = ("type", "field", "values", "operator", "value1", "value2", "count", "percent")
"""What xlwings tells of a filter's criterion, in plain values."""


@dataclass(frozen=True)
class HeldFilter:
    """A filter that hides rows: of the table of this name, or the sheet's own ("")."""

    sheet: xw.Sheet
    table: str
    autofilter: Any
    criteria: Sequence[Mapping[str, Any]]

    def apply(self) -> None:
        apply(self.autofilter, self.criteria)


@dataclass
class Lifted:
    """What will be taken off, as it was found. `write_down` comes before anything is changed, `done` after all is set again."""

    book: xw.Book
    saves_itself: bool = False
    """Whether AutoSave was on."""
    protections: Sequence[tuple[xw.Sheet, native.Options]] = ()
    filters: Sequence[HeldFilter] = ()
    _note: Note | None = field(default=None, repr=False)

    @property
    def moves(self) -> bool:
        """Whether setting it again may move the selection."""
        return bool(self.protections or self.filters)

    def write_down(self) -> None:
        if not (self.moves or self.saves_itself):
            return
        name = _name_of(self.book)
        sheets: dict[str, dict[str, Any]] = {}
        for sheet, options in self.protections:
            sheets.setdefault(sheet.name, {})["protection"] = list(options)
        for held in self.filters:
            sheets.setdefault(held.sheet.name, {}).setdefault("filters", []).append({"table": held.table, "criteria": list(held.criteria)})
        self._note = Note(_file_of(name), {"book": name, "saves_itself": self.saves_itself, "sheets": sheets})

    def save_not(self) -> None:
        """Switch AutoSave off while cells are written. Where it cannot be switched, the run goes on: what is half written has a mark."""
        with contextlib.suppress(Exception):
            native.set_saves_itself(self.book, False)

    def save_itself(self) -> None:
        """Switch AutoSave on again."""
        if not native.saves_itself(self.book):
            native.set_saves_itself(self.book, True)

    def done(self, *, whole: bool) -> None:
        """The run has ended; the note stays if not all was set again."""
        if self._note is not None:
            self._note.done() if whole else self._note.release()


def lifted_from(book: xw.Book, sheets: Sequence[xw.Sheet]) -> Lifted:
    """Read what has to be taken off to write these sheets. Raises CollabError `live_filter_unknown`; nothing is changed."""
    filters = [held for sheet in sheets for held in _filters(sheet)]
    protections = [(sheet, options) for sheet in sheets if (options := _protection(sheet)) is not None]
    return Lifted(book, native.saves_itself(book), protections, filters)


def set_again(app: xw.App) -> bool:
    """Set again what killed runs took off the workbooks that are open in this Excel. False if there was nothing.

    Raises what Excel raises while it is busy; then the note stays for the next try.
    """
    done = False
    for path in sorted(folder().glob(f"{PREFIX}*.json")):  # usually none, without a call to Excel
        with left(path, forget_after=OLDEST_SECONDS) as note:
            if note.found is None:
                continue
            book = next((book for book in app.books if _name_of(book) == note.found.get("book")), None)
            if book is None:
                note.keep()
                continue
            done |= _set_again(book, note.found)
            if note.found.get("saves_itself") is True:
                if _half_written(book):
                    note.keep()  # Excel would save at once what is to be closed without saving
                elif not native.saves_itself(book):
                    with _own_trouble():
                        native.set_saves_itself(book, True)
                        done = True
    return done


def _half_written(book: xw.Book) -> bool:
    """Whether the hidden sheet has the mark of a run that did not get to its end."""
    sheet = next((sheet for sheet in book.sheets if sheet.name == HIDDEN_SHEET), None)
    return sheet is not None and WRITING in [line[0] for line in sheet.range("A1:A99").raw_value]


def _set_again(book: xw.Book, found: Mapping[str, Any]) -> bool:
    """Filters and protection; whether one was set."""
    done = False
    sheets = found.get("sheets")
    for name, held in sheets.items() if isinstance(sheets, dict) else ():
        with _own_trouble():
            sheet = next((sheet for sheet in book.sheets if sheet.name == name), None)
            if sheet is None or native.protection(sheet) is not None:
                continue
            for each in held.get("filters", ()):
                with _own_trouble():
                    autofilter = _autofilter(sheet, str(each["table"]))
                    if autofilter is not None and all(criterion in each["criteria"] for criterion in _criteria(autofilter)):
                        apply(autofilter, each["criteria"])
                        done = True
            if isinstance(options := held.get("protection"), list) and len(options) == len(native.PROTECTION):
                native.protect(sheet, tuple(bool(o) for o in options))
                done = True
    return done


@contextlib.contextmanager
def _own_trouble() -> Iterator[None]:
    """What cannot be set again, as its table is gone, does not keep the rest from it. Raises what a busy Excel raises."""
    try:
        yield
    except Exception as error:
        if is_busy(error):
            raise


def _name_of(book: xw.Book) -> str:
    """The workbook's path or address, as Excel has it."""
    return native.full_name(book)


def _file_of(name: str) -> str:
    return f"{PREFIX}{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def _protection(sheet: xw.Sheet) -> native.Options | None:
    return None if getattr(sheet, "protected", None) is False else native.protection(sheet)


def _filters(sheet: xw.Sheet) -> Iterator[HeldFilter]:
    """Filters of a sheet and its tables that hide rows, with the criteria to set them again.

    A filter that hides no row does no harm to what is written, and reading the criteria takes two calls a column.
    """
    if getattr(sheet, "hides_rows", None) is False or not native.hides_rows(sheet):
        return
    found = [(table.name, table.autofilter) for table in sheet.tables if table.show_autofilter]
    if (own := _autofilter(sheet, "")) is not None:
        found.append(("", own))
    for table, autofilter in found:
        criteria = list(_criteria(autofilter))
        for criterion in criteria:
            if criterion["type"] == "unknown":
                raise CollabError("live_filter_unknown", sheet=sheet.name, column=criterion["field"])
        if criteria:
            yield HeldFilter(sheet, table, autofilter, criteria)


def _autofilter(sheet: xw.Sheet, table: str) -> Any:
    """The filter of a table, or the sheet's own; None if it is gone."""
    if table:
        return next((each.autofilter for each in sheet.tables if each.name == table and each.show_autofilter), None)
    own = native.filter_address(sheet)
    return None if own is None else sheet.range(own).autofilter


def _criteria(autofilter: Any) -> Iterator[dict[str, Any]]:
    for criterion in autofilter.criteria:
        if criterion.type != "none":
            yield {name: getattr(criterion, name) for name in _CRITERION}


def apply(autofilter: Any, criteria: Sequence[Mapping[str, Any]]) -> None:
    """Set criteria on a filter that shows all rows."""
    for c in criteria:
        if c["type"] == "values":
            autofilter.apply_values(c["field"], c["values"])
        elif c["type"] == "comparison":
            autofilter.apply_comparison(c["field"], c["operator"], c["value1"], c["value2"])
        elif c["type"].endswith("_items"):
            getattr(autofilter, f"apply_{c['type']}")(c["field"], c["count"])
        else:
            getattr(autofilter, f"apply_{c['type']}")(c["field"], c["percent"])
