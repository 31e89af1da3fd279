"""Whether a click that came over COM is taken: any program of this user can call the object, so nothing it says is believed. Pure.

In: what `Click` was called with, and what the system knows (`Facts`).  Out: a `Taken` click, or the name of the reason why not.
Taken are only: a button of the ribbon, a window of an Excel in our own session, the name of a workbook, and no copy or one in our own
temporary folder. The click names no code, no file to write and no program; what it starts is the button's own verb.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Final

from collab_xl.addin.buttons import BUTTONS, NEEDS_NO_WORKBOOK
from collab_xl.addin.caller import CODED
from collab_xl.model.excel_limits import MAX_PATH

EXCEL: Final = "excel.exe"
MOST_WAITING: Final = 3
"""Clicks that may wait for the running one."""
LONGEST_NAME: Final = 255
"""Characters of a workbook's name; Windows allows no longer file name."""
COPIES: Final = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls"})
_COPY = re.compile(r"collab-[0-9a-f]{8,32}\.[a-z]{3,4}")
"""The name the add-in gives to a copy."""


@dataclass(frozen=True)
class WindowFacts:
    """What Windows says of a window: the program of its process, by its whole path, and the session it runs in."""

    program: str
    session: int


@dataclass(frozen=True)
class Facts:
    """What the system knows. `real_path` follows links; None if there is no plain file."""

    session: int
    temporary: str
    """Our own temporary folder, with links followed."""
    window: Callable[[int], WindowFacts | None]
    real_path: Callable[[str], str | None]
    waiting: int = 0


@dataclass(frozen=True)
class Taken:
    """A click that is carried out. `book`: the name, as `addin.caller` reads it; "" without a workbook."""

    verb: str
    hwnd: int
    book: str
    copy: str


def judged(verb: object, hwnd: object, book: object, copy: object, facts: Facts) -> Taken | str:
    """The click, or why it is refused: unknown_verb, bad_window, no_window, not_excel, other_session, bad_book, bad_copy, too_many."""
    if type(verb) is not str or verb not in BUTTONS:
        return "unknown_verb"
    if type(hwnd) is not int or not 0 < hwnd < 1 << 32:  # handles have 32 significant bits, also in 64-bit programs
        return "bad_window"
    window = facts.window(hwnd)
    if window is None:
        return "no_window"
    if PureWindowsPath(window.program).name.lower() != EXCEL:
        return "not_excel"
    if window.session != facts.session:
        return "other_session"
    if not _is_name(book) or (not book and verb not in NEEDS_NO_WORKBOOK):
        return "bad_book"
    if type(copy) is not str or (copy and not _is_copy(copy, facts)):
        return "bad_copy"
    if facts.waiting >= MOST_WAITING:
        return "too_many"
    return Taken(verb, hwnd, str(book), copy)


def _is_name(book: object) -> bool:
    """`u16:` and four hexadecimal digits for each UTF-16 unit, as `CollabCaller` of the add-in makes it; "" for no workbook."""
    if type(book) is not str:
        return False
    if not book:
        return True
    digits = book.removeprefix(CODED)
    if digits == book or len(digits) > 4 * LONGEST_NAME or not re.fullmatch(r"(?:[0-9A-Fa-f]{4})+", digits):
        return False
    try:
        name = bytes.fromhex(digits).decode("utf-16-be")
    except UnicodeDecodeError:  # half of a pair
        return False
    return not re.search(r"[\x00-\x1f\\/]", name)


def _is_copy(path: str, facts: Facts) -> bool:
    """A plain file of ours, directly in our own temporary folder, by its written path and by its real one."""
    written, ours = PureWindowsPath(path), PureWindowsPath(facts.temporary)
    if len(path) > MAX_PATH or not re.fullmatch(r"[A-Za-z]:", written.drive) or not written.is_absolute():
        return False  # a network share, a device, a relative path
    if not _COPY.fullmatch(written.name) or written.suffix.lower() not in COPIES or ".." in written.parts:
        return False  # also a stream of a file, which has a colon in its name
    real = facts.real_path(path)
    return real is not None and PureWindowsPath(real).parent == ours and PureWindowsPath(real).name.lower() == written.name.lower()
