"""How deep each record of a tracker stands, and below which one: by WBS numbers, grouped rows, or indentation. Pure (decision 0060).

In: a sheet, one of its tables, the titles of groups found between its records.  Out: columns of the tracker's own (层级, 上级, 分组), as
no form of ours has a field for them: a level must not be lost, and a task that contains others is still one row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Form
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot, Table
from collab_xl.model.values import Value
from collab_xl.read.context import Context
from collab_xl.read.headings import is_sequence
from collab_xl.read.number_format import shown_as
from collab_xl.read.rows import says
from collab_xl.read.text import clean, shown

_CODE = regex(r"[A-Z]{0,3}\d{1,4}(?:\.\d{1,4}){0,7}\.?", re.I)
_NUMBERING = regex(r"wbs|大纲|层级|编号|序号|编码|outline|^no\.?$|^#$|^id$", re.I)
_BLANK = regex(r"[\s\u3000\u00a0]*")
_LEAST = 2
"""Levels; with one level nothing is said."""


class Tree(Struct, frozen=True):
    """The level of each record from 1, and the number of the record above it (None at the top). `how`: wbs, outline or indent."""

    how: str = ""
    levels: tuple[int, ...] = ()
    parents: tuple[int | None, ...] = ()
    codes: tuple[str, Sequence[str]] = ("", ())
    """Where a column of running numbers holds the WBS numbers: its heading and they, as that column is not kept otherwise."""


class Depth(Struct, frozen=True):
    """Columns to keep with a table, each with a value per record, and what they say: `how` of the tree, its levels, group titles."""

    columns: Mapping[str, list[Value]]
    how: str = ""
    levels: int = 0
    groups: int = 0


def depth(snapshot: Snapshot, table: Table, form: Form, extra: Mapping[int, str], groups: Mapping[int, str], context: Context) -> Depth:
    """The columns of a table's levels and groups; none for a plain list.

    Args:
        extra: columns that no field has → heading.
        groups: row of a group's title → the title.
    """
    lang, out = context.lang, dict[str, list[Value]]()
    tree = _tree(snapshot, table, form, extra, context)
    if tree.how:
        out[text("read.word.depth_level", lang)] = list(tree.levels)
        out[text("read.word.depth_above", lang)] = [None if p is None else _name(table, form, p) for p in tree.parents]
        if tree.codes[0]:
            out[" ".join(tree.codes[0].split())] = list(tree.codes[1])
    inside = _groups(table.rows, groups)
    if any(inside):
        out[text("read.word.depth_group", lang)] = [title or None for title in inside]
    return Depth(out, tree.how, max(tree.levels, default=0), len(set(inside) - {""}))


def _name(table: Table, form: Form, record: int) -> Value:
    """How a record is referred to: by its key, else by its title."""
    key, title = (table.values.get(f, ()) for f in (form.key.id, form.id_of("title")))
    named = (values[record] for values in (key, title) if values and isinstance(values[record], str))
    return next(named, None)


def _groups(rows: Sequence[int], titles: Mapping[int, str]) -> list[str]:
    """The title above each record; titles in rows one below the other are one inside the other."""
    out, waiting, current = [], [*sorted(titles)], ""
    for row in rows:
        passed = []
        while waiting and waiting[0] < row:
            passed.append(waiting.pop(0))
        if passed:
            last = len(passed) - 1
            while last and passed[last] == passed[last - 1] + 1:
                last -= 1
            current = " / ".join(titles[r] for r in passed[last:])
        out.append(current)
    return out


def _tree(snapshot: Snapshot, table: Table, form: Form, extra: Mapping[int, str], context: Context) -> Tree:
    if len(table.rows) < _LEAST:
        return Tree()
    return _by_codes(snapshot, table, form, extra, context) or _by_outline(snapshot, table) or _by_indent(snapshot, table, form) or Tree()


def _by_codes(snapshot: Snapshot, table: Table, form: Form, extra: Mapping[int, str], context: Context) -> Tree | None:
    """By numbers such as 1, 1.1, 1.1.2: most of those with a point have the number before it among them, and all ascend."""
    key = table.columns.get(form.key.id)
    candidates = {} if key is None else {key: table.headings.get(form.key.id, "")}
    for col, heading in {**candidates, **{c: h for c, h in extra.items() if _NUMBERING.search(h.strip())}}.items():
        values = [snapshot.value(row, col) for row in table.rows]
        formats = snapshot.number_formats.of_column(col) if any(type(v) is float for v in values) else {}
        codes = [_code(value, formats.get(row, ""), context) for value, row in zip(values, table.rows, strict=True)]
        if not all(_CODE.fullmatch(code) for code in codes) or len(set(codes)) < len(codes):
            continue
        parts = [tuple(code.split(".")) for code in codes]
        at = {part: n for n, part in enumerate(parts)}
        parents = [_nearest(at, part) for part in parts]
        deep = [n for n, part in enumerate(parts) if len(part) > min(map(len, parts))]
        if not deep or 2 * sum(parents[n] is not None for n in deep) < len(deep):
            continue
        numbers = [tuple(int(re.sub(r"\D", "", p)) for p in part) for part in parts]
        if any(a >= b for a, b in pairwise(numbers)):
            continue
        top = min(map(len, parts))
        kept = (heading, codes) if col != key and is_sequence(heading) else ("", ())
        return Tree("wbs", tuple(len(part) - top + 1 for part in parts), tuple(parents), kept)
    return None


def _code(value: Value, number_format: str, context: Context) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and number_format:
        value = shown_as(value, number_format, context.lang, context.date1904) or value
    return clean(shown(value)).rstrip(".") if says(value) else ""


def _nearest(at: Mapping[tuple[str, ...], int], part: tuple[str, ...]) -> int | None:
    """The record whose number is the longest beginning of this one."""
    return next((at[part[:n]] for n in range(len(part) - 1, 0, -1) if part[:n] in at), None)


def _by_outline(snapshot: Snapshot, table: Table) -> Tree | None:
    """By grouped rows. A group stands below its record, or above where the first record is inside one (Excel's own setting)."""
    deep = [snapshot.outline.get(row, 0) for row in table.rows]
    if len(set(deep)) < _LEAST:
        return None
    below = deep[0] > min(deep)
    order = range(len(deep) - 1, -1, -1) if below else range(len(deep))
    return _stacked("outline", deep, order)


def _by_indent(snapshot: Snapshot, table: Table, form: Form) -> Tree | None:
    """By how far the titles stand to the right: blanks before the text and the indent of the cell together."""
    title = form.id_of("title")
    if title not in table.columns or table.labelled:
        return None
    indents = snapshot.indents.of_column(table.columns[title])
    texts = table.raw.get(title, ())
    widths = [_STEP * indents.get(row, 0) + _leading(value) for row, value in zip(table.rows, texts, strict=True)]
    if len(set(widths)) < _LEAST or widths[0] > min(widths):
        return None
    return _stacked("indent", widths, range(len(widths)))


_STEP = 4
"""One step of a cell's indent, in blanks."""


def _leading(value: Value) -> int:
    if not isinstance(value, str):
        return 0
    blanks = _BLANK.match(value)
    return sum(2 if c == "\u3000" else _STEP if c == "\t" else 1 for c in (blanks[0] if blanks else ""))


def _stacked(how: str, widths: Sequence[int], order: Sequence[int]) -> Tree:
    """Levels by widths, as a person sees them: what stands further right belongs to the last one further left."""
    levels, parents = [1] * len(widths), list[int | None]([None] * len(widths))
    stack: list[int] = []
    for n in order:
        while stack and widths[stack[-1]] >= widths[n]:
            stack.pop()
        levels[n], parents[n] = len(stack) + 1, stack[-1] if stack else None
        stack.append(n)
    return Tree(how, tuple(levels), tuple(parents))


def words(deep: Depth, context: Context) -> str:
    """What was found, for a person: 按缩进分 2 级、3 个分组标题."""
    parts = []
    if deep.how:
        parts.append(text(f"read.word.depth_by_{deep.how}", context.lang, levels=deep.levels))
    if deep.groups:
        parts.append(text("read.word.depth_groups", context.lang, groups=deep.groups))
    return COMMA[context.lang].join(parts)
