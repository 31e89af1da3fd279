"""Find the tables of a sheet by their heading rows: which form, which rows, which columns, and why. Pure.

Every row is examined. A heading row names at least three fields of a form, one of them the title
(任务名称, 问题描述); two are enough if the sheet or a title names the form, or if the other one is its own ID (任务ID).
Cells with a colon are labels, not headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collab_xl.forms import Form, Schema
from collab_xl.model.place import Area
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Value
from collab_xl.read.content import any_days, narrowed
from collab_xl.read.context import Context
from collab_xl.read.headings import Matching, answered, lexicon, match
from collab_xl.read.text import clean, loose
from collab_xl.read.tracker import label_values, qualifies, vaguely_named

MAX_DEPTH = 3
_LONGEST = 60
_MOST_ROWS = 300  # limits the time for a column full of words like Task and Issue
_TITLE_BONUS = 4.0
_MOST_RUNS = 12
LOOKED_AT = 60
_UNKNOWN_COST = 0.25
_VAGUE_COST = 4.0
_LABEL = regex(r"[:：]")  # 填表人： and 日期：2024-6-28 are labels, with or without their value
_GROUP_END = regex(r"(?:时间|日期|情况|安排|信息)$|\s*(?:dates?|times?|schedule)$", re.I)
_BRACKETED = regex(r"[(（\[【][^)）\]】]*[)）\]】]")


class FoundBlock(Struct):
    """One to three heading rows and the columns below them."""

    form: Form
    first: int
    last: int
    first_col: int
    last_col: int
    matching: Matching
    score: float
    titled: bool
    body_last: int = 0

    def overlaps(self, other: FoundBlock) -> bool:
        rows = self.first <= other.last and other.first <= self.last
        return rows and self.first_col <= other.last_col and other.first_col <= self.last_col


class Sheet:
    """A snapshot prepared for the search of headings: short texts by cell, merges by their first cell."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.merged: dict[tuple[int, int], Area] = {(a.first_row, a.first_col): a for a in snapshot.merges}

    def heading(self, row: int, col: int) -> str:
        """The text of a cell that could be a heading, "" for anything else."""
        value = self.snapshot.value(row, col)
        return _heading(value)

    def spread(self, row: int, first_col: int, last_col: int) -> dict[int, str]:
        """Column → text of a heading row, merged cells filled to the right."""
        out: dict[int, str] = {}
        for col in range(first_col, last_col + 1):
            text = self.heading(row, col)
            if not text:
                continue
            area = self.merged.get((row, col))
            for c in range(col, (area.last_col if area else col) + 1):
                if c <= last_col:
                    out.setdefault(c, text)
        return out


def _heading(value: Value) -> str:
    if not isinstance(value, str) or len(value) > 2 * _LONGEST:
        return ""
    text = clean(value)
    return "" if _LABEL.search(_BRACKETED.sub("", text)) else text


def find_blocks(snapshot: Snapshot, schema: Schema, context: Context) -> list[FoundBlock]:
    """Every table on the sheet that matches one of the forms, from the top, left to right. Empty: the sheet is no tracker."""
    sheet = Sheet(snapshot)
    return _chosen(sheet, [b for row in likely_rows(snapshot, schema, context) for b in _at_row(sheet, row, schema, context)])


def likely_rows(snapshot: Snapshot, schema: Schema, context: Context) -> list[int]:
    """The rows to examine, from the top: with two headings in them or in the row below."""
    hits = known_headings(snapshot, schema, context)
    lists = {s.table for s in schema.services}
    for ref in snapshot.tables:
        if ref.name in lists:  # the lists of a master are no trackers
            hits.pop(ref.area.first_row, None)
    named = {r: hits.get(r, 0) + hits.get(r + 1, 0) for h in hits for r in (h - 1, h) if r >= snapshot.first_row}
    likely = sorted((r for r, count in named.items() if count >= 2), key=lambda r: (-named[r], r))
    return sorted(likely[:_MOST_ROWS])


def _chosen(sheet: Sheet, found: Sequence[FoundBlock]) -> list[FoundBlock]:
    """The better one of overlapping readings, from the top, left to right, each with the last row that can belong to it."""
    best: dict[str, float] = {}
    for b in found:
        best[b.form.id] = max(best.get(b.form.id, 0), b.score)
    chosen: list[FoundBlock] = []
    for b in sorted(found, key=lambda b: (-b.score, b.first)):
        if b.score >= best[b.form.id] / 2 and not any(b.overlaps(c) for c in chosen):
            chosen.append(b)
    chosen.sort(key=lambda b: (b.first, b.first_col))
    for b in chosen:
        b.body_last = min(
            (c.first - 1 for c in chosen if c.first > b.last and c.first_col <= b.last_col and b.first_col <= c.last_col),
            default=sheet.snapshot.last_row,
        )
    return chosen


def known_headings(snapshot: Snapshot, schema: Schema, context: Context) -> dict[int, int]:
    """Row → the number of its cells that name a field of any form."""
    memo: dict[str, bool] = {}
    lexicons = [lexicon(f, context.lang) for f in schema.forms]
    out: dict[int, int] = {}
    for i, line in enumerate(snapshot.cells):
        count = 0
        for value in line:
            if type(value) is not str or len(value) > _LONGEST:
                continue
            known = memo.get(value)
            if known is None:
                text = _heading(value)
                known = memo[value] = bool(text) and any(x.find(text) or answered(context.headings, x.form.id, text) for x in lexicons)
            count += known
        if count:
            out[snapshot.first_row + i] = count
    return out


def _at_row(sheet: Sheet, row: int, schema: Schema, context: Context) -> list[FoundBlock]:
    """The best reading of a row as headings: one block, or several side by side.

    Blank heading cells may be inside a table or between two. The row is split there in every possible way; the split with the highest
    score is used, and of equal ones that with fewer tables.
    """
    snapshot = sheet.snapshot
    starts = [first for first, last in _runs(sheet, row) if _names_something(sheet, row, first, last, schema, context)]
    if not 1 < len(starts) <= _MOST_RUNS:
        block = _best(sheet, row, snapshot.first_col, snapshot.last_col, schema, context)
        return [block] if block else []
    ends = [*(s - 1 for s in starts[1:]), snapshot.last_col]
    starts[0] = snapshot.first_col
    best: list[tuple[float, int, list[FoundBlock]]] = [
        (0.0, 0, [])
    ]  # for the runs before a split: score, negative number of tables, tables
    for end in range(len(starts)):
        ways = []
        for begin in range(end + 1):
            score, count, blocks = best[begin]
            block = _best(sheet, row, starts[begin], ends[end], schema, context)
            more = block.score - (_TITLE_BONUS if block.titled else 0) if block else 0.0
            ways.append((score + more, count - bool(block), [*blocks, block] if block else blocks))
        best.append(max(ways, key=lambda w: w[:2]))
    return best[-1][2]


def _names_something(sheet: Sheet, row: int, first: int, last: int, schema: Schema, context: Context) -> bool:
    texts = sheet.spread(row, first, last).values()
    return any(lexicon(form, context.lang).find(text) for form in schema.forms for text in texts)


def _runs(sheet: Sheet, row: int) -> Iterator[tuple[int, int]]:
    """Runs of heading cells without a gap."""
    filled = sorted(sheet.spread(row, sheet.snapshot.first_col, sheet.snapshot.last_col))
    start = 0
    for i, col in enumerate(filled):
        if i + 1 == len(filled) or filled[i + 1] > col + 1:
            yield filled[start], col
            start = i + 1


def _best(sheet: Sheet, row: int, first_col: int, last_col: int, schema: Schema, context: Context) -> FoundBlock | None:
    best: FoundBlock | None = None
    for form in schema.forms:
        for depth in range(1, MAX_DEPTH + 1):
            block = block_at(sheet, row, depth, first_col, last_col, form, context)
            if block and (best is None or block.score > best.score or (block.score == best.score and block.form is best.form)):
                best = block
    if best:
        _reach_down(sheet, best)
    return best


def block_at(
    sheet: Sheet, row: int, depth: int, first_col: int, last_col: int, form: Form, context: Context, *, whole: bool = True
) -> FoundBlock | None:
    """Some rows read as headings of a form; None if they are none. `whole`: all fields that a tracker needs must be there."""
    lines = [sheet.spread(r, first_col, last_col) for r in range(row, row + depth)]
    if not lines[0] or (depth > 1 and not lines[-1]):
        return None
    if depth > 1:
        lines = _groups_spread(lines)
    cells = [(c, *_texts(sheet, row, lines, c)) for c in sorted(set().union(*lines))]

    def narrow(col: int, options: tuple[str, ...]) -> tuple[str, ...]:
        below = (snapshot.value(r, col) for r in range(row + depth, min(snapshot.last_row, row + depth + LOOKED_AT) + 1))
        return narrowed(form, options, [v for v in below if v is not None], context)

    snapshot = sheet.snapshot
    matching = match(form, [(c, r, t) for c, r, t in cells if t], context, narrow)
    if not matching.mapped:
        return None
    cols = [m.col for m in matching.mapped]
    first, last = _extent(lines, min(cols), max(cols))
    for col in [c for c in matching.extra if not first <= c <= last]:
        del matching.extra[col]
    matching.duplicates = [d for d in matching.duplicates if first <= d[0] <= last]
    if depth > 1 and not _lower_lines_fit(sheet, row, depth, lines, first, last, form, matching, context):
        return None
    titled = _titled(sheet, row, form)
    if (whole and not qualifies(form, matching, titled)) or (depth == 1 and label_values(matching, lines[0], first, last)):
        return None
    vague = vaguely_named(form, matching)
    if vague and not titled and _no_days(sheet, row + depth, form, matching, context):
        return None
    score = matching.score + (_TITLE_BONUS if titled else 0) - _UNKNOWN_COST * min(len(matching.extra), 8) - _VAGUE_COST * vague
    return FoundBlock(form, row, row + depth - 1, first, last, matching, score, titled)


def _groups_spread(lines: list[dict[int, str]]) -> list[dict[int, str]]:
    """A group title that is not merged covers the blank cells to its right: 计划时间 | (blank) above 开始时间 | 结束时间."""
    out = [*lines]
    for i in range(len(lines) - 1):
        below = lines[i + 1]
        line = dict(lines[i])
        for col in sorted(below):
            if col not in line and col - 1 in line and col - 1 in below and below[col - 1] != below[col]:
                line[col] = line[col - 1]
        out[i] = line
    return out


def _no_days(sheet: Sheet, below: int, form: Form, matching: Matching, context: Context) -> bool:
    """Whether the cells below the headings of dates are texts without a date (Name, Start, End of a time sheet)."""
    cells = [
        value
        for m in matching.mapped
        if form.field(m.field).kind == "date"
        for row in range(below, min(sheet.snapshot.last_row, below + LOOKED_AT) + 1)
        if (value := sheet.snapshot.value(row, m.col)) is not None
    ]
    return len(cells) >= 3 and all(isinstance(v, str) for v in cells) and not any_days(form, cells, context)


def _texts(sheet: Sheet, row: int, lines: Sequence[dict[int, str]], col: int) -> tuple[int, list[str]]:
    """The row of a column's own heading cell, and its texts, the longest first."""
    own = [(row + i, line[col]) for i, line in enumerate(lines) if col in line]
    texts = [t for _, t in own]
    if len(texts) == 1:
        return own[0][0], texts
    top_is_wide = sheet.snapshot.value(row, col) is None  # the text of a cell merged from the left
    joined = "".join(dict.fromkeys(texts))
    bare = "".join(dict.fromkeys((*(_GROUP_END.sub("", t) for t in texts[:-1]), texts[-1])))  # 实际时间 above 结束时间
    last_two = "".join(dict.fromkeys(texts[-2:]))
    ordered = [joined, bare, last_two, texts[-1], *([] if top_is_wide else texts[-2::-1])]
    return own[-1][0], list(dict.fromkeys(ordered))


def _lower_lines_fit(
    sheet: Sheet,
    row: int,
    depth: int,
    lines: Sequence[dict[int, str]],
    first: int,
    last: int,
    form: Form,
    matching: Matching,
    context: Context,
) -> bool:
    """Whether the rows below the first are headings too, not data: texts only, and below a complete heading only its translation."""
    by_col = {m.col: m for m in matching.mapped}
    if not any(m.row == row or _adds(lines[0].get(m.col, ""), m.heading, lines[m.row - row].get(m.col)) for m in matching.mapped):
        return False  # the row above is a title
    lex = lexicon(form, context.lang)
    useful = 0
    for i in range(1, depth):
        for col in range(first, last + 1):
            value = sheet.snapshot.value(row + i, col)
            if value is None:
                continue
            text = _heading(value)
            if not text or len(text) > _LONGEST:
                return False
            found = lex.find(text)
            top = lines[0].get(col, "")
            own_top = sheet.snapshot.value(row, col) is not None and not _wide(sheet, row, col)
            finished = lex.find(top) if top and own_top else None
            if finished and (found is None or found.field != finished.field) and (by_col.get(col) is None or by_col[col].heading == top):
                return False
            if found is None and col not in by_col and own_top:
                return False
            useful += col in by_col
    return useful > 0


def _adds(top: str, heading: str, own: str | None) -> bool:
    """Whether a heading was made of the text of the top line and that of the column."""
    return bool(top) and heading != own and heading.startswith(top)


def _wide(sheet: Sheet, row: int, col: int) -> bool:
    area = sheet.merged.get((row, col))
    return bool(area and area.last_col > area.first_col)


def _extent(lines: Sequence[dict[int, str]], first: int, last: int) -> tuple[int, int]:
    """From the first to the last matched column, and the heading cells that follow without a gap."""
    filled = set().union(*lines)
    while first - 1 in filled:
        first -= 1
    while last + 1 in filled:
        last += 1
    return first, last


def _titled(sheet: Sheet, row: int, form: Form) -> bool:
    """Whether the sheet's name or a title in the rows above names the form."""
    snapshot = sheet.snapshot
    above = (
        value
        for r in range(max(snapshot.first_row, row - 12), row)
        for col in range(snapshot.first_col, snapshot.last_col + 1)
        if isinstance(value := snapshot.value(r, col), str) and len(value) <= _LONGEST
    )
    return named(form, [snapshot.sheet, *above])


def named(form: Form, titles: Sequence[str]) -> bool:
    """Whether one of the titles, the sheet's name first, names the form; a name of two characters counts only as the name of the sheet."""
    names = {loose(n) for n in (*form.aliases, *form.sheet.values(), *form.title.values())}
    if any(n in loose(titles[0]) for n in names):
        return True
    longer = {n for n in names if len(n) > 2}
    return any(n in loose(t) for t in titles[1:] for n in longer)


def _reach_down(sheet: Sheet, block: FoundBlock) -> None:
    """Headings merged downwards belong to the heading rows as a whole."""
    for (row, col), area in sheet.merged.items():
        if block.first <= row <= block.last and block.first_col <= col <= block.last_col:
            block.last = max(block.last, min(area.last_row, block.first + MAX_DEPTH))
