"""The settings of Excel that a run found, noted in a file before it changes them: whoever comes after a killed run sets them back.

In: the App.  Out: whether something was set back.
Effects: a file in a folder of ours in the system's temporary folder, and Excel's settings.

A run that is killed leaves Excel without screen updating and events, with manual calculation, and with the filling of table columns off,
which outlives a restart of Excel; the next click would take that for the person's own choice. The system frees the lock of a process that
ends, however it ends, so a note whose lock is free was left by a run that is gone. What was taken off a workbook: `excel/lifted.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.project.file_lock import FileLock

if TYPE_CHECKING:
    import xlwings as xw

FOLDER: Final = "collab-xl-state"
CALCULATIONS: Final = frozenset({"automatic", "manual", "semiautomatic"})


def folder() -> Path:
    """Where notes are; only this user's."""
    return Path(tempfile.gettempdir()) / (f"{FOLDER}-{os.getuid()}" if hasattr(os, "getuid") else FOLDER)


def anything_left() -> bool:
    """Whether there is any note, also of a run that works now."""
    return any(folder().glob("*.json"))


class Note:
    """What was found, kept until `done`: settings of one Excel, or what was taken off one workbook (`lifted`), as far as it is about to be
    changed.

    Where no file can be written there is no note, and the run goes on.
    """

    def __init__(self, of: xw.App | str, found: Mapping[str, Any]) -> None:
        """`of`: an Excel, or the name of the note about a workbook."""
        self._path: Path | None = None
        self._lock: FileLock | None = None
        with contextlib.suppress(OSError, CollabError):
            place = folder()
            place.mkdir(mode=0o700, exist_ok=True)
            path = place / f"{of if isinstance(of, str) else of.pid}.json"
            lock = FileLock(path.with_suffix(".lock"))
            lock.acquire("", wait_seconds=0)
            self._lock = lock
            temporary = path.with_suffix(".tmp")
            temporary.write_text(json.dumps(dict(found)), encoding="utf-8")
            os.replace(temporary, path)  # a note is whole, or there is none
            self._path = path

    def done(self) -> None:
        """Everything is set back."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Leave the note to whoever comes next."""
        if self._lock is not None:
            self._lock.release()


def set_back(app: xw.App) -> bool:
    """Set back what a killed run left in this Excel. False if there is nothing to set back, or a run is working in it now.

    Raises what Excel raises while it is busy; then the note stays for the next try.
    """
    done = False
    notes = [path for path in folder().glob("*.json") if path.stem.isdigit()]
    if not notes:  # the usual case, without a call to Excel
        return False
    own = app.pid
    running = {own, *_running()}
    for path in notes:
        if (number := int(path.stem)) != own and number in running:
            continue  # another Excel: its own next click sets it back
        with left(path) as note:
            if note.found is None:
                continue
            _set_back(app, note.found) if number == own else _set_back_options(app, note.found)
            done = True
    return done


def _set_back(app: xw.App, found: Mapping[str, Any]) -> None:
    if found.get("calculation") in CALCULATIONS:
        app.calculation = found["calculation"]
    if "events" in found:
        app.enable_events = found["events"] is not False
    _set_back_options(app, found)
    with contextlib.suppress(Exception):  # not everywhere
        app.interactive = True
    app.status_bar = False
    if "updating" in found:
        app.screen_updating = found["updating"] is not False


def _set_back_options(app: xw.App, found: Mapping[str, Any]) -> None:
    """The options that outlive the Excel in which they were changed."""
    if found.get("fills") is True:
        native.set_fills_columns(app, True)
    if found.get("expands") is True:
        native.set_expands_tables(app, True)


def _running() -> set[int]:
    """Every Excel that runs."""
    from collab_xl.excel.xlwings_setup import xlwings

    with contextlib.suppress(Exception):
        return set(map(int, xlwings().apps.keys()))
    return set()


class Left:
    """A note that was found; it is deleted at the end of `left` unless it is to be kept."""

    def __init__(self, found: Mapping[str, Any] | None) -> None:
        self.found = found
        """None: a run that works now has it, or there is nothing to read."""
        self.kept = False

    def keep(self) -> None:
        self.kept = True


@contextlib.contextmanager
def left(path: Path, *, forget_after: float | None = None) -> Iterator[Left]:
    """A note that was left, deleted afterwards unless setting back failed or it is kept; if kept, until it is so many seconds old."""
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire("", wait_seconds=0)
    except CollabError:
        yield Left(None)
        return
    try:
        note = Left(_read(path))
        yield note
        with contextlib.suppress(OSError):
            now = lock.path.stat().st_mtime  # it was written a moment ago
            if not note.kept or (forget_after is not None and now - path.stat().st_mtime > forget_after):
                path.unlink(missing_ok=True)
    finally:
        lock.release()


def _read(path: Path) -> Mapping[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    return None
