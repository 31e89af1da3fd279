"""A copy of the open workbook, with the cells that nobody has saved: read by the same reader as a closed file, and kept as the backup.

In: an xlwings Book.  Out: a `BookCopy`, or why there is none.  Effects: a file in a folder of ours inside the system's temporary folder,
deleted when the run ends, or by a later run if this one was killed. Where a desk is open, the add-in saves it (`given`).
Source: docs/facts/open-excel.md, A copy of the open workbook; decision 0029.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import Book, read_book
from collab_xl.catalogue import error_text
from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors, is_busy
from collab_xl.excel.left_state import Note
from collab_xl.model.values import Value
from collab_xl.os_errors import reason

if TYPE_CHECKING:
    import xlwings as xw

FOLDER: Final = "collab-xl"
"""Inside the system's temporary folder. Short: Excel takes paths of up to 218 characters. The same in CollabRibbon.bas."""
BESIDE: Final = "collab-click"
"""The name of a Mac's copy, without its extension; the same in CollabRibbon.bas."""
FRESH_SECONDS: Final = 60
"""A Mac's copy is of this click if it is not older: Python has just been started."""
LEFT_SECONDS: Final = 3600
"""An older copy was left by a process that was killed: no run takes an hour."""


@dataclass(frozen=True)
class BookCopy:
    """A copy of the open workbook."""

    path: Path
    book: Book
    """The copy as read. It has no stamp: whether somebody has typed since is told by the cells in Excel."""

    def delete(self) -> None:
        delete(self.path)


class NoCopyError(Exception):
    """The workbook must be read from Excel in blocks; the text says why."""


def folder() -> Path:
    """Where copies are, whether it exists or not."""
    return Path(tempfile.gettempdir()) / (f"{FOLDER}-{os.getuid()}" if hasattr(os, "getuid") else FOLDER)


def given(path: Path, name: str, hidden: Mapping[str, Value]) -> BookCopy | None:
    """A copy that the add-in has saved at the click. None, and it is deleted, if it cannot be read or is not of this workbook as it is.

    Args:
        hidden: the values of the open workbook's hidden sheet, among them its project and its last run.
    """
    if not is_ours(path):
        return None
    if (found := _of_this_workbook(path, name, hidden)) is not None:
        return found
    delete(path)
    return None


def beside(sidecar: Path, name: str, hidden: Mapping[str, Value]) -> BookCopy | None:
    """The copy that the add-in on a Mac has saved into the master's own folder; None where there is none of this click.

    Args:
        sidecar: the `.collab` folder, in which the person has let Excel write.
        hidden: as for `given`.
    """
    path = sidecar / f"{BESIDE}{Path(name).suffix}"
    with contextlib.suppress(OSError):
        now = sidecar / f"{BESIDE}-{secrets.token_hex(4)}"
        now.touch()
        age = now.stat().st_mtime - path.stat().st_mtime if path.is_file() and not path.is_symlink() else FRESH_SECONDS + 1
        now.unlink()
        if age <= FRESH_SECONDS and (found := _of_this_workbook(path, name, hidden)) is not None:
            return found
        delete(path)
    return None


def _of_this_workbook(path: Path, name: str, hidden: Mapping[str, Value]) -> BookCopy | None:
    with contextlib.suppress(Exception):  # then we save one ourselves, and that one says what is wrong
        read = read_book(path, name)
        if hidden_values(read) == hidden:
            read.stamp = None
            return BookCopy(path, read)
    return None


def is_ours(path: Path) -> bool:
    """Whether a file is directly in the folder of copies."""
    return Path(os.path.realpath(path)).parent == Path(os.path.realpath(folder()))


def copied(book: xw.Book, name: str, lang: str) -> BookCopy:
    """Save a copy and read it.

    Args:
        name: the workbook's name, for messages and for the copy's extension.
        lang: of the reason in `NoCopyError`.

    Raises:
        CollabError: `excel_busy`, `excel_permission`.
        NoCopyError: Excel can save no copy (on a Mac), or what it saved is no workbook that can be read: it is encrypted by a password or
            by a company's software, or it is .xls or .xlsb.
    """
    if not native.copies():
        raise NoCopyError("Excel for Mac")
    path = _place(Path(name).suffix)
    try:
        with excel_errors(), _without_events(book.app):
            native.save_copy(book, path)
        read = read_book(path, name)
    except Exception as error:
        delete(path)
        if isinstance(error, CollabError) and error.code in ("excel_busy", "excel_permission"):
            raise
        if is_busy(error):
            raise CollabError("excel_busy") from error
        raise NoCopyError(_why(error, lang)) from error
    read.stamp = None
    return BookCopy(path, read)


def delete(path: Path) -> None:
    """Delete a copy, if it is still there."""
    with contextlib.suppress(OSError):  # a scanner holds it: a later run deletes it
        path.unlink()


def _why(error: Exception, lang: str) -> str:
    if isinstance(error, CollabError):
        what, _, _ = error_text(error, lang)
        return what
    return reason(error) if isinstance(error, OSError) else " ".join(str(error).split()) or type(error).__name__


def _place(suffix: str) -> Path:
    """A path for a new copy, in a folder that only this user can read. Copies left by killed runs are deleted."""
    ours = folder()
    try:
        ours.mkdir(mode=0o700, exist_ok=True)
        state = ours.lstat()
        if ours.is_symlink() or (hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o077)):
            raise NoCopyError(f"{ours}: not ours alone")
        path = ours / f"{secrets.token_hex(6)}{suffix}"
        path.touch()
        _delete_left(ours, path.stat().st_mtime)
        path.unlink()
    except OSError as error:
        raise NoCopyError(reason(error)) from error
    return path


def _delete_left(ours: Path, now: float) -> None:
    for old in ours.iterdir():
        with contextlib.suppress(OSError):
            if now - old.stat().st_mtime > LEFT_SECONDS:
                delete(old)


@contextlib.contextmanager
def _without_events(app: xw.App) -> Iterator[None]:
    """Macros of the workbook must not run because of the copy (whether BeforeSave does is not documented)."""
    if not app.enable_events:
        yield
        return
    note = Note(app, {"events": True})
    try:
        app.enable_events = False
        yield
    finally:
        try:
            app.enable_events = True
            note.done()
        finally:
            note.release()
