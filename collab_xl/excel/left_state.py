"""The settings of Excel that a run found, noted in a file before it changes them: whoever comes after a killed run sets them back.

In: the App.  Out: whether something was set back.
Effects: a file in a folder of ours in the system's temporary folder, and Excel's settings.

A run that is killed leaves Excel without screen updating and events, with manual calculation, and with the filling of table columns off,
which outlives a restart of Excel; the next click would take that for the person's own choice. The system frees the lock of a process that
ends, however it ends, so a note whose lock is free was left by a run that is gone. Filters and protection of sheets are not in it.
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


class Note:
    """What was found in one Excel, kept until `done`: calculation, events, fills, updating, as far as they are about to be changed.

    Where no file can be written there is no note, and the run goes on.
    """

    def __init__(self, app: xw.App, found: Mapping[str, Any]) -> None:
        self._path: Path | None = None
        self._lock: FileLock | None = None
        with contextlib.suppress(OSError, CollabError):
            place = folder()
            place.mkdir(mode=0o700, exist_ok=True)
            path = place / f"{app.pid}.json"
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
    with _left(app) as found:
        if found is None:
            return False
        if found.get("calculation") in CALCULATIONS:
            app.calculation = found["calculation"]
        if "events" in found:
            app.enable_events = found["events"] is not False
        if found.get("fills") is True:
            native.set_fills_columns(app, True)
        with contextlib.suppress(Exception):  # only while cells are written, and not everywhere
            app.interactive = True
        app.status_bar = False
        if "updating" in found:
            app.screen_updating = found["updating"] is not False
        return True


@contextlib.contextmanager
def _left(app: xw.App) -> Iterator[Mapping[str, Any] | None]:
    """The note about this Excel, which is deleted afterwards unless setting back failed."""
    place = folder()
    if not any(place.glob("*.json")):  # the usual case, without a call to Excel
        yield None
        return
    path = place / f"{app.pid}.json"
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire("", wait_seconds=0)
    except CollabError:
        yield None
        return
    try:
        found = _read(path)
        yield found
        if found is not None:
            path.unlink(missing_ok=True)
    finally:
        lock.release()


def _read(path: Path) -> Mapping[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    return None
