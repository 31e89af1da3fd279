"""The run protocol on a master that is open in Excel: backup, ledger, blocks written and read back, the run id last.

The same `OpenMaster` as for a closed file, so that every verb serves both. Saving stays with the person: until then the run is in
the workbook on the screen and nowhere else, and a workbook closed without saving simply does not contain it (decision 0003).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from collab_xl.book.hidden_sheet import HIDDEN_SHEET, hidden_values
from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.read import area_of, read_open_book, values_in
from collab_xl.excel.state import explained, is_busy, wait_until_ready, workbook_path
from collab_xl.excel.write import write_open
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

if TYPE_CHECKING:
    import xlwings as xw


@dataclass(frozen=True)
class OnScreen:
    """A workbook open in Excel, given to a verb in place of a path. `message` stands in the status bar while cells are written."""

    book: xw.Book
    message: str = ""
    masters: list[LiveMaster] = field(default_factory=list)
    """Those opened so far: whoever shows the result finds there what was read and the run written."""

    @property
    def run_id(self) -> str | None:
        """The last run written into the workbook through this object; None for none."""
        return next((master.written for master in reversed(self.masters) if master.written), None)

    def open_master(self, *, for_writing: bool, wait_seconds: float = 5) -> OpenMaster:
        """Read the master as it is on the screen and find its ledger; for writing also lock the project.

        Raises CollabError as `open_master` of a closed master (never `master_open`: it is open, with us), and `excel_busy`,
        `excel_permission`, `workbook_in_cloud`, `workbook_never_saved`; for writing also `master_read_only`.
        """
        wait_until_ready(self.book.app)
        path = workbook_path(self.book)
        about = about_master(_hidden_values(self.book), path.name)
        with errors_in_language_of(about):
            sidecar = sidecar_of(path, about)
            if not for_writing:
                return opened(path, read_open_book(self.book), about, sidecar, None, self._master)
            _refuse_read_only(self.book, path)
            with locked(path, sidecar, wait_seconds) as lock:
                # Read under the lock: on a Mac a second click starts while the first still writes.
                book = read_open_book(self.book)
                found = hidden_values(book)
                about = about_master(found, path.name)
                refuse_half_written(found, path, sidecar)
                return opened(path, book, about, sidecar, lock, self._master)

    def _master(self, *parts: object) -> LiveMaster:
        master = LiveMaster(*parts)  # type: ignore[arg-type]
        master.screen, master.message = self.book, self.message
        self.masters.append(master)
        return master


@dataclass
class LiveMaster(OpenMaster):
    """A master on the screen, read. `commit` writes into the open workbook and does not save it."""

    screen: xw.Book | None = None
    message: str = ""
    written: str = ""
    """The run this master was given, once it is in the workbook."""

    def _write(self, plan: Plan, run_id: str, backup: Path, prepare: Callable[[], object]) -> None:
        assert self.screen is not None
        if plan.shape:
            raise CollabError("forms_on_screen", file=self.path.name)
        _back_up(self.screen, self.path, backup)
        checkpoint("live:backed_up")
        prepare()
        checkpoint("run:prepared")
        begun = self._begun(run_id)
        over = Plan(tuple(edit._replace(old=edit.new, new=edit.old) for edit in begun.edits))
        write_open(self.screen, plan, self.message, first=begun, last=self._mark(run_id) + over)
        self.written = run_id

    def _begun(self, run_id: str) -> Plan:
        """Two cells under the hidden sheet's list: a Python that is killed from here on leaves them behind."""
        sheet, _ = run_cell(self.book, self.path.name)
        row = self.book.snapshot(sheet).last_row + 1
        return Plan((CellEdit(sheet, row, 1, None, WRITING), CellEdit(sheet, row, 2, None, run_id)))


def _hidden_values(book: xw.Book) -> dict[str, Value]:
    """What `hidden_values` reads of a Book, with a handful of calls."""
    with explained():
        sheet = next((sheet for sheet in book.sheets if sheet.name == HIDDEN_SHEET), None)
        lines = values_in(sheet, area_of(sheet.used_range))[0] if sheet is not None else []
    return {str(line[0]): line[1] for line in lines if len(line) > 1 and line[0] is not None}


def _refuse_read_only(book: xw.Book, path: Path) -> None:
    """A run that could never be saved is not begun: the file or its folder is read-only, or somebody else has it open."""
    with explained():
        refused = native.read_only(book)
    with contextlib.suppress(OSError):  # moved or deleted while it is open: saving writes it anew
        refused = refused or not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK)
    if refused:
        raise CollabError("live_read_only", file=path.name)


def _back_up(book: xw.Book, path: Path, backup: Path) -> None:
    """The workbook as it is on the screen, unsaved cells included; on a Mac, which cannot, the file as it was last saved.

    Raises CollabError `live_no_backup`; nothing has been changed.
    """
    try:
        if not native.copies():
            copy_synced(path, backup)
            return
        backup.parent.mkdir(parents=True, exist_ok=True)
        with explained():
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
