"""Find one record in lines of labels, each above its line of values: 问题描述 | 反馈人 above both, then 责任人 | 状态 above theirs. Pure.

A list has more than one row below its headings; here every line of labels has exactly one, and together the lines name one form, none
of its fields twice. It is read as a form of labels and values (`label_table`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from collab_xl.forms import Form, Schema
from collab_xl.model.sheets import Snapshot
from collab_xl.read.context import Context
from collab_xl.read.heading_lines import titles_name
from collab_xl.read.headings import lexicon, match
from collab_xl.read.labels import LEAST_LABELS, LEAST_TITLED, LabelForm, Pair, bare
from collab_xl.read.locate import titles
from collab_xl.read.rows import says, sums_or_signs

_LEAST_LINES, _LEAST_IN_A_LINE = 2, 2
_KNOWN = 0.6
"""The share of the texts of a line that are headings of the form."""
_MOST_ROWS, _LONGEST = 60, 400
"""Rows with content, and rows at all, of a sheet that may be such a form."""
_LONGEST_LABEL = 24

Line = Mapping[int, object]


def find_label_lines(snapshot: Snapshot, schema: Schema, context: Context) -> LabelForm | None:
    """The record of a sheet that is laid out so; None if there is none, or a person said where the headings are."""
    if len(snapshot.cells) > _LONGEST or (context.told and context.told.headings):
        return None
    rows = {row: cells for row in range(snapshot.first_row, snapshot.last_row + 1) if (cells := _line(snapshot, row))}
    if len(rows) > _MOST_ROWS:
        return None
    best: LabelForm | None = None
    for form in schema.forms:
        if context.told and context.told.form not in ("", form.id):
            continue
        found = _as_form(snapshot, rows, form, context)
        if found and (best is None or found.matching.score > best.matching.score):
            best = found
    return best


def _as_form(snapshot: Snapshot, rows: Mapping[int, Line], form: Form, context: Context) -> LabelForm | None:
    lines = list(_lines(rows, form, context))
    if len(lines) < _LEAST_LINES:
        return None
    first, last = lines[0], lines[-1] + 1
    between = [row for row in rows if first <= row <= last and row not in lines and row - 1 not in lines]
    if between or any(not _is_end(cells) for row, cells in rows.items() if row > last):
        return None
    pairs = [
        Pair(bare(str(label)), snapshot.value(row + 1, col), (row, col), (row + 1, col))
        for row in lines
        for col, label in rows[row].items()
    ]
    matching = match(form, [(n, 1, (p.label,)) for n, p in enumerate(pairs, 1)], context)
    titled = form.id in titles_name([snapshot.sheet, *titles(snapshot, first, context)])
    if (
        form.id_of("title") not in matching.fields
        or matching.duplicates
        or len(matching.mapped) < (LEAST_TITLED if titled else LEAST_LABELS)
    ):
        return None
    about = next(pairs[m.col - 1] for m in matching.mapped if form.id_of("title") in m.fields)
    return LabelForm(form, pairs, matching, titled) if says(about.value) else None


def _lines(rows: Mapping[int, Line], form: Form, context: Context) -> Iterator[int]:
    """The rows of labels: most of their texts are headings of the form, and one row of values is below each."""
    lex = lexicon(form, context.lang)

    def labels(row: int) -> bool:
        cells = rows.get(row, {})
        texts = [bare(v) for v in cells.values() if isinstance(v, str) and len(v) <= _LONGEST_LABEL]
        known = sum(lex.find(t) is not None for t in texts)
        return len(texts) == len(cells) and known >= max(_LEAST_IN_A_LINE, _KNOWN * len(cells))

    for row in rows:
        under = rows.get(row + 1, {})
        alone = row + 2 not in rows or labels(row + 2) or _is_end(rows[row + 2])
        if labels(row) and under and not labels(row + 1) and set(under) <= set(rows[row]) and alone:
            yield row


def _is_end(cells: Line) -> bool:
    """Whether a row ends a form: a line to sign, or a single text."""
    values: Sequence[object] = list(cells.values())
    return len(values) == 1 or sums_or_signs(values) != ""  # type: ignore[arg-type]


def _line(snapshot: Snapshot, row: int) -> Line:
    cells = ((col, snapshot.value(row, col)) for col in range(snapshot.first_col, snapshot.last_col + 1))
    return {col: v for col, v in cells if says(v)}
