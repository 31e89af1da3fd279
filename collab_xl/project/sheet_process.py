"""Write and prove large sheets in a second process, while this one goes on with the run: the side that asks.

Reading, comparing, writing and proving a sheet of 40,000 rows takes a processor more than a second; the ledger and the lists of the
same run take the other one most of that time. What comes back is packed parts, which `write_plan` puts in and `verify`
finds again byte by byte. Whatever goes wrong in the second process, the sheet is written here as if nothing had been begun: errors
are raised in one place only.  Decisions 0012, 0018.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from collab_xl.book.read import Stamp
from collab_xl.book.verify_sheet import proven
from collab_xl.book.write_plan import BegunPlan
from collab_xl.intake.pool import SafePool
from collab_xl.model.plan import Plan
from collab_xl.project import sheet_worker
from collab_xl.project.sheet_worker import Job, Source

LARGE_ROWS: Final = 5_000
"""Of a table: below, another process costs more than it saves."""
PATIENCE_SECONDS: Final = 600.0
"""For one sheet; a million rows take about one minute. What takes longer there is written here."""


class SheetProcess:
    """The second process for one master. Begin it when a run is likely, give it a plan when that is made, take the result at the end.

    Its calls return at once.
    """

    def __init__(self, master: Path, stamp: Stamp) -> None:
        self._source = Source(str(master), stamp)
        self._pool = SafePool(1, memory_mb=0, seconds=PATIENCE_SECONDS, preload=("collab_xl.project.sheet_worker",))
        self._thread = ThreadPoolExecutor(1)
        self._plan = Plan()
        self._job: Future[Any] | None = None

    def load(self, sheets: Sequence[str]) -> None:
        """Have these sheets read."""
        self._thread.submit(self._ask, sheet_worker.load, (self._source, tuple(sheets)))

    def write(self, plan: Plan) -> None:
        """Have written and proven what the plan does to its sheets. A sheet the run changes further is written again by `commit`."""
        self._plan = plan
        # Columns of plain values: a tuple of its own for every edit would take longer to send than to write.
        columns = tuple(zip(*plan.edits, strict=True))
        rest = Plan((), plan.tables, plan.hidden, plan.page_footers, plan.heights)
        self._job = self._thread.submit(self._ask, sheet_worker.write, Job(self._source, columns, rest))

    @property
    def begun(self) -> BegunPlan | None:
        """The plan it was given, for `commit`."""
        job = self._job
        return None if job is None else BegunPlan(self._plan, lambda: job.result() or {}, proven)

    def _ask(self, function: Any, item: Any) -> Any:
        """What the function gives in the second process; None when it failed, or when there is no process to be had."""
        try:
            return next(iter(self._pool.map(function, [item]))).value
        except OSError:
            return None

    def close(self) -> None:
        """End the process. What it was doing is lost."""
        self._pool.close()
        self._thread.shutdown()


def large_sheets(rows: Mapping[str, int]) -> list[str]:
    """Of sheets with the rows of their tables: the large ones; none on a machine with one processor."""
    return [sheet for sheet, count in rows.items() if count >= LARGE_ROWS] if (os.cpu_count() or 1) > 1 else []
