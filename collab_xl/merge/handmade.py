"""Hand-made files have no pack, so no baseline. Every difference from the master is a proposal for the PMO.

In: the submissions without a (known) pack, and the master with the decisions of this run.  Out: edits, items, findings.  Pure.
A row is matched by its key. Without a key it is matched by its title and the row it belongs to (`FormView.apart`: a task's requirement).
Without a match it is a proposal of a new row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from collab_xl.merge.cells import SubmittedEdit
from collab_xl.merge.items import ItemBook, cell_id, row_item_id
from collab_xl.merge.references import reference_fields, with_keys
from collab_xl.merge.rows import begun, facts_of, whole_row
from collab_xl.merge.scan import SubmissionScan, short_hash, stamp
from collab_xl.merge.view import FormView, MasterView, agree, folded_text, is_blank
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.keys import key_text, spelling
from collab_xl.model.merge import Candidate, Kind
from collab_xl.model.sheets import Table
from collab_xl.model.values import Clear, Unreadable, Value


def propose(scan: SubmissionScan, views: MasterView, book: ItemBook) -> tuple[list[SubmittedEdit], list[Finding]]:
    """The edits and findings of one hand-made file, row by row in sheet order."""
    edits: list[SubmittedEdit] = []
    findings: list[Finding] = []
    for form_id, table in scan.sub.tables.items():
        view = views.forms.get(form_id)
        if view is None:
            continue
        table = with_keys(table, view, views)
        names = view.names()
        spelled: dict[str, str] = {}
        ours = (
            [key for key in view.index if views.names.named(view.value(key, view.department_field), scan.sub.department)] if names else []
        )
        meant = [_match(table, i, view, names, frozenset(ours)) for i in range(len(table))]
        often = Counter(m for m in meant if m)
        for i, match in enumerate(meant):
            filled = [
                (f, s)
                for f in view.mergeable
                if f in table.values
                and not ((s := table.values[f][i]) is None or (is_blank(s) and not isinstance(s, Clear)))
                and (scan.only is None or scan.only.allows(form_id, match, f))
            ]
            if not filled:
                continue
            if (match and often[match] > 1) or match in view.twice:
                there = match in view and match not in view.twice
                for f, s in filled:
                    m = view.value(match, f) if there else None
                    if not agree(s, m):
                        why = "twice" if match in view.twice else "blocked"
                        edits.append(SubmittedEdit(scan, form_id, match, "", f, "excluded", None, m, s, i, why))
                code = "R902" if match in view.twice else "R901"
                at = table.at(i, view.key_field)
                findings.append(Finding(code, Severity.ERROR, at, match, form_id, view.key_field, match, facts=facts_of(scan)))
            elif match in view:
                edits += _cells(scan, view, match, i, filled, views, book)
            else:
                belongs = _belongs_to(table, i, view, views) if table.labelled else ""
                edits += _row(scan, view, match, i, filled, book, belongs)
                spelled = spelled or {spelling(key): key for key in view.index}
                findings += _other_spelling(scan, view, spelled.get(spelling(match), ""), match, i)
    return edits, findings


def _other_spelling(scan: SubmissionScan, view: FormView, known: str, key: str, i: int) -> list[Finding]:
    """R303 for a new row whose ID is another spelling of one in use (`known`): the PMO decides whether it is the same row."""
    if not key or not known or view.table is None:
        return []
    at, there = scan.sub.tables[view.form.id].at(i, view.key_field), view.table.at(view.index[known], view.key_field)
    facts = {**facts_of(scan), "other": known, "other_cell": there.cell}
    return [Finding("R303", Severity.WARNING, at, key, view.form.id, view.key_field, key, known, facts=facts)]


def _match(table: Table, i: int, view: FormView, names: dict[str, list[str]], ours: frozenset[str] = frozenset()) -> str:
    """The key of a row: its own, else the key of the only master row with the same name and parent, of several the only one of the
    department that sent the file; "" if there is none."""
    if key := key_text(table.get(i, view.key_field)):
        return key
    name = folded_text(table.readable(i, view.name_field))
    found = names.get(name, []) if name else []
    for parent in view.apart:
        if (said := table.readable(i, parent)) is not None:
            found = [key for key in found if agree(view.value(key, parent), said)]
    found = [key for key in found if key in ours] if len(found) > 1 else found
    return found[0] if len(found) == 1 else ""


def _belongs_to(table: Table, i: int, view: FormView, views: MasterView) -> str:
    """The title of the row that a row of a request form is a part of, also when that row has its key already."""
    for f in reference_fields(view):
        value = table.readable(i, f.id) if f.id in view.apart else None
        for other in views.forms.values() if isinstance(value, str) else ():
            if value in other:
                return folded_text(other.value(str(value), other.name_field))
        if value is not None:
            return folded_text(value)
    return ""


def _cells(
    scan: SubmissionScan, view: FormView, key: str, i: int, filled: Sequence[tuple[str, Value]], views: MasterView, book: ItemBook
) -> list[SubmittedEdit]:
    form_id, edits = view.form.id, []
    ours = views.names.named(view.value(key, view.department_field), scan.sub.department)
    for f, s in filled:
        m = view.value(key, f)
        if agree(s, m) or f == view.key_field:
            continue
        outcome = "unreadable" if isinstance(s, Unreadable) else "excluded"
        why = "" if view.has_column(f) or outcome == "unreadable" else "no_column"
        edits.append(SubmittedEdit(scan, form_id, key, "", f, outcome, None, m, s, i, why))
        if outcome == "excluded" and view.has_column(f):
            theirs = (ours and view.fields[f].access == "D") or views.is_asked(view, key, f, scan.sub.department)
            candidate = Candidate(s, scan.source(form_id, i, f), no_right=not theirs)
            item_id = cell_id(Kind.HAND_MADE, form_id, key, f)
            if not _newer(book, item_id, scan):
                book.ask(item_id, Kind.HAND_MADE, form_id, key, f, candidate, master=m)
    return edits


def _row(
    scan: SubmissionScan,
    view: FormView,
    key: str,
    i: int,
    filled: Sequence[tuple[str, Value]],
    book: ItemBook,
    belongs_to: str,
) -> list[SubmittedEdit]:
    """A proposal of a new row. `belongs_to`: the title of the row it is a part of, which tells the parts of two request forms apart."""
    form_id = view.form.id
    edits = [
        SubmittedEdit(scan, form_id, key, "", f, "unreadable" if isinstance(s, Unreadable) else "excluded", None, None, s, i)
        for f, s in filled
        if not isinstance(s, Clear)
    ]
    row = whole_row({**begun(dict(filled), view, scan.sub.sent_at), **dict(filled)}, view)
    if row:
        what = key or folded_text(row.get(view.name_field)) or repr(sorted(row.items(), key=lambda pair: pair[0]))
        row_id = f"~{short_hash(form_id, scan.sub.department, what, *([belongs_to] if belongs_to else []))}"
        item_id = row_item_id(Kind.HAND_MADE, form_id, row_id)
        unread = {f: s for f, s in filled if isinstance(s, Unreadable)}  # to be seen with the proposal
        source = scan.source(form_id, i, view.name_field)
        candidate = Candidate(None, source, {**row, **unread}, row_id, no_right=not view.form.add_rows)
        if not _newer(book, item_id, scan):
            book.ask(item_id, Kind.HAND_MADE, form_id, key, None, candidate, row_id=row_id)
    return edits


def _newer(book: ItemBook, item_id: str, scan: SubmissionScan) -> bool:
    """Whether the item already has a candidate of a newer hand-made file of the department."""
    item = book.items.get(item_id)
    if item is None:
        return False
    return any(
        stamp(c.source.sent_at, c.source.sha256) > scan.at
        for c in item.candidates
        if not c.source.pack and c.source.department == scan.sub.department
    )
