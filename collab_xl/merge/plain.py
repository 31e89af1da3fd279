"""The short way for nearly every cell of a large merge: one submission wants another value and nothing stands against it.

In: the rows of a pack's only submission, the views and questions as `cells.settle_cell` takes them.  Out: the cells `settle_cell` would
plainly take over, found column by column, and what is left to it.  Pure.  A test compares the two ways over random merges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from collab_xl.merge.items import ItemBook
from collab_xl.merge.rows import Sorted
from collab_xl.merge.scan import Scan, Side, differing
from collab_xl.merge.view import FormView, MasterView, agree, is_blank
from collab_xl.model.issued import RowId
from collab_xl.model.merge import Taken
from collab_xl.model.plan import Provenance
from collab_xl.model.values import Clear, Unreadable, Value

Row = tuple[RowId, int]
"""Its id and its record in the submission."""


class _Cell(NamedTuple):
    """A cell that is taken over. Sorts by its place in the submission."""

    record: int
    order: int
    field: str
    key: str
    row_id: RowId
    baseline: Value
    master: Value
    submission: Value


class _Left(NamedTuple):
    """A cell that differs from its baseline and is not plain. Sorts by its place too."""

    record: int
    order: int
    row_id: RowId
    field: str


def _taken(scan: Scan, form_id: str, cells: Sequence[_Cell]) -> Taken:
    sub, table = scan.sub, scan.sub.tables[form_id]
    records, _, fields, *columns = zip(*cells, strict=True) if cells else ((),) * len(_Cell._fields)
    row_keys, row_ids, baselines, masters, values = columns
    source = Provenance(sub.sha256, sub.department, sub.pack or "", sub.sender, sub.sent_at, sub.file)
    return Taken(form_id, source, records, row_keys, row_ids, fields, baselines, masters, values, list(map(table.place, records, fields)))


class Plain:
    """Decides the plain cells of a run, pack by pack. Questions may only be opened after the last."""

    def __init__(self, sorted_rows: Mapping[str, Sorted], views: MasterView, book: ItemBook) -> None:
        self._views = views
        named = Counter(chain.from_iterable(((form, key) for (form, _), key in rows.there.items()) for rows in sorted_rows.values()))
        looked_at = chain(book.by_cell, views.state.refused, *(view.cells_decided() for view in views.forms.values()))
        self._slow = {row for row, times in named.items() if times > 1} | {(form, key) for form, key, _ in looked_at}
        """(form, key) of rows with more than one side to them: several packs, questions, refusals, earlier decisions."""

    def split(self, side: Side, scan: Scan, form_id: str, there: Mapping[tuple[str, RowId], str]) -> tuple[Taken, list[tuple[RowId, str]]]:
        """The plain cells of a form of a submission, and (row id, field) of its other cells that differ from their baseline.

        Args:
            there: (form, row id) → key, of rows on both sides.
        """
        rows = [(row_id, i) for row_id, i in scan.rows[form_id].items() if (form_id, row_id) in there]
        only = sum(form_id in s.rows for s in side.scans) == 1
        plain = [row for row in rows if only and self._is_plain(side, form_id, row[0], there[form_id, row[0]])]
        cells, left = _split(side, scan, self._views, form_id, plain, [there[form_id, row_id] for row_id, _ in plain])
        if len(plain) < len(rows):
            others, view = set(rows).difference(plain), self._views.forms[form_id]
            found = differing(side, scan, form_id, view, (row for row in rows if row in others))
            left += [_Left(i, view.order[field_id], row_id, field_id) for row_id, i, field_id in found]
        return _taken(scan, form_id, cells), [(cell.row_id, cell.field) for cell in sorted(left)]

    def _is_plain(self, side: Side, form_id: str, row_id: RowId, key: str) -> bool:
        """Whether nothing but the one submission speaks of a row, and the pack was issued with it."""
        view, row = self._views.forms[form_id], (form_id, row_id)
        return (
            key in view.index
            and (form_id, key) not in self._slow
            and row not in side.moved
            and row not in side.seen
            and row_id in side.issued_rows(form_id).filled
            and not view.holds_any(key)
        )


def _split(
    side: Side, scan: Scan, views: MasterView, form_id: str, rows: Sequence[Row], keys: Sequence[str]
) -> tuple[list[_Cell], list[_Left]]:
    """The cells of plain rows that differ from their baseline: those taken over, in the order of the sheet, and the others."""
    view, submitted = views.forms[form_id], scan.sub.tables[form_id].values
    fields = [f for f in view.mergeable if f in submitted]
    ids, records = [row_id for row_id, _ in rows], [i for _, i in rows]
    all_rows = records == list(range(len(scan.sub.tables[form_id])))
    places = [view.index[key] for key in keys]
    masters, may_edit = _open_columns(view), _Rights(views, view, side.pack.department)
    taken: list[_Cell] = []
    left: list[_Left] = []
    for f, issued in zip(fields, side.issued_rows(form_id).columns(ids, fields), strict=True):
        column = submitted[f] if all_rows else [submitted[f][i] for i in records]
        if column == issued and True not in column and False not in column:
            continue  # (Python holds True for 1: such a column is looked at cell by cell)
        master, order = masters.get(f), view.order[f]
        for n, (s, b) in enumerate(zip(column, issued, strict=True)):
            kind = type(s)
            if s is b or (kind is type(b) and s == b):
                continue
            if not (kind is str and type(b) is str) and _agree(s, b, f == view.key_field, ids[n]):
                continue
            if master is not None and _is_content(s) and may_edit[places[n]]:
                m = master[places[n]]
                if m is b or (type(m) is type(b) and m == b):
                    taken.append(_Cell(records[n], order, f, keys[n], ids[n], b, m, s))
                    continue
            left.append(_Left(records[n], order, ids[n], f))
    taken.sort(key=itemgetter(0, 1))
    return taken, left


def _open_columns(view: FormView) -> dict[str, Sequence[Value]]:
    """Field → the master's column, of fields a plain cell may have."""
    masters = view.table.values if view.table is not None else {}
    mine = {f for f, field in view.fields.items() if field.access == "D"} - {view.form.department_field, view.key_field}
    return {f: column for f, column in masters.items() if f in mine}


def _agree(s: Value, b: Value, is_key: bool, row_id: RowId) -> bool:
    """Whether a submitted cell is its baseline; in a pack issued without the keys, a row's id is its key."""
    return not isinstance(s, Clear) and (agree(s, b) or (is_key and b is None and s == row_id))


def _is_content(value: Value) -> bool:
    return type(value) is float or not (is_blank(value) or isinstance(value, Unreadable))


class _Rights(dict[int, bool]):
    """Record of the master → whether it names the pack's department. False only means that the long way has to look."""

    def __init__(self, views: MasterView, view: FormView, department: str) -> None:
        super().__init__()
        self._named, self._department = cache(lambda name: views.names.named(name, department)), view.form.department_field
        self._view = view

    def __missing__(self, at: int) -> bool:
        table = self._view.table
        self[at] = found = table is not None and self._named(table.get(at, self._department))
        return found
