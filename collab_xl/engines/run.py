"""The run protocol for a closed master: lock, read, (the caller computes,) ledger, backup, replace.

`open_master` locks and reads; `OpenMaster.commit` stores the run in the ledger as prepared, with the run the workbook contained as
its parent, and then replaces the workbook by one that carries the new run id. A process killed anywhere in between leaves the old
or the new workbook whole; the ledger needs no repair, as it never claims that a run took place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from collab_xl import catalogue
from collab_xl.engines import workbook_file
from collab_xl.engines.book import Book, read_book
from collab_xl.engines.checkpoint import checkpoint
from collab_xl.engines.commit import refuse_open
from collab_xl.engines.file_lock import FileLock, who
from collab_xl.engines.ledger import Ledger
from collab_xl.engines.refusal import reason
from collab_xl.engines.sidecar import Sidecar, find_sidecar, other_masters, own_sidecar
from collab_xl.errors import CollabError
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.run import RunRecord
from collab_xl.model.values import Value
from collab_xl.schema import SCHEMA_VERSION

HIDDEN_SHEET = "_collab"
RUN_NAME = "collab_run"


@dataclass
class OpenMaster:
    """A master that was read, and its ledger. Use it as a context manager: leaving releases the lock and closes the ledger."""

    path: Path
    book: Book
    project_id: str
    run_id: str | None
    """The run the workbook contains; None before the first."""
    lang: str
    schema_version: str
    sidecar: Sidecar
    warnings: tuple[str, ...] = ()
    """For a person, in the workbook's language: another workbook of the project in the folder, a ledger that is missing."""
    _ledger: Ledger | None = None
    _lock: FileLock | None = None
    _new_id: str | None = field(default=None, repr=False)

    @property
    def ledger(self) -> Ledger:
        """Raises CollabError `ledger_missing`; with `has_ledger` False a read-only verb goes without."""
        if self._ledger is None:
            raise CollabError("ledger_missing", path=self.sidecar.ledger_path)
        return self._ledger

    @property
    def has_ledger(self) -> bool:
        return self._ledger is not None

    @property
    def new_run_id(self) -> str:
        """The id the next commit will use, for sheets that name it."""
        if self._new_id is None:
            self._new_id = self.ledger.next_id()
        return self._new_id

    def commit(self, record: RunRecord, plan: Plan) -> str:
        """Store the run, back up, and write the plan together with the new run id; gives that id.

        Raises CollabError as `workbook_file.commit` and `Ledger.prepare` do; then the workbook is as it was.
        """
        if self._lock is None:
            raise CollabError("not_opened_for_writing", file=self.path.name)
        if self.book.stamp is None:
            raise ValueError("a master is read from a file")
        run_id = self.new_run_id
        ranges = {n: (str(self.book.tables[n].area), str(a)) for n, a in plan.tables.items() if n in self.book.tables}
        record = dataclasses.replace(record, user=record.user or who(), ranges={**ranges, **record.ranges})
        checkpoint("run:computed")
        self.ledger.prepare(record, parent=self.run_id, run_id=run_id)
        backup = self.sidecar.backup_path(run_id, record.started_at, self.path.suffix)
        checkpoint("run:prepared")
        workbook_file.commit(self.path, self.book.stamp, plan + self._mark(run_id), backup=backup)
        checkpoint("run:replaced")
        self.run_id, self._new_id = run_id, None
        self._afterwards(record)
        return run_id

    def _mark(self, run_id: str) -> Plan:
        sheet, area = run_cell(self.book, self.path.name)
        old = self.book.snapshot(sheet).value(area.first_row, area.first_col)
        return Plan((CellEdit(sheet, area.first_row, area.first_col, old, run_id),))

    def _afterwards(self, record: RunRecord) -> None:
        """Housekeeping: the run is done, so a full disk here is a warning only."""
        try:
            self.sidecar.rotate_backups()
            self.sidecar.backup_ledger(self.ledger, record.started_at)
        except OSError as error:
            self.warnings += (catalogue.text("warning.no_ledger_copy", self.lang, reason=reason(error)),)

    def close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_master(path: Path, *, for_writing: bool, wait_seconds: float = 5) -> OpenMaster:
    """Read a master and find its ledger; for writing also lock the project.

    Raises CollabError as `read_book` does, and `not_a_master`, `is_a_pack`, `newer_schema`, `run_not_in_ledger`, `ledger_damaged`,
    `ledger_newer`, `ledger_of_another_project`; for writing also `ledger_missing`, `master_busy`, `sidecar_not_writable`,
    `master_open` (in Excel).
    A reader without a ledger goes on with a warning.
    """
    book = read_book(path)
    about = _about(book, path.name)
    try:
        return _open_known(path, book, about, for_writing, wait_seconds)
    except CollabError as error:
        error.facts.setdefault("lang", about["lang"])  # the workbook could be read: a refusal speaks its language
        raise


def _open_known(path: Path, book: Book, about: dict[str, str], for_writing: bool, wait_seconds: float) -> OpenMaster:
    sidecar = find_sidecar(path, about["project"], about["run"] or None)
    if sidecar is None and own_sidecar(path).project_id is not None:
        raise CollabError("ledger_of_another_project", path=own_sidecar(path).ledger_path, file=path.name)
    lock = None
    if for_writing:
        refuse_open(path)
        if sidecar is None:
            raise CollabError("ledger_missing", path=own_sidecar(path).ledger_path)
        lock = FileLock(sidecar.lock_path)
        lock.acquire(path.name, wait_seconds)
    try:
        if lock is not None and _changed(path, book):
            book = read_book(path)  # another run finished while we waited
            about = _about(book, path.name)
        return _opened(path, book, about, sidecar, lock)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def _changed(path: Path, book: Book) -> bool:
    try:
        return book.stamp is None or (book.stamp.size_bytes, book.stamp.mtime_ns) != (path.stat().st_size, path.stat().st_mtime_ns)
    except OSError:
        return True


def _opened(path: Path, book: Book, about: Mapping[str, str], sidecar: Sidecar | None, lock: FileLock | None) -> OpenMaster:
    lang = about["lang"]
    warnings = [
        catalogue.text("warning.second_workbook", lang, file=path.name, other=other) for other in other_masters(path, about["project"])
    ]
    ledger = None
    if sidecar is not None and (sidecar.ledger_path.exists() or lock is not None):
        ledger = Ledger.open(sidecar.ledger_path)
        try:
            if ledger.project_id != about["project"]:
                raise CollabError("ledger_of_another_project", path=sidecar.ledger_path, file=path.name)
            ledger.chain(about["run"] or None)
        except BaseException:
            ledger.close()
            raise
    else:
        sidecar = sidecar or own_sidecar(path)
        warnings.append(catalogue.text("warning.no_ledger", lang, path=sidecar.ledger_path))
    return OpenMaster(path, book, about["project"], about["run"] or None, lang, about["schema"], sidecar, tuple(warnings), ledger, lock)


def hidden_values(book: Book) -> dict[str, Value]:
    """Name → value of the very hidden sheet `_collab`, empty for a workbook without it."""
    if HIDDEN_SHEET not in book.sheets:
        return {}
    snapshot = book.snapshot(HIDDEN_SHEET)
    pairs = ((snapshot.value(row, 1), snapshot.value(row, 2)) for row in range(1, snapshot.last_row + 1))
    return {str(name): value for name, value in pairs if name is not None}


def _about(book: Book, name: str) -> dict[str, str]:
    found = hidden_values(book)
    about = {key: str(found.get(key) or "") for key in ("kind", "project", "schema", "lang", "run")}
    if about["kind"] == "pack":
        raise CollabError("is_a_pack", file=name, department=found.get("department") or "?")
    if about["kind"] != "master" or not about["project"]:
        raise CollabError("not_a_master", file=name)
    if about["schema"].isdigit() and int(about["schema"]) > int(SCHEMA_VERSION):
        raise CollabError("newer_schema", file=name, found=about["schema"], known=SCHEMA_VERSION)
    if about["lang"] not in catalogue.LANGS:
        about["lang"] = "zh"
    return about


def run_cell(book: Book, name: str) -> tuple[str, Area]:
    """Where the workbook keeps its run id: its defined name, else the row `run` of the hidden sheet. Raises `not_a_master`."""
    if RUN_NAME in book.names:
        return book.names[RUN_NAME]
    snapshot = book.snapshot(HIDDEN_SHEET)
    for row in range(1, snapshot.last_row + 1):
        if snapshot.value(row, 1) == "run":
            return HIDDEN_SHEET, Area(row, 2, row, 2)
    raise CollabError("not_a_master", file=name)
