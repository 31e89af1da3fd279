"""Changes of rows of service sheets (设置, 工作日历, 状态词) that a run makes and undo takes back: a row changed, a row added.

The run's summary keeps them under `SHAPE`, as `[sheet id, row before, row after]`: a row is a dict by column, days as text; None is no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import Struct
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.sheets import Snapshot, TableRef
from collab_xl.model.values import Value
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.settings_rows import columns_of

ROWS = "service_rows"
"""The name under `SHAPE`."""
Row = Mapping[str, Value]


class RowChange(Struct, frozen=True):
    """One row of a service sheet before and after, by column; only the columns that say which row it is, and those that change."""

    service: str
    before: Row | None
    after: Row | None

    @property
    def stored(self) -> list[Any]:
        return [self.service, _stored(self.before), _stored(self.after)]


def _stored(row: Row | None) -> dict[str, Any] | None:
    return None if row is None else {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def plan_rows(session: Session, changes: Iterable[RowChange]) -> tuple[Plan, list[RowChange]]:
    """The plan of these changes, and those whose row is not as it was before: a person has changed it since, or it is gone.

    Raises CollabError `settings_full` if a row has no room below the table.
    """
    plan, lost, taken = Plan(), list[RowChange](), set[tuple[str, int]]()
    grown: dict[str, int] = {}
    for change in changes:
        service = session.schema.service(change.service)
        ref = session.ref(service)
        at, snapshot = columns_of(ref, service), session.snapshot(ref.sheet)
        row = _free(session, ref, at, snapshot, taken, grown) if change.before is None else _found(ref, at, snapshot, change.before, taken)
        if row is None:
            lost.append(change)
            continue
        taken.add((ref.sheet, row))
        names = {*(change.before or {}), *(change.after or {})}
        edits = []
        for name in sorted(names & at.keys(), key=lambda name: at[name]):
            old, new = snapshot.value(row, at[name]), (change.after or {}).get(name)
            new = date.fromisoformat(new) if name == "date" and isinstance(new, str) else new
            if old != new:
                edits.append(CellEdit(ref.sheet, row, at[name], old, new))
        plan += Plan(tuple(edits))
    for table, last in grown.items():
        area = session.refs[table].area
        plan += Plan((), {table: Area(area.first_row, area.first_col, last, area.last_col)})
    return Plan(tuple(sorted(plan.edits, key=lambda e: e[:3])), plan.tables), lost


def _found(ref: TableRef, at: Mapping[str, int], snapshot: Snapshot, wanted: Row, taken: set[tuple[str, int]]) -> int | None:
    """The row that holds exactly these values."""
    for row in range(ref.data.first_row, ref.data.last_row + 1):
        if (ref.sheet, row) not in taken and all(_same(snapshot.value(row, at[n]) if n in at else None, v) for n, v in wanted.items()):
            return row
    return None


def _same(held: Value, wanted: Value) -> bool:
    if isinstance(held, datetime):
        held = held.date()
    return (held.isoformat() if isinstance(held, date) else held) == (wanted.isoformat() if isinstance(wanted, date) else wanted)


def _free(
    session: Session, ref: TableRef, at: Mapping[str, int], snapshot: Snapshot, taken: set[tuple[str, int]], grown: dict[str, int]
) -> int:
    """A blank row of the table, else the next one below it."""
    columns = range(ref.area.first_col, ref.area.last_col + 1)
    for row in range(ref.data.first_row, ref.data.last_row + 1):
        if (ref.sheet, row) not in taken and all(snapshot.value(row, col) is None for col in columns):
            return row
    row = grown.get(ref.name, ref.area.last_row) + 1
    if ref.totals_rows or any(snapshot.value(row, col) is not None for col in columns):
        raise CollabError("settings_full", sheet=ref.sheet, lang=session.lang)
    grown[ref.name] = row
    return row


def undo_rows(session: Session, runs: Sequence[Run]) -> tuple[Plan, dict[str, list[Any]], list[str]]:
    """Take back what these runs (latest first) did to rows of service sheets: the plan, what the undo did (for the ledger), and a line for
    every row that stays because a person has changed it since."""
    back = [
        RowChange(service, after, before)
        for run in runs
        for service, before, after in reversed((run.summary.get(SHAPE) or {}).get(ROWS, ()))
    ]
    if not back:
        return Plan(), {}, []
    plan, lost = plan_rows(session, back)
    done = [change.stored for change in back if change not in lost]
    said = [
        text("verbs.say.row_stays", session.lang, sheet=session.sheet_of(change.service), row=row_name(change.before or change.after or {}))
        for change in lost
    ]
    return plan, {ROWS: done} if done else {}, said


def taken_back(summary: Mapping[str, Any]) -> tuple[int, int]:
    """How many cells of service sheets an undo restored, and how many rows it cleared, by its summary."""
    rows = (summary.get(SHAPE) or {}).get(ROWS, ())
    cells = sum(before[name] != value for _, before, after in rows if before and after for name, value in after.items())
    return cells, sum(after is None for _, _, after in rows)


def row_name(row: Row) -> str:
    """A row in a line of text: its values."""
    return " · ".join(value.isoformat() if isinstance(value, date) else str(value) for value in row.values() if value is not None)
