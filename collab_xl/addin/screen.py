"""The Excel in which a button was clicked: its process, its active workbook, its language, the status bar and the message box.

In: the command line Excel started us with.  Effects: on Excel, as each function says; a message that cannot be shown stops nothing.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from collab_xl.addin.caller import workbook_name
from collab_xl.errors import CollabError
from collab_xl.excel.xlwings_setup import bounded_retries, xlwings

if TYPE_CHECKING:
    import xlwings as xw

CHINESE = 4
"""Primary language id: the lower ten bits of a language number of Windows."""
CHINA = 86
STATUS_SECONDS = 0.25
"""Seconds between two changes of the status bar, at least: each change is a call to Excel."""
TITLE = "collab_xl"
SPREADSHEETS = "*.xlsx;*.xlsm;*.xls;*.xlsb;*.csv;*.xml;*.et;*.ods"
MAC: bool = sys.platform == "darwin"


class Screen:
    """One Excel and its active workbook. `lang` is the language of its menus, else of the system; None if neither is known."""

    def __init__(self, argv: Sequence[str]) -> None:
        """Raises CollabError `excel_permission`, `excel_busy`; ValueError for a damaged name."""
        from collab_xl.excel.busy import excel_errors

        self.name = workbook_name(argv) or ""
        self.from_excel = bool(self.name) or any(word.startswith("--from_xl") for word in argv)
        self.app: xw.App | None = None
        with excel_errors():
            self.app = _app(argv)
        self.lang = _language(self.app) or _system_language()
        self._thread, self._shown_at = threading.get_ident(), 0.0

    def book(self) -> xw.Book | None:
        """The workbook that was active at the click; None without one. Raises CollabError `ribbon_no_book` if it has been closed."""
        from collab_xl.excel.busy import excel_errors

        if not self.from_excel:
            return _mocked()
        if not self.name or self.app is None:
            return None
        with excel_errors():
            for book in self.app.books:
                if unicodedata.normalize("NFC", book.name) == self.name:
                    return book
        raise CollabError("ribbon_no_book", name=self.name)

    def status(self, message: str) -> None:
        """Show a text in the status bar; "" returns the status bar to Excel."""
        with contextlib.suppress(Exception), bounded_retries(1):  # only a sign; if Excel refuses, the work itself reports it
            self._of_app().status_bar = message or False

    def progress(self, message: str, *, last: bool) -> None:
        """Like `status`, for progress: not too often, and only in the thread that calls Excel."""
        now = time.monotonic()
        if threading.get_ident() == self._thread and (last or now - self._shown_at >= STATUS_SECONDS):
            self._shown_at = now
            self.status(message)

    def alert(self, message: str, *, title: str = TITLE, bad: bool = False) -> None:
        """A message box in front of Excel; if Excel shows none, one of the system."""
        mode = "critical" if bad else "info"
        try:
            with bounded_retries(1):
                self._of_app().alert(message, title, mode=mode)
        except Exception:
            system_alert(message, title)

    def ask(self, question: str, *, title: str = TITLE) -> bool:
        """A question with Yes and No, in front of Excel; no if it cannot be asked."""
        try:
            with bounded_retries(1):
                return str(self._of_app().alert(question, title, buttons="yes_no", mode="info")) == "yes"
        except Exception:
            return system_question(question, title)

    def set_back(self) -> bool:
        """Set back what a killed run left in this Excel and took off its workbooks; tried again by the next click if Excel is busy."""
        with contextlib.suppress(Exception):
            return self.set_back_now()
        return False

    def set_back_now(self) -> bool:
        """The same; raises CollabError `excel_busy`."""
        return self.app is not None and set_back_in(self.app)

    def type_in(self, question: str, *, title: str = TITLE, default: str = "") -> str | None:
        """A question with a line to type into; None if it was cancelled or cannot be asked."""
        try:
            if MAC:
                return system_text(question, title, default)
            with bounded_retries(1):
                said = self._of_app().api.InputBox(question, title, default)
        except Exception:
            return None
        return said if isinstance(said, str) else None  # False: cancelled

    def choose_files(self, title: str) -> tuple[str, ...]:
        """Files that exist, chosen in Excel's dialog; () if it was cancelled or cannot be shown."""
        try:
            if MAC:
                return system_files(title)
            with bounded_retries(1):
                said = self._of_app().api.GetOpenFilename(f"{SPREADSHEETS},{SPREADSHEETS}", 1, title, None, True)
        except Exception:
            return ()
        return tuple(str(path) for path in said) if isinstance(said, (tuple, list)) else ()

    def choose_place(self, title: str, suggested: str = "") -> str:
        """The path of a workbook, new or not, chosen in Excel's dialog; "" if it was cancelled or cannot be shown."""
        try:
            if MAC:
                return system_place(title, suggested)
            with bounded_retries(1):
                said = self._of_app().api.GetSaveAsFilename(suggested, "*.xlsx,*.xlsx", 1, title)
        except Exception:
            return ""
        return said if isinstance(said, str) else ""

    def open_book(self, path: Path) -> bool:
        """Open a workbook in this Excel, or in the system's own program where that is not possible. Returns whether it was opened."""
        from collab_xl.excel.busy import excel_errors

        with contextlib.suppress(Exception), bounded_retries(), excel_errors():
            self._of_app().books.open(str(path))
            return True
        from collab_xl.desk.opening import open_path

        return open_path(path)

    def open_at(self, path: Path) -> xw.Book | None:
        """The open workbook of this file, None if it is not open in this Excel."""
        with contextlib.suppress(Exception), bounded_retries():
            for book in self._of_app().books:
                with contextlib.suppress(Exception):  # another workbook may be in the cloud
                    if os.path.samefile(book.fullname, path):
                        return cast("xw.Book", book)
        return None

    def _of_app(self) -> Any:
        if self.app is None:
            raise RuntimeError("no Excel")
        return self.app

    def show(self, book: xw.Book, sheet: str, cell: tuple[int, int] | None = None) -> None:
        """Show a sheet. A sheet that the user has hidden stays hidden."""
        with contextlib.suppress(Exception), bounded_retries():  # the run is complete even if the sheet cannot be shown
            found = book.sheets[sheet]
            found.activate()
            if cell is not None:
                found.range(cell).select()


def set_back_in(app: xw.App) -> bool:
    """Set back what killed clicks left in an Excel and took off its workbooks. Raises CollabError `excel_busy`."""
    from collab_xl.excel.busy import excel_errors
    from collab_xl.excel.left_state import anything_left, set_back

    if not anything_left():  # the usual case
        return False
    from collab_xl.excel.lifted import set_again
    from collab_xl.excel.state import wait_until_ready

    wait_until_ready(app, tries=1)
    with excel_errors(), bounded_retries(3):
        settings = set_back(app)
        return set_again(app) or settings


def _mocked() -> xw.Book | None:
    """Started from Python, not from Excel: the workbook named by xlwings' `Book.set_mock_caller`."""
    with contextlib.suppress(Exception):
        book: xw.Book = xlwings().Book.caller()
        return book
    return None


def _app(argv: Sequence[str]) -> xw.App | None:
    """The Excel that started this process: found by its window on Windows, where several may run; a Mac runs one."""
    package = xlwings()
    window = next((word.partition("=")[2] for word in argv if word.startswith("--hwnd=")), "")
    found: xw.App | None
    if sys.platform == "win32" and window:
        from xlwings import _xlwindows

        found = package.App(impl=_xlwindows.App(xl=int(window)))
    else:
        found = package.apps.active
    return found


def _language(app: xw.App | None) -> str | None:
    """zh or en, decided as for the add-in's own texts (`CollabChinese` in CollabRibbon.bas)."""
    from collab_xl.excel import native

    if app is None:
        return None
    with contextlib.suppress(Exception), bounded_retries(1):
        number = native.interface_language(app)
        if number:
            return "zh" if number & 0x3FF == CHINESE else "en"
    with contextlib.suppress(Exception), bounded_retries(1):
        return "zh" if native.country(app) == CHINA else "en"
    return None


def _system_language() -> str | None:
    """The language of Windows, because Excel cannot be asked without a workbook; on other systems from the environment."""
    with contextlib.suppress(Exception):
        if sys.platform == "win32":
            import ctypes

            return "zh" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == CHINESE else "en"
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name, ""))), "")
    if said.partition(".")[0] in ("", "C", "POSIX"):
        return None
    return "zh" if said.lower().startswith("zh") else "en"


def system_question(question: str, title: str = TITLE) -> bool:
    """A question of the system with Yes and No; no if the system can show none."""
    with contextlib.suppress(Exception):
        if sys.platform == "win32":
            import ctypes

            return int(ctypes.windll.user32.MessageBoxW(0, question, title, 0x04 | 0x20 | 0x40000)) == 6  # yes and no, on top; IDYES
        if sys.platform == "darwin":
            import subprocess

            script = (
                "on run argv\ndisplay dialog (item 1 of argv) with title (item 2 of argv)"
                " buttons {item 3 of argv, item 4 of argv} default button 1\nreturn (button returned of result is item 4 of argv)\nend run"
            )
            words = ("否 No", "是 Yes")
            command = ["/usr/bin/osascript", "-e", script, question, title, *words]
            return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip() == "true"
    return False


def _mac_said(script: str, *words: str) -> str | None:
    """What a dialog of the Mac returned; None if it was cancelled."""
    import subprocess

    done = subprocess.run(
        ["/usr/bin/osascript", "-e", f"on run argv\n{script}\nend run", *words], check=False, capture_output=True, text=True
    )
    return done.stdout.removesuffix("\n") if done.returncode == 0 else None


def system_text(question: str, title: str, default: str) -> str | None:
    """A line typed into a dialog of the Mac. NOT TESTED there."""
    script = "return text returned of (display dialog (item 1 of argv) with title (item 2 of argv) default answer (item 3 of argv))"
    return _mac_said(script, question, title, default)


def system_files(title: str) -> tuple[str, ...]:
    """Files chosen in a dialog of the Mac. NOT TESTED there."""
    script = (
        "set found to choose file with prompt (item 1 of argv) with multiple selections allowed\n"
        'set said to ""\nrepeat with each in found\nset said to said & POSIX path of each & linefeed\nend repeat\nreturn said'
    )
    return tuple(path for path in (_mac_said(script, title) or "").split("\n") if path)


def system_place(title: str, suggested: str) -> str:
    """A path chosen in a dialog of the Mac. NOT TESTED there."""
    script = "return POSIX path of (choose file name with prompt (item 1 of argv) default name (item 2 of argv))"
    return _mac_said(script, title, Path(suggested).name) or ""


def system_alert(message: str, title: str = TITLE) -> None:
    """A message box of the system; nothing if the system has none. The log contains the message in any case."""
    with contextlib.suppress(Exception):
        if sys.platform == "win32":
            import ctypes

            ctypes.windll.user32.MessageBoxW(0, message, title, 0x30 | 0x40000)  # warning sign, on top
        elif sys.platform == "darwin":
            import subprocess

            script = "on run argv\ndisplay alert (item 2 of argv) message (item 1 of argv) as critical\nend run"
            subprocess.run(["/usr/bin/osascript", "-e", script, message, title], check=False, capture_output=True)
