"""Recognise a sheet that is a cross-table: weeks, months, people or departments across, and work, people or departments down. Pure.

Such a sheet has no rows of a form: one cell is no record. `import` says what it is and what to do (decision 0060).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from collab_xl.catalogue import text
from collab_xl.model.place import Area
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Value
from collab_xl.read.cells_judged import Cells
from collab_xl.read.context import Context
from collab_xl.read.duty_words import LETTERS
from collab_xl.read.rows import TOTALS, says
from collab_xl.read.text import loose, plain, shown

_LEAST_ACROSS, _LEAST_DOWN = 3, 2
_FIRST_ROWS = 15
_LONGEST, _LONGEST_ROLE = 16, 40
_MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_NAME = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?"
_WEEK = regex(
    r"^(?:(?:20\d\d)?[-年 ]?W\d{1,2}|第?\s*\d{1,2}\s*周|第[一二三四五六七八九十]+周|(?:week|wk|CW)\s*\d{1,2})"
    r"(?:\s*[(（].*|\s+\d{1,2}[-./]\d{1,2})?$",
    re.I,
)
_PERIOD = regex(
    rf"^(?:(?:20\d\d年?[-./]?)?\s*\d{{1,2}}\s*月(?:份)?|[一二三四五六七八九十]+月|{_MONTH_NAME}\.?(?:[- ']*\d{{2,4}})?"
    r"|(?:20\d\d)?\s*Q[1-4]|第?[一二三四]季度?|20\d\d[-./]\d{1,2}|[上下]半年|20\d\d年?)$",
    re.I,
)
_DAY = regex(
    rf"^(?:\d{{1,2}}[./-]\d{{1,2}}|(?:\d{{1,2}}月)?\d{{1,2}}[日号]|(?:周|星期|礼拜)[一二三四五六日天]|{_DAY_NAME})(?:\s*[(（].*|\s+\d[\d./-]*)?$",
    re.I,
)
_TIMES = (("week", _WEEK), ("month", _PERIOD), ("day", _DAY))


class Cross(Struct, frozen=True):
    """`across`: week, month, day, department, person, role; `down`: department, person, work. `letters`: the cells hold R, A, C, I."""

    area: Area
    heading_row: int
    down_col: int
    across: str
    down: str
    letters: bool = False


def find_cross(snapshot: Snapshot, context: Context) -> Cross | None:
    """The first cross-table of a sheet, None if there is none."""
    best: Cross | None = None
    for row in range(snapshot.first_row, min(snapshot.last_row, snapshot.first_row + _FIRST_ROWS) + 1):
        for found in _at_row(snapshot, row, context):
            if best is None or found.area.last_col - found.area.first_col > best.area.last_col - best.area.first_col:
                best = found
        if best is not None:
            return best
    return best


def _at_row(snapshot: Snapshot, row: int, context: Context) -> Iterator[Cross]:
    kinds = [(col, _kind(snapshot.value(row, col), context)) for col in range(snapshot.first_col, snapshot.last_col + 1)]
    start = 0
    while start < len(kinds):
        end = start
        while end + 1 < len(kinds) and _goes_on(kinds[end + 1][1], kinds[start][1], snapshot.value(row, kinds[end + 1][0])):
            end += 1
        first, last = kinds[start][0], kinds[end][0]
        while last > first and not says(snapshot.value(row, last)):
            last -= 1
        wide = kinds[start][1] and last - first + 1 >= _LEAST_ACROSS
        if wide and (found := _below(snapshot, row, first, last, kinds[start][1], context)):
            yield found
            start = end
        start += 1


def _goes_on(kind: str, first: str, value: Value) -> bool:
    return bool(first) and (
        kind == first or (isinstance(value, str) and loose(value) in TOTALS) or (first == "role" and kind in ("person", "department"))
    )


def _kind(value: Value, context: Context) -> str:
    """What a heading across names; "" for anything else."""
    if isinstance(value, date):
        return "day"
    if not isinstance(value, str) or not says(value):
        return ""
    said = plain(value).strip()
    if len(said) > _LONGEST:
        return "role" if len(said) <= _LONGEST_ROLE else ""
    if LETTERS.match(said):
        return ""
    if kind := time_in(said):
        return kind
    one = Cells([said])
    if one.units or context.directory.find(said):
        return "department"
    if one.names and not said.isascii():
        return "person"
    return "role"


def time_in(heading: str) -> str:
    """Whether a heading is a week, a month (or quarter, year) or a day; "" for anything else."""
    return next((kind for kind, pattern in _TIMES if pattern.match(heading)), "")


def _below(snapshot: Snapshot, row: int, first: int, last: int, across: str, context: Context) -> Cross | None:
    """The cross-table whose headings across stand in these columns; its rows are named in the nearest column of texts to the left."""
    bottom = row
    while bottom < snapshot.last_row and any(says(snapshot.value(bottom + 1, c)) for c in range(snapshot.first_col, last + 1)):
        bottom += 1
    body = range(row + 1, bottom + 1)
    for col in range(first - 1, snapshot.first_col - 1, -1):
        down = Cells([snapshot.value(r, col) for r in body])
        if len(down.texts) >= _LEAST_DOWN and len(down.texts) >= 0.6 * len(body):
            break
    else:
        return None
    inside = [v for r in body for c in range(first, last + 1) if says(v := snapshot.value(r, c))]
    letters = bool(inside) and all(isinstance(v, str) and bool(LETTERS.match(plain(v))) for v in inside)
    if across in ("role", "person", "department") and not letters and not _alike(inside):
        return None
    if across == "role" and not letters:
        return None
    kind = "department" if down.units >= 0.6 else "person" if down.names >= 0.6 and any(not t.isascii() for t in down.texts) else "work"
    return Cross(Area(row, col, bottom, last), row, col, across, kind, letters)


def _alike(inside: Sequence[Value]) -> bool:
    """Whether the cells of all columns hold the same kind of short thing: numbers, shares, marks."""
    short = sum(isinstance(v, (int, float)) or len(shown(v)) <= 4 for v in inside)
    return bool(inside) and short >= 0.9 * len(inside)


def words(cross: Cross, context: Context, add: str = "") -> str:
    """What it is, why it is not read as rows, and what to do. `add`: the form that a master needs to take a matrix of responsibilities."""
    lang = context.lang
    across, down = (text(f"read.word.cross_{kind}", lang) for kind in (cross.across, cross.down))
    todo = (
        "form" if cross.letters and add else "letters" if cross.letters else "time" if cross.across in ("week", "month", "day") else "parts"
    )
    do = text(f"read.word.cross_do_{todo}", lang, form=add)
    return text("read.word.cross", lang, area=cross.area, across=across, down=down, todo=do)
