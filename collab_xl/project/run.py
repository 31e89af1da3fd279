"""The run protocol: lock, read, (the caller computes,) ledger, backup, write. This is for a closed master; for an open one: `excel/run.py`.

`open_master` locks and reads. `OpenMaster.commit` stores the run in the ledger, with the run id inside the workbook as its parent, and
then replaces the workbook by one with the new run id. If the process is killed at any point, the workbook is the complete old one or
the complete new one. The ledger needs no repair, as it does not record that a run was written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

from collab_xl import catalogue
from collab_xl.book.hidden_sheet import HIDDEN_SHEET, hidden_values
from collab_xl.book.read import Book, read_book
from collab_xl.errors import CollabError
from collab_xl.forms.in_use import WITH_FIELDS, InUse, in_use
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import replace
from collab_xl.model.run import RunRecord
from collab_xl.model.values import Value
from collab_xl.os_errors import reason
from collab_xl.project.checkpoint import checkpoint
from collab_xl.project.commit import commit, refuse_open, refuse_unwritable
from collab_xl.project.file_lock import FileLock, user_and_machine
from collab_xl.project.foreign import refuse_harmful
from collab_xl.project.interruption import writing_begins
from collab_xl.project.ledger import Ledger
from collab_xl.project.ledger_schema import missing, newest_copy
from collab_xl.project.sidecar import Sidecar, find_sidecar, other_masters, own_sidecar, readable
from collab_xl.project.trust import USED, remember

if TYPE_CHECKING:
    from collab_xl.project.sheet_process import SheetProcess

RUN_NAME = "collab_run"
WRITING = "writing"
"""Name in the hidden sheet; its value is the run that is being written into an open workbook. It is removed when the run is complete."""


@dataclass
class OpenMaster:
    """A master that was read, and its ledger. Use it as a context manager: at the end it releases the lock and closes the ledger."""

    path: Path
    book: Book
    project_id: str
    run_id: str | None
    """The run the workbook contains; None before the first."""
    lang: str
    schema_version: str
    sidecar: Sidecar
    warned: tuple[tuple[str, Mapping[str, object]], ...] = ()
    """Warnings as keys of the catalogue with their facts, such as a missing ledger."""
    _ledger: Ledger | None = None
    _lock: FileLock | None = None
    _new_id: str | None = field(default=None, repr=False)
    _sheets: SheetProcess | None = field(default=None, repr=False)
    message_lang: str = ""
    """The language of messages; "" for that of the workbook."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings in the language of messages, each once."""
        warned = (*self._other_workbooks, *self.warned)
        texts = (catalogue.text(key, self.message_lang or self.lang, **facts) for key, facts in warned)
        return tuple(dict.fromkeys(texts))

    @cached_property
    def _other_workbooks(self) -> tuple[tuple[str, Mapping[str, object]], ...]:
        """A warning for each other workbook of the project beside it. They are looked for when shown, as it opens every workbook there."""
        others = other_masters(self.path, self.project_id)
        return tuple(("project.warning.second_workbook", {"file": self.path.name, "other": other}) for other in others)

    @cached_property
    def forms(self) -> tuple[InUse, ...]:
        """The forms that are in use in the workbook. Raises CollabError `forms_row_broken`, `fields_row_broken`."""
        return in_use(hidden_values(self.book))

    @property
    def ledger(self) -> Ledger:
        """The ledger. Raises CollabError `ledger_missing`; a read-only verb may check `has_ledger` and work without."""
        if self._ledger is None:
            raise missing(self.sidecar.ledger_path)
        return self._ledger

    @property
    def has_ledger(self) -> bool:
        return self._ledger is not None

    @property
    def new_run_id(self) -> str:
        """The id that the next commit will use, for sheets that show it."""
        if self._new_id is None:
            self._new_id = self.ledger.next_id()
        return self._new_id

    def begin_reading(self, rows: Mapping[str, int]) -> None:
        """Let a worker read the large sheets, when a run with many changes is likely. `rows`: sheet → rows of its table."""
        from collab_xl.project.sheet_process import SheetProcess, large_sheets  # only a run with many changes starts processes

        large = large_sheets(rows)
        if large and self.book.stamp is not None and self._sheets is None:
            self._sheets = SheetProcess(self.path, self.book.stamp)
            self._sheets.load(large)

    def begin_writing(self, plan: Plan) -> None:
        """Let the worker, if there is one, write a part of the plan. `commit` must still get the whole plan."""
        if self._sheets is not None:
            self._sheets.write(plan)

    def commit(self, record: RunRecord, plan: Plan) -> str:
        """Store the run, back up, and write the plan together with the new run id. Returns this id.

        Raises CollabError as `project.commit.commit` (for an open workbook: `write_open`) and `Ledger.prepare` do; then the workbook is
        unchanged.
        """
        if self._lock is None:
            raise CollabError("not_opened_for_writing", file=self.path.name)
        run_id = self.new_run_id
        ranges = {n: (str(self.book.tables[n].area), str(a)) for n, a in plan.tables.items() if n in self.book.tables}
        record = replace(record, user=record.user or user_and_machine(), ranges={**ranges, **record.ranges})
        backup = self.sidecar.backup_path(run_id, record.started_at, self.path.suffix)
        checkpoint("run:computed")
        writing_begins()
        self._write(plan, run_id, backup, lambda: self.ledger.prepare(record, parent=self.run_id, run_id=run_id))
        checkpoint("run:replaced")
        self.run_id, self._new_id = run_id, None
        remember(USED, self.project_id, self.path)
        self._afterwards(record)
        return run_id

    def refuse_unwritable(self) -> None:
        """Raise CollabError `master_read_only` or `folder_not_writable`, for a verb that writes other files before it commits."""
        if self.book.stamp is not None:
            refuse_unwritable(self.path)

    def _write(self, plan: Plan, run_id: str, backup: Path, prepare: Callable[[], object]) -> None:
        """Write backup, ledger and workbook. This part is different for an open workbook."""
        if self.book.stamp is None:
            raise ValueError("a master is read from a file")
        refuse_unwritable(self.path)
        prepare()
        checkpoint("run:prepared")
        worker_plan = self._sheets.worker_plan if self._sheets is not None else None
        commit(self.path, self.book.stamp, plan + self._mark(run_id), backup=backup, worker_plan=worker_plan)

    def _mark(self, run_id: str) -> Plan:
        sheet, area = run_cell(self.book, self.path.name)
        old = self.book.snapshot(sheet).value(area.first_row, area.first_col)
        return Plan((CellEdit(sheet, area.first_row, area.first_col, old, run_id),))

    def _afterwards(self, record: RunRecord) -> None:
        """Rotate and copy backups. The run is already written, so a full disk is only a warning here."""
        try:
            if self.run_id and (record.consumed or record.received):
                self.ledger.reached(self.run_id)
            self.sidecar.rotate_backups()
            self.sidecar.backup_ledger(self.ledger, record.started_at)
        except (OSError, CollabError) as error:
            why = str(error.facts.get("reason", error.code)) if isinstance(error, CollabError) else reason(error)
            self.warned += (("project.warning.no_ledger_copy", {"reason": why}),)

    def close(self) -> None:
        if self._sheets is not None:
            self._sheets.close()
        if self._ledger is not None:
            self._ledger.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class OpenWorkbook(Protocol):
    """A master that is not read from a file: one that is open in Excel (`excel.run.OnScreen`)."""

    def open_master(self, *, for_writing: bool, wait_seconds: float = 5) -> OpenMaster: ...


Where: TypeAlias = Path | OpenWorkbook
"""The master of a verb: the path of a closed workbook, or an open workbook."""


def open_master(where: Where, *, for_writing: bool, wait_seconds: float = 5) -> OpenMaster:
    """Read a master and open its ledger; for writing also lock the project.

    Raises CollabError as `read_book` does, and `foreign_master`, `not_a_master`, `is_a_pack`, `newer_schema`, `run_not_in_ledger`,
    `ledger_damaged`, `ledger_altered`, `ledger_newer`, `ledger_of_another_project`; for writing also `ledger_missing`, `master_busy`,
    `sidecar_not_writable`,
    `master_open` (in Excel), `half_written`.
    For reading, a missing ledger is only a warning.
    """
    if not isinstance(where, Path):
        return where.open_master(for_writing=for_writing, wait_seconds=wait_seconds)
    refuse_harmful(where)
    book = read_book(where)
    about = about_master(hidden_values(book), where.name)
    with errors_in_language_of(about):
        sidecar = sidecar_of(where, about)
        if not for_writing:
            return opened(where, book, about, sidecar, None)
        refuse_open(where)
        refuse_half_written(hidden_values(book), where, sidecar)
        with locked(where, sidecar, wait_seconds) as lock:
            if _changed(where, book):
                book = read_book(where)  # another run finished while we waited
                about = about_master(hidden_values(book), where.name)
            return opened(where, book, about, sidecar, lock)


@contextlib.contextmanager
def errors_in_language_of(about: Mapping[str, str]) -> Iterator[None]:
    """Give errors the language of the workbook."""
    try:
        yield
    except CollabError as error:
        error.facts.setdefault("lang", about["lang"])
        raise


def sidecar_of(path: Path, about: Mapping[str, str]) -> Sidecar | None:
    """The sidecar. Raises CollabError `ledger_of_another_project` if the folder with the master's name belongs to another project."""
    sidecar = find_sidecar(path, about["project"], about["run"] or None)
    if sidecar is None and own_sidecar(path).project_id is not None:
        raise CollabError("ledger_of_another_project", path=own_sidecar(path).ledger_path, file=path.name)
    return sidecar


def refuse_half_written(found: Mapping[str, Value], path: Path, sidecar: Sidecar | None) -> None:
    """Raise CollabError `half_written` for a master with an incomplete run: Python was killed while it wrote cells in Excel."""
    run_id = found.get(WRITING)
    if run_id is not None:
        folder = (sidecar or own_sidecar(path)).backups
        backup = next(iter(sorted(folder.glob(f"*_before-{run_id}.*"))), folder)
        raise CollabError("half_written", file=path.name, run=run_id, backup=backup)


@contextlib.contextmanager
def locked(path: Path, sidecar: Sidecar | None, wait_seconds: float) -> Iterator[FileLock]:
    """Lock the project. If the block raises, the lock is released; else the OpenMaster made in the block releases it.

    Raises CollabError `ledger_missing`, `master_busy`, `sidecar_not_writable`, `sidecar_not_readable`.
    """
    if sidecar is None:
        if not readable(own_sidecar(path)):
            raise CollabError("sidecar_not_readable", path=own_sidecar(path).path)
        raise CollabError("ledger_missing", path=own_sidecar(path).ledger_path)
    lock = FileLock(sidecar.lock_path)
    lock.acquire(path.name, wait_seconds)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def _changed(path: Path, book: Book) -> bool:
    try:
        return book.stamp is None or (book.stamp.size_bytes, book.stamp.mtime_ns) != (path.stat().st_size, path.stat().st_mtime_ns)
    except OSError:
        return True


def opened(
    path: Path,
    book: Book,
    about: Mapping[str, str],
    sidecar: Sidecar | None,
    lock: FileLock | None,
    kind: Callable[..., OpenMaster] = OpenMaster,
) -> OpenMaster:
    """The master with its ledger, if there is one. Raises the errors of `open_master` about the ledger."""
    lang = about["lang"]
    warned: list[tuple[str, Mapping[str, object]]] = []
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
        if not readable(sidecar):
            warned.append(("project.warning.no_right_to_ledger", {"path": sidecar.path}))
        elif (copy := newest_copy(sidecar.ledger_path)) is not None:
            warned.append(("project.warning.no_ledger_but_copy", {"path": sidecar.ledger_path, "copy": copy}))
        else:
            warned.append(("project.warning.no_ledger", {"path": sidecar.ledger_path}))
    return kind(path, book, about["project"], about["run"] or None, lang, about["schema"], sidecar, tuple(warned), ledger, lock)


def about_master(found: Mapping[str, Value], name: str) -> dict[str, str]:
    """The values of a master's hidden sheet. Raises CollabError `is_a_pack`, `not_a_master`, `newer_schema`."""
    about = {key: str(found.get(key) or "") for key in ("kind", "project", "schema", "lang", "run")}
    if about["kind"] == "pack":
        raise CollabError("is_a_pack", file=name, department=found.get("department") or "?")
    if about["kind"] != "master" or not about["project"]:
        raise CollabError("not_a_master", file=name)
    if about["schema"].isdigit() and int(about["schema"]) > int(WITH_FIELDS):
        raise CollabError("newer_schema", file=name, found=about["schema"], known=WITH_FIELDS)
    if about["lang"] not in catalogue.LANGS:
        about["lang"] = "zh"
    return about


def run_cell(book: Book, name: str) -> tuple[str, Area]:
    """The cell of the run id: its defined name, else the row `run` of the hidden sheet. Raises CollabError `not_a_master`."""
    if RUN_NAME in book.names:
        return book.names[RUN_NAME]
    snapshot = book.snapshot(HIDDEN_SHEET)
    for row in range(1, snapshot.last_row + 1):
        if snapshot.value(row, 1) == "run":
            return HIDDEN_SHEET, Area(row, 2, row, 2)
    raise CollabError("not_a_master", file=name)
