"""Runs on a small task sheet, with what the ledger would store about them, so that they can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sheet_of_tasks import Sheet

from collab_xl.forms import load
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.run import RunChanges
from collab_xl.plan.data import plan_changes
from collab_xl.plan.key_changes import give_keys
from collab_xl.plan.undo import Undone, plan_undo


@dataclass
class History:
    on: Sheet
    runs: list[RunChanges] = field(default_factory=list)

    def run(self, changes: Sequence[CellChange] = (), rows: Sequence[NewRow] = (), *, keys: bool = False) -> RunChanges:
        tables, given = give_keys(self.on.tables(), load()) if keys else (self.on.tables(), [])
        plan = plan_changes(tables, self.on.refs(), self.on.snapshot, [*given, *changes], rows, load(), "zh")
        assert plan.skipped == ()
        self.on.apply(plan)
        self.runs.append(RunChanges(f"R{len(self.runs) + 1}", plan.changes, plan.added, ranges=plan.ranges))
        return self.runs[-1]

    def undo(self, count: int = 1) -> Undone:
        """Undo the last `count` runs, including undos."""
        back = plan_undo(self.on.tables(), self.on.refs(), self.on.snapshot, self.runs[::-1][:count], load(), "zh")
        self.on.apply(back.plan)
        self.runs.append(RunChanges(f"R{len(self.runs) + 1}", back.changes, back.added, back.removed, back.unkeyed, back.ranges))
        return back
