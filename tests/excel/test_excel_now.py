"""What Diagnose says of the Excel that runs: settings that a killed click left behind, AutoSave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from collab_xl.addin.excel_now import excel_lines
from collab_xl.catalogue import LANGS, text
from collab_xl.excel import native

Open = Callable[[Path], Any]
ALL_ON = [("ok", "excel_state")]


@pytest.fixture
def book(tmp_path: Path, open_book: Open) -> Any:
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as made:
        made.add_worksheet()
    return open_book(tmp_path / "b.xlsx")


def said(book: Any) -> list[tuple[str, str]]:
    lines = list(excel_lines(book))
    assert all("{" not in text(key, lang, **line.facts) for line in lines for key in (line.what, line.fix) if key for lang in LANGS)
    return [(str(line.health), line.what.removeprefix("model.doctor.")) for line in lines]


def test_what_a_killed_click_leaves_is_named(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = book.app
    assert said(book) == ALL_ON
    try:
        app.enable_events = False
        assert said(book) == [("todo", "events_off")]
        app.calculation = "manual"
        native.set_fills_columns(app, False)
        assert said(book) == [("todo", "events_off"), ("note", "calculation_manual"), ("note", "fills_off")]
        app.enable_events = True
        assert said(book) == [("note", "calculation_manual"), ("note", "fills_off")]
    finally:
        app.enable_events = True
        app.calculation = "automatic"
        native.set_fills_columns(app, True)
    assert said(book) == ALL_ON


def test_nothing_is_changed_by_asking(book: Any) -> None:
    app = book.app
    before = (app.enable_events, app.calculation, native.fills_columns(app), app.status_bar)
    list(excel_lines(book))
    assert (app.enable_events, app.calculation, native.fills_columns(app), app.status_bar) == before


def test_autosave_is_named(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A property of 365 alone (Workbook.AutoSaveOn): the engine has none, so the question of ours is answered here."""
    monkeypatch.setattr(type(book.api), "AutoSaveOn", True, raising=False)
    assert said(book) == [*ALL_ON, ("note", "autosave")]
