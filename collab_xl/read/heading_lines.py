"""Lines of headings: a sheet prepared for them, merged and group headings over their columns, what a second line says. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache

from collab_xl.forms import Form, load
from collab_xl.model.place import Area
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Value
from collab_xl.read.cells_judged import Cells, is_day
from collab_xl.read.context import Context
from collab_xl.read.heading_words import fields_said
from collab_xl.read.headings import Matching, lexicon
from collab_xl.read.rows import says, says_how
from collab_xl.read.text import clean, loose

LOOKED_AT = 60
LONGEST = 60
_LINES = 3
_LEAST_HINTS = 3
_LABEL = regex(r"[:：]")  # 填表人： and 日期：2024-6-28 are labels, with or without their value
_GROUP_END = regex(r"(?:时间|日期|情况|安排|信息)$|\s*(?:dates?|times?|schedule)$", re.I)
_BRACKETED = regex(r"[(（\[【][^)）\]】]*[)）\]】]")


class Sheet:
    """A snapshot prepared for the search of headings: short texts by cell, merges by their first cell."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.merged: dict[tuple[int, int], Area] = {(a.first_row, a.first_col): a for a in snapshot.merges}
        self._below: dict[tuple[int, int], Cells] = {}
        self._hints: dict[int, bool] = {}
        self._ends: dict[int, int] = {}
        self._lasts: dict[int, int] = {}
        self._spread: dict[tuple[int, int, int], dict[int, str]] = {}
        self._named: dict[int, dict[str, float]] = {}
        self._again: dict[int, frozenset[int]] = {}

    def below(self, row: int, col: int) -> Cells:
        """The cells of a column from a row on."""
        if (row, col) not in self._below:
            last = min(self.snapshot.last_row, row + LOOKED_AT)
            first = row + self.is_hint_row(row)
            last = min(last, self._end(first))
            self._below[row, col] = Cells([v for r in range(first, last + 1) if (v := self.snapshot.value(r, col)) is not None])
        return self._below[row, col]

    def _end(self, row: int) -> int:
        """The last row before two blank ones: what comes after them is another list."""
        if row not in self._lasts:
            at, end = row, self.snapshot.last_row
            while at < end and any(says(v) for r in (at, at + 1) for v in self._line(r)):
                at += 1
            self._lasts[row] = at
        return self._lasts[row]

    def is_hint_row(self, row: int) -> bool:
        """Whether a row below headings says how to fill them in: most texts say 必填 or the like, or one stands again and again."""
        if row not in self._hints:
            cells = self.snapshot.values(row, range(self.snapshot.first_col, self.snapshot.last_col + 1))
            said = [without_brackets(v) for v in cells if isinstance(v, str) and v.strip()]
            enough = len(said) >= _LEAST_HINTS and len(said) == sum(v is not None for v in cells)
            self._hints[row] = enough and (2 * sum(map(says_how, said)) > len(said) or 2 * max(map(said.count, said)) > len(said))
        return self._hints[row]

    def blank(self, row: int, col: int) -> bool:
        """Whether a column is blank from a row down to the next blank row."""
        if row not in self._ends:
            last = row
            while last < min(self.snapshot.last_row, row + LOOKED_AT) and any(v is not None for v in self._line(last + 1)):
                last += 1
            self._ends[row] = last
        said = any(self.snapshot.value(r, col) is not None for r in range(row, self._ends[row] + 1))
        return not said and not self._covered(row, col)

    def _line(self, row: int) -> Sequence[Value]:
        at = row - self.snapshot.first_row
        return self.snapshot.cells[at] if 0 <= at < len(self.snapshot.cells) else ()

    def _covered(self, row: int, col: int) -> bool:
        return any(a.first_col < col <= a.last_col for (r, _), a in self.merged.items() if row <= r < row + _LINES)

    def apart(self, row: int, one: int, other: int) -> bool:
        """Whether a blank column stands between two."""
        return any(self.blank(row, col) for col in range(one + 1, other))

    def again(self, row: int) -> frozenset[int]:
        """The columns whose cell in a row stands in two other rows near it too. A row that says all of it is the same headings again."""
        if row not in self._again:
            first, here = self.snapshot.first_row, {c: v for c, v in enumerate(self._line(row)) if v is not None}
            often: Counter[int] = Counter()
            for r in range(max(first, row - LOOKED_AT), min(self.snapshot.last_row, row + LOOKED_AT) + 1):
                line = self._line(r)
                same = [c for c, v in here.items() if c < len(line) and line[c] == v] if r != row else []
                if same and len(same) < _ALL * min(len(here), sum(v is not None for v in line)):
                    often.update(same)
            self._again[row] = frozenset(c + self.snapshot.first_col for c, n in often.items() if n >= _TWO)
        return self._again[row]

    def named(self, row: int, titles: Sequence[str]) -> dict[str, float]:
        """`titles_name` of the titles above a row."""
        if row not in self._named:
            self._named[row] = titles_name(titles)
        return self._named[row]

    def heading(self, row: int, col: int) -> str:
        """The text of a cell that could be a heading, "" for anything else."""
        value = self.snapshot.value(row, col)
        return heading_text(value)

    def spread(self, row: int, first_col: int, last_col: int) -> dict[int, str]:
        """Column → text of a heading row, merged cells filled to the right (see `_counted_once`)."""
        known = self._spread.get((row, first_col, last_col))
        if known is not None:
            return known
        out = self._spread[row, first_col, last_col] = {}
        for col in range(first_col, last_col + 1):
            text = self.heading(row, col)
            if not text:
                continue
            area = self.merged.get((row, col))
            for c in range(col, (area.last_col if area else col) + 1):
                if c <= last_col:
                    out.setdefault(c, text)
        return out


_NAMED, _IS_NAME = 4.0, 8.0


def titles_name(titles: Sequence[str]) -> dict[str, float]:
    """Form → how strongly one of the titles, the sheet's name first, names it: as a whole (Issue Log) more than within a longer text. The
    longest name that a title has counts; one of two characters only as the name of the sheet."""
    out: dict[str, float] = {}
    for n, title in enumerate(titles):
        text = loose(title)
        least = _PART_OF_IT * len(text) if n else 0
        hits = [(len(name), form) for name, form in _names() if name in text and (not n or len(name) > _SHORTEST) and len(name) >= least]
        for length, form in hits:
            if length == max(hits)[0]:
                out[form] = max(out.get(form, 0.0), _IS_NAME if length >= _MOST_OF_IT * len(text) else _NAMED)
    return out


_SHORTEST, _MOST_OF_IT, _PART_OF_IT = 2, 0.7, 0.25


@lru_cache(1)
def _names() -> tuple[tuple[str, str], ...]:
    """The folded names of all forms."""
    return tuple({(loose(n), f.id) for f in load().forms for n in (*f.aliases, *f.sheet.values(), *f.title.values())})


def heading_text(value: Value) -> str:
    if not isinstance(value, str) or len(value) > 2 * LONGEST:
        return ""
    text = clean(value)
    if options := _OPTIONS.match(text):
        return f"{options[1]}（{options[2]}）"
    return "" if _LABEL.search(_BRACKETED.sub("", text)) else text


def without_brackets(text: str) -> str:
    """A text without its notes, unless it is nothing else."""
    return _BRACKETED.sub("", text).strip() or text


_OPTIONS = regex(r"^([^:：\s]{2,8})\s*[:：]\s*([^\s:：/、|]{1,8}(?:[/、|][^\s:：/、|]{1,8})+)$")  # 状态：未开工/开工/完成


def is_title_row(sheet: Sheet, row: int, line: Mapping[int, str]) -> bool:
    """Whether a row above headings is a title or labels, no line of the headings: one text alone, a day, or labels of the sheet."""
    texts = set(line.values())
    return len(texts) == 1 or any(is_day(text) for text in texts) or is_of_sheet(texts)


def is_of_sheet(texts: Collection[str]) -> bool:
    """Whether all texts of a row are labels of the sheet as a whole (项目名称, 准备日期)."""
    return bool(texts) and all(_OF_SHEET.match(text) for text in texts)


_OF_SHEET = regex(
    r"^(?:项目(?:名称|编号|经理|负责人|代码)|(?:准备|编制|制表|填[报表写])(?:人|日期|时间)|版本号?|日期"
    r"|project(?: ?/ ?program)?(?: (?:name|manager|lead|id|title|no\.?))?"
    r"|(?:prepared|created) by|date(?: prepared)?|version|author|last updated?)$",
    re.I,
)
"""Labels of the sheet as a whole."""


def is_a_record(sheet: Sheet, row: int, cols: Collection[int]) -> bool:
    """Whether a row is one of the rows of a table, not its headings: half of these columns say what other rows say there too."""
    return 2 * len(sheet.again(row) & set(cols)) >= len(cols)


_TWO, _ALL = 2, 0.8


def is_group_row(line: Mapping[int, str], form: Form, context: Context) -> bool:
    """Whether a row below headings is the title of a group of records: one text alone that is no heading."""
    texts = set(line.values())
    return len(texts) == 1 and not any(lexicon(form, context.lang).find(t) or fields_said(form, t) for t in texts)


def counted_once(sheet: Sheet, row: int, lines: list[dict[int, str]]) -> list[dict[int, str]]:
    """A merged heading with nothing of its own below it is one column, however wide: the one of its columns with the most cells."""
    out = [dict(line) for line in lines]
    depth = len(lines)
    for i, line in enumerate(lines):
        for col in sorted(line):
            area = sheet.merged.get((row + i, col))
            if area is None or area.last_col == area.first_col or area.first_row != row + i:
                continue
            covered = [c for c in range(col, area.last_col + 1) if c in line]
            alone = [c for c in covered if not any(c in lines[k] for k in range(i + 1, depth))]
            if len(alone) < len(covered):  # a group title
                continue
            best = max(alone, key=lambda c: (sheet.below(row + depth, c).n, -c)) if len(alone) > 1 else col
            for c in alone:
                if c != best:
                    for k in range(i + 1):
                        out[k].pop(c, None)
    return out


def groups_spread(lines: list[dict[int, str]]) -> list[dict[int, str]]:
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


def translated(lines: Sequence[Mapping[int, str]], form: Form, context: Context) -> bool:
    """Whether the last line says in another script what the one above says."""
    lex = lexicon(form, context.lang)

    def said(text: str) -> set[str]:
        return {found.field} if (found := lex.find(text)) else set(fields_said(form, text))

    pairs = [(lines[-2][c], t) for c, t in lines[-1].items() if c in lines[-2] and lines[-2][c].isascii() != t.isascii()]
    return sum(bool(said(x) & said(y)) for x, y in pairs) >= 2


def texts_of(sheet: Sheet, row: int, lines: Sequence[dict[int, str]], col: int, form: Form, context: Context) -> tuple[int, list[str]]:
    """The row of a column's own heading cell, and its texts, the longest first."""
    at = [(row + i, line[col]) for i, line in enumerate(lines) if col in line]
    texts = [t for _, t in at]
    if len(texts) == 1:
        return at[0][0], texts
    top_is_wide = sheet.snapshot.value(row, col) is None  # the text of a cell merged from the left
    space = " " if all(t.isascii() for t in texts) else ""
    joined = space.join(dict.fromkeys(texts))
    bare = space.join(dict.fromkeys((*(_GROUP_END.sub("", t) for t in texts[:-1]), texts[-1])))  # 实际时间 above 结束时间
    last_two = space.join(dict.fromkeys(texts[-2:]))
    own = texts[-1]
    named = lexicon(form, context.lang).find(own) or fields_said(form, own)  # 进展 above 工作状态: the column is what its own line says
    above = [] if top_is_wide else [t for t in texts[-2::-1] if not named or t.isascii() != own.isascii()]
    ordered = [joined, bare, last_two, own, *above]
    return at[-1][0], list(dict.fromkeys(ordered))


def lower_lines_fit(
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
    if not translated(lines, form, context) and not any(
        m.row == row or _adds(lines[0].get(m.col, ""), m.heading, lines[m.row - row].get(m.col)) for m in matching.mapped
    ):
        return False  # the row above is a title
    lex = lexicon(form, context.lang)
    useful = strange = 0
    spans = {c for (r, _), a in sheet.merged.items() if r == row == a.last_row for c in range(a.first_col, a.last_col + 1)}
    for i in range(1, depth):
        for col in range(first, last + 1):
            value = sheet.snapshot.value(row + i, col)
            if value is None:
                continue
            text = heading_text(value)
            if col in spans and (isinstance(value, date) or is_day(text)):
                continue  # weeks or days below a wide heading (每周进展)
            if not text or len(text) > LONGEST or is_day(text):
                return False
            found = lex.find(text)
            top = lines[0].get(col, "")
            own_top = sheet.snapshot.value(row, col) is not None and not _wide(sheet, row, col)
            finished = lex.find(top) if top and own_top else None
            if finished and (found is None or found.field != finished.field) and (by_col.get(col) is None or by_col[col].heading == top):
                return False
            strange += found is None and col not in by_col and own_top
            useful += col in by_col and (by_col[col].row == row + i or not strange)
    return useful > strange or (not strange and splits(sheet, row, lines, first, last))


def goes_on_below(sheet: Sheet, row: int, first: int, last: int) -> bool:
    """Whether a row of headings is only the first line of them: headings merged downwards stand beside a wide one with others below it."""
    down = sum(a.last_row > row and r == row and first <= c <= last for (r, c), a in sheet.merged.items())
    return down >= _TWO and row < sheet.snapshot.last_row and splits(sheet, row, [{}, sheet.spread(row + 1, first, last)], first, last)


def splits(sheet: Sheet, row: int, lines: Sequence[Mapping[int, str]], first: int, last: int) -> bool:
    """Whether the second line says what the columns below a wide heading of the first are."""
    wide = [a for (r, c), a in sheet.merged.items() if r == row and a.last_row == row and a.last_col > a.first_col and first <= c <= last]
    return any(len({lines[1][c] for c in range(a.first_col, a.last_col + 1) if c in lines[1]}) > 1 for a in wide)


def _adds(top: str, heading: str, own: str | None) -> bool:
    """Whether a heading was made of the text of the top line and that of the column."""
    return bool(top) and heading != own and heading.startswith(top)


def _wide(sheet: Sheet, row: int, col: int) -> bool:
    area = sheet.merged.get((row, col))
    return bool(area and area.last_col > area.first_col)
