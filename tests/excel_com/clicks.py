"""Clicks on the ribbon with Excel's stand-ins below xlwings: `ribbon.run` as VBA starts it, and the calls it makes."""

from __future__ import annotations

import contextlib
import sys
import unittest.mock
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collab_xl.addin import ribbon
from collab_xl.addin.blanks import FillIn
from excel_com.application import AUTOMATIC, Application, Workbook
from excel_com.calls import CALLS
from excel_com.macro import load_addin
from excel_com.windows import excel

LANGUAGE = {"zh": 2052, "en": 1033}


@dataclass(frozen=True)
class Seen:
    """What the person has seen of a click, and what it asked of Excel."""

    message: str
    bad: bool
    sheet: str
    calls: Counter[str]
    stages: Counter[str]
    """The same by the part of the product that asked: read, copy, state, write, click."""

    @property
    def total(self) -> int:
        """Without the status bar, which tells how far it is by the clock."""
        return sum(self.calls.values()) - self.calls["Application.StatusBar="]


class Excel:
    """One Excel on the screen."""

    def __init__(self, app: Application, alerts: list[tuple[str, bool]]) -> None:
        self.app, self.alerts = app, alerts
        self.calculation = AUTOMATIC
        """As the person has set it."""

    def open(self, path: Path) -> Workbook:
        CALLS.on = False
        try:
            return self.app.Workbooks.Open(str(path))  # type: ignore[no-any-return]
        finally:
            CALLS.on = True

    def click(
        self, verb: str, book: Workbook, copy: Path | None = None, fill_in: FillIn | None = None, words: list[str] | None = None
    ) -> Seen:
        """`copy`: what the add-in has saved and the desk hands on. `fill_in`: what the person fills into a button's form.

        `words`: the command line, if VBA has made it.
        """
        coded = "u16:" + book._name.encode("utf-16-be").hex().upper()
        argv, sys.argv = sys.argv, ["-c", f"--wb={coded}", "--from_xl=1", "--app=", "--hwnd=1", f"{ribbon.COPY}{copy or ''}"]
        if words is not None:
            sys.argv = words
        self.alerts.clear()
        CALLS.clear()
        try:
            ribbon.run(verb, fill_in=fill_in)
        finally:
            sys.argv = argv
        app, calls, stages = self.app, Counter(CALLS.by_name), Counter(CALLS.by_stage)
        found = app._status, app._updating, app._events, app._calculation, app._fills_columns, app._expands_tables, app._interactive
        assert (*found, app._alerts) == (False, True, True, self.calculation, True, True, True, True), "the person's settings come back"
        assert len(self.alerts) <= 2, "a question and the result"
        message, bad = self.alerts[-1] if self.alerts else ("", False)
        return Seen(message, bad, book._contents.active.name, calls, stages)


@contextlib.contextmanager
def on_the_screen(lang: str = "zh", *, addin: bool = True) -> Iterator[Excel]:
    """Without the add-in (WPS, a click of the desk, macros blocked) each block is a call."""
    app, alerts = Application(LANGUAGE[lang]), list[tuple[str, bool]]()
    if addin:
        load_addin(app)
    with excel(app, alerts), unittest.mock.patch("webbrowser.open", return_value=True):
        yield Excel(app, alerts)


def xlwings_book(name: str) -> Any:
    """The workbook as our code gets it from xlwings, inside `on_the_screen`."""
    import xlwings

    return next(book for book in xlwings.apps.active.books if book.name == name)
