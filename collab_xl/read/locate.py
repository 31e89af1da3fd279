"""Find the tables of a sheet by their heading rows: which form, which rows, which columns, and why. Pure.

Every row is examined. A heading row names at least three fields of a form, one of them the title
(任务名称, 问题描述); two are enough if the sheet or a title names the form, or if the other one is its own ID (任务ID).
Cells with a colon are labels, not headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise

from collab_xl.forms import Form, Schema, load
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot
from collab_xl.read.blank_headings import blank_headings
from collab_xl.read.cells_judged import fits, is_about, is_day
from collab_xl.read.choices import key_of
from collab_xl.read.content import any_days, narrowed
from collab_xl.read.context import Context
from collab_xl.read.duty_words import matrix_form
from collab_xl.read.heading_lines import (
    LONGEST,
    LOOKED_AT,
    Sheet,
    counted_once,
    goes_on_below,
    groups_spread,
    heading_text,
    is_a_record,
    is_group_row,
    is_of_sheet,
    is_title_row,
    lower_lines_fit,
    texts_of,
    titles_name,
    translated,
)
from collab_xl.read.heading_words import fields_said, is_put_together, named_in, says_day, says_title
from collab_xl.read.headings import ALIAS, COMPOSED, OTHER_LANGUAGE, Matching, answered, is_sequence, lexicon, match
from collab_xl.read.tracker import composed_title, is_anywhere, is_beside, label_values, of_people, other_register, qualifies, vaguely_named
from collab_xl.read.words_and_cells import add_composed

MAX_DEPTH = 3
_SHORT = 32
"""Longer texts are no headings put together of words."""
_MOST_ROWS = 300  # limits the time for a column full of words like Task and Issue
_TRANSLATED = 4.0
_HINT_BONUS = 2.0
"""For a word of the form in a title that is no name of the form."""
_MOST_RUNS = 12
_UNKNOWN_COST = 0.25
_VAGUE_COST = 4.0


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
    hint: float = 0.0
    """What the score owes to a title that names the form."""
    unsure: bool = False
    """Good enough to be asked about only. Where it is the best reading of its rows, they are not read as anything else either."""

    def overlaps(self, other: FoundBlock) -> bool:
        return self.first <= other.last and other.first <= self.last and self.beside(other)

    def beside(self, other: FoundBlock) -> bool:
        """Whether the two have columns in common."""
        return self.first_col <= other.last_col and other.first_col <= self.last_col


def find_blocks(snapshot: Snapshot, schema: Schema, context: Context) -> list[FoundBlock]:
    """Every table on the sheet that matches one of the forms, from the top, left to right. Empty: the sheet is no tracker."""
    sheet = Sheet(snapshot)
    if context.told and context.told.headings:
        whole = [b for b in told_blocks(snapshot, schema, context) if b.form.id_of("title") in b.matching.fields]
        return whole[:1]
    chosen = _chosen(sheet, [b for row in likely_rows(snapshot, schema, context) for b in _at_row(sheet, row, schema, context)])
    return [b for b in chosen if not _another_is_named(snapshot, b, chosen, context)]


def _another_is_named(snapshot: Snapshot, block: FoundBlock, chosen: Sequence[FoundBlock], context: Context) -> bool:
    """Whether both the sheet's name and a title above name another form, of which the sheet has no table, and nothing names this one."""
    own, *above = titles(snapshot, block.first, context)
    by_name, by_title = titles_name([own]), titles_name(["", *above])
    named = set(by_name) & set(by_title) - {b.form.id for b in chosen}
    return bool(named) and block.form.id not in by_name and block.form.id not in by_title


def told_blocks(snapshot: Snapshot, schema: Schema, context: Context) -> list[FoundBlock]:
    """The rows that a person named, as headings of each form; best first."""
    sheet = Sheet(snapshot)
    first, last = context.told.headings if context.told and context.told.headings else (0, 0)
    out = []
    for form in _wanted(schema, context):
        depth = last - first + 1
        block = block_at(sheet, first, depth, snapshot.first_col, snapshot.last_col, form, context, said=True)

        def part(from_col: int, to_col: int, form: Form = form, depth: int = depth) -> FoundBlock | None:
            found = block_at(sheet, first, depth, from_col, to_col, form, context, said=True)
            return found or block_at(sheet, last, 1, from_col, to_col, form, context, said=True)

        parts = [b for columns in _parts(sheet, first, last) if (b := part(*columns))]
        if block and _say_the_same(parts):  # two tables side by side
            block = max(parts, key=lambda b: b.score)
        if block:
            block.body_last = snapshot.last_row
            out.append(block)
    return sorted(out, key=lambda b: -b.score)


def _wanted(schema: Schema, context: Context) -> Sequence[Form]:
    """The forms to look for: the one a person named, else all."""
    named = context.told.form if context.told else ""
    return [form for form in schema.forms if not named or form.id == named]


def likely_rows(snapshot: Snapshot, schema: Schema, context: Context) -> list[int]:
    """The rows to examine, from the top: with two headings in them or in the row below."""
    hits = known_headings(snapshot, schema, context)
    lists = {s.table for s in schema.services}
    for ref in snapshot.tables:
        if ref.name in lists:  # the lists of a master are no trackers
            hits.pop(ref.area.first_row, None)
    named = {r: hits.get(r, 0) + hits.get(r + 1, 0) for h in hits for r in (h - 1, h) if r >= snapshot.first_row}
    least = 1 if is_called_ours(snapshot, context) else 2
    likely = sorted((r for r, count in named.items() if count >= least), key=lambda r: (-named[r], r))
    return sorted(likely[:_MOST_ROWS])


def is_called_ours(snapshot: Snapshot, context: Context) -> frozenset[str]:
    """The forms that the sheet's name names; where it names none of them and no other register, those that the file's name does."""
    named = titles_name([own_name(snapshot, context)])
    if not named and context.file and not is_beside(snapshot.sheet) and not other_register([snapshot.sheet], ()):
        named = titles_name([context.file])
    return frozenset(named)


def _chosen(sheet: Sheet, found: Sequence[FoundBlock]) -> list[FoundBlock]:
    """The better one of overlapping readings, from the top, left to right, each with the last row that can belong to it."""
    best: dict[str, float] = {}
    for b in found:
        best[b.form.id] = max(best.get(b.form.id, 0), b.score)
    chosen: list[FoundBlock] = []
    for b in sorted(found, key=lambda b: (-b.score, -b.first)):  # of equal ones, the one without the title above
        if b.score >= best[b.form.id] / 2 and not any(b.overlaps(c) for c in chosen):
            chosen.append(b)
    chosen = _headings_twice(sorted(chosen, key=lambda b: (b.first, b.first_col)))
    for b in chosen:
        b.body_last = min(
            (c.first - 1 for c in chosen if c.first > b.last and c.first_col <= b.last_col and b.first_col <= c.last_col),
            default=sheet.snapshot.last_row,
        )
    return chosen


def _headings_twice(chosen: Sequence[FoundBlock]) -> list[FoundBlock]:
    """Headings directly below headings of the same form are one table: 任务名称 Task above 任务名称. The better line stays."""
    out: list[FoundBlock] = []
    for block in chosen:
        above = next((b for b in out if b.form is block.form and b.last + 1 == block.first and b.beside(block)), None)
        if above is None:
            out.append(block)
            continue
        better = max((above, block), key=lambda b: (len(b.matching.mapped), b.score))
        better.first, better.last = above.first, block.last
        out[out.index(above)] = better
    return out


def known_headings(snapshot: Snapshot, schema: Schema, context: Context) -> dict[int, int]:
    """Row → the number of its cells that name a field of any form."""
    memo: dict[str, bool] = {}
    lexicons = [lexicon(f, context.lang) for f in schema.forms]
    named = titles_name([own_name(snapshot, context)])
    titled = [f for f in schema.forms if f.id in named]
    out: dict[int, int] = {}
    for i, line in enumerate(snapshot.cells):
        count = 0
        for value in line:
            if type(value) is not str or len(value) > LONGEST:
                continue
            known = memo.get(value)
            if known is None:
                text = heading_text(value)
                known = memo[value] = bool(text) and any(
                    x.find(text) or answered(context.headings, x.form.id, text) or (len(text) <= _SHORT and fields_said(x.form, text))
                    for x in lexicons
                )
                known = memo[value] = known or bool(titled and (says_day(text) or any(says_title(f, text) for f in titled)))
            count += known
        if count:
            out[snapshot.first_row + i] = count
    return out


def _at_row(sheet: Sheet, row: int, schema: Schema, context: Context) -> list[FoundBlock]:
    """The best reading of a row as headings: one block, or several side by side.

    Blank heading cells may be inside a table or between two. The row is split there in every possible way; the split with the highest
    score is used, and of equal ones that with fewer tables.
    """
    first_col, last_col = _without_legend(sheet, row, *_reach(sheet, row))
    starts = [first for first, last in _runs(sheet, row) if _names_something(sheet, row, first, last, schema, context)]
    starts = [s for n, s in enumerate(starts) if not n or sheet.apart(row, starts[n - 1], s)]
    if not 1 < len(starts) <= _MOST_RUNS:
        block = _best(sheet, row, first_col, last_col, schema, context)
        return [block] if block else []
    ends = [*(s - 1 for s in starts[1:]), last_col]
    starts[0] = first_col
    apart = [n for n in range(1, len(starts)) if _is_a_list_of_its_own(sheet, row, starts[n], ends[n], starts[n - 1])]
    alone: list[FoundBlock] = []
    best: list[tuple[float, int, list[FoundBlock]]] = [
        (0.0, 0, [])
    ]  # for the runs before a split: score, negative number of tables, tables
    for end in range(len(starts)):
        ways = []
        for begin in range(max([0, *(n for n in apart if n <= end)]), end + 1):
            score, count, blocks = best[begin]
            block = _best(sheet, row, starts[begin], ends[end], schema, context)
            alone += [block] if block and begin == end else []
            more = block.score - block.hint if block else 0.0
            ways.append((score + more, count - bool(block), [*blocks, block] if block else blocks))
        best.append(max(ways, key=lambda w: w[:2]))
    together = best[-1][2]
    return [*together, *(block for block in alone if block not in together)]


def _without_legend(sheet: Sheet, row: int, first: int, last: int) -> tuple[int, int]:
    """The columns of a row of headings before a legend that a blank column separates from them."""
    runs = list(_runs(sheet, row))
    for before, (start, end) in pairwise(runs):
        legend = all(_LEGEND.match(text) for text in sheet.spread(row, start, end).values())
        if legend and start > first and sheet.apart(row, before[1], start):
            return first, start - 1
    return first, last


def _is_a_list_of_its_own(sheet: Sheet, row: int, first: int, last: int, before: int) -> bool:
    """Whether the headings behind a blank column are those of another list: it has a running number of its own, or it is filled densely
    and ends long before the list on the left does."""
    texts = sheet.spread(row, first, last)
    if len(texts) < _ROWS:
        return any(_LEGEND.match(text) for text in texts.values())
    if any(is_sequence(text) for text in texts.values()):
        return True
    bottom = min(sheet.snapshot.last_row, row + LOOKED_AT)

    def filled(cols: Sequence[int]) -> list[int]:
        return [r for r in range(row + 1, bottom + 1) if any(sheet.snapshot.value(r, c) is not None for c in cols)]

    left, right = filled(range(before, first)), filled(sorted(texts))
    dense = right and right[-1] - row == len(right) and sum(sheet.below(row + 1, c).n for c in texts) >= _MOST * len(right) * len(texts)
    return bool(dense and len(right) >= _ROWS and len(right) <= _HALF * len(left))


def _say_the_same(parts: Sequence[FoundBlock]) -> bool:
    """Whether two runs of columns have fields in common, so that they are two tables."""
    fields = [b.matching.fields for b in parts]
    return any(len(one & other) >= _IN_COMMON for n, one in enumerate(fields) for other in fields[n + 1 :])


_IN_COMMON = 2


def _parts(sheet: Sheet, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Runs of columns between columns that are blank from these headings on."""
    start = 0
    for col in range(sheet.snapshot.first_col, sheet.snapshot.last_col + 2):
        blank = col > sheet.snapshot.last_col or all(sheet.blank(row, col) for row in range(first, last + 1))
        if blank and start:
            yield start, col - 1
        start = 0 if blank else start or col


def _reach(sheet: Sheet, row: int) -> tuple[int, int]:
    """The columns that a row of headings can speak for: what a blank column separates from its first and last text is another table's."""
    filled = sorted(sheet.spread(row, sheet.snapshot.first_col, sheet.snapshot.last_col))
    if not filled:
        return sheet.snapshot.first_col, sheet.snapshot.last_col
    first, last = filled[0], filled[-1]
    while first > sheet.snapshot.first_col and not sheet.blank(row, first - 1):
        first -= 1
    while last < sheet.snapshot.last_col and not sheet.blank(row, last + 1):
        last += 1
    return first, last


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
    unsure = 0.0
    for form in _wanted(schema, context):
        for depth in range(1, MAX_DEPTH + 1):
            block = block_at(sheet, row, depth, first_col, last_col, form, context)
            if block and block.unsure:
                unsure = max(unsure, block.score)
            elif block and (best is None or block.score > best.score or (block.score == best.score and block.form is best.form)):
                best = block
    if best and unsure > best.score and not best.titled:
        return None
    if best:
        _reach_down(sheet, best)
    return best


def block_at(
    sheet: Sheet,
    row: int,
    depth: int,
    first_col: int,
    last_col: int,
    form: Form,
    context: Context,
    *,
    whole: bool = True,
    said: bool = False,
    asked: bool = False,
) -> FoundBlock | None:
    """Some rows read as headings of a form; None if they are none. `whole`: all fields that a tracker needs must be there.
    `said`: a person said that these rows are the headings. `asked`: a person will be asked; no heading needs to be known."""
    whole, said = whole and not said and not asked, said or asked
    lines = [sheet.spread(r, first_col, last_col) for r in range(row, row + depth)]
    while said and len(lines) > 1 and not lines[-1]:  # headings merged downwards over all the rows that were said
        lines.pop()
    if not lines[0] or not lines[-1]:
        return None
    if depth == 1 and not said and goes_on_below(sheet, row, first_col, last_col):
        return None
    if depth > 1 and not said and (is_title_row(sheet, row, lines[0]) or _holds_group(lines, form, context)):
        return None
    if not said and any(is_of_sheet(line.values()) for line in lines[:-1]):
        return None
    if not said and any(map(sheet.is_hint_row, range(row + 1, row + depth))):
        return None
    if len(lines) > 1:
        lines = groups_spread(lines)
    wide, lines = lines, counted_once(sheet, row, lines)
    cells = [(c, *texts_of(sheet, row, lines, c, form, context)) for c in sorted(set().union(*lines))]
    if asked:
        known = {c: texts[-1] for c, _, texts in cells}
        unnamed = blank_headings(sheet, row, depth, first_col, last_col, known, context.lang)
        cells = sorted([*cells, *((c, row + depth - 1, [name]) for c, name in unnamed)])

    def narrow(col: int, options: tuple[str, ...]) -> tuple[str, ...]:
        below = (snapshot.value(r, col) for r in range(row + depth, min(snapshot.last_row, row + depth + LOOKED_AT) + 1))
        return narrowed(form, options, [v for v in below if v is not None], context)

    snapshot = sheet.snapshot

    def also(found: Matching, texts: Mapping[int, Sequence[str]]) -> None:
        add_composed(form, found, texts, lambda col: sheet.below(row + depth, col), context, titled)

    said_above = titles(sheet.snapshot, row, context)
    titled = bool(named := _named(sheet, row, said_above, context).get(form.id, 0.0))
    if (whole or not titled) and not said and _hopeless(form, [t for _, _, texts in cells for t in texts], context, titled):
        return None
    blank = {c for c, _, _ in cells if not sheet.below(row + depth, c).n}
    matching = match(form, [(c, r, t) for c, r, t in cells if t], context, narrow, also, blank)
    if not matching.mapped and not asked:
        return None
    cols = [c for c, _, _ in cells] if asked else [m.col for m in matching.mapped]
    if not said and is_a_record(sheet, row, cols):
        return None
    first, last = _extent(wide, min(cols), max(cols))
    areas = [a for a in snapshot.merges if row <= a.first_row < row + depth and first <= a.first_col <= last]
    last = max([last, *(a.last_col for a in areas)])  # the cells below a wide heading belong to the table
    for col in [c for c in matching.extra if not first <= c <= last]:
        del matching.extra[col]
    matching.duplicates = [d for d in matching.duplicates if first <= d[0] <= last]
    if depth > 1 and not said and any(_holds_values(sheet, r, cols) for r in range(row, row + depth - 1)):
        return None
    if depth > 1 and not said and not lower_lines_fit(sheet, row, depth, lines, first, last, form, matching, context):
        return None
    if (whole and not qualifies(form, matching, titled, context.lang)) or (
        depth == 1
        and not said
        and not ((titled or _put_together(form, matching)) and _goes_on(sheet, row, lines[0]))
        and label_values(matching, lines[0], first, last)
        and not _cells_fit(sheet, row + 1, form, matching, context)
    ):
        return None
    if not said and _day_between(lines[0], cols):
        return None  # 时间 | 2026-11-20 | 状态 | 待办: labels and values
    if not said and _labels_below(sheet, row + depth, form, matching, context):
        return None
    if not titled and not said and of_people(snapshot.sheet):
        return None
    vague = vaguely_named(form, matching)
    if vague and not titled and not said and sheet.named(row, said_above):
        return None  # Description in a list that is called by another name
    if vague and whole and not titled and _says_too_little(sheet, row + depth, form, matching):
        return None
    if whole and _hardly_filled(sheet, row + depth, form, matching):
        return None
    if whole and _is_matrix(sheet, row + depth, first, last):
        return None
    by_any_words = composed_title(form, matching) and (not form.basic or _hardly_any_known(matching) or _only_a_noun(form, matching))
    one_known = not form.basic and sum(m.target.quality > COMPOSED for m in matching.mapped) < _TWO
    if whole and not titled and not form.basic and other_register(said_above, ()):
        return None  # Line item, unit and quantity of a budget
    if whole and not titled and _figures(sheet, row + depth, matching):
        return None
    if whole and _is_pivot(matching):
        return None
    if whole and not titled and _repeats(sheet, row + depth, form, matching):
        return None
    if whole and not titled and _hardly_known(sheet, row + depth, matching, vague):
        return None
    headings = [*matching.extra.values(), *(m.heading for m in matching.mapped)]
    if (vague or composed_title(form, matching)) and not titled and not said and other_register(said_above, headings):
        return None
    if whole and not titled and _only_names(sheet, row + depth, form, matching):
        return None
    if vague and not titled and not said and _no_days(sheet, row + depth, form, matching, context):
        return None
    hint = named or (_HINT_BONUS if any(named_in(form, t) for t in said_above) else 0)
    score = matching.score + hint - _UNKNOWN_COST * min(len(matching.extra), 8) - _VAGUE_COST * vague
    if len(lines) > 1 and translated(lines, form, context):
        score += _TRANSLATED
    unsure = whole and not titled and (by_any_words or one_known)
    return FoundBlock(form, row, row + depth - 1, first, last, matching, score, titled, hint=named, unsure=unsure)


def _holds_group(lines: Sequence[Mapping[int, str]], form: Form, context: Context) -> bool:
    """Whether a row below the first is the title of a group of records, with records below it."""
    return is_group_row(lines[-1], form, context) or any(len(x) == 1 and is_group_row(x, form, context) for x in lines[1:-1])


def _holds_values(sheet: Sheet, row: int, cols: Sequence[int]) -> bool:
    """Whether a row above the last line of headings holds days or numbers where headings are ours: it is a record of the table above."""
    values = [sheet.snapshot.value(row, col) for col in cols]
    return any(isinstance(v, (date, int, float)) and not isinstance(v, bool) for v in values)


def _says_too_little(sheet: Sheet, below: int, form: Form, matching: Matching) -> bool:
    """Whether what the rows are about is one word or two, again and again (Result above Pass): it is something else."""
    cells = [sheet.below(below, m.col) for m in matching.mapped if form.id_of("title") in m.fields]
    return any(c.n > _ROWS and c.different < _ROWS for c in cells)


def _day_between(line: Mapping[int, str], cols: Sequence[int]) -> bool:
    """Whether a day stands between two headings. Days to the right of them are those of a Gantt chart."""
    return any(is_day(text) for col, text in line.items() if min(cols) < col < max(cols))


def _labels_below(sheet: Sheet, below: int, form: Form, matching: Matching, context: Context) -> bool:
    """Whether headings stand below the headings of most columns: the row is one of labels and values, and so are those that follow."""
    find, columns, plain = lexicon(form, context.lang).find, 0, 0
    for m in matching.mapped:
        texts = sheet.below(below, m.col).texts[:_FORM_ROWS]
        labels = [found for t in texts if (found := find(t.rstrip(":：")))]
        several = 2 * len(labels) >= len(texts) and len({found.field for found in labels}) >= _LABELS
        plain += several
        columns += several or (bool(labels) and len(labels) == len(texts))
    return plain > 0 and 2 * columns >= len(matching.mapped)


_LABELS, _FORM_ROWS = 2, 12


def _hardly_filled(sheet: Sheet, below: int, form: Form, matching: Matching) -> bool:
    """Whether what the rows are about is blank in most of them, and another column says it: Risks in a list of tasks."""
    filled = {f: sheet.below(below, m.col).n for m in matching.mapped for f in m.fields}
    most, title = max(filled.values()), form.id_of("title")
    if title not in filled or most < _ROWS or filled[title] >= _HALF * most:
        return False
    others = (sheet.below(below, col) for col in matching.extra)
    return any(cells.n > _HALF * most and is_about(cells) > 0 for cells in others)


def _only_a_noun(form: Form, matching: Matching) -> bool:
    """Whether what the rows are about is said by a noun that any form has (功能, Name of it), by its words and cells only, and hardly
    another heading tells the form (责任人 and 紧前 do, 人员, 状态 and 时间 do not)."""
    about = [m for m in matching.mapped if form.id_of("title") in m.fields]
    telling = sum(not is_anywhere(m.heading) for m in matching.mapped if m not in about and m.field != form.key.id)
    return telling < _TELLING and all(m.target.quality <= COMPOSED and says_title(form, m.heading) < _OWN_WORD for m in about)


_OWN_WORD = 0.7
_TELLING = 3


def _hardly_any_known(matching: Matching) -> bool:
    """Whether fewer than two headings are ours as they stand, the others by their words and cells only, and most are not ours."""
    known = sum(m.target.quality > COMPOSED for m in matching.mapped)
    ours = len(matching.mapped) + len(matching.either)
    return known < _TWO and ours < _FEW_OURS * (ours + len(matching.extra))


def _figures(sheet: Sheet, below: int, matching: Matching) -> bool:
    """Whether beside two headings of ours most columns hold numbers: a report of costs or hours about work, no list of it."""
    if len(matching.mapped) + len(matching.either) > _TWO:
        return False
    columns = [c for c, h in matching.extra.items() if not is_sequence(h)]
    numbers = [c for c in columns if (cells := sheet.below(below, c)).n and cells.numbers >= _MOST]
    return len(numbers) >= _ROWS and len(numbers) >= _MOST * len(columns)


def _is_pivot(matching: Matching) -> bool:
    """Whether beside two headings of ours there are nothing but values of a pivot table."""
    return len(matching.mapped) <= _TWO and bool(matching.extra) and all(_PIVOT.match(h) for h in matching.extra.values())


_TWO, _FEW_OURS = 2, 0.4
_PIVOT = regex(r"(?:sum|count|average|max|min) of \S|(?:求和|计数|平均值|最大值|最小值)项\s*[:：]", re.I)
"""A value of a pivot table, in the words of Excel."""


def _repeats(sheet: Sheet, below: int, form: Form, matching: Matching) -> bool:
    """Whether what the rows are about are a few words that come again and again, while another column says what each row is."""
    title = form.id_of("title")
    cells = [sheet.below(below, m.col) for m in matching.mapped if title in m.fields]
    if not any(c.n >= _LEAST_SAID and c.different <= c.n / _AGAIN for c in cells):
        return False
    others = [*matching.extra, *(m.col for m in matching.mapped if form.field(m.field).kind in _TEXTS and title not in m.fields)]
    return any(is_about(sheet.below(below, col)) >= 1 for col in others)


_LEAST_SAID, _AGAIN, _TEXTS = 8, 4, ("text", "longtext", "key", "reference")


def _hardly_known(sheet: Sheet, below: int, matching: Matching, vague: bool) -> bool:
    """Whether too few columns are ours to say what a list is: a third where only Description says what it is about, three fifths where
    there are no rows that could say it."""
    cols = [m.col for m in matching.mapped]
    rows = range(below, min(sheet.snapshot.last_row, below + LOOKED_AT) + 1)
    filled = any(sum(sheet.snapshot.value(r, col) is not None for col in cols) >= min(len(cols), 2) for r in rows)
    least = _EMPTY if not filled else _THIRD if vague else 0.0
    columns = len(matching.mapped) + len(matching.either) + len(matching.extra)
    return len(matching.mapped) + len(matching.either) < least * columns


_EMPTY, _THIRD = 0.61, 1 / 3


def _only_names(sheet: Sheet, below: int, form: Form, matching: Matching) -> bool:
    """Whether nothing but what the rows are about is filled in, under two headings or three: a list of names (Feature, Start, End)."""
    title = form.id_of("title")
    filled = {field for m in matching.mapped if sheet.below(below, m.col).n for field in m.fields}
    return (
        filled == {title}
        and len(matching.mapped) <= _ROWS
        and not any(m.target.quality >= OTHER_LANGUAGE for m in matching.mapped if title in m.fields)
        and not _put_together(form, matching)
    )


_LEGEND = regex(r"(?:key|legend|图例|说明)$", re.I)
_ROWS, _HALF = 3, 0.5
_LETTERS = regex(r"^[RACISPE](?:\s*[/,、]\s*[RACISPE])*$", re.I)


@lru_cache(maxsize=1)
def _duty_words() -> frozenset[str]:
    """The words that the cells of a matrix of responsibilities may hold."""
    form = matrix_form(load())
    choices = form.field(form.matrix.value).choices if form is not None and form.matrix is not None else ()
    return frozenset(key_of(word) for c in choices for word in (*c.label.values(), *c.aliases))


def _is_matrix(sheet: Sheet, below: int, first: int, last: int) -> bool:
    """Whether most columns hold letters or words of responsibility only (R A C I, 负责): a matrix, no list of people or work."""
    columns = [cells for col in range(first, last + 1) if (cells := sheet.below(below, col)).n >= 2]
    words = _duty_words()
    letters = sum(len(c.texts) == c.n and all(_LETTERS.match(t) or key_of(t) in words for t in c.texts) for c in columns)
    return letters >= _ROWS and 2 * letters > len(columns)


def _hopeless(form: Form, texts: Sequence[str], context: Context, titled: bool) -> bool:
    """Whether the words of a row cannot be two fields of a form: then its cells need not be judged."""
    find, fields = lexicon(form, context.lang).find, set()
    if titled and any(says_day(text) or is_sequence(text) for text in texts):
        return False
    for text in texts:
        found = find(text)
        fields |= {found.field} if found else set(fields_said(form, text))
        if titled and not found and says_title(form, text):
            fields.add(form.id_of("title"))
        if answered(context.headings, form.id, text):
            return False
        if len(fields) > 1:
            return False
    return True


def _goes_on(sheet: Sheet, row: int, line: Mapping[int, str]) -> bool:
    """Whether the two rows below a row have cells in most of its columns: records, not more labels."""
    rows = (row + 1, min(row + 2, max(row + 1, sheet.snapshot.last_row)))
    below = [sum(sheet.snapshot.value(r, col) is not None for col in line) for r in rows]
    return min(below) >= _MOST * len(line)


_MOST = 0.6


def _put_together(form: Form, matching: Matching) -> bool:
    """Whether a known heading of several words says what the rows are about (Bug标题)."""
    about = [m for m in matching.mapped if form.id_of("title") in m.fields]
    return any(m.target.quality >= ALIAS and is_put_together(form, m.heading) for m in about)


def _cells_fit(sheet: Sheet, below: int, form: Form, matching: Matching, context: Context) -> bool:
    """Whether the cells below two headings or more are plainly of their kind: then the row is no row of labels and values."""
    title = form.id_of("title")
    cells = [(m, sheet.below(below, m.col)) for m in matching.mapped]
    return sum(is_about(c) >= 1 and c.n >= _ROWS if m.field == title else fits(form.field(m.field), c, context) >= 1 for m, c in cells) >= 2


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


def _extent(lines: Sequence[dict[int, str]], first: int, last: int) -> tuple[int, int]:
    """From the first to the last matched column, and the heading cells that follow without a gap."""
    filled = set().union(*lines)
    while first - 1 in filled:
        first -= 1
    while last + 1 in filled:
        last += 1
    return first, last


def titles(snapshot: Snapshot, row: int, context: Context) -> list[str]:
    """The sheet's name (the file's, where a sheet has none of its own), and the texts above a row."""
    lines = (snapshot.cells[r - snapshot.first_row] for r in range(max(snapshot.first_row, row - 12), row))
    above = (
        value
        for line in lines
        if len({v for v in line if v is not None}) <= _TITLE_CELLS  # no record
        for value in line
        if isinstance(value, str) and len(value) <= LONGEST
    )
    return [own_name(snapshot, context), *above]


def own_name(snapshot: Snapshot, context: Context) -> str:
    return context.file if context.file and _NO_NAME.match(snapshot.sheet) else snapshot.sheet


def _named(sheet: Sheet, row: int, titles: Sequence[str], context: Context) -> dict[str, float]:
    """`titles_name`; where the file and its sheet are names of different lists, neither decides alone."""
    said = sheet.named(row, titles)
    other = titles_name([context.file]) if context.file != titles[0] else {}
    if not said or not other or set(other) & set(said):
        return said
    return {form: min(worth, _HINTED) for form, worth in (said | other).items()}  # the columns decide


_TITLE_CELLS, _HINTED = 4, 4.0
_NO_NAME = regex(r"^\s*(?:sheet|table|page|worksheet|foglio|feuil|tabelle|hoja|工作表|表格?)\s*[\d_-]*\s*$", re.I)


def _reach_down(sheet: Sheet, block: FoundBlock) -> None:
    """Headings merged downwards belong to the heading rows as a whole."""
    for (row, col), area in sheet.merged.items():
        if block.first <= row <= block.last and block.first_col <= col <= block.last_col:
            last = min(area.last_row, block.first + MAX_DEPTH)
            filled = (sheet.snapshot.value(r, m.col) is not None for r in range(block.last + 1, last + 1) for m in block.matching.mapped)
            if not any(filled):  # else the first record stands beside a heading merged downwards
                block.last = max(block.last, last)
