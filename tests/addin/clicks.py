"""Clicks on the ribbon for tests: a button is started as VBA starts it, and what the person sees is recorded.

Excel is LibreOffice under xlwings (`office_engine`); `ribbon.run` is started in this process, with the command line VBA gives it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from collab_xl.addin import ribbon
from collab_xl.addin.blanks import FillIn

LANGUAGE = {"zh": 2052, "en": 1033}


@dataclass(frozen=True)
class Seen:
    """What the person has seen of one click."""

    message: str
    bad: bool
    bar: tuple[str, ...]
    """Texts of the status bar, in order."""
    sheet: str
    """The one in front afterwards."""
    questions: tuple[str, ...] = ()
    """Questions with Yes and No, in order."""


class Excel:
    def __init__(self, patch: pytest.MonkeyPatch, lang: str = "zh") -> None:
        import xlwings as xw
        from office_engine.engine import App

        self.app = xw.apps.active
        self.patch = patch
        patch.setattr(App, "LANGUAGE", LANGUAGE[lang])
        self.pages: list[str] = []
        patch.setattr("webbrowser.open", lambda url: not self.pages.append(url))

    def click(self, verb: str, book: Any = None, name: str | None = None, answer: str = "yes", fill_in: FillIn | None = None) -> Seen:
        """One button; without a workbook VBA sends no name. A refusal that offers another way is a question."""
        name = book.name if book is not None else name or ""
        coded = "u16:" + name.encode("utf-16-be").hex().upper() if name else ""
        self.patch.setattr(sys, "argv", ["-c", f"--wb={coded}", "--from_xl=1", "--app=", "--hwnd=1"])
        impl = self.app.impl
        impl.alerts.clear()
        impl.seen.clear()
        impl.questions.clear()
        impl.answer = answer
        ribbon.run(verb, fill_in=fill_in)
        assert impl.status_bar is False
        assert (impl.screen_updating, impl.calculation, impl.enable_events) == (True, "automatic", True)
        assert len(impl.alerts) <= 1
        message, mode = impl.alerts[0] if impl.alerts else ("", "")
        questions = tuple(impl.questions)
        if not impl.alerts and questions:
            message, mode = questions[-1], "critical"
        active = book if book is None or name in [other.name for other in self.app.books] else None
        if active is not None and active.impl.doc not in [other.impl.doc for other in self.app.books]:
            active = next(other for other in self.app.books if other.name == name)  # closed and opened again
        return Seen(message, mode == "critical", tuple(impl.seen), active.sheets.active.name if active is not None else "", questions)


def log_of(master: Path) -> str:
    path = master.with_suffix(".collab") / "logs" / "ribbon.log"
    return path.read_text("utf-8") if path.exists() else ""
