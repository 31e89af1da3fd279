"""Excel's settings during a run: wait until it is ready, change what would disturb writing, and restore it in every case.

In: an xlwings Book.  Effects: screen updating, calculation, status bar, filters and sheet protection are changed and restored.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.busy import REFUSED, codes, excel_errors, is_busy
from collab_xl.excel.left_state import Note
from collab_xl.excel.lifted import Lifted, lifted_from
from collab_xl.excel.xlwings_setup import bounded_retries

if TYPE_CHECKING:
    import xlwings as xw

READY_TRIES: Final = 10
READY_PAUSE_SECONDS: Final = 0.2


def workbook_path(book: xw.Book) -> Path:
    """The path of the open workbook on this machine.

    Raises:
        CollabError: `workbook_in_cloud` if Excel returns an address of OneDrive or SharePoint and xlwings knows no local folder for it;
            `workbook_never_saved`. A file with this name is not searched elsewhere: it could be another one.
    """
    with excel_errors():
        name = book.name
        try:
            fullname = str(book.fullname)
        except Exception as error:
            if is_busy(error) or not any(sign in str(error) for sign in ("://", "OneDrive", "SharePoint")):
                raise
            raise CollabError("workbook_in_cloud", file=name, address=_address(error)) from error
    if "://" in fullname:
        raise CollabError("workbook_in_cloud", file=name, address=fullname)
    if "/" not in fullname and "\\" not in fullname:
        raise CollabError("workbook_never_saved", file=name)
    return Path(fullname)


def _address(error: Exception) -> str:
    return next((word.strip("'\".,") for word in str(error).split() if "://" in word), "OneDrive / SharePoint")


def wait_until_ready(app: xw.App, pause: Callable[[float], object] = time.sleep, tries: int = READY_TRIES) -> None:
    """Wait until Excel accepts changes. Raises CollabError `excel_busy` after so many tries (about two seconds), and `excel_permission`.

    While a cell is being edited, Excel refuses to set a property, even to its old value; it can still be read.
    """
    for attempt in range(tries):
        try:
            with bounded_retries(1), excel_errors():
                _probe(app)
            return
        except CollabError as error:
            if error.code != "excel_busy" or attempt == tries - 1:
                raise
        pause(READY_PAUSE_SECONDS)


def _probe(app: xw.App) -> None:
    try:
        app.screen_updating = app.screen_updating
    except Exception as error:
        if REFUSED in codes(error):
            raise CollabError("excel_busy") from error
        raise


@dataclass(frozen=True)
class _RestoreStep:
    what: str
    do: Callable[[], object]


@contextlib.contextmanager
def restored_state(book: xw.Book, sheets: Sequence[xw.Sheet], message: str = "", *, beside_table: bool = False) -> Iterator[None]:
    """Make the sheets writable and stop Excel's reactions; restore everything at the end, also if the block raises.

    Screen updating, events, AutoSave and the filling of table columns are switched off, calculation is manual, `message` is in the status
    bar. On each of `sheets` protection is removed and filters show all rows (a block written through a filter goes to the wrong rows).
    What is found is read, and noted in files (`left_state`, `lifted`), before anything is changed. `beside_table`: a cell right below
    or beside a table is written, which would become part of it.

    Raises:
        CollabError: `excel_busy`; `live_protected` for a password, `live_filter_unknown` for a filter that could not be restored: then
            nothing has been changed. `live_not_restored` if the block succeeded but something could not be restored.
    """
    app = book.app
    wait_until_ready(app)
    steps: list[_RestoreStep] = []
    failed = True
    with excel_errors():
        found = lifted_from(book, sheets)
        try:
            _prepare(app, found, message, beside_table, steps)
            yield
            failed = False
        finally:
            left = [step.what for step in reversed(steps) if not _restored(step)]
            found.done(whole=not left)  # what could not be set back is tried again by the next click
            if left and not failed:
                raise CollabError("live_not_restored", file=book.name, what=", ".join(dict.fromkeys(left)))


def _restored(step: _RestoreStep) -> bool:
    try:
        step.do()
    except Exception:  # after any error the other steps must still be done
        return False
    return True


def _prepare(app: xw.App, found: Lifted, message: str, beside_table: bool, steps: list[_RestoreStep]) -> None:
    moves = found.moves
    active = app.books.active.sheets.active if moves and len(app.books) else None
    selection = app.selection if active is not None else None

    fills = native.fills_columns(app)
    expands = beside_table and native.expands_tables(app)
    calculation, updating, events = app.calculation, app.screen_updating, app.enable_events
    found.write_down()
    note = Note(app, {"calculation": calculation, "updating": updating, "events": events, "fills": fills, "expands": expands})

    def show() -> None:
        app.calculation = calculation
        app.enable_events = events
        if fills:
            native.set_fills_columns(app, True)
        if expands:
            native.set_expands_tables(app, True)
        app.screen_updating = updating
        note.done()

    steps.append(_RestoreStep("", note.release))
    if found.saves_itself:  # last of all: Excel saves as soon as it is on
        steps.append(_RestoreStep("Excel", found.save_itself))
        found.save_not()
    steps.append(_RestoreStep("Excel", show))
    app.screen_updating = False
    app.enable_events = False  # macros of the workbook must not run for every block
    app.calculation = "manual"
    if fills:
        native.set_fills_columns(app, False)
    if expands:
        native.set_expands_tables(app, False)
    if message:
        steps.append(_RestoreStep("Excel", lambda: setattr(app, "status_bar", False)))
        app.status_bar = message
    if selection is not None and active is not None:
        address = selection.address

        def select() -> None:
            # We select nothing, but Excel moves the selection when protection or a filter changes.
            now = app.selection
            if now is None or now.sheet.name != active.name or now.address != address:
                active.activate()
                active.range(address).select()

        steps.append(_RestoreStep("Excel", select))
    for sheet, options in found.protections:
        _unprotect(sheet)
        steps.append(_RestoreStep(sheet.name, lambda sheet=sheet, options=options: native.protect(sheet, options)))  # type: ignore[misc]
    for held in found.filters:
        steps.append(_RestoreStep(held.sheet.name, held.apply))
        held.autofilter.clear()


def _unprotect(sheet: xw.Sheet) -> None:
    try:
        gone = native.unprotect(sheet)
    except Exception as error:
        if is_busy(error):
            raise
        raise CollabError("live_protected", sheet=sheet.name) from error
    if not gone:
        raise CollabError("live_protected", sheet=sheet.name)
