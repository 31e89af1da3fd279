"""Find the inputs in files and folders. Mails, mailboxes and zips are opened by a worker. Bad input never raises.

Effect: reads the disk; workbooks found in mails and zips are written into a temporary folder of this run. Every file below a folder
gives at least one Incoming. What cannot be opened is already refused or ignored, with its code (family S). Times are naive local times
of the PMO's machine.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from collab_xl.intake.archive import Budget
from collab_xl.intake.content import Changed, OnDisk, on_disk
from collab_xl.intake.evidence_kinds import KINDS
from collab_xl.intake.gates import unreadable_code
from collab_xl.intake.opening import CONTAINERS, SPREADSHEETS, Opened, OpenJob, by_name, ending_of, open_job, other_kind
from collab_xl.intake.origin import SEPARATOR, Origin, incoming, is_system_file, settled
from collab_xl.intake.pool import Result, SafePool
from collab_xl.model.submission_log import NOTHING, Incoming, State
from collab_xl.os_errors import may_be_there, reason

__all__ = ["MAX_FILE", "MAX_MBOX", "SEPARATOR", "Inbox", "gather"]
MAX_FILE = 100 << 20
MAX_MBOX = 4 << 30
MEMORY_MB, SECONDS = 600, 60
"""Limits of the worker that opens mails and zips."""
COST_OF_A_CRASH = 100 << 20
"""What a file that ends the worker takes from the budget of the run."""
MAILDIR = frozenset({"cur", "new", "tmp"})
"""The folders of a mailbox whose mails are files without an ending (Maildir). In `tmp` mails are still being delivered."""
_IN_USE = (32, 33)
"""Errors of Windows: another program has the file open for writing."""
_LINKS = (0xA000000C, 0xA0000003)
"""Reparse tags of Windows: symbolic link and junction. Others are files of OneDrive and the like."""


class Inbox:
    """The temporary folder and the worker of one run. Use it as a context manager; after that the contents of mails and zips are gone."""

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pool: SafePool | None = None
        self.faults: dict[str, Result[Opened]] = {}
        """sha256 of a file on which the program itself failed → the failure."""
        self.waited = False
        """Whether this run has waited for files that were still being written."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the worker and remove the folder. Calling it again does nothing."""
        self.end_worker()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def end_worker(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def gather(self, paths: Sequence[Path]) -> Iterator[Incoming]:
        """Yield every input below `paths`, in their order; folders sorted by name, subfolders included. Every path yields at least one.

        The files of a Maildir are mails. Links below a folder are not followed. A `.collab` folder, a project's own, is not entered.
        """
        for path in paths:
            seen = False
            for item in self._path(path):
                seen = True
                yield item
            if not seen:
                yield settled(Origin((path.name or str(path),)), State.IGNORED, "S429")

    def _path(self, path: Path) -> Iterator[Incoming]:
        origin = Origin((path.name or str(path),))
        try:
            if path.is_dir():
                yield from self._tree(str(path))
            elif not may_be_there(path):
                yield settled(origin, State.REFUSED, "S430")
            else:
                yield from self._file(str(path), origin)
        except (OSError, ValueError) as error:
            yield settled(origin, State.REFUSED, "S108", error=_reason(error))

    def _tree(self, top: str) -> Iterator[Incoming]:
        """All files of a folder before those of its subfolders. Not recursive: folders may be nested more deeply than Python's stack."""
        folders, mails = [""], set[str]()
        while folders:
            inside = folders.pop()
            try:
                with os.scandir(os.path.join(top, inside)) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                yield settled(Origin((_shown(inside) or os.path.basename(top),)), State.REFUSED, "S108", error=_reason(error))
                continue
            below = []
            maildir = {entry.name for entry in entries} >= MAILDIR
            if maildir:
                mails |= {os.path.join(inside, name) for name in MAILDIR}
            for entry in entries:
                name = os.path.join(inside, entry.name)
                origin = Origin((_shown(name) + ".eml" * (inside in mails and not name.lower().endswith(".eml")),), listed=True)
                if _is_link(entry):
                    yield settled(origin, State.IGNORED, "S438")
                elif entry.is_dir(follow_symlinks=False):
                    if is_system_file(entry.name):
                        yield settled(origin, State.IGNORED, "S440")
                    elif not entry.name.lower().endswith(".collab") and not (maildir and entry.name == "tmp"):
                        below.append(name)
                else:
                    yield from self._file(entry.path, origin)
            folders += reversed(below)

    def _file(self, path: str, origin: Origin) -> Iterator[Incoming]:
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):  # a pipe or a device: reading it may never end
                yield other_kind(origin) if origin.listed else settled(origin, State.REFUSED, "S101", kind="?")
                return
            origin = origin.changed(received_at=datetime.fromtimestamp(status.st_mtime))
            yield from self._regular(path, status.st_size, origin)
        except Changed:
            yield settled(origin, State.IGNORED, "S437")
        except (OSError, ValueError, OverflowError) as error:
            if getattr(error, "winerror", 0) in _IN_USE:
                yield settled(origin, State.IGNORED, "S437")
            else:
                yield settled(origin, State.REFUSED, "S108", error=_reason(error))

    def _regular(self, path: str, size: int, origin: Origin) -> Iterator[Incoming]:
        name = origin.names[-1].rsplit("/", 1)[-1]
        ending = ending_of(name)
        code = by_name(name)
        if (origin.listed and is_system_file(name)) or not (code or ending in SPREADSHEETS | CONTAINERS | KINDS):
            yield other_kind(origin)
            return
        most = MAX_MBOX if ending == ".mbox" else MAX_FILE
        content = on_disk(path)
        if size > most:
            facts = {"size": f"{size >> 20} MB", "limit": f"{most >> 20} MB"}
            yield settled(origin, State.REFUSED, "S107", NOTHING, content.sha256, **facts)
        elif code:
            yield settled(origin, State.REFUSED, code, content, content.sha256, kind=ending)
        elif ending in CONTAINERS | KINDS:
            yield from self.opened(content, origin)
        else:
            yield incoming(origin, content, content.sha256)

    def opened(self, content: OnDisk, origin: Origin) -> Iterator[Incoming]:
        """The inputs in a mail, mailbox or zip, opened by the worker. If the worker fails on it, the whole file is refused."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="collab-xl-", ignore_cleanup_errors=True)
        if self._pool is None:
            self._pool = SafePool(1, MEMORY_MB, SECONDS, ("collab_xl.intake.opening", "collab_xl.intake.mail_file")).__enter__()
        at = number = 0
        while at >= 0:
            job = OpenJob(content, origin, self._folder.name, self._budget, at, number)
            (result,) = self._pool.map(open_job, [job])
            if result.value is None:
                self._budget = Budget(max(0, self._budget.bytes_left - COST_OF_A_CRASH), self._budget.members_left)
                if isinstance(result.error, Changed):
                    yield settled(origin, State.IGNORED, "S437")
                elif result.trace:
                    self.faults[content.sha256] = result
                    yield settled(origin, State.FAILED, "S131", content, content.sha256)
                else:
                    yield settled(origin, State.REFUSED, unreadable_code(result.failed), content, content.sha256)
                return
            opened: Opened = result.value
            self._budget, at, number = opened.budget, opened.at, opened.number
            yield from opened.items


def gather(paths: Sequence[Path], budget: Budget | None = None) -> Iterator[Incoming]:
    """The inputs of a run of its own. Contents of mails and zips can be read only until the last input was taken."""
    with Inbox(budget) as inbox:
        yield from inbox.gather(paths)


def _is_link(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink():
        return True
    tag = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0)
    return tag in _LINKS


def _shown(name: str) -> str:
    return name.replace(os.sep, "/")


def _reason(error: Exception) -> str:
    """A key `reason.…` of the catalogue, or the system's own message: texts in the ledger must not depend on a language."""
    return str(reason(error))
