"""A sheet that plainly holds a list of one of our forms although its headings are not known: it is asked about, never read by this. Pure.

Every column gives evidence by its cells (words of a status, days, names that recur, shares) and by its heading; the names of sheet and file
and the titles above say which form. After a person has said which column is what the rows are about, the rows are read
(decision 0082).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Form, Schema
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Value
from collab_xl.read.cells_judged import Cells, is_about, is_day
from collab_xl.read.choices import Words
from collab_xl.read.content import subject
from collab_xl.read.context import Context
from collab_xl.read.cross_table import find_cross
from collab_xl.read.heading_lines import LOOKED_AT, Sheet, goes_on_below, is_of_sheet, titles_name
from collab_xl.read.heading_words import is_put_together, is_sentence, named_in, says_day, says_title, speaks_of_others
from collab_xl.read.headings import ANSWERED, COMPOSED, answered, is_sequence, lexicon
from collab_xl.read.locate import FoundBlock, block_at, titles
from collab_xl.read.rows import says
from collab_xl.read.tracker import is_anywhere, is_beside, of_people, other_form, other_register
from collab_xl.read.words_and_cells import is_open

_FIRST_ROWS, _MOST_ROWS, _LEAST_ROWS, _LEAST_TEXTS = 30, 4, 3, 2
_WIDE = 0.6
_LONG = 30


class PlainList(Struct):
    """A row that is probably the headings of a form. `col`: the column that says what the rows are about; `evidence`: how much speaks for
    the form; `signs`: what does, as keys of `read.word.sign_…`."""

    block: FoundBlock
    col: int
    row: int
    heading: str
    evidence: float
    signs: tuple[str, ...] = ()

    def hint(self, context: Context) -> str:
        """What speaks for the form, in words."""
        signs = tuple(text(f"read.word.sign_{sign}", context.lang) for sign in self.signs if sign not in _UNSAID)
        return COMMA[context.lang].join(signs)


LEAST = 2.5
_UNSAID = ("about", "beside", "slips")


def plain_list(snapshot: Snapshot, schema: Schema, context: Context) -> PlainList | None:
    """The list to ask about; None where none is likely enough, or a person has said of one of its columns that it is none of ours."""
    found = next((x for x in candidates(snapshot, schema, context) if x.evidence >= LEAST), None)
    if found is None or found.block.matching.told:
        return None
    headings = [*found.block.matching.extra.values(), *(m.heading for m in found.block.matching.mapped)]
    refused = any(answered(context.headings, form.id, h) == "" for form in schema.forms for h in headings)
    return None if refused else found


def answered_list(snapshot: Snapshot, schema: Schema, context: Context) -> FoundBlock | None:
    """The list of which a person has said which column is what its rows are about."""
    if not context.headings and not (context.told and (context.told.names or context.told.columns)):
        return None
    for found in candidates(snapshot, schema, context):
        title = found.block.form.id_of("title")
        said = any(title in m.fields and m.target.quality == ANSWERED for m in found.block.matching.mapped)
        if said and found.evidence >= LEAST:
            return found.block
    return None


def candidates(snapshot: Snapshot, schema: Schema, context: Context) -> list[PlainList]:
    """Every row that may be headings, as the likeliest form; the best first."""
    sheet = Sheet(snapshot)
    cross = find_cross(snapshot, context)
    if (context.told and context.told.headings) or (cross and cross.across not in _TIMES):
        return []
    forms = [f for f in schema.forms if not (context.told and context.told.form) or f.id == context.told.form]
    found = []
    for row, first, last in _heading_rows(sheet):
        if cross and sum(not is_day(t) for t in set(sheet.spread(row, first, last).values())) < _BESIDE_TIMES:
            continue  # a Gantt chart has columns beside its days
        above, texts = [*titles(snapshot, row, context), context.file], list(sheet.spread(row, first, last).values())
        each = [x for f in forms if _is_likely(f, above, texts, context) and (x := _as_form(sheet, row, first, last, f, context))]
        if each:
            found.append(max(each, key=lambda x: (_is_answered(x), x.evidence)))
    return sorted(found, key=lambda x: -x.evidence)


_TIMES, _BESIDE_TIMES = ("day", "week", "month"), 3


def _is_likely(form: Form, above: Sequence[str], texts: Sequence[str], context: Context) -> bool:
    """Whether a sheet may hold rows of a form: of one of the basic forms always, of another if a title or a heading has a word of it."""
    if form.basic or form.id in titles_name(above) or any(named_in(form, t) for t in above):
        return True
    return any(says_title(form, t) >= _ITS_WORD or answered(context.headings, form.id, t) for t in texts)


_ITS_WORD = 0.7


def _is_answered(found: PlainList) -> bool:
    return any(m.col == found.col and m.target.quality == ANSWERED for m in found.block.matching.mapped)


def _heading_rows(sheet: Sheet) -> Iterator[tuple[int, int, int]]:
    """Rows of short texts near the top, and the columns they speak for; at most a few."""
    snapshot = sheet.snapshot
    seen = 0
    for row in range(snapshot.first_row, min(snapshot.last_row, snapshot.first_row + _FIRST_ROWS) + 1):
        for first, last in _parts(sheet, row):
            if _may_be_headings(sheet, row, first, last):
                seen += 1
                yield row, first, last
        if seen >= _MOST_ROWS:
            return


def _parts(sheet: Sheet, row: int) -> Iterator[tuple[int, int]]:
    """Runs of columns that are not blank from the row on."""
    start = 0
    for col in range(sheet.snapshot.first_col, min(sheet.snapshot.last_col, sheet.snapshot.first_col + _MOST_COLS) + 2):
        blank = col > sheet.snapshot.last_col or sheet.blank(row, col)
        if blank and start:
            yield start, col - 1
        start = 0 if blank else start or col


_MOST_COLS = 80


def _may_be_headings(sheet: Sheet, row: int, first: int, last: int) -> bool:
    """Whether a row holds short texts that stand above most of what follows, and are not repeated there."""
    snapshot = sheet.snapshot
    line = sheet.spread(row, first, last)
    texts = list(dict.fromkeys(line.values()))
    said = [v for v in snapshot.values(row, range(first, last + 1)) if says(v)]
    values = [v for v in said if not isinstance(v, date)]
    if len(texts) < _LEAST_TEXTS or len(values) > len(line) or is_of_sheet(texts):
        return False
    if any(is_sentence(t) or len(t) > _LONG for t in texts) or 2 * sum(map(is_day, texts)) > len(texts):
        return False
    end = min(snapshot.last_row, row + LOOKED_AT)
    rows = [sum(says(v) for v in snapshot.values(r, range(first, last + 1))) for r in range(row + 1, end + 1)]
    filled = sorted(n for n in rows if n)
    typical = filled[len(filled) // 2] if filled else 0
    above = [v for v in snapshot.values(row - 1, range(first, last + 1)) if says(v)]
    if len(set(map(str, above))) >= max(_LEAST_TEXTS, _SOME_ABOVE * len(line)):
        return False  # one of the rows of a table
    days = len(said) - len(values)
    return len(line) + days >= _WIDE * typical and 2 * len(sheet.again(row) & set(line)) < len(line)


def _as_form(sheet: Sheet, row: int, first: int, last: int, form: Form, context: Context) -> PlainList | None:
    """The row read as headings of a form, with what speaks for it."""
    best: FoundBlock | None = None
    for depth in (1, 2) if goes_on_below(sheet, row, first, last) else (1,):
        block = block_at(sheet, row, depth, first, last, form, context, asked=True)
        if block and (best is None or len(block.matching.mapped) > len(best.matching.mapped)):
            best = block
    if best is None or other_form(best.matching):
        return None
    best.body_last = sheet.snapshot.last_row
    rows = _Rows(sheet, best)
    if _is_other_list(rows, best, context):
        return None
    col, at, heading = _title(rows, best, context)
    if not col:
        return None
    evidence, signs = _evidence(rows, best, col, heading, context)
    return PlainList(best, col, at, heading, evidence, signs)


_SOME_ABOVE = 0.5


class _Rows:
    """The rows below a block of headings."""

    def __init__(self, sheet: Sheet, block: FoundBlock) -> None:
        self.sheet, self.snapshot = sheet, sheet.snapshot
        self.first, cols = block.last + 1, range(block.first_col, block.last_col + 1)
        while self.first < min(self.snapshot.last_row, block.last + _BLANKS) and not any(map(says, self.snapshot.values(self.first, cols))):
            self.first += 1
        end = min(self.snapshot.last_row, self.first + LOOKED_AT)
        self.count = sum(sum(map(says, self.snapshot.values(r, cols))) >= _LEAST_TEXTS for r in range(self.first, end + 1))

    def below(self, col: int) -> Cells:
        return self.sheet.below(self.first, col)

    def sample(self, col: int) -> list[Value]:
        end = min(self.snapshot.last_row, self.first + LOOKED_AT)
        return [self.snapshot.value(r, col) for r in range(self.first, end + 1)]


_BLANKS = 4


def _title(rows: _Rows, block: FoundBlock, context: Context) -> tuple[int, int, str]:
    """Column, row and heading of what the rows are probably about; 0 for none."""
    form, matching = block.form, block.matching
    title = form.id_of("title")
    known = next((m for m in matching.mapped if title in m.fields), None)
    if known is not None and (rows.below(known.col).n == 0 or is_about(rows.below(known.col)) >= 0 or known.target.quality == ANSWERED):
        return known.col, known.row, known.heading
    col = next(iter(subject(form, matching, rows.sample, context)), 0) or _likeliest(rows, block, context)
    return (col, matching.rows[col], matching.extra[col]) if col else (0, 0, "")


def _likeliest(rows: _Rows, block: FoundBlock, context: Context) -> int:
    """The column that by its heading is what the rows are about, or whose texts differ most; in a sheet that is named as the form, the text
    column left of all that is known. 0 for none."""
    form, matching = block.form, block.matching
    known = min((m.col for m in matching.mapped), default=0)
    best, found, left = 0.0, 0, 0
    for col, heading in sorted(matching.extra.items()):
        if not is_open(form, matching, col, heading, context) or is_sentence(heading) or says_day(heading):
            continue
        cells, said = rows.below(col), says_title(form, heading)
        enough = len(cells.texts) >= _LEAST_ROWS and 2 * cells.n >= rows.count
        differ = enough and 2 * cells.different >= cells.n and cells.days < _SOME and cells.codes < _SOME
        if differ:
            worth = said + cells.different / cells.n
        elif said >= _A_NOUN and (is_about(cells) >= 0 or not (cells.n or rows.count)):
            worth = said
        else:
            worth = 0.0
        if enough and col < known and block.titled and len(cells.texts) == cells.n:
            left = left or col
        if worth > best:
            best, found = worth, col
    return found or left


_SOME, _A_NOUN = 0.3, 0.5


_OTHER_COLUMNS = regex(
    r"单价|金额|价格|数量|总价|税|学号|工号|成绩|得分|分数|绩效|考勤|"
    r"电话|手机|邮箱|邮件|身份证|地址|密码|账号|用户名|性别|年龄|学历|工资|薪|"
    r"测试(?:步骤|数据|结果)|预期结果|实际结果|操作步骤|用例|型号|规格|库存|释义|术语|字段|参数|数据类型|"
    r"\b(?:price|amount|qty|quantity|cost|total|tax|invoice|salary|score|grade|"
    r"marks?|phone|mobile|e-?mail|address|password|user ?name|gender|"
    r"sku|currency|test ?(?:case|step|data)s?|expected (?:result|outcome)s?|actual results?|steps|definition|data ?type|hours)\b",
    re.I,
)
_MOST_OF = 0.5
_NUMBERS = 0.34


def _is_other_list(rows: _Rows, block: FoundBlock, context: Context) -> bool:
    """Whether the headings or the cells are those of a price list, test cases, contacts, figures."""
    matching, sheet = block.matching, rows.snapshot.sheet
    headings = [*matching.extra.values(), *(m.heading for m in matching.mapped)]
    named = block.titled or block.form.id in titles_name([context.file])
    named = named or any(block.form.id_of("title") in m.fields and is_put_together(block.form, m.heading) for m in matching.mapped)
    if not named and sum(bool(_OTHER_COLUMNS.search(h)) for h in headings) * 5 >= len(headings):
        return True
    above = titles(rows.snapshot, block.first, context)
    if not block.titled and (other_register([*above, context.file], headings) or any(map(of_people, [sheet, *above]))):
        return True
    counted = [
        c
        for c, h in matching.extra.items()
        if not is_sequence(h) and (cells := rows.below(c)).numbers > _MOST_OF and cells.shares < _MOST_OF
    ]
    return len(counted) > _NUMBERS * len(headings)


_OF_FILE, _HALF_OF_FILE, _OF_WORD = 1.0, 0.5, 1.0
_FEW = 3


def _evidence(rows: _Rows, block: FoundBlock, col: int, heading: str, context: Context) -> tuple[float, tuple[str, ...]]:
    """How much speaks for the form, and what does. Where no rows do, a name and two headings must."""
    form, matching = block.form, block.matching
    signs: dict[str, float] = {}
    above = titles(rows.snapshot, block.first, context)
    named = titles_name(above).get(form.id, 0.0)
    of_file = titles_name([context.file]).get(form.id, 0.0) if context.file else 0.0
    if named:
        signs["named"] = 1.0 + named / 4
    elif any(named_in(form, t) for t in above):
        signs["named"] = _OF_WORD
    elif of_file or named_in(form, context.file):
        signs["file"] = _OF_FILE if of_file else _HALF_OF_FILE
    if is_beside(rows.snapshot.sheet):
        signs["beside"] = -1.5
    if known := _known(block, context):
        signs["headings" if matching.mapped or matching.either else "slips"] = known
    said, cells = says_title(form, heading), rows.below(col)
    about = is_about(cells) if cells.n >= _LEAST_ROWS else 0.0
    signs["about"] = said + 0.7 * max(about, 0.0)
    if rows.count < _LEAST_ROWS and (known < _TWO_KNOWN or not (named or of_file) or len(matching.extra) > 3 * len(matching.mapped)):
        return 0.0, ()
    signs |= _shown(rows, block, col, context)
    if not said and set(signs) <= _ONLY_NAMED and 2 * len(heading) > sum(map(len, cells.texts)) / max(len(cells.texts), 1):
        return 0.0, ()  # nothing but a name, and what should be a heading is as long as the texts below it
    return sum(signs.values()), tuple(signs)


_TWO_KNOWN = 1.5
_ONLY_NAMED = frozenset({"named", "file", "about", "beside", "numbers"})


def _known(block: FoundBlock, context: Context) -> float:
    """The headings that the form knows, without the title; one that any list may have counts half."""
    form, matching = block.form, block.matching
    known = 0.7 * (len(matching.either) + len(matching.unlike))
    for m in matching.mapped:
        if form.id_of("title") not in m.fields:
            known += (0.5 if is_anywhere(m.heading) else 1.0) * (0.7 if m.target.quality <= COMPOSED else 1.0)
    lex = lexicon(form, context.lang)
    return known + 0.5 * sum(bool(lex.is_slip(h) and lex.near(h, matching.fields)) for h in matching.extra.values())


def _shown(rows: _Rows, block: FoundBlock, col: int, context: Context) -> dict[str, float]:
    """What the cells of unknown columns show: days, words of a status, of a degree, names that recur, departments, shares."""
    form, matching = block.form, block.matching
    free = [f for f in form.fields if f.id not in matching.fields and f.access != "C"]
    kinds = Counter(_KINDS.get(f.kind, f.kind) for f in free)
    out: dict[str, float] = {}
    if any(is_sequence(h) for h in matching.extra.values()):
        out["numbers"] = 0.5
    status = next((m for m in matching.mapped if m.fields == (form.id_of("status"),)), None)
    if status and rows.below(status.col).known(Words.of(form.field(status.field), context.lang)) >= _MOST_OF:
        out["status"] = 0.8
    days = 0
    for c, heading in matching.extra.items():
        cells = rows.below(c)
        if c == col or is_sequence(heading) or c in matching.either or cells.n < _LEAST_ROWS - 1:
            continue
        if cells.days >= _MOST and days < min(_LEAST_TEXTS, kinds["date"]):
            days += 1
            out["days"] = 0.6 * days
        elif cells.sentences < _SOME and any(f.role == "status" and cells.known(Words.of(f, context.lang)) >= _MOST_OF for f in free):
            out["status"] = 1.3
        elif cells.sentences < _SOME and any(f.kind == "choice" and cells.known(Words.of(f, context.lang)) >= _MOST_OF for f in free):
            out["level"] = 0.8
        elif kinds["person"] and cells.names >= _MOST and 1 < cells.different < cells.n and not speaks_of_others(heading):
            out["persons"] = 0.8
        elif kinds["department"] and cells.units >= _MOST:
            out["departments"] = 0.5
        elif kinds["percent"] and len(cells.texts) == cells.n and cells.parts >= _MOST:
            out["shares"] = 0.6
    return out


_MOST = 0.7
_KINDS = {"moment": "date", "departments": "department"}
