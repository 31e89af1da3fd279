"""Suggest the field of a column with an unknown heading from its cells. It becomes a question; nothing is read by it. Pure.

Only for fields that every tracker needs: title, owner or department, due date, status or progress.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from collab_xl.forms import Field, Form
from collab_xl.model.regex import regex
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.asking import Likely
from collab_xl.read.assignment import best
from collab_xl.read.cells_judged import Cells, fits, is_about
from collab_xl.read.choices import Words
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.heading_words import in_its_name, is_sentence, meanings, says_day, says_title, speaks_of_others
from collab_xl.read.headings import Matching, answered, lexicon
from collab_xl.read.remarks import ParsedValue
from collab_xl.read.rows import says
from collab_xl.read.scales import scale_of
from collab_xl.read.text import plain
from collab_xl.read.values import reader
from collab_xl.read.words_and_cells import cells_say, is_open, what_words_say

_LOOKED_AT = 60
_LEAST, _SHARE = 2, 0.75
_OTHER_DAYS = regex(
    "实际|创建|录入|登记|更新|修改|反馈|提出|发现|关闭|生日|入职|签订|分配|creat|updat|modif|report|raise|open|actual|clos|birth|assign|sign|log|决策|决定|decision|decide|detect",
    re.I,
)

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
        rest = tuple(f for f in options if f not in near) or options  # 截至日期 together with 完成时间: the first is the planned end
        out[col] = Likely(_of(form, rest, matching, col, sample, context), options, "either")
    asked = near.union(*matching.either.values())
    free = {f.id: f for f in form.fields if f.id not in matching.fields and f.id not in asked}
    needed = {f.id: f for f in _needed(form) if f.id in free}
    title = min((m.col for m in matching.mapped if form.id_of("title") in m.fields), default=0)
    worth: dict[tuple[int, str], float] = {}
    why: dict[tuple[int, str], str] = {}
    for col, heading in matching.extra.items():
        if col in out or not is_open(form, matching, col, heading, context) or lex.near(heading, matching.fields):
            continue
        values = [v for v in sample(col)[:_LOOKED_AT] if says(v)]
        cells, said = Cells(values), what_words_say(form, (heading,))
        for f in needed.values():
            if cells.days and f.role == "due" and col < title:
                continue  # days before what the rows are about are those of the entry
            words, shown = said.get(f.id, 0.0), cells_say(form, f, cells, context)
            if words and cells.n and (shown >= _LEAST_SHOWN or (words >= _SURE and shown >= 0)):
                worth[col, f.id], why[col, f.id] = 2 * words + shown, _REASON_OF_WORDS
            elif not said and len(values) >= _LEAST and _shown_alone(f, form, heading, values, cells, context, col < title):
                worth[col, f.id], why[col, f.id] = 1 - 0.01 * list(needed).index(f.id), _REASON.get(f.kind, "words")
    _in_order(form, worth, why)
    for col, field_id in sorted(best(worth).items()):
        out[col] = Likely(field_id, (field_id,), why[col, field_id])
    return out


def _in_order(form: Form, worth: dict[tuple[int, str], float], why: Mapping[tuple[int, str], str]) -> None:
    """Of fields that the same columns may be by their cells alone (start and end; likelihood, impact and level) the first is in the first
    column: the place decides, little by little."""
    order = [f.id for f in form.fields]
    for kinds in (_DATED, ("choice",)):
        alone = [(col, f) for (col, f) in worth if why[col, f] != _REASON_OF_WORDS and form.field(f).kind in kinds]
        cols, fields = sorted({col for col, _ in alone}), sorted({f for _, f in alone if form.field(f).role != "status"}, key=order.index)
        if len(cols) == 1 and len(fields) == 2 and kinds == _DATED:
            continue  # one day alone is the end
        for col, f in alone:
            if f in fields:
                worth[col, f] = 1 - 0.05 * abs(cols.index(col) - fields.index(f))


_LEAST_SHOWN, _SURE = 0.5, 1.0
_HALF, _OF_ITS_NAME = 0.5, 0.7
_REASON_OF_WORDS = "said"


def _shown_alone(f: Field, form: Form, heading: str, values: Sequence[Value], cells: Cells, context: Context, first: bool) -> bool:
    """Whether the cells alone say that a column of an unknown heading is the field. `first`: it stands before what the rows are about."""
    if f.kind in _DATED and (_OTHER_DAYS.search(heading) or (first and says_day(heading))):
        return False  # a day that stands first is the day of the entry
    if f.kind == "key":
        return (
            first
            and cells.n >= _FEW
            and not meanings(heading)
            and not speaks_of_others(heading)
            and cells.different == cells.n == sum(bool(_CODE.match(t)) for t in cells.texts)
        )
    if scale_of(f) is not None and cells.n >= _FEW and not isinstance(cells.values[0], str) and set(cells.values) <= _SCORES:
        return cells.different < cells.n
    if f.kind == "person":
        posts = cells.n >= _FEW and cells.sentences < _HALF and sum(bool(_POST.search(t)) for t in cells.texts) >= _SHARE * cells.n
        names = posts or fits(f, cells, context) >= 1
        return names and (cells.different < cells.n or cells.n <= 3) and not speaks_of_others(heading)
    return _fits(f, form, values, context)


_FEW = 3
_SCORES = frozenset(range(1, 11))
_CODE = regex(r"^(?:[A-Z]{1,8}[-_. ]?|[\u4e00-\u9fff]{1,6}[-_])\d[\dA-Za-z._-]*$")
_POST = regex(
    r"(?:经理|主管|总监|组长|专员|工程师|主任|负责人)$|"
    r"\b(?:manager|lead(?:er)?|engineer|developer|analyst|director|officer|coordinator|architect|tester|designer|sponsor)s?$",
    re.I,
)
_TEXTS = ("text", "longtext")
_DATED = ("date", "moment")
_REASON = {
    "date": "dates",
    "moment": "dates",
    "percent": "percents",
    "choice": "words",
    "department": "departments",
    "departments": "departments",
    "person": "persons",
    "key": "codes",
}


def _needed(form: Form) -> list[Field]:
    """The fields to ask about, those with the clearest content first."""
    wanted = [*(form.role(role) for role in ("progress", "status", "due", "start", "owner", "level")), form.departments]
    wanted += [f for f in form.fields if scale_of(f) is not None and f not in wanted and f.access != "C"]
    return [f for f in (*wanted, form.key) if f is not None]


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
