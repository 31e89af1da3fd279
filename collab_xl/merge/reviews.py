"""Hold back edits by the rules of passing, and let in what waited once nothing holds it back any more.

In: the verdicts on the touched cells, the open items, the rules.  Out: which verdicts must wait, which items come in.  Pure.
Source: docs/facts/merge.md, Rules of passing; decision 0027. Rules about a cell alone are asked while the cell is decided. Whether a row
reported as done may pass depends on the other cells of the row and on other rows, so all such rows are first taken as passed, and those
that may not are taken back until nothing changes: the outcome does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from collab_xl.forms import Form
from collab_xl.merge.cells import Cell, Verdict, was_refused
from collab_xl.merge.sayings import Saying
from collab_xl.merge.scan import Stamp
from collab_xl.merge.view import MasterView, agree
from collab_xl.model.merge import CellKey, Item, Kind
from collab_xl.model.record import replace
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Value
from collab_xl.rules.passing import OF_ROWS, SAME_ROW, Passing, goes_with, of_row
from collab_xl.rules.rows import number

Row = tuple[str, str]
"""(form, key)"""


class Judged(NamedTuple):
    """A touched cell: the packs that touch it and what they do."""

    cell: Cell
    wanted: Mapping[str, RowId]
    verdicts: list[Verdict]


class Reviews:
    """The rules of passing during one run."""

    def __init__(self, passing: Passing, views: MasterView, items: Mapping[str, Item]) -> None:
        self.passing, self.views = passing, views
        self.waiting = {i.id: i for i in items.values() if i.kind is Kind.REVIEW and i.field is not None}
        self.crowded: dict[Row, frozenset[str]] = {}
        """Rows that somebody else has changed → the packs whose edits wait for that, if it is set so."""
        self.rows: dict[Row, str] = {}
        """Rows reported as done in this run or earlier → the rule they meet; only those that meet one."""

    def of_cell(self, cell: Cell, issued: Value, said: Saying) -> tuple[str, bool]:
        """The `Stops` of the rules about a cell alone."""
        rule = self.passing.of_cell(cell.view.fields[cell.field], issued, said.value, said.scan.sub.sender)
        return rule, rule in self.passing.waits

    def of_rows(self, judged: Iterable[Judged]) -> list[Judged]:
        """Find the rows that may not be reported as done, and return the cells to decide again, with `stopped`."""
        judged = list(judged)
        said = {(j.cell.form, j.cell.key, j.cell.field): claim.value for j in judged for v in j.verdicts if (claim := v.claim) is not None}
        for item in self.waiting.values():
            if (value := self._comes_in(item)) is not None and item.field is not None:
                said.setdefault((item.form, item.row_key, item.field), value)
        done = [(form, key, field) for (form, key, field), value in said.items() if self._becomes_done(form, key, field, value)]
        self._hold(done, said)
        if SAME_ROW in self.passing.waits:
            self._crowd(judged)

        def again(j: Judged) -> bool:
            row = (j.cell.form, j.cell.key)
            return (row in self.rows and self._is_held(j.cell)) or not self.crowded.get(row, frozenset()).isdisjoint(j.wanted)

        return [j for j in judged if again(j)] if self.rows or self.crowded else []

    def _crowd(self, judged: Iterable[Judged]) -> None:
        """Find the packs that edit a row in which the master differs elsewhere from what they know; of several packs that edit one row in
        this run all but the one sent first."""
        claims: dict[Row, dict[str, tuple[Stamp, set[str]]]] = {}
        for j in judged:
            for v in j.verdicts:
                if v.claim is not None:
                    packs = claims.setdefault((j.cell.form, j.cell.key), {})
                    at, fields = packs.get(v.side.pack.id, (v.claim.at, set()))
                    packs[v.side.pack.id] = min(at, v.claim.at), {*fields, j.cell.field}
        for (form, key), packs in claims.items():
            first = min(packs, key=lambda pack: packs[pack][0])
            late = {pack for pack, (_, fields) in packs.items() if self._is_changed(form, key, pack, fields)}
            if waiting := late | {pack for pack in packs if pack != first and packs[first][1] != packs[pack][1]}:
                self.crowded[form, key] = frozenset(waiting)

    def _is_changed(self, form: str, key: str, pack_id: str, fields: Collection[str]) -> bool:
        """Whether the master's row differs from what the pack knows, in a cell the pack does not edit now."""
        view, pack = self.views.forms[form], self.views.state.packs[pack_id]
        row_ids = [row_id for row_id in pack.forms.get(form, {}) if self.views.state.keys.get((form, row_id), row_id) == key]
        for row_id in row_ids:
            issued = pack.forms[form][row_id]
            for field in view.mergeable:
                if field in fields or field == view.key_field or not view.has_column(field) or not issued:
                    continue
                moved = self.views.state.moved.get((pack_id, CellKey(form, row_id, field)))
                if not agree(view.value(key, field), moved.value if moved else issued.get(field)):
                    return True
        return False

    def _hold(self, done: list[tuple[str, str, str]], said: dict[tuple[str, str, str], Value]) -> None:
        """Take back the rows that may not pass, until nothing changes."""

        def value(form: str, key: str, field: str) -> Value:
            view = self.views.forms[form]
            at = (form, key, field)
            return said[at] if at in said else view.value(key, field) if key in view and view.has_column(field) else None

        def state_of(form: str, key: str) -> str | None:
            view = self.views.forms.get(form)
            status = view.form.role("status") if view else None
            if view is None or status is None or key not in view or key in view.twice:
                return None
            return view.form.state(value(form, key, status.id))

        again = True
        while again:
            again = False
            for form, key, field in done:
                view = self.views.forms[form]
                rule = of_row(view.form, lambda f, of=form, key=key: value(of, key, f), view.share, state_of)  # type: ignore[misc]
                if rule:
                    self.rows[form, key] = rule
                if rule in self.passing.waits and (form, key, field) in said:
                    del said[form, key, field]
                    again = True

    def _becomes_done(self, form: str, key: str, field: str, value: Value) -> bool:
        view = self.views.forms[form]
        status = view.form.role("status")
        if status is None or field != status.id or key in view.added:
            return False
        return view.form.state(value) == "done" and view.form.state(view.value(key, field)) != "done"

    def _is_held(self, cell: Cell) -> bool:
        """Whether the cell is the status of a row that may not pass, or the progress that belongs to it."""
        progress = goes_with(cell.view.form)
        return cell.field == cell.view.form.id_of("status") or (progress is not None and cell.field == progress.id)

    def stopped(self, cell: Cell, issued: Value, said: Saying) -> tuple[str, bool]:
        """The `Stops` of a cell that `of_rows` returned. Of 100 % it is asked only if the same file reports the row as done."""
        if said.scan.sub.pack in self.crowded.get((cell.form, cell.key), ()):
            return SAME_ROW, True
        if (cell.form, cell.key) not in self.rows:
            return self.of_cell(cell, issued, said)
        form, table = cell.view.form, said.scan.sub.tables[cell.form]
        status = form.id_of("status")
        if _says_done(form, cell.field, said.value) and form.state(table.get(said.record, status)) == "done":
            rule = self.rows[cell.form, cell.key]
            return rule, rule in self.passing.waits
        return self.of_cell(cell, issued, said)

    def _comes_in(self, item: Item) -> Value:
        """The value of a waiting item that nothing but a rule holds back, and that no rule about the cell alone does; else None."""
        view, value = self.views.forms.get(item.form), item.candidates[-1].value
        if view is None or item.field is None or item.row_key not in view or item.row_key in view.twice:
            return None
        if item.rule == SAME_ROW and SAME_ROW in self.passing.waits:
            return None
        key, field = item.row_key, item.field
        cell = Cell(view, key, field, item.form)
        free = view.has_column(field) and not view.held(key, field) and agree(view.value(key, field), item.baseline)
        if not free or was_refused(self.views, cell, value) or any(not agree(c.value, value) for c in item.candidates):
            return None
        for c in item.candidates:
            pack = self.views.state.packs.get(c.source.pack)
            row_id = c.row_id or key
            if pack is None or not self.views.may_edit(item.form, key, field, pack, (row_id,)):
                return None
            issued = pack.forms.get(item.form, {}).get(row_id, {}).get(field)
            if self.passing.of_cell(view.fields[field], issued, c.value, c.source.sender) in self.passing.waits:
                return None
        return value

    def released(self, items: Mapping[str, Item]) -> list[tuple[Item, Value]]:
        """The waiting items that come in now, with their values. Asked after the run's changes are in the views.

        Args:
            items: the open items now; one that this run asked anew or answered is not released.
        """
        found: list[tuple[Item, Value]] = []
        for item in sorted(self.waiting.values(), key=lambda i: i.rule in OF_ROWS and not self._is_status(i)):
            if items.get(item.id) != item or (value := self._comes_in(item)) is None or item.field is None:
                continue
            rule = self.rows.get((item.form, item.row_key), "")
            form = self.views.forms[item.form].form
            if rule in self.passing.waits and _says_done(form, item.field, value):
                continue
            if item.rule in OF_ROWS and not self._is_status(item) and self._is_refused(item):
                continue  # 100 % waited with its status
            found.append((item, value))
        return found

    def renamed(self, items: Mapping[str, Item]) -> list[Item]:
        """The items that wait because of their row and now meet another rule: what was lacking is there, but a predecessor is open."""
        still = (item for item in items.values() if item.kind is Kind.REVIEW and item.rule in OF_ROWS)
        found = ((item, self.rows.get((item.form, item.row_key), item.rule)) for item in still)
        return [replace(item, rule=rule) for item, rule in found if rule != item.rule]

    def _is_status(self, item: Item) -> bool:
        view = self.views.forms.get(item.form)
        return view is not None and item.field == view.form.id_of("status")

    def _is_refused(self, item: Item) -> bool:
        """Whether the PMO has refused that the row is done."""
        view = self.views.forms[item.form]
        refused = self.views.state.refused.get((item.form, item.row_key, view.form.id_of("status")), ())
        return any(view.form.state(value) == "done" for value, _ in refused)


def _says_done(form: Form, field: str, value: Value) -> bool:
    """Whether a status or a progress says that the row is done."""
    if field == form.id_of("status"):
        return form.state(value) == "done"
    grown = number(value)
    return grown is not None and grown >= 1
