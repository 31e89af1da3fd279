"""The run protocol for a master that is open in Excel: backup, ledger, blocks written and read back, the run id last.

It uses the same `OpenMaster` as for a closed file, so every verb works for both. The person saves the workbook: until then the run is
only in the open workbook, and a workbook closed without saving does not contain it (decision 0003).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from collab_xl.book.hidden_sheet import HIDDEN_SHEET, hidden_values
from collab_xl.book.read import Book
from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors, is_busy
from collab_xl.excel.compare import OpenSheets
from collab_xl.excel.copy import BookCopy, NoCopyError, beside, copied, given
from collab_xl.excel.read import read_open_book, values_in
from collab_xl.excel.state import wait_until_ready, workbook_path
from collab_xl.excel.write import write_open
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Value
from collab_xl.os_errors import reason
from collab_xl.project.checkpoint import checkpoint
from collab_xl.project.commit import copy_synced
from collab_xl.project.run import (
    WRITING,
    OpenMaster,
    about_master,
    errors_in_language_of,
    locked,
    opened,
    refuse_half_written,
    run_cell,
    sidecar_of,
)
from collab_xl.project.sidecar import Sidecar

if TYPE_CHECKING:
    import xlwings as xw


@dataclass(frozen=True)
class OnScreen:
    """A workbook open in Excel, passed to a verb instead of a path. `message` is in the status bar while cells are written."""

    book: xw.Book
    message: str = ""
    masters: list[LiveMaster] = field(default_factory=list)
    """The masters opened so far. To show the result, the caller finds there what was read and which run was written."""

    copies: list[Path] = field(default_factory=list)
    """A copy of the workbook that the add-in saved at the click; it is used once."""

    @property
    def run_id(self) -> str | None:
        """The last run written into the workbook through this object; None if there is none."""
        return next((master.written for master in reversed(self.masters) if master.written), None)

    def open_master(self, *, for_writing: bool, wait_seconds: float = 5) -> OpenMaster:
        """Read the open master and open its ledger; for writing also lock the project.

        Raises CollabError as `open_master` does for a closed master (but never `master_open`), and `excel_busy`,
        `excel_permission`, `workbook_in_cloud`, `workbook_never_saved`; for writing also `master_read_only`.
        """
        wait_until_ready(self.book.app)
        path = workbook_path(self.book)
        hidden = _hidden_values(self.book)
        about = about_master(hidden, path.name)
        with errors_in_language_of(about):
            sidecar = sidecar_of(path, about)
            if not for_writing:
                book, copy, why = self._read(path, sidecar, about["lang"], hidden)
                if copy is not None:
                    copy.delete()
                return opened(path, book, about, sidecar, None, self._opens(None, why))
            _refuse_read_only(self.book, path)
            with locked(path, sidecar, wait_seconds) as lock:
                # Read while holding the lock: on a Mac a second click starts while the first one still writes.
                book, copy, why = self._read(path, sidecar, about["lang"], hidden)
                try:
                    found = hidden_values(book)
                    about = about_master(found, path.name)
                    refuse_half_written(found, path, sidecar)
                    return opened(path, book, about, sidecar, lock, self._opens(copy, why))
                except BaseException:
                    if copy is not None:
                        copy.delete()
                    raise

    def _read(self, path: Path, sidecar: Sidecar | None, lang: str, hidden: Mapping[str, Value]) -> tuple[Book, BookCopy | None, str]:
        """The workbook from a copy of it; where there can be none, in blocks, and why."""
        found = given(self.copies.pop(), path.name, hidden) if self.copies else None
        if native.MAC and sidecar is not None:
            found = beside(sidecar.path, path.name, hidden)
        try:
            copy = found or copied(self.book, path.name, lang)
        except NoCopyError as error:
            return read_open_book(self.book), None, str(error)
        return copy.book, copy, ""

    def _opens(self, copy: BookCopy | None, why: str) -> Callable[..., LiveMaster]:
        def master(*parts: object) -> LiveMaster:
            made = LiveMaster(*parts)  # type: ignore[arg-type]
            made.screen, made.message, made.copy, made.in_blocks = self.book, self.message, copy, why
            if why and native.copies():
                made.warned += (("excel.warning.in_blocks", {"reason": why}),)
            self.masters.append(made)
            return made

        return master


@dataclass
class LiveMaster(OpenMaster):
    """An open master that was read. `commit` writes into the open workbook and does not save it."""

    screen: xw.Book | None = None
    message: str = ""
    written: str = ""
    """The id of the run, as soon as it is in the workbook."""
    copy: BookCopy | None = None
    """What was read; the backup of a run."""
    in_blocks: str = ""
    """Why the workbook was read from Excel in blocks and not from a copy; "" if it was not."""

    def close(self) -> None:
        super().close()
        if self.copy is not None:
            self.copy.delete()

    def _write(self, plan: Plan, run_id: str, backup: Path, prepare: Callable[[], object]) -> None:
        assert self.screen is not None
        if plan.shape:
            raise CollabError("forms_on_screen", file=self.path.name)
        _back_up(self.screen, self.path, backup, self.copy)
        checkpoint("live:backed_up")
        mark = self._writing_mark(run_id)
        unmark = Plan(tuple(edit._replace(old=edit.new, new=edit.old) for edit in mark.edits))

        def prepared() -> None:
            prepare()
            checkpoint("run:prepared")

        write_open(self.screen, plan, self.message, first=mark, last=self._mark(run_id) + unmark, read=self.book, prepare=prepared)
        self.written = run_id

    def _writing_mark(self, run_id: str) -> Plan:
        """A mark in two cells below the list of the hidden sheet: it remains if Python is killed while writing."""
        sheet, _ = run_cell(self.book, self.path.name)
        row = self.book.snapshot(sheet).last_row + 1
        return Plan((CellEdit(sheet, row, 1, None, WRITING), CellEdit(sheet, row, 2, None, run_id)))


def _hidden_values(book: xw.Book) -> dict[str, Value]:
    """The same as `hidden_values` of a Book, with a few calls."""
    with excel_errors():
        try:
            sheet = OpenSheets(book).sheet(HIDDEN_SHEET)
        except CollabError as error:
            if error.code != "sheet_missing":
                raise
            return {}
        lines, _ = values_in(sheet, Area.parse(sheet.used_range.address))
    return {str(line[0]): line[1] for line in lines if len(line) > 1 and line[0] is not None}


def _refuse_read_only(book: xw.Book, path: Path) -> None:
    """Refuse a run that could not be saved: the file or its folder is read-only, or somebody else has it open."""
    with excel_errors():
        refused = native.read_only(book)
    with contextlib.suppress(OSError):  # moved or deleted while it is open: saving creates it again
        refused = refused or not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK)
    if refused:
        raise CollabError("live_read_only", file=path.name)


def _back_up(book: xw.Book, path: Path, backup: Path, copy: BookCopy | None) -> None:
    """Back up the open workbook with its unsaved cells. A Mac cannot do this: there the last saved file is copied.

    Raises CollabError `live_no_backup`; then nothing has been changed.
    """
    try:
        if copy is not None or not native.copies():
            copy_synced(path if copy is None else copy.path, backup)
            return
        backup.parent.mkdir(parents=True, exist_ok=True)
        with excel_errors():
            native.save_copy(book, backup)
        if backup.stat().st_size == 0:
            raise OSError(f"0 bytes: {backup.name}")
    except CollabError:
        raise
    except Exception as error:
        if is_busy(error):
            raise CollabError("excel_busy") from error
        why = reason(error) if isinstance(error, OSError) else " ".join(str(error).split())
        raise CollabError("live_no_backup", file=path.name, path=backup.parent, reason=why) from error
