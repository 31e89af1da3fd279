"""The other way: save the open workbook, close it, run the verb on the file, and open it again.

For a click that Excel refuses to write: a password on a sheet, a totals row, a filter that could not be set again, a form to be added.
In: the open workbook, the verb as a function of a path.  Out: the report, and the workbook opened again.
Effects: the workbook is saved as the person would do it, with all that was typed; the file as it was before lies among the backups.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors
from collab_xl.excel.state import workbook_path
from collab_xl.project.commit import copy_synced
from collab_xl.project.sidecar import Sidecar
from collab_xl.verbs.report import Report
from collab_xl.verbs.times import clock

if TYPE_CHECKING:
    import xlwings as xw

HELPS: Final = frozenset({"live_protected", "live_filter_unknown", "live_totals", "live_write_failed", "forms_on_screen"})
"""Refusals of a live write that a closed file does not know."""


def refused(book: xw.Book) -> str:
    """Why this workbook cannot be closed and opened again for the person: a word of `addin.other_way`; "" if it can."""
    try:
        path = workbook_path(book)
    except CollabError:
        return "cloud"
    with excel_errors():
        if not path.is_file():
            return "moved"
        if native.read_only(book):
            return "read_only"
        if native.saves_itself(book):
            return "saves_itself"
        if native.is_shared(book):
            return "shared"
        if native.is_labelled(book):
            return "labelled"
        if native.windows(book) > 1:
            return "windows"
    return ""


def carried_out(book: xw.Book, sidecar: Sidecar, work: Callable[[Path], Report]) -> tuple[Report, xw.Book]:
    """Save, close, `work` on the file, open again with the same sheet and selection; opened again also if `work` fails.

    Raises:
        CollabError: `other_way_not_saved`, `other_way_not_closed` (the workbook is open as before), `other_way_not_opened`, and what `work`
            raises.
    """
    path = workbook_path(book)
    app, name = book.app, book.name
    sheet, selection = _shown(book)
    with _saving_errors(name):
        copy_synced(path, sidecar.backup_path("saving", clock.now(), path.suffix))
        book.save()
    with excel_errors():
        with contextlib.suppress(Exception):  # a macro of the workbook may cancel it; then the workbook is still there
            book.close()
        if any(left.name == name for left in app.books):
            raise CollabError("other_way_not_closed", file=name)
    try:
        report = work(path)
    finally:
        again = _opened(app, path, sheet, selection)
    return report, again


@contextlib.contextmanager
def _saving_errors(name: str):  # type: ignore[no-untyped-def]
    try:
        with excel_errors():
            yield
    except CollabError:
        raise
    except Exception as error:
        raise CollabError("other_way_not_saved", file=name, why=" ".join(str(error).split()) or type(error).__name__) from error


def _shown(book: xw.Book) -> tuple[str, str]:
    """The sheet in front and what is selected on it; "" where Excel does not say."""
    sheet = selection = ""
    with contextlib.suppress(Exception):
        sheet = book.sheets.active.name
        found = book.app.selection
        selection = found.address if found is not None else ""
    return sheet, selection


def _opened(app: xw.App, path: Path, sheet: str, selection: str) -> xw.Book:
    try:
        with excel_errors():
            book = app.books.open(str(path))
    except Exception as error:
        raise CollabError("other_way_not_opened", file=path.name, path=str(path)) from error
    with contextlib.suppress(Exception):
        book.sheets[sheet].activate()
        book.sheets[sheet].range(selection).select()
    return book
