"""Write and prove large sheets in a second process, while this one goes on with the run.

Reading, comparing, writing and proving a sheet of 40,000 rows takes a processor more than a second; the ledger and the lists of the
same run take the other one most of that time. What comes back is packed parts, which `write_plan` puts in and `verify`
finds again byte by byte. Whatever goes wrong over there, the sheet is written here as if nothing had been begun: errors are
raised in one place only.  Decision 0012.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from collab_xl.engines import ahead_child
from collab_xl.engines.ahead_child import Job, Source
from collab_xl.engines.book import Stamp
from collab_xl.engines.plan_file import Elsewhere
from collab_xl.engines.pool import SafePool
from collab_xl.engines.proven import proven
from collab_xl.model.plan import Plan

LARGE_ROWS: Final = 5_000
"""Of a table: below, another process costs more than it saves."""
PATIENCE_SECONDS: Final = 600.0
"""For one sheet; a million rows take about one minute. What takes longer over there is written here."""


class SheetsAhead:
    """The second process for one master. Begin it when a run is likely, hand a plan over when it is made, take the result at the end.

    Its calls return at once.
    """

    def __init__(self, master: Path, stamp: Stamp) -> None:
        self._source = Source(str(master), stamp)
        self._pool = SafePool(1, memory_mb=0, seconds=PATIENCE_SECONDS, preload=("collab_xl.engines.ahead_child",))
        self._thread = ThreadPoolExecutor(1)
        self._plan = Plan()
        self._job: Future[Any] | None = None

    def load(self, sheets: Sequence[str]) -> None:
        """Read these sheets over there."""
        self._thread.submit(self._ask, ahead_child.load, (self._source, tuple(sheets)))

    def hand_over(self, plan: Plan) -> None:
        """Write and prove what the plan does to its sheets. A sheet the run changes further is written again when the run is complete."""
        self._plan = plan
        # Columns of plain values: a tuple of its own for every edit would take longer to send than to write.
        columns = tuple(zip(*plan.edits, strict=True))
        rest = Plan((), plan.tables, plan.hidden, plan.page_footers, plan.heights)
        self._job = self._thread.submit(self._ask, ahead_child.write, Job(self._source, columns, rest))

    @property
    def elsewhere(self) -> Elsewhere | None:
        """What was handed over, for `commit`."""
        job = self._job
        return None if job is None else Elsewhere(self._plan, lambda: job.result() or {}, proven)

    def _ask(self, function: Any, item: Any) -> Any:
        """What the function gives over there; None when it failed, or when there is no process to be had."""
        try:
            return next(iter(self._pool.map(function, [item]))).value
        except OSError:
            return None

    def close(self) -> None:
        """End the process. What it was doing is lost."""
        self._pool.close()
        self._thread.shutdown()


def worth_it(rows: Mapping[str, int]) -> list[str]:
    """Of sheets with the rows of their tables: the large ones; none on a machine with one processor."""
    return [sheet for sheet, count in rows.items() if count >= LARGE_ROWS] if (os.cpu_count() or 1) > 1 else []
