"""The desk's own buttons on a master that is open in Excel: the verb works on the open workbook, as a click of the ribbon does.

In: the verb and its arguments, with the path of the master.  Out: its report.  Effects: those of the verb, on the file or in Excel.
Where Excel refuses to be written, it asks for the other way: save, close, work on the file, open it again (`addin/other_way.py`).
Everything of Windows and the Mac is behind `open_workbook`, which tests replace. NOT TESTED there. Why: decision 0042.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from collab_xl.addin import other_way
from collab_xl.addin.buttons import TRIES
from collab_xl.addin.screen import set_back_in
from collab_xl.catalogue import error_text, text
from collab_xl.desk.asked import writes
from collab_xl.desk.names import verb_name
from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors
from collab_xl.excel.run import OnScreen
from collab_xl.excel.unmoved import CHANGED
from collab_xl.excel.xlwings_setup import xlwings
from collab_xl.model.record import replace
from collab_xl.project.commit import refuse_open
from collab_xl.verbs.report import Report
from collab_xl.verbs.table import Verb

if TYPE_CHECKING:
    import xlwings as xw

OPEN: Final = frozenset({"master_open", "master_locked"})
"""Refusals of a file that a program has open."""


def open_workbook(master: Path) -> xw.Book | None:
    """The workbook of this file in any Excel of this user; None if there is none, or no Excel on this system.

    An Excel that was started as administrator or in another session cannot be reached. Raises CollabError `excel_busy`.
    """
    try:
        apps = list(xlwings().apps)
    except Exception:  # no Excel
        return None
    for app in apps:
        try:
            with excel_errors():
                for book in app.books:
                    with contextlib.suppress(OSError):  # another workbook may be in the cloud, or was never saved
                        if os.path.samefile(native.full_name(book), master):
                            return cast("xw.Book", book)
        except CollabError:
            raise
        except Exception:
            continue
    return None


def carried_out(
    verb: Verb,
    by_place: Sequence[Any],
    by_keyword: Mapping[str, Any],
    lang: str,
    confirm: Callable[[str], bool],
    begun: Callable[[], object],
) -> Report:
    """Run a verb on its master: on the file, or in the Excel that has it open.

    Args:
        lang: of the question and of the remark that the workbook is not saved.
        confirm: asks the person a question with Yes and No.
        begun: called when the verb goes to Excel.

    Raises CollabError as the verb does; `master_open` and `master_locked` only if no Excel that can be reached has the master open.
    """
    work = verb.load()
    master = by_place[0] if by_place and verb.takes[0] == "master" and verb.name != "init" else None
    if not isinstance(master, Path):
        return work(*by_place, **by_keyword)
    book = open_workbook(master) if _has_owner_file(master) else None
    if book is None:
        try:
            return work(*by_place, **by_keyword)
        except CollabError as error:
            if error.code not in OPEN or (book := open_workbook(master)) is None:
                raise
    begun()
    try:
        return _InExcel(verb, book, lang, confirm, lambda where: work(where, *by_place[1:], **by_keyword)).carried_out()
    except CollabError as error:
        if error.code != "excel_busy" or writes(verb):
            raise
        report = work(*by_place, **by_keyword)
        return replace(report, notes=(*report.notes, text("desk.in_excel.as_saved", lang, file=master.name)))


def _has_owner_file(master: Path) -> bool:
    try:
        refuse_open(master)
    except CollabError:
        return True
    return False


class _InExcel:
    """One run of a verb on an open workbook."""

    def __init__(
        self, verb: Verb, book: xw.Book, lang: str, confirm: Callable[[str], bool], work: Callable[[OnScreen | Path], Report]
    ) -> None:
        self._verb, self._book, self._lang, self._confirm, self._work = verb, book, lang, confirm, work
        self._where = OnScreen(book, text("addin.ribbon.writing", lang, verb=verb_name(verb.name, lang)))

    def carried_out(self) -> Report:
        with contextlib.suppress(Exception):  # what a killed run left; tried again by the next click if Excel is busy
            set_back_in(self._book.app)
        clean = self._verb.name == "issue" and native.is_saved(self._book)
        try:
            report = self._written()
        except CollabError as error:
            return self._other_way(error)
        return replace(report, notes=(*report.notes, *self._said_of_saving(clean)))

    def _written(self) -> Report:
        """If somebody types or sorts while the verb computes, it is computed again."""
        for left in reversed(range(TRIES)):
            try:
                return self._work(self._where)
            except CollabError as error:
                if not left or error.code not in CHANGED or self._where.run_id is not None:
                    raise
        raise AssertionError("the last try returns or raises")

    def _other_way(self, error: CollabError) -> Report:
        where = self._where
        if error.code not in other_way.HELPS or where.run_id:
            raise error
        if not where.masters:  # refused before it was read, as it needs the file
            where.open_master(for_writing=False).close()
        if reason := other_way.refused(self._book):
            error.facts["other_way"] = reason
            raise error
        what, why, _ = error_text(error, self._lang)
        if not self._confirm("\n\n".join((what, why, text("addin.other_way.ask", self._lang, file=self._book.name)))):
            raise error
        report, _ = other_way.carried_out(self._book, where.masters[-1].sidecar, self._work)
        return replace(report, notes=(*report.notes, text("addin.other_way.done", self._lang)))

    def _said_of_saving(self, clean: bool) -> tuple[str, ...]:
        """What is to be done so that the run stays. Packs count only when the master is saved: at once if nothing else was unsaved."""
        if self._where.run_id is None:
            return ()
        left = "not_saved"
        if native.saves_itself(self._book):
            left = "saves_itself"
        elif self._verb.name == "issue":
            left = "saved" if self._saved(clean) else "issue_not_saved"
        return text("desk.in_excel.written", self._lang, file=self._book.name), text(f"addin.ribbon.{left}", self._lang)

    def _saved(self, clean: bool) -> bool:
        if not clean and not self._confirm(text("addin.ribbon.issue_ask_save", self._lang)):
            return False
        with contextlib.suppress(Exception), excel_errors():  # the remark says that it is not saved, and what follows from that
            self._book.save()
            return True
        return False
