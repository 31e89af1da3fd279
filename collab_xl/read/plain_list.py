"""A sheet that plainly holds a list of one of our forms although its headings are not known: it is asked about, never read by this. Pure.

Every column gives evidence by its cells (words of a status, days, names that recur, shares) and by its heading; the names of sheet and file
and the titles above say which form. After a person has said which column is what the rows are about, the rows are read
(decision 0082).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
from collab_xl.read.group_columns import below_group, groups_before
from collab_xl.read.heading_lines import LONGEST, LOOKED_AT, Sheet, goes_on_below, is_of_sheet, titles_name
from collab_xl.read.heading_words import fields_said, is_put_together, is_sentence, named_in, says_day, says_title, speaks_of_others
from collab_xl.read.headings import ANSWERED, COMPOSED, Mapped, answered, fold, is_sequence, lexicon
from collab_xl.read.locate import FoundBlock, block_at, own_name, titles
from collab_xl.read.rows import says
from collab_xl.read.text import loose
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
_UNSAID = ("about", "beside", "slips", "whole")


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
            found.append(max(each, key=lambda x: (_is_answered(x), x.evidence, _plans(x))))
    return sorted((x for x in found if not any(_is_record_of(x, y) for y in found)), key=lambda x: -x.evidence)


def _is_record_of(lower: PlainList, upper: PlainList) -> bool:
    """Whether the row of one is a record of the other, which stands above it and whose headings are known as well."""
    one, other = lower.block, upper.block
    if _is_answered(lower) or other.first >= one.first or not other.beside(one) or upper.evidence < LEAST:
        return False
    return len(other.matching.mapped) >= len(one.matching.mapped)


def _plans(found: PlainList) -> bool:
    """Whether a list with days may be a plan: of forms for which as much speaks, the one with a progress goes first."""
    return "days" in found.signs and found.block.form.role("progress") is not None


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
    if 2 * sum(map(is_day, texts)) > len(texts) or (
        any(is_sentence(t) or len(t) > _LONG for t in texts) and not _are_questions(sheet, row, line)
    ):
        return False
    dated = [c for c in range(first, last + 1) if isinstance(snapshot.value(row, c), date)]
    if any((cells := sheet.below(row + 1, c)).n >= _LEAST_ROWS - 1 and cells.days >= _MOST for c in dated):
        return False  # a record
    end = min(snapshot.last_row, row + LOOKED_AT)
    rows = [sum(says(v) for v in snapshot.values(r, range(first, last + 1))) for r in range(row + 1, end + 1)]
    filled = sorted(n for n in rows if n)
    typical = filled[len(filled) // 2] if filled else 0
    above = [v for v in snapshot.values(row - 1, range(first, last + 1)) if says(v)]
    if len(set(map(str, above))) >= max(_LEAST_TEXTS, _SOME_ABOVE * len(line)):
        return False  # one of the rows of a table
    days = len(said) - len(values)
    return len(line) + days >= _WIDE * typical and 2 * len(sheet.again(row) & set(line)) < len(line)


def _are_questions(sheet: Sheet, row: int, line: Mapping[int, str]) -> bool:
    """Whether long texts (What went well?) are headings all the same: short for what is below them, and none ends like a sentence."""
    cells = [(t, sheet.below(row + 1, c)) for c, t in line.items()]
    below = [(t, sum(map(len, c.texts)) / len(c.texts)) for t, c in cells if c.texts]
    return (
        all(len(t) <= LONGEST and not t.rstrip().endswith((".", "。", "；", ";", "，")) for t in line.values())
        and len(below) >= _SHARE_OF_TEXTS * len(cells)
        and sum(mean >= 2 * len(t) for t, mean in below) >= _HALF * len(below)
    )


_SHARE_OF_TEXTS, _HALF = 0.7, 0.5


def _as_form(sheet: Sheet, row: int, first: int, last: int, form: Form, context: Context) -> PlainList | None:
    """The row read as headings of a form, with what speaks for it."""
    best: FoundBlock | None = None
    for depth in (1, 2) if goes_on_below(sheet, row, first, last) else (1,):
        block = block_at(sheet, row, depth, first, last, form, context, asked=True)
        if block and (best is None or len(block.matching.mapped) >= len(best.matching.mapped)):
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
        self.sheet, self.snapshot, self.block = sheet, sheet.snapshot, block
        self.first, cols = block.last + 1, range(block.first_col, block.last_col + 1)
        while self.first < min(self.snapshot.last_row, block.last + _BLANKS) and not any(map(says, self.snapshot.values(self.first, cols))):
            self.first += 1
        end = min(self.snapshot.last_row, self.first + LOOKED_AT)
        self.count = sum(sum(map(says, self.snapshot.values(r, cols))) >= _LEAST_TEXTS for r in range(self.first, end + 1))

        self._of_tree: dict[int, list[Value]] | None = None

    def below(self, col: int) -> Cells:
        return self.sheet.below(self.first, col)

    def _texts(self) -> dict[int, list[str]]:
        return {c: self.below(c).texts for c in range(self.block.first_col, self.block.last_col + 1)}

    def placeholders(self) -> bool:
        """Whether the rows are those of a report's template: most texts are places for a value ($F{name})."""
        texts = [t for each in self._texts().values() for t in each]
        return bool(texts) and 2 * sum(bool(_PLACE.match(t)) for t in texts) > len(texts)

    def names_of_people(self) -> int:
        """The number of columns of Chinese names: a list with many of them records who took part in something."""
        cells = [self.below(c) for c, texts in self._texts().items() if len(texts) >= _LEAST_ROWS and not all(t.isascii() for t in texts)]
        return sum(c.names >= _MOST for c in cells)

    def tree(self) -> dict[int, list[Value]]:
        """The columns that may say what rows are about or to which group they belong, with their cells."""
        if self._of_tree is None:
            form, matching = self.block.form, self.block.matching
            headings = matching.extra | {m.col: m.heading for m in matching.mapped if form.id_of("title") in m.fields}
            cols = [
                c
                for c, h in sorted(headings.items())
                if not (is_sequence(h) or c in matching.either or c in matching.told or _NOT_OF_TREE.search(h) or fields_said(form, h))
            ]
            self._of_tree = {c: self.sample(c) for c in cols[:_MOST_IN_TREE]}
        return self._of_tree

    def last_of_tree(self, col: int) -> int:
        """The column of the members, where a column is one of groups; else the column itself."""
        while col in self.tree() and (below := below_group(self.tree(), col)):
            col = below
        return col

    def groups(self, col: int) -> list[int]:
        """The columns that say to which group the rows belong."""
        return groups_before(self.tree(), col) if col in self.tree() else []

    def sample(self, col: int) -> list[Value]:
        end = min(self.snapshot.last_row, self.first + LOOKED_AT)
        return [self.snapshot.value(r, col) for r in range(self.first, end + 1)]


_BLANKS = 4
_MANY_PEOPLE, _MOST_IN_TREE = 4, 8
_PLACE = regex(r"^\s*(?:[$#][A-Z]?\{|\{\{|<%|\[\[)")
_NOT_OF_TREE = regex(r"说明|描述|备注|详细|原因|路径|链接|地址|类型|类别|desc|note|remark|comment|path|url|link|reason|type|categor", re.I)


def _title(rows: _Rows, block: FoundBlock, context: Context) -> tuple[int, int, str]:
    """Column, row and heading of what the rows are probably about; 0 for none."""
    form, matching = block.form, block.matching
    title = form.id_of("title")
    known = next((m for m in matching.mapped if title in m.fields), None)
    if known is not None and known.target.quality == ANSWERED:
        return known.col, known.row, known.heading
    if known is not None and (rows.below(known.col).n == 0 or is_about(rows.below(known.col)) >= 0):
        col = rows.last_of_tree(known.col)
        return (known.col, known.row, known.heading) if col == known.col else (col, matching.rows[col], matching.extra[col])
    col = next(iter(subject(form, matching, rows.sample, context)), 0) or _likeliest(rows, block, context)
    if (col := rows.last_of_tree(col)) and any(map(str.isalpha, matching.extra[col])):
        return col, matching.rows[col], matching.extra[col]
    other = _another_text(rows, block)
    if other is None and known is not None and known.target.quality > COMPOSED and says_title(form, known.heading) >= _ITS_WORD:
        other = known  # its cells say little; a person knows
    return (other.col, other.row, other.heading) if other else (0, 0, "")


def _another_text(rows: _Rows, block: FoundBlock) -> Mapped | None:
    """Where no other column is: one that has a name for another text of the form (说明) and whose cells say what rows are about."""
    for m in block.matching.mapped:
        kinds = {block.form.field(f).kind for f in m.fields}
        if (
            kinds <= _TEXT_KINDS
            and says_title(block.form, m.heading)
            and (cells := rows.below(m.col)).n >= _LEAST_ROWS
            and is_about(cells) >= 1
        ):
            return m
    return None


_TEXT_KINDS = frozenset({"text", "longtext"})


def _likeliest(rows: _Rows, block: FoundBlock, context: Context) -> int:
    """The column that by its heading is what the rows are about, or whose texts differ most; in a sheet that is named as the form, the text
    column left of all that is known. 0 for none."""
    form, matching = block.form, block.matching
    known = min((m.col for m in matching.mapped), default=0)
    best, found, left = 0.0, 0, 0
    for col, heading in sorted(matching.extra.items()):
        if (
            not any(map(str.isalpha, heading))
            or not is_open(form, matching, col, heading, context)
            or is_sentence(heading)
            or says_day(heading)
        ):
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
    r"病人|患者|病案|主键|默认值|允许空|字段|测试(?:步骤|数据|结果)|预期结果|实际结果|操作步骤|用例|型号|规格|库存|释义|术语|参数|数据类型|"
    r"\b(?:price|amount|qty|quantity|cost|total|tax|invoice|salary|score|grade|"
    r"marks?|phone|mobile|e-?mail|address|password|user ?name|gender|"
    r"sku|currency|patient|fields?|allow null|nullable|default(?: value)?|"
    r"test ?(?:case|step|data)s?|expected (?:result|outcome)s?|actual results?|"
    r"steps|definition|data ?type|hours)\b",
    re.I,
)
_MOST_OF = 0.5
_NUMBERS = 0.34


def _is_other_list(rows: _Rows, block: FoundBlock, context: Context) -> bool:
    """Whether the headings or the cells are those of a price list, test cases, contacts, figures."""
    matching, sheet = block.matching, rows.snapshot.sheet
    if rows.placeholders() or (not block.titled and rows.names_of_people() >= _MANY_PEOPLE):
        return True
    headings = [*matching.extra.values(), *(m.heading for m in matching.mapped)]
    named = block.titled or block.form.id in titles_name([context.file])
    named = named or any(block.form.id_of("title") in m.fields and is_put_together(block.form, m.heading) for m in matching.mapped)
    if not named and sum(bool(_OTHER_COLUMNS.search(h)) for h in headings) * 5 >= len(headings):
        return True
    above = titles(rows.snapshot, block.first, context)
    by_file = block.form.id in titles_name([context.file]) and len(matching.mapped) >= _LEAST_TEXTS
    if not block.titled and not by_file and (other_register([*above, context.file], headings) or any(map(of_people, [sheet, *above]))):
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
    if known := _known(rows, block, context):
        signs["headings" if matching.mapped or matching.either else "slips"] = known
    said, cells = says_title(form, heading), rows.below(col)
    about = is_about(cells) if cells.n >= _LEAST_ROWS else 0.0
    signs["about"] = said + 0.7 * max(about, 0.0)
    few = known < _TWO_KNOWN or not (named or of_file) or len(matching.extra) > 3 * len(matching.mapped)
    own = any(form.id_of("title") in m.fields and m.col == col and m.target.quality > COMPOSED for m in matching.mapped)
    short = cells.n >= _LEAST_TEXTS and said >= 1 and (named or of_file)
    if rows.count < _LEAST_ROWS and few and not short and not (own and known >= _LEAST_TEXTS):
        return 0.0, ()
    shown, explained = _shown(rows, block, col, context)
    signs |= shown
    beside, groups = is_beside(rows.snapshot.sheet), rows.groups(col)
    if groups and not beside:
        signs["groups"] = 0.8
    clear = {col, *explained, *groups, *matching.either, *matching.unlike}
    left = [c for c, h in matching.extra.items() if c not in clear and not is_sequence(h) and rows.below(c).n]
    if not beside and rows.count >= _LEAST_ROWS and not left and (known or explained):
        signs["whole"] = 0.75
    if said and not beside and any(_is_named_so(name, heading) for name in (own_name(rows.snapshot, context), context.file)):
        signs["itself"] = 0.8
    others = 0 < said < _HALF  # the heading has a word of another form
    if not (named or of_file or others) and any(loose(w) in loose(t) for w in form.hints for t in (*above, context.file)):
        signs["hint"] = 0.7
    blank = rows.snapshot.value(block.last, col) is None
    if not said and not blank and set(signs) <= _ONLY_NAMED and 2 * len(heading) > sum(map(len, cells.texts)) / max(len(cells.texts), 1):
        return 0.0, ()  # nothing but a name, and what should be a heading is as long as the texts below it
    return sum(signs.values()), tuple(signs)


def _is_named_so(name: str, heading: str) -> bool:
    """Whether a sheet is called by the word that the column has (功能列表 and 功能名称, Issues and Issue name)."""
    core = _LIST_WORD.sub("", fold(name)).strip(" _-")
    core = core[:-1] if core.isascii() and core.endswith("s") else core
    return len(core) >= (_LEAST_LETTERS if core.isascii() else _LEAST_TEXTS) and core in fold(heading)


_LEAST_LETTERS = 4
_LIST_WORD = regex(r"(?:列表|清单|一览表?|登记[表册]?|台账|汇总|记录表?|[表单])$|(?: ?(?:list|log|register|tracker|table))$", re.I)
_TWO_KNOWN = 1.5
_ONLY_NAMED = frozenset({"named", "file", "about", "beside", "numbers", "hint"})


def _known(rows: _Rows, block: FoundBlock, context: Context) -> float:
    """The headings that the form knows, without the title; one that any list may have counts half."""
    form, matching = block.form, block.matching
    known = 0.7 * (len(matching.either) + len(matching.unlike))
    for m in matching.mapped:
        day = says_day(m.heading)
        if form.id_of("title") not in m.fields and (not day or rows.below(m.col).n):
            known += (0.5 if is_anywhere(m.heading) or day else 1.0) * (0.7 if m.target.quality <= COMPOSED else 1.0)
    ours = sum(named_in(form, h) for h in matching.extra.values())  # 需求状态 and 需求评价 of requirements, Risk score of risks
    known += 0.5 * ours if ours >= _LEAST_TEXTS else 0.0
    lex = lexicon(form, context.lang)
    return known + 0.5 * sum(bool(lex.is_slip(h) and lex.near(h, matching.fields)) for h in matching.extra.values())


def _shown(rows: _Rows, block: FoundBlock, col: int, context: Context) -> tuple[dict[str, float], set[int]]:
    """What the cells of unknown columns show: days, words of a status, of a degree, names that recur, departments, shares; and which
    columns do."""
    form, matching = block.form, block.matching
    free = [f for f in form.fields if f.id not in matching.fields and f.access != "C"]
    kinds = Counter(_KINDS.get(f.kind, f.kind) for f in free)
    out: dict[str, float] = {}
    explained: set[int] = set()
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
        before = len(out), days
        if cells.days >= _MOST and days < min(_LEAST_TEXTS, kinds["date"]):
            days += 1
            out["days"] = 0.6 * days
        elif (
            cells.sentences < _SOME
            and not _is_yes_or_no(cells)
            and any(f.role == "status" and cells.known(Words.of(f, context.lang)) >= _MOST_OF for f in free)
        ):
            out["status"] = 1.3
        elif cells.sentences < _SOME and any(f.kind == "choice" and cells.known(Words.of(f, context.lang)) >= _MOST_OF for f in free):
            out["level"] = 0.8
        elif kinds["person"] and cells.names >= _MOST and 1 < cells.different < cells.n and not speaks_of_others(heading):
            out["persons"] = 0.8
        elif kinds["department"] and cells.units >= _MOST:
            out["departments"] = 0.5
        elif kinds["percent"] and len(cells.texts) == cells.n and cells.parts >= _MOST:
            out["shares"] = 0.6
        if (len(out), days) != before:
            explained.add(c)
    return out, explained


def _is_yes_or_no(cells: Cells) -> bool:
    """Whether a column says no more than yes or no, or ticks."""
    return all(loose(str(v)) in _YES_OR_NO for v in cells.values)


_YES_OR_NO = frozenset({"y", "n", "yes", "no", "true", "false", "是", "否", "√", "✓", "✔", "x", "×", "1", "0"})
_MOST = 0.7
_KINDS = {"moment": "date", "departments": "department"}
