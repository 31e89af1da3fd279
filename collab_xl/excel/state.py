"""Excel's settings during a run: wait until it is ready, change what would disturb writing, and restore it in every case.

In: an xlwings Book.  Effects: screen updating, calculation, status bar, filters and sheet protection are changed and restored.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.left_state import Note
from collab_xl.excel.xlwings_setup import COM_TRIES, FIRST_PAUSE_SECONDS, bounded_retries, is_rejected

if TYPE_CHECKING:
    import xlwings as xw

READY_TRIES: Final = 10
READY_PAUSE_SECONDS: Final = 0.2
_BUSY: Final = frozenset({-2147418111, -2147417846, -2146777998})
"""RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER, VBA_E_IGNORE: a cell is being edited or a dialog is open."""
_IGNORED: Final = frozenset({-2146777998})
_REFUSED: Final = -2146827284
"""0x800A03EC, Excel's code for many errors: it means busy only if the call itself cannot be wrong."""
_MAC_BUSY: Final = frozenset({-1712})
_MAC_DENIED: Final = frozenset({-1743})


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


def is_busy(error: BaseException) -> bool:
    """Whether Excel refused the call because it is waiting for the user."""
    return bool(_codes(error) & _BUSY) or _number(error, "errornumber") in _MAC_BUSY or is_rejected(error)


def is_refusal(error: BaseException) -> bool:
    """Whether Excel would refuse any call now: it waits for the user, or this program may not control it."""
    return is_busy(error) or _number(error, "errornumber") in _MAC_DENIED


def _codes(error: BaseException) -> set[int | None]:
    return {_number(error, "hresult"), _scode(error)}


def _number(error: BaseException, name: str) -> int | None:
    value = getattr(error, name, None)
    return value if isinstance(value, int) else None


def _scode(error: BaseException) -> int | None:
    """The code inside pywin32's com_error: (hresult, text, (…, scode), argument)."""
    info = error.args[2] if len(error.args) > 2 else None
    return info[5] if isinstance(info, tuple) and len(info) > 5 and isinstance(info[5], int) else None


@contextlib.contextmanager
def excel_errors() -> Iterator[None]:
    """Turn errors that the user can solve into CollabError (`excel_busy`, `excel_permission`), and limit xlwings' retries."""
    with bounded_retries():
        try:
            yield
        except CollabError:
            raise
        except Exception as error:
            if is_busy(error):
                raise CollabError("excel_busy") from error
            if _number(error, "errornumber") in _MAC_DENIED:
                raise CollabError("excel_permission") from error
            raise


def patiently(do: Callable[[], Any]) -> Any:
    """Repeat a call that Excel refuses because a cell is being edited, for about four seconds.

    xlwings repeats only calls that are rejected as such, not those that are refused with 0x800AC472.
    """
    for attempt in range(1, COM_TRIES):
        try:
            return do()
        except Exception as error:
            if not _codes(error) & _IGNORED:
                raise
        time.sleep(FIRST_PAUSE_SECONDS * attempt)
    return do()


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
        if _REFUSED in _codes(error):
            raise CollabError("excel_busy") from error
        raise


@dataclass(frozen=True)
class _RestoreStep:
    what: str
    do: Callable[[], object]


@contextlib.contextmanager
def restored_state(book: xw.Book, sheets: Sequence[xw.Sheet], message: str = "", *, beside_table: bool = False) -> Iterator[None]:
    """Make the sheets writable and stop Excel's reactions; restore everything at the end, also if the block raises.

    Screen updating, events and the filling of table columns are switched off, calculation is manual, `message` is in the status bar. On
    each of `sheets` protection is removed and filters show all rows (a block written through a filter goes to the wrong rows). The
    settings of filters and protection are read before anything is changed. `beside_table`: a cell right below or beside a table is
    written, which would become part of it.

    Raises:
        CollabError: `excel_busy`; `live_protected` for a password, `live_filter_unknown` for a filter that could not be restored: then
            nothing has been changed. `live_not_restored` if the block succeeded but something could not be restored.
    """
    app = book.app
    wait_until_ready(app)
    steps: list[_RestoreStep] = []
    failed = True
    with excel_errors():
        try:
            _prepare(app, sheets, message, steps)
            if beside_table:
                _keep_tables(app, steps)
            yield
            failed = False
        finally:
            left = [step.what for step in reversed(steps) if not _restored(step)]
            if left and not failed:
                raise CollabError("live_not_restored", file=book.name, what=", ".join(dict.fromkeys(left)))


def _restored(step: _RestoreStep) -> bool:
    try:
        step.do()
    except Exception:  # after any error the other steps must still be done
        return False
    return True


def _prepare(app: xw.App, sheets: Sequence[xw.Sheet], message: str, steps: list[_RestoreStep]) -> None:
    filters = [(sheet, found) for sheet in sheets for found in _filters(sheet)]
    protections = [(sheet, options) for sheet in sheets if (options := _protection(sheet)) is not None]
    moves = bool(filters or protections)
    active = app.books.active.sheets.active if moves and len(app.books) else None
    selection = app.selection if active is not None else None

    fills = native.fills_columns(app)
    calculation, updating, events = app.calculation, app.screen_updating, app.enable_events
    note = Note(app, {"calculation": calculation, "updating": updating, "events": events, "fills": fills})

    def show() -> None:
        app.calculation = calculation
        app.enable_events = events
        if fills:
            native.set_fills_columns(app, True)
        app.screen_updating = updating
        note.done()

    steps.append(_RestoreStep("", note.release))
    steps.append(_RestoreStep("Excel", show))
    app.screen_updating = False
    app.enable_events = False  # macros of the workbook must not run for every block
    app.calculation = "manual"
    if fills:
        native.set_fills_columns(app, False)
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
    for sheet, options in protections:
        _unprotect(sheet)
        steps.append(_RestoreStep(sheet.name, lambda sheet=sheet, options=options: native.protect(sheet, options)))  # type: ignore[misc]
    for sheet, (autofilter, criteria) in filters:
        steps.append(_RestoreStep(sheet.name, lambda a=autofilter, c=criteria: _filter_again(a, c)))  # type: ignore[misc]
        autofilter.clear()


def _keep_tables(app: xw.App, steps: list[_RestoreStep]) -> None:
    if native.expands_tables(app):
        steps.append(_RestoreStep("Excel", lambda: native.set_expands_tables(app, True)))
        native.set_expands_tables(app, False)


def _protection(sheet: xw.Sheet) -> native.Options | None:
    return None if getattr(sheet, "protected", None) is False else native.protection(sheet)


def _unprotect(sheet: xw.Sheet) -> None:
    try:
        gone = native.unprotect(sheet)
    except Exception as error:
        if is_busy(error):
            raise
        raise CollabError("live_protected", sheet=sheet.name) from error
    if not gone:
        raise CollabError("live_protected", sheet=sheet.name)


def _filters(sheet: xw.Sheet) -> Iterator[tuple[Any, list[Any]]]:
    """Active filters of a sheet and its tables: the AutoFilter and the criteria to restore.

    A filter that hides no row does no harm to what is written, and reading the criteria takes two calls a column.
    """
    if getattr(sheet, "hides_rows", None) is False or not native.hides_rows(sheet):
        return
    found = [table.autofilter for table in sheet.tables if table.show_autofilter]
    own = native.filter_address(sheet)
    if own is not None:
        found.append(sheet.range(own).autofilter)
    for autofilter in found:
        criteria = [criterion for criterion in autofilter.criteria if criterion.type != "none"]
        for criterion in criteria:
            if criterion.type == "unknown":
                raise CollabError("live_filter_unknown", sheet=sheet.name, column=criterion.field)
        if criteria:
            yield autofilter, criteria


def _filter_again(autofilter: Any, criteria: Sequence[Any]) -> None:
    for c in criteria:
        if c.type == "values":
            autofilter.apply_values(c.field, c.values)
        elif c.type == "comparison":
            autofilter.apply_comparison(c.field, c.operator, c.value1, c.value2)
        elif c.type.endswith("_items"):
            getattr(autofilter, f"apply_{c.type}")(c.field, c.count)
        else:
            getattr(autofilter, f"apply_{c.type}")(c.field, c.percent)
