"""Read a ListObject of ours column by column: the place of the headings is known, and there may be many rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from collab_xl.forms import Form
from collab_xl.forms.own_fields import OWN_ID
from collab_xl.model.evidence import link_in
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.place import Address
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot, Table, TableRef
from collab_xl.model.values import Value
from collab_xl.read.asking import remarks
from collab_xl.read.clues import Clues
from collab_xl.read.columns import ColumnReader, Columns, Special, date_columns
from collab_xl.read.context import Context, of_book
from collab_xl.read.heading_cells import as_seen, is_row_id
from collab_xl.read.headings import Mapped, added_columns, match
from collab_xl.read.remarks import finding
from collab_xl.read.rows import is_hint, sums_or_signs
from collab_xl.read.text import quoted, shown


def parse_table(snapshot: Snapshot, ref: TableRef, form: Form, context: Context) -> tuple[Table, list[Finding]]:
    """The records of a table in a master or pack, and the findings about its cells.

    Headings are matched as on any sheet (a pack whose headings were changed is still read, with a note), by their cells if these
    differ from the table part (`heading_cells`). Rows without content of
    their own in the form's columns are no records: blank ones, pack rows that have only their row id, rows of calculated cells.
    """
    context = of_book(context, snapshot)
    ref, moved = as_seen(snapshot, ref, form, context)
    cells = [(ref.area.first_col + i, ref.area.first_row, (heading,)) for i, heading in enumerate(ref.headings)]
    ids = [col for col, _, (heading,) in cells if is_row_id(heading)]
    added = added_columns((col, heading) for col, _, (heading,) in cells)
    matching = match(form, [c for c in cells if c[0] not in added], context)
    findings, _ = remarks(snapshot.sheet, form, matching, context, ours=True)
    findings = moved + findings
    findings += _missing(snapshot, ref, form, matching.mapped, context)
    data = ref.data
    grid = _grid(snapshot, data.first_row, data.last_row)
    by_col = _by_column(grid, snapshot.first_col, ref.area.first_col, ref.area.last_col)
    special = Special(snapshot, data.first_row)
    kept = _records(snapshot, data.first_row, matching.mapped, by_col, special)
    if ids and (no_rows := _no_rows(kept, matching.mapped, by_col, by_col[ids[0]])):
        kept = [i for i in kept if i not in no_rows]
        for i, (code, col) in no_rows.items():
            row = data.first_row + i
            at = Address(snapshot.sheet, row, col)
            findings.append(finding(code, at, form=form.id, found=quoted(by_col[col][i]), row=row))
    rows: Sequence[int] = [data.first_row + i for i in kept]
    whole = len(kept) == len(grid)
    raw = {c: (column if whole else [column[i] for i in kept]) for c, column in by_col.items()}
    clues = Clues(context, lambda: chain.from_iterable(raw[c] for c in date_columns(form, matching.mapped)))
    read = ColumnReader(snapshot, form, context, clues, special, matching.mapped, rows).read(raw)
    table = Table(
        form=form.id,
        sheet=snapshot.sheet,
        area=type(ref.area)(ref.area.first_row, ref.area.first_col, data.last_row, ref.area.last_col),
        heading_rows=(ref.area.first_row, ref.area.first_row + max(ref.header_rows, 1) - 1),
        columns=read.columns,
        headings=read.headings,
        rows=rows,
        values=read.values,
        raw=read.raw,
        row_ids=[shown(v) or None for v in raw[ids[0]]] if ids else (),
        extra=matching.extra,
        held=held(snapshot, rows, read, form.id_of("evidence")),
        name=ref.name,
        totals_rows=ref.totals_rows,
    )
    return table, findings + read.findings + _below(snapshot, ref, form, matching.mapped)


def held(snapshot: Snapshot, rows: Sequence[int], read: Columns, evidence: str = "") -> frozenset[tuple[int, str]]:
    """(record index, field) of the cells with a formula or inside an array; without our own links in the column of `evidence`."""
    if not snapshot.formulas and not snapshot.arrays:
        return frozenset()
    index = {row: i for i, row in enumerate(rows)}
    fields: dict[int, list[str]] = {}
    for field_id, col in read.columns.items():
        fields.setdefault(col, []).append(field_id)
    ours = read.columns.get(evidence)
    cells: Iterable[tuple[int, int]] = (
        (r, c) for r, c in snapshot.formulas if c != ours or link_in(snapshot.formulas[r, c], snapshot.value(r, c)) is None
    )
    spilled = ((r, c) for a in snapshot.arrays for r in range(a.first_row, a.last_row + 1) for c in range(a.first_col, a.last_col + 1))
    return frozenset((index[r], f) for r, c in chain(cells, spilled) if r in index for f in fields.get(c, ()))


def _grid(snapshot: Snapshot, first: int, last: int) -> Sequence[Sequence[Value]]:
    """The rows first..last; rows after the last one that was read are blank."""
    start = first - snapshot.first_row
    blank: list[Sequence[Value]] = [()] * max(0, min(-start, last - first + 1))
    lines = [*blank, *snapshot.cells[max(start, 0) : max(last + 1 - snapshot.first_row, 0)]]
    return lines + [()] * (last - first + 1 - len(lines))


def _by_column(grid: Sequence[Sequence[Value]], offset: int, first_col: int, last_col: int) -> dict[int, Sequence[Value]]:
    widths = set(map(len, grid))
    width = max(widths, default=0)
    if len(widths) > 1:
        grid = [line if len(line) == width else (*line, *(None,) * (width - len(line))) for line in grid]
    columns: list[Sequence[Value]] = list(zip(*grid, strict=True)) if width else []
    nothing = (None,) * len(grid)
    return {c: columns[c - offset] if 0 <= c - offset < width else nothing for c in range(first_col, last_col + 1)}


def _records(snapshot: Snapshot, first: int, mapped: Sequence[Mapped], by_col: dict[int, Sequence[Value]], special: Special) -> list[int]:
    """Indexes of the rows with content of their own in a form's column (a calculated cell has none)."""
    cols = [m.col for m in mapped]
    if not cols:
        return []
    formulas: dict[int, set[int]] = {}
    for row, col in snapshot.formulas:
        formulas.setdefault(row, set()).add(col)
    errors = {row for col in cols for row in special.broken.get(col, ()) if (row, col) not in snapshot.formulas}

    def has_content(i: int) -> bool:
        calculated = formulas.get(first + i, ())
        return first + i in errors or any((v := by_col[c][i]) is not None and _says(v) and c not in calculated for c in cols)

    not_sure = {row - first for row, col in snapshot.formulas if col == cols[0]}
    return [i for i, v in enumerate(by_col[cols[0]]) if (_says(v) and i not in not_sure) or has_content(i)]


_EXAMPLE = regex(r"\s*[(（\[【]?(?:填写)?(?:示例|范例|样例|例如|例|e\.g\.|example)[)）\]】]?\s*[:：]", re.I)
"""例：完成接口联调"""


def _no_rows(
    kept: Iterable[int], mapped: Sequence[Mapped], by_col: dict[int, Sequence[Value]], ids: Sequence[Value]
) -> dict[int, tuple[str, int]]:
    """Of the rows of a pack that were not issued: totals, signature lines, hints how to fill the columns in. Index → code and column."""
    out: dict[int, tuple[str, int]] = {}
    for i in kept:
        issued = shown(ids[i])
        if issued and "#" not in issued:
            continue
        cells = {m.col: by_col[m.col][i] for m in mapped if _says(by_col[m.col][i])}
        if not cells:
            continue
        hint = is_hint(cells) or _EXAMPLE.match(shown(next(iter(cells.values()))))
        if code := sums_or_signs(list(cells.values())) or ("H107" if hint else ""):
            out[i] = code, next(iter(cells))
    return out


def _says(value: Value) -> bool:
    return bool(value.strip("\u3000\u200b \t\r\n")) if isinstance(value, str) else value is not None


def _missing(snapshot: Snapshot, ref: TableRef, form: Form, mapped: Sequence[Mapped], context: Context) -> list[Finding]:
    at = Address(snapshot.sheet, ref.area.first_row, ref.area.first_col)
    have = {f for m in mapped for f in m.fields}
    pack = any(map(is_row_id, ref.headings))
    face = _face(form, have) if pack else None
    out = []
    for f in form.fields:
        if f.id in have or (pack and (f.access == "C" or not f.in_pack)):
            continue
        if face is not None and f.kind != "key" and f.id not in face:
            continue
        heading = f.heading[context.lang]
        if f.kind == "key":
            out.append(finding("H104", at, form=form.id, field_id=f.id, expected=heading, severity=Severity.ERROR, table=ref.name))
        else:
            out.append(finding("H105", at, form=form.id, field_id=f.id, expected=heading, table=ref.name))
    return out


def _face(form: Form, have: Collection[str]) -> Collection[str] | None:
    """The fields that a pack shows while the rows are being planned, if it has no other; None for a pack of a week of work."""
    if form.face is None or any(name not in form.face.columns and name != form.key.id and not OWN_ID.fullmatch(name) for name in have):
        return None
    return form.face.columns


def _below(snapshot: Snapshot, ref: TableRef, form: Form, mapped: Sequence[Mapped]) -> list[Finding]:
    """Rows typed below the table's range: other spreadsheet programs than Excel do not extend the table."""
    out = []
    cols, title = [m.col for m in mapped], form.id_of("title")
    titles = {m.col for m in mapped if title in m.fields}
    for row in range(ref.area.last_row + 1, snapshot.last_row + 1):
        said = [(c, v) for c in cols if _says(v := snapshot.value(row, c))]
        if said:
            (col, value), record = said[0], len(said) > 1 or said[0][0] in titles  # one cell elsewhere is a note under the table
            at = Address(snapshot.sheet, row, col)
            out.append(finding("H113", at, form=form.id, found=quoted(value), row=row, count=len(said), record=record))
    return out
