"""A click in a process of its own, which is killed at one of its changes to Excel. Excel itself goes on as it was left."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from collab_xl.desk import in_excel
from collab_xl.desk.asked import ON_DESK
from collab_xl.project import checkpoint
from collab_xl.verbs.times import clock
from excel_com import filters
from excel_com.application import Application, AutoCorrect, Workbook
from excel_com.clicks import Excel, on_the_screen
from excel_com.ranges import Range
from excel_com.worksheets import ListObject, Worksheet

SETTINGS = ("_updating", "_events", "_calculation", "_fills_columns", "_expands_tables", "_interactive", "_status")
FRIDAY = datetime(2026, 11, 20, 18)
CHANGES: tuple[tuple[type, str], ...] = (
    *((Application, f"put_{name}") for name in ("ScreenUpdating", "EnableEvents", "Calculation", "Interactive")),
    (AutoCorrect, "put_AutoFillFormulasInLists"),
    (AutoCorrect, "put_AutoExpandListRange"),
    (Workbook, "put_AutoSaveOn"),
    (Worksheet, "do_Unprotect"),
    (Worksheet, "do_Protect"),
    (filters.AutoFilter, "do_ShowAllData"),
    (Range, "do_AutoFilter"),
    (Range, "put_Value"),
    (Range, "put_Hidden"),
    (ListObject, "do_Resize"),
)
"""Everything a click changes in Excel, but the status bar, whose texts go by the clock."""


@dataclass
class Left:
    """Excel and its workbook when the process had ended: how it ended, and the changes up to then by name."""

    code: int
    changes: list[str]
    settings: dict[str, Any]
    sheets: list[Any]
    autosave: bool | None
    saved: list[frozenset[str]]

    def into(self, excel: Excel, book: Workbook) -> None:
        for name, value in self.settings.items():
            setattr(excel.app, name, value)
        active = book._contents.active.name
        book._contents.sheets[:] = self.sheets
        book._contents.active = next(sheet for sheet in self.sheets if sheet.name == active)
        book._autosave, book._autosaves, book._saved = self.autosave, self.saved, False


def settings_of(app: Application) -> dict[str, Any]:
    return {name: getattr(app, name) for name in SETTINGS}


def lived_in(book: Workbook, tables: tuple[str, ...] = ("Tasks",)) -> None:
    """The sheet of these tables is filtered and protected, without a password; the workbook is in a cloud and saves itself."""
    book._autosave = True
    for sheet in book._contents.sheets:
        for table in sheet.tables:
            if table.name in tables:
                on = Worksheet(book, sheet)
                filters.apply(on, table.area, 2, "<>问卷设计", 0, None)
                filters.apply(on, table.area, 4, "<>没有的部门", 0, None)
                on.do_Protect("", True, True, False, False, *[True] * 3, *[False] * 8)


def guards(book: Workbook) -> dict[str, Any]:
    """Filters and protection as they are, by sheet and table."""
    found: dict[str, Any] = {}
    for sheet in book._contents.sheets:
        found[sheet.name] = sheet.protection and dict(sheet.protection)
        for table in sheet.tables:
            found[f"{sheet.name}/{table.name}"] = {field: (c.operator, c.first, c.second) for field, c in table.criteria.items()}
    return found


def clicked_and_killed(master: Path, verb: str, step: int | str | None, out: Path, *, addin: bool = True, by_desk: bool = False) -> Left:
    """Click in a forked process, killed right after the change of this number, after `Range.Value 3`, or at a checkpoint.

    None: it ends by itself. `by_desk`: not a click in Excel but a button of the desk, on the master that Excel has open.
    """
    child = os.fork()
    if not child:
        try:
            _click(master, verb, step, out, addin, by_desk)
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return Left(code, *pickle.loads(out.read_bytes()))


def _click(master: Path, verb: str, step: int | str | None, out: Path, addin: bool, by_desk: bool) -> None:
    changes: list[str] = []
    with clock.at(FRIDAY), on_the_screen(addin=addin) as excel:
        book = excel.open(master)
        lived_in(book)

        def keep() -> None:
            found = settings_of(excel.app), book._contents.sheets, book._autosave, book._autosaves
            out.write_bytes(pickle.dumps((changes, *found)))

        def killed() -> None:
            """As the Task Manager does it: nothing of this process runs any more."""
            keep()
            os.kill(os.getpid(), signal.SIGKILL)

        if isinstance(step, str):
            checkpoint.armed[step] = killed

        def after() -> None:
            if step in (len(changes), f"{changes[-1]} {changes.count(changes[-1])}"):
                killed()

        with _told(changes, after):
            bad = _by_desk(master, verb) if by_desk else excel.click(verb, book).bad
        keep()
        os._exit(1 if bad else 0)


def _by_desk(master: Path, verb: str) -> bool:
    """What the desk's worker does; Excel has left its owner file beside the master."""
    owner = master.with_name(f"~${master.name}")
    owner.write_bytes(b"\x02Li")
    try:
        given = {"as_of": clock.today(), "write": True, "lang": "zh"}
        in_excel.carried_out(ON_DESK[verb], [master], given, "zh", lambda _: False, lambda: None)
    finally:
        owner.unlink()
    return False


@contextmanager
def _told(changes: list[str], after: Callable[[], object]) -> Iterator[None]:
    before = [(owner, name, getattr(owner, name)) for owner, name in CHANGES]

    def wrapped(name: str, change: Callable[..., Any]) -> Callable[..., Any]:
        def told(*args: Any, **kwargs: Any) -> Any:
            found = change(*args, **kwargs)
            changes.append(name)
            after()
            return found

        return told

    for owner, name, change in before:
        setattr(owner, name, wrapped(f"{owner.__name__}.{name[name.index('_') + 1 :]}", change))
    try:
        yield
    finally:
        for owner, name, change in before:
            setattr(owner, name, change)
