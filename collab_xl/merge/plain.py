"""The short way for nearly every cell of a large merge: one submission wants another value and nothing stands against it.

In: the touched cells, the views and questions as `cells.settle_cell` takes them.  Out: what `settle_cell` would decide, without going
through its table line by line where the cell is plain.  Pure.  A test compares the two ways over random merges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from collab_xl.merge.cells import Cell, Edit, Verdict, settle_cell
from collab_xl.merge.items import ItemBook
from collab_xl.merge.scan import Scan, Side
from collab_xl.merge.view import FormView, MasterView, is_blank
from collab_xl.model.merge import CellKey, Moved, RowId
from collab_xl.model.plan import CellChange, Provenance
from collab_xl.model.values import Unreadable, Value


class Taken(NamedTuple):
    """A cell that is taken over: the master's old value goes, the submission's becomes its pack's baseline."""

    edit: Edit
    change: CellChange
    pack: str
    where: CellKey
    moved: Moved


def decide(
    touched: Mapping[tuple[str, str, str], Mapping[str, RowId]], packs: Mapping[str, Side], views: MasterView, book: ItemBook
) -> list[Taken | tuple[Cell, Verdict]]:
    """The verdicts cell by cell, in the order given. `touched`: (form, key, field) → pack id → the row's id in it."""
    plain: dict[tuple[str, str], PlainCells] = {}
    decided: list[Taken | tuple[Cell, Verdict]] = []
    for (form_id, key, field_id), wanted in touched.items():
        if len(wanted) == 1:
            ((pack, row_id),) = wanted.items()
            short = plain.get((pack, form_id))
            if short is None:
                short = plain[pack, form_id] = PlainCells(packs[pack], form_id, views, book)
            taken = short.taken(key, field_id, row_id)
            if taken is not None:
                decided.append(taken)
                continue
        cell = Cell(views.forms[form_id], key, field_id)
        decided += ((cell, verdict) for verdict in settle_cell(cell, wanted, packs, views, book))
    return decided


class PlainCells:
    """Decides the plain cells of one form of one pack. Questions may only be opened after the last."""

    def __init__(self, side: Side, form_id: str, views: MasterView, book: ItemBook) -> None:
        self._side, self._form_id, self._views, self._book = side, form_id, views, book
        self._view: FormView = views.forms[form_id]
        self._scan: Scan | None = None
        scans = [s for s in side.scans if form_id in s.rows]
        if len(scans) == 1:
            self._scan = scans[0]
            sub = self._scan.sub
            self._table = sub.tables[form_id]
            self._rows = self._scan.rows[form_id]
            self._from = (sub.sha256, sub.department, sub.pack or "", sub.sender, sub.sent_at, sub.file)
        self._issued: Mapping[RowId, Mapping[str, Value]] = side.pack.forms.get(form_id, {})
        self._open_rows: dict[str, bool] = {}
        view = self._view
        masters = view.table.values if view.table is not None else {}
        self._masters = {
            f: masters[f]
            for f, field in view.fields.items()
            if field.access == "D" and f in masters and f not in (view.form.department_field, view.key_field)
        }
        """Field → the master's column, of fields a plain cell may have."""
        self._no_moves = not (side.moved or side.seen)
        self._refused = views.state.refused
        self._by_hand = view.table.held if view.table is not None else frozenset()

    def taken(self, key: str, field_id: str, row_id: RowId) -> Taken | None:
        """What happens to a cell that only this pack touches and whose submitted value is not its baseline."""
        scan, view, form_id = self._scan, self._view, self._form_id
        column, at = self._masters.get(field_id), view.index.get(key)
        if scan is None or column is None or at is None or view.decided(key, field_id):
            return None
        i, issued = self._rows.get(row_id), self._issued.get(row_id)
        if i is None or not issued or not (self._no_moves or self._unmoved((form_id, row_id), field_id)):
            return None
        s, b, m = self._table.values[field_id][i], issued.get(field_id), column[at]
        if (m is not b and not (type(m) is type(b) and m == b)) or is_blank(s) or isinstance(s, Unreadable):
            return None
        cell = (form_id, key, field_id)
        if cell in self._book.by_cell or cell in self._refused or (self._by_hand and view.held(key, field_id)):
            return None
        is_open = self._open_rows.get(key)
        if is_open is None:
            is_open = self._views.may_edit(form_id, key, field_id, self._side.pack, (row_id,))
            self._open_rows[key] = is_open
        if not is_open:
            return None
        sub = scan.sub
        source = Provenance(*self._from, self._table.place(i, field_id))
        return Taken(
            Edit(scan, form_id, key, row_id, field_id, "applied", b, m, s, i),
            CellChange(form_id, key, field_id, m, s, "merge", source),
            self._side.pack.id,
            CellKey(form_id, row_id, field_id),
            Moved(s, sub.sent_at, sub.sha256),
        )

    def _unmoved(self, row: tuple[str, RowId], field_id: str) -> bool:
        return field_id not in self._side.moved.get(row, ()) and field_id not in self._side.seen.get(row, ())
