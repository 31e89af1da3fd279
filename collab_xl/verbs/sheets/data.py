"""The data tables of a run: a key for every row, and the changes as a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.model.plan import CellChange
from collab_xl.model.sheets import Table
from collab_xl.plan.data import DataPlan, plan_changes
from collab_xl.plan.key_changes import give_keys
from collab_xl.verbs.session import Session


def keyed(session: Session) -> tuple[dict[str, Table], list[CellChange]]:
    """The master's tables with a key for every row, and the changes that write those keys."""
    used = session.master.ledger.keys_given(session.run_id) if session.master.has_ledger else None
    return give_keys(session.tables, session.schema, used)


def data_plan(session: Session, tables: Mapping[str, Table], changes: Sequence[CellChange], new_rows: Sequence[object]) -> DataPlan:
    """The plan for the data tables; rows are looked up in the sheets as they are now."""
    return plan_changes(tables, session.refs, session.snapshot, changes, new_rows, session.schema, session.book_lang)  # type: ignore[arg-type]
