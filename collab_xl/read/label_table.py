"""Read one form of labels and values as a table of one record. Pure.

The pairs are arranged as a sheet of two rows (labels, values), which is read like any other. Then every position is mapped back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collab_xl.model.finding import Finding
from collab_xl.model.place import Address
from collab_xl.model.record import replace
from collab_xl.model.sheets import Cell, NumberFormats, Snapshot, Table
from collab_xl.model.values import Value
from collab_xl.read.asking import Question, remarks
from collab_xl.read.clues import Clues
from collab_xl.read.columns import ColumnReader, Special
from collab_xl.read.context import Context
from collab_xl.read.labels import LabelForm, Pair
from collab_xl.read.remarks import finding
from collab_xl.read.rows import says
from collab_xl.read.text import quoted, shown


def read_label_form(snapshot: Snapshot, found: LabelForm, context: Context, clues: Clues) -> tuple[Table, list[Finding], list[Question]]:
    """The record as a Table with the place of each field in `cells`; findings and questions have the cells of the labels and values."""
    form, matching = found.form, found.matching
    laid_out = _laid_out(snapshot, found)
    raw = {m.col: [laid_out.value(2, m.col)] for m in matching.mapped}
    read = ColumnReader(laid_out, form, context, clues, Special(laid_out), matching.mapped, [2]).read(raw)
    said, questions = remarks(snapshot.sheet, form, replace(matching, rows=dict.fromkeys(matching.extra, 1)), context, ours=False)
    cells: dict[str, Cell] = {f: found.pairs[col - 1].value_at for f, col in read.columns.items()}
    table = Table(
        form=form.id,
        sheet=snapshot.sheet,
        area=found.area,
        heading_rows=found.heading_rows,
        columns={f: at[1] for f, at in cells.items()},
        headings=read.headings,
        rows=[found.heading_rows[0]],
        values=read.values,
        raw=read.raw,
        held=frozenset((0, f) for f, at in cells.items() if at in snapshot.formulas),
        cells=cells,
    )
    findings = [_put_back(f, found) for f in (*said, *read.findings)]
    findings += [
        finding("H110", Address(snapshot.sheet, *cell), form=form.id, found=quoted(snapshot.value(*cell)), row=cell[0], to=pair.value_at[0])
        for pair in found.pairs
        for cell in pair.continued
    ]
    return table, findings, [_asked(q, found) for q in questions]


def places(found: LabelForm) -> dict[Cell, tuple[str, tuple[str, ...]]]:
    """Cell of a value → its label and the fields it feeds (none: kept, not read)."""
    fields = {m.col: m.fields for m in found.matching.mapped}
    return {p.value_at: (p.label, fields.get(n, ())) for n, p in enumerate(found.pairs, 1)}


def dated(found: LabelForm) -> list[Value]:
    """The raw values of the form's days, for the clues of its sheet."""
    kinds = {"date", "moment"}
    return [found.pairs[m.col - 1].value for m in found.matching.mapped if found.form.field(m.field).kind in kinds]


def _laid_out(snapshot: Snapshot, found: LabelForm) -> Snapshot:
    cols = {p.value_at: n for n, p in enumerate(found.pairs, 1) if p.value_at != p.at}

    def moved(cells: Mapping[Cell, Any]) -> dict[Cell, Any]:
        return {(2, cols[at]): what for at, what in cells.items() if at in cols}

    return Snapshot(
        snapshot.sheet,
        1,
        1,
        [[p.label for p in found.pairs], [_whole(snapshot, p) for p in found.pairs]],
        formulas=moved(snapshot.formulas),
        uncached=frozenset((2, cols[at]) for at in snapshot.uncached if at in cols),
        errors=moved(snapshot.errors),
        number_formats=NumberFormats(lambda col: _format_of(snapshot, found, col), snapshot.number_formats.codes),
        percents=frozenset((2, cols[at]) for at in snapshot.percents if at in cols),
    )


def _format_of(snapshot: Snapshot, found: LabelForm, col: int) -> dict[int, str]:
    row, at = found.pairs[col - 1].value_at
    code = snapshot.number_formats.of_column(at).get(row)
    return {} if code is None else {2: code}


def _whole(snapshot: Snapshot, pair: Pair) -> Value:
    """The value with its continuation in the cells below."""
    if not pair.continued:
        return pair.value
    parts = [pair.value, *(snapshot.value(*cell) for cell in pair.continued)]
    return "\n".join(shown(v) for v in parts if says(v))


def _put_back(said: Finding, found: LabelForm) -> Finding:
    if said.at is None:
        return said
    pair = found.pairs[said.at.col - 1]
    facts = {**said.facts}
    if "other" in facts and said.code == "H103":
        facts["other"] = Address(said.at.sheet, *_first(found, said)).cell
    at = Address(said.at.sheet, *(pair.at if said.at.row == 1 else pair.value_at))
    return replace(said, at=at, facts=facts)


def _first(found: LabelForm, said: Finding) -> Cell:
    """The cell of the label that a doubled one repeats."""
    return next((found.pairs[m.col - 1].at for m in found.matching.mapped if m.field == said.field), found.pairs[0].at)


def _asked(question: Question, found: LabelForm) -> Question:
    return replace(question, at=Address(question.at.sheet, *found.pairs[question.at.col - 1].at))
