"""Edits set aside because of the master: no such column, an ID twice, a form not in use. They wait in sight (未入账) and come in later; so
does what of a file could not be read before the PMO had answered a question about it (on 提问).

In: what earlier runs left waiting, the master as it is now, the edits of this run.  Out: which files are taken again and which of their
cells, what still waits, one item for each cause.  Pure.  Source: docs/facts/merge.md, What was set aside; decisions 0024 and 0034.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from collab_xl.forms import Schema
from collab_xl.merge.cells import SubmittedEdit
from collab_xl.merge.items import row_item_id
from collab_xl.merge.scan import SubmissionScan
from collab_xl.merge.view import FormView, MasterView
from collab_xl.model.directory import Directory
from collab_xl.model.merge import Candidate, Count, Item, Kind, MergeState, NotEntered, Submission
from collab_xl.model.plan import Provenance
from collab_xl.model.sheets import RowId, Table
from collab_xl.model.values import Unreadable, Value

CAUSES: Final = frozenset({"no_column", "twice", "not_in_use"})
"""`SubmittedEdit.why` of edits that were set aside because of the master."""
UNREAD: Final = "unread"
"""The cause of what waits for an answer."""


class Only(NamedTuple):
    """The cells of a file that are taken again; in a hand-made file by the row's key."""

    forms: frozenset[str] = frozenset()
    cells: frozenset[tuple[str, RowId, str]] = frozenset()
    columns: frozenset[tuple[str, str]] = frozenset()
    """(form, field) that no earlier run could read."""
    unreadable: frozenset[tuple[str, RowId, str]] = frozenset()
    """Those of `cells` that an earlier run counted as unreadable."""

    def allows(self, form: str, row_id: RowId, field: str) -> bool:
        return form in self.forms or (form, row_id, field) in self.cells or (form, field) in self.columns

    def __bool__(self) -> bool:
        return any(self[:])


def item_id_of(entry: NotEntered) -> str:
    """One item for a cause: the column, the ID, or the form."""
    what = {"no_column": entry.field, "twice": entry.row_key}.get(entry.cause, "")
    return row_item_id(Kind.NOT_ENTERED, entry.form, what, entry.cause)


def is_mended(entry: NotEntered, views: Mapping[str, FormView], answers: Mapping[str, str]) -> bool:
    view = views.get(entry.form)
    if entry.cause == UNREAD and entry.question not in answers:
        return False
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
    return frozenset(sha for sha, waiting in state.not_entered.items() if _ready(waiting, state, views))


def taken_again(earlier: Iterable[Submission], state: MergeState, views: Mapping[str, FormView]) -> dict[str, Only]:
    """sha256 → the cells of it whose cause is mended."""
    found = {}
    for sub in earlier:
        if only := _ready(state.not_entered.get(sub.sha256, ()), state, views):
            found[sub.sha256] = only
    return found


def _ready(waiting: Iterable[NotEntered], state: MergeState, views: Mapping[str, FormView]) -> Only:
    """What of a file can come in now."""
    ready = [e for e in waiting if is_mended(e, views, state.answers)]
    cells = [e for e in ready if e.field]
    columns = {(e.form, state.answers[e.question]) for e in ready if e.cause == UNREAD and not e.field}
    return Only(
        frozenset(e.form for e in ready if e.cause == "not_in_use"),
        frozenset(_cell(e) for e in cells),
        frozenset((form, field) for form, field in columns if field),
        frozenset(_cell(e) for e in cells if e.cause == UNREAD),
    )


def _cell(e: NotEntered) -> tuple[str, RowId, str]:
    return e.form, e.row_id or e.row_key, e.field


def narrow(scan: SubmissionScan, only: Only) -> None:
    """Leave only the rows that are taken again."""
    scan.only = only
    scan.blocked, scan.unclear = {}, set()
    wanted = {cell[:2] for cell in only.cells}
    whole = only.forms | {form for form, _ in only.columns}
    scan.rows = {
        form: {row_id: i for row_id, i in rows.items() if form in whole or (form, row_id) in wanted} for form, rows in scan.rows.items()
    }


def unread_of(sub: Submission, edits: Iterable[SubmittedEdit], schema: Schema) -> list[NotEntered]:
    """What of a submission waits for the PMO's answer. `edits`: those of it that could not be read."""
    edits = list(edits)
    found = [NotEntered(one.form, "", "", "", UNREAD, one.question) for one in sub.unread if one.form and not one.field]
    for one in (one for one in sub.unread if one.field):
        mine = (e for e in edits if (e.form, e.field) == (one.form, one.field) and _text(e.submission) in one.words)
        found += (NotEntered(e.form, e.row_id, e.field, e.row_key, UNREAD, one.question) for e in mine)
    order = next((one.question for one in sub.unread if not one.form), None)
    if order is not None:
        dates = {(form.id, f.id) for form in schema.forms for f in form.fields if f.kind in ("date", "moment")}
        found += (NotEntered(e.form, e.row_id, e.field, e.row_key, UNREAD, order) for e in edits if (e.form, e.field) in dates)
    return found


def _text(value: Value) -> str:
    return " ".join(value.text.split()) if isinstance(value, Unreadable) else ""


def count_again(edits: Iterable[SubmittedEdit], again: Mapping[str, Only], count: Callable[[Submission], Count]) -> None:
    """Note in the accounts how earlier runs had counted what was taken again."""
    for e in edits:
        if (only := again.get(e.scan.sub.sha256)) is None:
            continue
        account = count(e.scan.sub)
        account.unread_before += (e.form, e.field) in only.columns
        account.unreadable_before += (e.form, e.row_id or e.row_key, e.field) in only.unreadable


def still_waiting(
    new: Iterable[tuple[str, NotEntered]], again: Collection[str], state: MergeState, views: Mapping[str, FormView]
) -> dict[str, tuple[NotEntered, ...]]:
    """sha256 → what of it waits after this run, for every file whose list changes. `new`: (sha256, what this run leaves waiting)."""
    found: dict[str, list[NotEntered]] = {}
    for sha, waiting in state.not_entered.items():
        left = [e for e in waiting if not (is_mended(e, views, state.answers) if sha in again else state.answers.get(e.question) == "")]
        if sha in again or len(left) < len(waiting):
            found[sha] = left
    for sha, entry in new:
        found.setdefault(sha, []).append(entry)
    return {sha: tuple(dict.fromkeys(entries)) for sha, entries in found.items()}


def items_of(waiting: Mapping[str, Iterable[NotEntered]], sources: Mapping[str, Provenance], state: MergeState) -> list[Item]:
    """One item for each cause, with the number of cells of each file as a candidate. What waits for an answer has its question on 提问."""
    causes: dict[str, dict[str, int]] = {}
    first: dict[str, NotEntered] = {}
    for sha, entries in waiting.items():
        for entry in (e for e in entries if e.cause != UNREAD):
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
