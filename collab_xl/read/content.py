"""Suggest the field of a column with an unknown heading from its cells. It becomes a question; nothing is read by it. Pure.

Only for fields that every tracker needs: title, owner or department, due date, status or progress.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from collab_xl.forms import Field, Form
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.asking import Likely
from collab_xl.read.assignment import best
from collab_xl.read.cells_alone import Unnamed, told_by_cells
from collab_xl.read.cells_judged import Cells, fits, is_about
from collab_xl.read.choices import Words
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.heading_words import in_its_name, is_sentence, says_day, says_title
from collab_xl.read.headings import Matching, answered, lexicon
from collab_xl.read.remarks import ParsedValue
from collab_xl.read.rows import says
from collab_xl.read.text import plain
from collab_xl.read.values import reader
from collab_xl.read.words_and_cells import cells_say, is_open, what_words_say

_LOOKED_AT = 60
_LEAST, _SHARE = 2, 0.75
Sample = Callable[[int], Sequence[Value]]


def likely(form: Form, matching: Matching, sample: Sample, context: Context) -> dict[int, Likely]:
    """Column → the probable field, for columns whose heading does not decide it.

    Args:
        sample: column → raw values of its first records.
    """
    out: dict[int, Likely] = {}
    doubled = {col for col, _ in matching.duplicates}
    lex = lexicon(form, context.lang)
    open_ones = {c: h for c, h in matching.extra.items() if c not in doubled and answered(context.headings, form.id, h) != ""}
    near = {lex.near(h, matching.fields) for c, h in open_ones.items() if c not in matching.either}
    for col, options in matching.either.items():
        if not any(map(says, sample(col))):
            continue  # no content, no question
        not_named = tuple(f for f in options if f not in matching.fields) or options
        rest = tuple(f for f in not_named if f not in near) or not_named  # 截至日期 together with 完成时间: the first is the planned end
        out[col] = Likely(_of(form, rest, matching, col, sample, context), options, "either")
    asked = near.union(*matching.either.values())
    free = {f.id: f for f in form.fields if f.id not in matching.fields and f.id not in asked}
    named = {f.id: f for f in free.values() if f.access != "C" or f.role == "level"}
    title = min((m.col for m in matching.mapped if form.id_of("title") in m.fields), default=0)
    worth: dict[tuple[int, str], float] = {}
    why: dict[tuple[int, str], str] = {}
    silent: dict[int, str] = {}
    for col, heading in matching.extra.items():
        if col in out or not is_open(form, matching, col, heading, context) or lex.near(heading, matching.fields):
            continue
        cells, said = Cells([v for v in sample(col)[:_LOOKED_AT] if says(v)]), what_words_say(form, (heading,))
        if not set(said) - {form.id_of("title")}:
            silent[col] = heading
        for f in (named[i] for i in said if i in named):
            if cells.days and f.role == "due" and col < title:
                continue  # days before what the rows are about are those of the entry
            words, shown = said.get(f.id, 0.0), cells_say(form, f, cells, context)
            least = 0.0 if words >= _SURE or f.role == "title" else _LEAST_SHOWN
            if words and cells.n and shown >= least:
                worth[col, f.id], why[col, f.id] = 2 * words + shown, _REASON_OF_WORDS
    for pair, (value, reason) in told_by_cells(Unnamed(form, matching, silent, sample, context), named).items():
        worth[pair], why[pair] = value, reason
    for col, field_id in sorted(best(worth).items()):
        out[col] = Likely(field_id, (field_id,), why[col, field_id])
    return out


_LEAST_SHOWN, _SURE = 0.5, 1.0
_HALF, _OF_ITS_NAME = 0.5, 0.7
_REASON_OF_WORDS = "said"


_TEXTS = ("text", "longtext")
_DATED = ("date", "moment")


def narrowed(form: Form, options: tuple[str, ...], cells: Sequence[Value], context: Context) -> tuple[str, ...]:
    """The fields whose kind fits the cells: sentences are no percentage and no choice. All fields if this excludes all of them.

    A single field: none for a column with a heading of a yes-or-no field (里程碑) whose cells say anything else (names of milestones).
    """
    if len(options) == 1:
        field, said = form.field(options[0]), [v for v in cells[:_LOOKED_AT] if says(v)]
        return () if field.kind == "yesno" and said and not _yes_or_no(field, form, said, context) else options
    texts = tuple(f for f in options if form.field(f).kind in _TEXTS)
    others = [f for f in options if f not in texts]
    filled = [v for v in cells[:_LOOKED_AT] if says(v)]
    if len(texts) != 1 or not others or any(_fits(form.field(f), form, filled, context) for f in others):
        return options
    return texts


def unlike(form: Form, matching: Matching, sample: Sample, context: Context) -> list[int]:
    """The columns whose heading is nearly one of ours and whose cells are nothing like it: there is no question about them."""
    lex, out = lexicon(form, context.lang), []
    for col, heading in matching.extra.items():
        near = lex.near(heading, matching.fields)
        values = [v for v in sample(col)[:_LOOKED_AT] if says(v)] if near else []
        if len(values) < _LEAST:
            continue
        yes_or_no = form.field(near).kind == "yesno"
        if not narrowed(form, (near,), values, context) if yes_or_no else fits(form.field(near), Cells(values), context) <= -1:
            out.append(col)
    return out


def subject(form: Form, matching: Matching, sample: Sample, context: Context) -> dict[int, Likely]:
    """The column that is probably the title, by the words of its heading and its texts; empty if there is none."""
    most: tuple[float, float, int] | None = None
    rows = max((sum(map(says, sample(col))) for col in (*matching.extra, *(m.col for m in matching.mapped))), default=0)
    for col, heading in matching.extra.items():
        if not is_open(form, matching, col, heading, context) or is_sentence(heading) or says_day(heading):
            continue
        cells = Cells([v for v in sample(col) if v is not None])
        about, words = is_about(cells), max(says_title(form, heading), _OF_ITS_NAME * in_its_name(form, heading))
        if about < 0 or cells.n < _LEAST or cells.n < _HALF * rows or (about < 1 and not words and cells.different < cells.n):
            continue
        if most is None or (2 * words + about, -col) > most[:2]:  # it stands before what is said of it
            most = (2 * words + about, -col, col)
    title, col = form.id_of("title"), most[2] if most else _left_of_all(form, matching, sample, context)
    return {col: Likely(title, (title,), "texts")} if col else {}


def _left_of_all(form: Form, matching: Matching, sample: Sample, context: Context) -> int:
    """The column of texts that stands before all that is known, where four columns are; 0 for none."""
    first = min((m.col for m in matching.mapped), default=0)
    if len(matching.mapped) < _FOUR:
        return 0
    for col, heading in sorted(matching.extra.items()):
        open_one = col < first and is_open(form, matching, col, heading, context) and not is_sentence(heading) and not says_day(heading)
        if open_one and (texts := [v for v in sample(col) if v is not None]) and all(isinstance(v, str) for v in texts):
            return col
    return 0


_FOUR = 4


def _of(form: Form, options: Sequence[str], matching: Matching, col: int, sample: Sample, context: Context) -> str:
    """The field to suggest if a column may be one of several."""
    cells = [v for v in sample(col)[:_LOOKED_AT] if says(v)]
    kinds = {form.field(f).kind for f in options}
    if len(kinds) > 1:
        fitting = [f for f in options if form.field(f).kind not in _TEXTS and _fits(form.field(f), form, cells, context)]
        rest = [f for f in options if form.field(f).kind in _TEXTS]
        return (fitting or rest or list(options))[0]
    return _planned_or_done(form, options, matching, col, sample, context)


def _planned_or_done(form: Form, options: Sequence[str], matching: Matching, col: int, sample: Sample, context: Context) -> str:
    """Dates in unfinished rows are planned; dates that occur in finished rows only are actual."""
    field = form.role("status")
    status = next((m for m in matching.mapped if field is not None and m.field == field.id), None)
    happened = [f for f in options if f == form.id_of("finished")]
    planned = [f for f in options if f not in happened]
    if not happened or not planned or field is None or status is None:
        return options[0]
    words = Words.of(field, context.lang)
    rows = [(day, state) for day, state in zip(sample(col), sample(status.col), strict=False) if says(day) and says(state)]
    closed = [form.is_closed(words.exact(str(state))) for _, state in rows]
    return happened[0] if rows and all(closed) and len(set(map(str, sample(status.col)))) > 1 else planned[0]


def _fits(field: Field, form: Form, cells: Sequence[Value], context: Context) -> bool:
    """Whether nearly all cells are clearly of the field's kind. Plain numbers are not."""
    read = reader(field, form, context, Clues(context))
    return bool(cells) and sum(_plainly(field, read(v), v, context) for v in cells) >= _SHARE * len(cells)


def _yes_or_no(field: Field, form: Form, cells: Sequence[Value], context: Context) -> bool:
    """Whether nearly all cells say yes or no."""
    read = reader(field, form, context, Clues(context))
    values = [said.value if isinstance(said := read(v), ParsedValue) else said for v in cells]
    return sum(isinstance(value, bool) for value in values) >= _SHARE * len(values)


def any_days(form: Form, cells: Sequence[Value], context: Context) -> bool:
    """Whether one of the cells is a date or a word for an open date (待定)."""
    field = next((f for kind in _DATED for f in form.fields if f.kind == kind), None)
    if field is None:
        return False
    read = reader(field, form, context, Clues(context))
    return any(_plainly(field, said := read(v), v, context) or (isinstance(said, ParsedValue) and said.value is None) for v in cells)


def _plainly(field: Field, read: Any, raw: Value, context: Context) -> bool:
    if isinstance(raw, (bool, int, float)):
        return False
    value = read.value if isinstance(read, ParsedValue) else read
    if field.kind in _DATED:
        pending = isinstance(read, ParsedValue) and read.pending is not None
        return isinstance(value, date) or pending or (isinstance(read, ParsedValue) and any(r.code == "V204" for r in read.remarks))
    if field.kind == "percent":
        return isinstance(value, (int, float)) and "%" in plain(str(raw))
    if field.kind in ("department", "departments"):
        names = value if isinstance(value, tuple) else (value,)
        return all(isinstance(n, str) and context.directory.find(n) is not None for n in names)
    return isinstance(value, str) and not isinstance(value, Unreadable)
