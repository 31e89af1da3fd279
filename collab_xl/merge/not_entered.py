"""Edits set aside because of the master: no such column, an ID twice, a form not in use. They wait in sight (未入账) and come in later.

In: what earlier runs left waiting, the master as it is now, the edits of this run.  Out: which files are taken again and which of their
cells, what still waits, one item for each cause.  Pure.  Source: docs/facts/merge.md, What was set aside; decision 0024.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from collab_xl.forms import Schema
from collab_xl.merge.cells import SubmittedEdit
from collab_xl.merge.items import row_item_id
from collab_xl.merge.scan import SubmissionScan
from collab_xl.merge.view import FormView, MasterView
from collab_xl.model.directory import Directory
from collab_xl.model.merge import Candidate, Item, Kind, MergeState, NotEntered, Submission
from collab_xl.model.plan import Provenance
from collab_xl.model.sheets import RowId, Table

CAUSES: Final = frozenset({"no_column", "twice", "not_in_use"})
"""`SubmittedEdit.why` of edits that were set aside because of the master."""


class Only(NamedTuple):
    """The cells of a file that are taken again; in a hand-made file by the row's key."""

    forms: frozenset[str]
    cells: frozenset[tuple[str, RowId, str]]

    def allows(self, form: str, row_id: RowId, field: str) -> bool:
        return form in self.forms or (form, row_id, field) in self.cells


def item_id_of(entry: NotEntered) -> str:
    """One item for a cause: the column, the ID, or the form."""
    what = {"no_column": entry.field, "twice": entry.row_key}.get(entry.cause, "")
    return row_item_id(Kind.NOT_ENTERED, entry.form, what, entry.cause)


def is_mended(entry: NotEntered, views: Mapping[str, FormView]) -> bool:
    view = views.get(entry.form)
    if view is None or view.table is None:
        return False
    if entry.cause == "no_column":
        return view.has_column(entry.field)
    return entry.cause != "twice" or entry.row_key not in view.twice


def to_take(master: Mapping[str, Table], state: MergeState, schema: Schema, directory: Directory) -> frozenset[str]:
    """sha256 of the files of which something can come in now; the merge needs them again."""
    if not state.not_entered:
        return frozenset()
    views = MasterView(master, schema, directory, state).forms
    return frozenset(sha for sha, waiting in state.not_entered.items() if any(is_mended(e, views) for e in waiting))


def taken_again(earlier: Iterable[Submission], state: MergeState, views: Mapping[str, FormView]) -> dict[str, Only]:
    """sha256 → the cells of it whose cause is mended."""
    found = {}
    for sub in earlier:
        ready = [e for e in state.not_entered.get(sub.sha256, ()) if is_mended(e, views)]
        if ready:
            cells = frozenset((e.form, e.row_id or e.row_key, e.field) for e in ready if e.cause != "not_in_use")
            found[sub.sha256] = Only(frozenset(e.form for e in ready if e.cause == "not_in_use"), cells)
    return found


def narrow(scan: SubmissionScan, only: Only) -> None:
    """Leave only the rows that are taken again."""
    scan.only = only
    scan.blocked, scan.unclear = {}, set()
    wanted = {cell[:2] for cell in only.cells}
    scan.rows = {
        form: {row_id: i for row_id, i in rows.items() if form in only.forms or (form, row_id) in wanted}
        for form, rows in scan.rows.items()
    }


def still_waiting(
    edits: Iterable[SubmittedEdit], again: Collection[str], state: MergeState, views: Mapping[str, FormView]
) -> dict[str, tuple[NotEntered, ...]]:
    """sha256 → what of it waits after this run, for every file whose list changes."""
    found: dict[str, list[NotEntered]] = {}
    for sha in again:
        if waiting := state.not_entered.get(sha):
            found[sha] = [e for e in waiting if not is_mended(e, views)]
    for edit in edits:
        entry = NotEntered(edit.form, edit.row_id, edit.field, edit.row_key, edit.why)
        found.setdefault(edit.scan.sub.sha256, []).append(entry)
    return {sha: tuple(dict.fromkeys(entries)) for sha, entries in found.items()}


def items_of(waiting: Mapping[str, Iterable[NotEntered]], sources: Mapping[str, Provenance], state: MergeState) -> list[Item]:
    """One item for each cause, with the number of cells of each file as a candidate."""
    causes: dict[str, dict[str, int]] = {}
    first: dict[str, NotEntered] = {}
    for sha, entries in waiting.items():
        for entry in entries:
            item_id = item_id_of(entry)
            first.setdefault(item_id, entry)
            cells = causes.setdefault(item_id, {})
            cells[sha] = cells.get(sha, 0) + 1
    known = {c.source.sha256: c.source for i in state.items.values() if i.kind is Kind.NOT_ENTERED for c in i.candidates}
    out = []
    for item_id, cells in causes.items():
        entry = first[item_id]
        candidates = [Candidate(n, sources.get(sha) or known.get(sha) or Provenance(sha)) for sha, n in cells.items()]
        candidates.sort(key=lambda c: (c.source.department, c.source.file, c.source.sha256))
        key = entry.row_key if entry.cause == "twice" else ""
        field = entry.field if entry.cause == "no_column" else None
        out.append(Item(item_id, Kind.NOT_ENTERED, entry.form, key, field, None, None, tuple(candidates)))
    return out
