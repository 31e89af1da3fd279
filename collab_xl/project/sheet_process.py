"""Write and verify large sheets in a worker process while this process continues with the run.

Reading, comparing, writing and verifying a sheet of 40,000 rows takes a processor more than a second; meanwhile this process writes
the ledger and the lists of the run, which takes almost as long. The worker returns compressed parts. `write_plan` puts them into the
file, and `verify` checks that the file contains exactly these bytes. If the worker fails, the sheet is written in this process, so
errors are raised in one place only.  Decisions 0012, 0018.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from collab_xl.book.read import Stamp
from collab_xl.book.verify_sheet import proven
from collab_xl.book.write_plan import WorkerPlan
from collab_xl.intake.pool import SafePool
from collab_xl.model.plan import Plan
from collab_xl.project import sheet_worker
from collab_xl.project.sheet_worker import MasterFile, SheetJob

LARGE_ROWS: Final = 5_000
"""Rows of a table; for fewer rows a worker costs more than it saves."""
TIMEOUT_SECONDS: Final = 600.0
"""For one request; a million rows take about one minute. After this time the sheet is written in this process."""


class SheetProcess:
    """The worker for one master. Create it when a run is likely, call `write` when the plan is made, and pass `worker_plan` to `commit`.

    All calls return at once.
    """

    def __init__(self, master: Path, stamp: Stamp) -> None:
        self._source = MasterFile(str(master), stamp)
        self._pool = SafePool(1, memory_mb=0, seconds=TIMEOUT_SECONDS, preload=("collab_xl.project.sheet_worker",))
        self._thread = ThreadPoolExecutor(1)
        self._plan = Plan()
        self._job: Future[Any] | None = None

    def load(self, sheets: Sequence[str]) -> None:
        """Let the worker read these sheets."""
        self._thread.submit(self._run_in_worker, sheet_worker.load, (self._source, tuple(sheets)))

    def write(self, plan: Plan) -> None:
        """Let the worker write and verify the plan's sheets. If the run changes a sheet further, `commit` writes it again."""
        self._plan = plan
        # Columns of plain values: one tuple per edit would take longer to send than to write.
        columns = tuple(zip(*plan.edits, strict=True))
        rest = Plan((), plan.tables, plan.hidden, plan.page_footers, plan.heights)
        self._job = self._thread.submit(self._run_in_worker, sheet_worker.write, SheetJob(self._source, columns, rest))

    @property
    def worker_plan(self) -> WorkerPlan | None:
        """The plan given to `write`, for `commit`; None before."""
        job = self._job
        return None if job is None else WorkerPlan(self._plan, lambda: job.result() or {}, proven)

    def _run_in_worker(self, function: Any, item: Any) -> Any:
        """Call the function in the worker and return its result; None if it failed or if no process could be started."""
        try:
            return next(iter(self._pool.map(function, [item]))).value
        except OSError:
            return None

    def close(self) -> None:
        """End the worker. Unfinished work is lost."""
        self._pool.close()
        self._thread.shutdown()


def large_sheets(rows: Mapping[str, int]) -> list[str]:
    """The large ones of these sheets (sheet → rows of its table); none on a machine with one processor."""
    return [sheet for sheet, count in rows.items() if count >= LARGE_ROWS] if (os.cpu_count() or 1) > 1 else []
