"""Find forms of labels and values, such as one request per sheet: 合作名称 | 2024年Q3用户增长活动, a label in each row. Pure.
Source: docs/facts/domain.md, Other forms people keep.

A label is left of its value, or before it in the same cell (发起部门：市场部). A form names its title and three more
fields of one schema form in at least three rows, and its sheet or a title names the form; a list that explains headings
(字段说明) is no form. Cells of tables found by their heading rows are skipped.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from collab_xl.forms import Form, Schema
from collab_xl.model.place import Area
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell, Snapshot
from collab_xl.model.values import Value
from collab_xl.read.context import Context
from collab_xl.read.heading_lines import titles_name
from collab_xl.read.headings import Matching, lexicon, match
from collab_xl.read.locate import FoundBlock
from collab_xl.read.rows import says
from collab_xl.read.text import clean, shown

LEAST_LABELS, LEAST_TITLED, LEAST_ROWS = 5, 4, 3
_LONGEST_LABEL = 24
_MOST_ROWS = 200
_INSIDE = regex(r"^([^:：]{2,24})[:：]\s*(\S.*)$", re.S)
_A_FORM = regex(r"申请|登记|需求|反馈|任务|问题|request|issue|problem|task|form", re.I)
_EXPLAINS = regex(r"说明|字典|指南|字段|规范|模板介绍|guide|instruction|dictionary|readme|legend|how ?to", re.I)

_NUMERAL = regex(r"^(?:[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十]+[)）])\s*")

_DICTIONARY = regex(
    r"\s*(?:字段|列名|栏目|表头|填[写表](?:说明|要求)?\s*$|说明\s*$|含义|(?:是否)?必填|field|column|heading|meaning|required)", re.I
)
"""Headings of a list that explains headings: 字段 | 说明. 项目 | 内容说明 is the heading of a form."""


class Pair(Struct, frozen=True):
    """A label, its value, and their cells (the same cell if it contains both)."""

    label: str
    value: Value
    at: Cell
    value_at: Cell
    continued: tuple[Cell, ...] = ()
    """Cells below the value that continue it."""


@dataclasses.dataclass
class LabelForm:
    """One record written as labels and values. `matching` uses the numbers of the pairs, from 1, as columns."""

    form: Form
    pairs: Sequence[Pair]
    matching: Matching
    titled: bool
    area: Area = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        cells = [c for p in self.pairs for c in (p.at, p.value_at, *p.continued)]
        rows, cols = [r for r, _ in cells], [c for _, c in cells]
        self.area = Area(min(rows), min(cols), max(rows), max(cols))

    def only(self, pairs: Sequence[Pair], context: Context) -> LabelForm:
        """The form with these pairs only."""
        return LabelForm(self.form, pairs, match(self.form, [(n, 1, (p.label,)) for n, p in enumerate(pairs, 1)], context), self.titled)

    @property
    def heading_rows(self) -> tuple[int, int]:
        return min(p.at[0] for p in self.pairs), max(p.at[0] for p in self.pairs)


Covered = Callable[[int, int], bool]


def find_label_forms(
    snapshot: Snapshot, schema: Schema, context: Context, blocks: Sequence[FoundBlock], covered: Covered | None = None
) -> list[LabelForm]:
    """Every form of labels on the sheet, from the top. Nearly always empty.

    Args:
        covered: of a sheet that is known as a request form, whatever its title: whether a cell belongs to a part of it.
    """
    if _EXPLAINS.search(snapshot.sheet) or not _short(snapshot):
        return []
    pairs = _pairs(
        snapshot, schema, context, lambda row, col: bool(covered and covered(row, col)) or any(_inside(b, row, col) for b in blocks)
    )
    out: list[LabelForm] = []
    for record in _records(pairs, schema, context):
        best: LabelForm | None = None
        for form in schema.forms:
            found = _as_form(snapshot, record, form, context, covered, known=covered is not None and form.request is not None)
            if found and (best is None or found.matching.score > best.matching.score):
                best = found
        if best:
            out += [best, *_beside(snapshot, best, context)]
    return out


def _beside(snapshot: Snapshot, found: LabelForm, context: Context) -> list[LabelForm]:
    """More records with the same labels, one per column: a table with rows and columns swapped."""
    cols = {p.value_at[1] for p in found.pairs}
    if len(cols) != 1 or len({p.at[1] for p in found.pairs}) != 1 or cols == {p.at[1] for p in found.pairs}:
        return []
    out: list[LabelForm] = []
    about_at = next(found.pairs[m.col - 1].at for m in found.matching.mapped if found.form.id_of("title") in m.fields)
    for col in range(next(iter(cols)) + 1, snapshot.last_col + 1):
        values = [snapshot.value(p.at[0], col) for p in found.pairs]
        if not says(snapshot.value(about_at[0], col)) or 2 * sum(map(says, values)) < len(values):
            break
        pairs = [Pair(p.label, v, p.at, (p.at[0], col)) for p, v in zip(found.pairs, values, strict=True)]
        matching = match(found.form, [(n, 1, (p.label,)) for n, p in enumerate(pairs, 1)], context)
        out.append(LabelForm(found.form, pairs, matching, found.titled))
    return out


def _short(snapshot: Snapshot) -> bool:
    """Labels are searched on small sheets only; a long sheet is a table."""
    return 0 < len(snapshot.cells) <= _MOST_ROWS or sum(any(v is not None for v in line) for line in snapshot.cells) <= _MOST_ROWS


def _pairs(snapshot: Snapshot, schema: Schema, context: Context, covered: Covered) -> list[Pair]:
    """Possible pairs of label and value outside the tables, in reading order: known labels and the unknown ones between them."""
    wide = {(a.first_row, a.first_col): a for a in snapshot.merges}
    lexicons = [lexicon(f, context.lang) for f in schema.forms]

    def known(text: str) -> bool:
        return any(lex.find(text) is not None for lex in lexicons)

    out: list[Pair] = []
    columns: set[int] = set()
    """Columns with a known label: an unknown text below it is a label too."""
    for row in range(snapshot.first_row, snapshot.last_row + 1):
        col = snapshot.first_col
        while col <= snapshot.last_col:
            value = snapshot.value(row, col)
            area = wide.get((row, col))
            after = (area.last_col if area else col) + 1
            if not isinstance(value, str) or covered(row, col) or (area and area.last_col - area.first_col > 3):
                col = after
                continue
            text = clean(value)
            if (inside := _INSIDE.match(text)) and known(inside[1]):
                out.append(Pair(clean(inside[1]), inside[2].strip(), (row, col), (row, col)))
            elif text and len(text) <= _LONGEST_LABEL and (known(bare(text)) or col in columns):
                right = snapshot.value(row, after)
                beyond = snapshot.value(row, _end(wide, row, after) + 1)
                # In the last column, or before the next label, it is a value: 验收结论 | 待验收 | 条件.
                a_label = after in columns or (says(beyond) and not (isinstance(beyond, str) and known(bare(beyond))))
                taken = isinstance(right, str) and a_label and known(bare(right)) and not _is_value(right)
                if known(bare(text)):
                    columns.add(col)
                beside = None if taken else right
                if beside is not None or known(bare(text)):
                    out.append(Pair(bare(text), beside, (row, col), (row, after), _going_on(snapshot, row, col, after, wide)))
                    after = after if taken else _end(wide, row, after) + 1
            col = after
    return out


def _is_value(text: str) -> bool:
    """Whether a text that is also a heading is clearly a value here: a sentence or a list."""
    return bool(re.search(r"[、。；;，,]", text))


def bare(text: str) -> str:
    """A label without its number (一、合作名称) and colon."""
    return _NUMERAL.sub("", clean(text)).rstrip(":：")


def _inside(block: FoundBlock, row: int, col: int) -> bool:
    return block.first <= row <= block.body_last and block.first_col <= col <= block.last_col


def _end(wide: dict[Cell, Area], row: int, col: int) -> int:
    area = wide.get((row, col))
    return area.last_col if area else col


def _going_on(snapshot: Snapshot, row: int, label_col: int, col: int, wide: dict[Cell, Area]) -> tuple[Cell, ...]:
    """Cells below the value that have no label of their own."""
    out = []
    below = row + 1
    while below <= snapshot.last_row and snapshot.value(below, label_col) is None and says(snapshot.value(below, col)):
        if any(snapshot.value(below, c) is not None for c in range(snapshot.first_col, snapshot.last_col + 1) if c != col):
            break
        out.append((below, col))
        below += 1
    return tuple(out)


def _records(pairs: Sequence[Pair], schema: Schema, context: Context) -> list[list[Pair]]:
    """The pairs of each record. A second title starts the next record."""
    abouts = {f.id: f.id_of("title") for f in schema.forms}
    out: list[list[Pair]] = [[]]
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        named_here = {(f.id, t.field) for f in schema.forms if (t := lexicon(f, context.lang).find(pair.label)) and t.field == abouts[f.id]}
        if named_here & seen and len({p.at[0] for p in out[-1]}) >= LEAST_ROWS:
            out.append([])
            seen = set()
        seen |= named_here
        out[-1].append(pair)
    return out


def _as_form(
    snapshot: Snapshot, pairs: Sequence[Pair], form: Form, context: Context, covered: Covered | None, *, known: bool
) -> LabelForm | None:
    matching = match(form, [(n, 1, (p.label,)) for n, p in enumerate(pairs, 1)], context)
    if form.id_of("title") not in matching.fields or not matching.mapped:
        return None
    ours = [pairs[m.col - 1] for m in matching.mapped]
    if len({p.at[0] for p in ours}) < LEAST_ROWS or not says(
        next(pairs[m.col - 1].value for m in matching.mapped if form.id_of("title") in m.fields)
    ):
        return None
    titles = _titles(snapshot, min(p.at[0] for p in pairs))
    if any(_DICTIONARY.match(t) for t in titles[1:]):
        return None
    titled = known or form.id in titles_name(titles)
    if not titled and not any(_A_FORM.search(t) for t in titles):
        return None
    if len(ours) < (LEAST_TITLED if titled else LEAST_LABELS):
        return None
    first, last = min(p.at[0] for p in ours), max(p.at[0] for p in ours)
    cols = {p.at[1] for p in ours}
    kept = [p for p in pairs if p in ours or (p.at[0] >= first and p.at[1] in cols and _reached(pairs, p, last, covered))]
    matching = match(form, [(n, 1, (p.label,)) for n, p in enumerate(kept, 1)], context)
    return LabelForm(form, kept, matching, titled)


def _reached(pairs: Sequence[Pair], pair: Pair, last: int, covered: Covered | None) -> bool:
    """Whether a pair below the last known label still belongs to the form: every row between them has a pair or is of a part."""
    rows = {p.at[0] for p in pairs} | {c[0] for p in pairs for c in p.continued}
    return all(r in rows or (covered is not None and covered(r, pair.at[1])) for r in range(last + 1, pair.at[0]))


def _titles(snapshot: Snapshot, before: int) -> list[str]:
    """The sheet's name and the texts above a row."""
    rows = range(max(snapshot.first_row, before - 12), before)
    cells = (snapshot.value(r, c) for r in rows for c in range(snapshot.first_col, snapshot.last_col + 1))
    return [snapshot.sheet, *(shown(v) for v in cells if isinstance(v, str) and len(v) <= 60)]
