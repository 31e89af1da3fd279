"""The rows as they were after a run of the workbook, from the ledger, and who changed what since.

`flag`, `week` and `baseline set` keep the rows as they are then (`RunRecord.standing`); between those the changes of the runs are carried
on, forwards from the newest kept state or, before the first, backwards from the oldest. So what the PMO typed shows from one kept state to
the next; before the first it is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from collab_xl.model.baseline import Difference, Standing
from collab_xl.model.plan import CellChange, NewRow, Provenance
from collab_xl.model.record import Struct, replace
from collab_xl.model.run import Run, RunChanges
from collab_xl.model.values import Value, same_value
from collab_xl.project.ledger import Ledger
from collab_xl.rules.rows import rows_of
from collab_xl.rules.standing import kept_fields, standing_of
from collab_xl.verbs.session import Session

Rows = dict[str, dict[str, dict[str, Value]]]
Names = Mapping[str, Collection[str]]
"""Form → ids of the fields that are kept."""


class OldState(Struct, frozen=True):
    """The rows at one moment."""

    standing: Standing
    run: Run | None
    """The last run of the workbook by then; None: before the first."""
    sure: bool = True
    """False: before the first kept state, so that what the PMO typed until then is taken as having been there always."""


def day_of(run: Run) -> date:
    """The day a run belongs to: the one it was about, not later than the day it was made."""
    return min(run.as_of, run.started_at.date())


def run_on(chain: Sequence[Run], day: date) -> int:
    """How many runs of the chain belong to that day or earlier. A later run about an earlier day does not go back in time."""
    last = date.min
    for number, run in enumerate(chain):
        last = max(last, day_of(run))
        if last > day:
            return number
    return len(chain)


def now(session: Session) -> OldState:
    """The rows of the workbook as it is."""
    chain = session.master.ledger.chain(session.run_id)
    return OldState(standing_of(rows_of(session.schema, session.tables_for_viewing)), chain[-1] if chain else None)


def state_after(session: Session, runs: int) -> OldState:
    """The rows after the first `runs` runs of the workbook."""
    ledger = session.master.ledger
    chain = ledger.chain(session.run_id)
    kept = ledger.with_standing()
    names = {form.id: {field.id for field in kept_fields(form)} for form in session.schema.forms}
    run = chain[runs - 1] if runs else None
    before = next((n for n in range(runs, 0, -1) if chain[n - 1].number in kept), 0)
    if before:
        rows = _copied(ledger.standing(chain[before - 1]))
        for done in _changes(ledger, chain[before:runs]):
            _forward(rows, done, names)
        return OldState(rows, run)
    after = next((n for n in range(runs + 1, len(chain) + 1) if chain[n - 1].number in kept), None)
    rows = _copied(ledger.standing(chain[after - 1]) if after else now(session).standing)
    for done in _changes(ledger, chain[runs:after][::-1]):
        _backward(rows, done, names)
    return OldState(rows, run, sure=False)


def with_sources(session: Session, found: Iterable[Difference], since: Run | None, until: Run | None) -> list[Difference]:
    """The differences with the department, file and run that brought them; unchanged where no run did, as the PMO typed it.

    What an undo or redo brought back has the department and file that brought it first.
    """
    ledger = session.master.ledger
    chain = ledger.chain(session.run_id)
    first = next((n for n, run in enumerate(chain, 1) if since is not None and run.id == since.id), 0)
    last = next((n for n, run in enumerate(chain, 1) if until is not None and run.id == until.id), 0)
    cells: dict[tuple[str, str, str], tuple[Value, Provenance | None, str]] = {}
    brought: dict[tuple[str, str, str], list[tuple[Value, Provenance]]] = {}

    def noted(place: tuple[str, str, str], value: Value, source: Provenance | None, run: str) -> None:
        if source is None:
            source = next((one for held, one in reversed(brought.get(place, ())) if again and same_value(held, value)), None)
        else:
            brought.setdefault(place, []).append((value, source))
        if within:
            cells[place] = value, source, run

    taken_back = {run.id for run in chain[first:last] if run.undoes}
    of_earlier = {run.id for run in chain[:first]}
    for done in _changes(ledger, chain[0 if taken_back else first : last]):
        again, within = done.run in taken_back, done.run not in of_earlier
        for change in done.changes:
            noted((change.form, change.row_key, change.field), change.new, change.source, done.run)
        for row in done.added:
            noted((row.form, row.row_key, ""), None, row.source, done.run)
            for name, value in row.values.items():
                noted((row.form, row.row_key, name), value, row.source_of(name), done.run)
        if within:
            cells.update(((row.form, row.row_key, ""), (None, row.source, done.run)) for row in done.removed)
    out = []
    for one in found:
        known = cells.get((one.form, one.key, one.field))
        if known is None or (one.field and not same_value(known[0], one.after)):
            out.append(one)
            continue
        _, source, run = known
        out.append(replace(one, by=source.department if source else "", file=source.file if source else "", run=run))
    return out


def _changes(ledger: Ledger, runs: Iterable[Run]) -> Iterable[RunChanges]:
    return (ledger.run_changes(run.id) for run in runs if run.changed_data)


def _copied(standing: Standing) -> Rows:
    return {form: {key: dict(row) for key, row in rows.items()} for form, rows in standing.items()}


def _forward(rows: Rows, done: RunChanges, names: Names) -> None:
    for row in done.added:
        _put(rows, row, names)
    for change in done.changes:
        _set(rows, change, change.new, names)
    for row in done.removed:
        rows.get(row.form, {}).pop(row.row_key, None)


def _backward(rows: Rows, done: RunChanges, names: Names) -> None:
    for row in done.removed:
        _put(rows, row, names)
    for change in reversed(done.changes):
        _set(rows, change, change.old, names)
    for row in done.added:
        rows.get(row.form, {}).pop(row.row_key, None)


def _put(rows: Rows, row: NewRow, names: Names) -> None:
    if (wanted := names.get(row.form)) is not None:
        kept: dict[str, Value] = {name: value for name, value in row.values.items() if name in wanted and value is not None}
        rows.setdefault(row.form, {})[row.row_key] = kept


def _set(rows: Rows, change: CellChange, value: Value, names: Names) -> None:
    row = rows.get(change.form, {}).get(change.row_key)
    if row is not None and change.field in names.get(change.form, ()):
        if value is None:
            row.pop(change.field, None)
        else:
            row[change.field] = value
