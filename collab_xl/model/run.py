"""One committed operation on the master: the unit of the ledger and of undo. Pure data.

The runs a workbook contains are the chain of parents from the run id inside it (decision 0003), so a run has no "done" flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from collab_xl.model.baseline import Baseline, Standing
from collab_xl.model.escalation import Escalated
from collab_xl.model.imported import Imported
from collab_xl.model.merge import MergeResult, Pack, Resolved, Withdrawn
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.submission_log import Received
from collab_xl.model.summary import WeekRecord

SHAPE = "shape"
"""In a run's summary: form sheets added (`in`) or removed (`out`), as `[form, sheet, table]`, and in `rows` the settings added."""

ALONE = "alone"
"""In a run's summary: the id of the run, or the sha256 of the file, that it took out alone."""


class Run(Struct, frozen=True):
    """A run the ledger knows. `id` is `R0007-3f2a`; `parent` is the run the workbook contained before, None for the first."""

    id: str
    number: int
    parent: str | None
    verb: str
    as_of: date
    started_at: datetime
    lang: str
    user: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)
    """Figures for the log, JSON values only."""
    undoes: tuple[str, ...] = ()
    """Runs it undoes, latest first. Undoing an undo is a redo."""
    changed_data: bool = False
    """It changed a cell or row of a data table."""
    merged: bool = False
    """It consolidated or resolved: baselines, decisions or open items changed."""

    @property
    def alone(self) -> bool:
        """It took out one run in the middle or one file: a step of its own, although it undoes something."""
        return bool(self.summary.get(ALONE))


class RunRecord(Struct, frozen=True):
    """Everything a run is about to do, for the ledger. The ledger stores it before the workbook is touched."""

    verb: str
    as_of: date
    started_at: datetime
    lang: str
    user: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict)
    undoes: tuple[str, ...] = ()
    changes: Sequence[CellChange] = ()
    """In the order made; `old_raw` filled in by `plan_changes`, so that undo restores exactly the old content."""
    added: Sequence[NewRow] = ()
    """Rows added, as written."""
    removed: Sequence[NewRow] = ()
    """Rows an undo cleared."""
    unkeyed: Sequence[NewRow] = ()
    """Rows whose key an undo removed, with all their values: a redo finds them by these."""
    ranges: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Data table name → its range before and after (`A4:V20`), if the run changed it."""
    merged: MergeResult | None = None
    resolved: Resolved | None = None
    withdrawn: Withdrawn | None = None
    consumed: frozenset[str] = frozenset()
    """SHA-256 of the submissions this run consolidated."""
    packs: Sequence[Pack] = ()
    """Issued by this run."""
    received: Sequence[Received] = ()
    """Collected by this run."""
    weeks: Sequence[WeekRecord] = ()
    escalated: Sequence[Escalated] | None = None
    """The whole register of escalations after this run; None if the run does not keep it."""
    baseline: Baseline | None = None
    """Set by this run."""
    standing: Standing | None = None
    """The rows after this run, for comparing; None if the run does not keep them."""
    imported: Imported | None = None
    """What this run read from trackers."""

    def as_run(self, run_id: str, number: int, parent: str | None) -> Run:
        """The run as the ledger lists it."""
        changed = bool(self.changes or self.added or self.removed or self.summary.get(SHAPE))
        decided = self.resolved is not None and replace(self.resolved, refused=(), findings=()) != Resolved()
        merged = (
            decided
            or bool(self.consumed)
            or self.withdrawn is not None
            or (self.merged is not None and replace(self.merged, findings=()) != MergeResult())
        )
        when = (self.as_of, self.started_at, self.lang, self.user, self.summary)
        return Run(run_id, number, parent or None, self.verb, *when, tuple(self.undoes), changed, merged)


class RunChanges(Struct, frozen=True):
    """What one run did to the data tables, for undo."""

    run: str
    changes: tuple[CellChange, ...] = ()
    added: tuple[NewRow, ...] = ()
    removed: tuple[NewRow, ...] = ()
    unkeyed: tuple[NewRow, ...] = ()
    ranges: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class RunEvents(Struct, frozen=True):
    """What one run adds to the merge state. The state is these, folded oldest first over the runs in effect."""

    run: Run
    merged: MergeResult | None = None
    """Contains `moved`, `seen`, `keys`, `opened`, `closed` and `counts`; changes, rows, outcomes and findings are left out."""
    resolved: Resolved | None = None
    """Contains `decisions`, `closed`, `moved`, `keys` and `asked_again`."""
    consumed: frozenset[str] = frozenset()
    withdrawn: Withdrawn | None = None


class Held(Struct, frozen=True):
    """A submission that left the workbook: it was undone, or its run is not in this workbook. It is not consolidated again by itself."""

    received: Received
    run: Run
    """The newest run that consolidated it, or that received it if none did."""
    undone: bool
    """The run is in this workbook and was undone; else a backup was restored or the workbook was closed without saving."""


class LoggedChange(Struct, frozen=True):
    """One cell change and the run that made it. `undone`: a later run of this workbook undid it."""

    run: Run
    change: CellChange
    undone: bool = False


class LoggedRun(Struct, frozen=True):
    """One line of the log. `contained`: the run is in this workbook's chain. `undone`: a later run undid it."""

    run: Run
    contained: bool
    undone: bool
