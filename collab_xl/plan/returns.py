"""Plan a returned workbook: the findings as marks, result lines and a sheet of notes, in the department's language.

In: the findings of one submission and its tables as read.  Out: `Marks`, which the engine writes into the file.  Pure.
Errors are red and warnings amber. A note needs no action, so it is only on the sheet of notes: it says how a cell was read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from collab_xl.catalogue import COMMA, finding_text, has, sentences, text
from collab_xl.forms import Form, Schema
from collab_xl.model.cell_text import shortened
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.place import Address
from collab_xl.model.record import Struct, field
from collab_xl.model.returns import Fate, Mark, Marks, NoteCell, NoteRow, Notes, ResultColumn
from collab_xl.model.sheets import Table
from collab_xl.plan.places import width
from collab_xl.plan.repeats import Group, distinct, grouped, row_ranges

NOT_THEIRS = frozenset({"H123", "H130", "M104", "M106", "M107", "M108", "M109", "M110", "M113", "M114", "M115", "R902"})
"""Codes about the master, about how files arrived, or for the PMO only: a department has nothing to correct for them."""
MAX_MARKS = 2000
"""The most cells marked in one workbook; the others are only counted."""
MAX_REMARKS = 60
MAX_COMMENT = 20_000
"""The most characters of ours in one comment. A person's own text in the comment is kept."""
WAITS_TO_BE_PASSED = "M112"
WAITS = ("waits", "rights", "review", "later", "put_off")
"""Beginnings of the names of fates that are not decided yet (`merge.fates`)."""
CENTRED = frozenset({"no", "severity", "cell"})
COLUMNS = ("no", "severity", "sheet", "cell", "row_key", "field", "found", "expected", "message", "fix")
WIDTHS = (5.0, 8.0, 12.0, 8.0, 12.0, 13.0, 17.0, 15.0, 27.0, 24.0)
_LINE, _EDGE, _HIGHEST = 12.5, 8.0, 260.0
_PER_WIDTH = 0.56
"""Chinese characters of the notes' type per unit of column width."""
Numbers = dict[Address | None, int]
"""Cell → the number of its mark."""


class About(Struct, frozen=True):
    """The file that is returned. `refused`: what is wrong and what to do, if the file was refused."""

    lang: str
    department: str
    file: str
    week: str = ""
    checked: str = ""
    refused: tuple[str, str] | None = None
    fates: Mapping[str, Fate] = field(default_factory=dict)
    """Cell (`任务跟踪表!G17`) → what became of its content. Empty before the file was merged."""


def to_mend(findings: Iterable[Finding]) -> list[Finding]:
    """The findings a department can and should correct."""
    return [f for f in findings if f.severity is not Severity.NOTE and f.code not in NOT_THEIRS]


def of_merge(f: Finding) -> bool:
    """Whether a finding says what became of a cell; the others say how it reads."""
    return f.code.startswith("M")


def plan_return(findings: Iterable[Finding], tables: Mapping[str, Table], schema: Schema, about: About) -> Marks:
    """The marks of one workbook. If there is nothing to correct, there are only the notes with the reason for returning it."""
    listed = list(findings)
    rank = {sheet: n for n, sheet in enumerate(dict.fromkeys(t.sheet for table in tables.values() for t in _parts(table)))}
    theirs = sorted(to_mend(listed), key=lambda f: _place(f, rank))
    numbers: Numbers = {at: n for n, at in enumerate(dict.fromkeys(f.at for f in theirs if f.at is not None), 1)}
    known = [f for f in listed if f.severity is Severity.NOTE and f.code not in NOT_THEIRS]
    said = _Words(schema, about.lang, about.fates)
    return Marks(
        about.lang,
        _notes(theirs, known, numbers, said, about),
        tuple(_marks(theirs, numbers, said)),
        tuple(_columns(theirs, tables, said)),
    )


def reasons(findings: Iterable[Finding], schema: Schema, lang: str, most: int) -> list[tuple[str, str, str]]:
    """Place, what is wrong and what to do, of the first cells to correct, in the department's words."""
    said = _Words(schema, lang, {})
    theirs = sorted(to_mend(findings), key=lambda f: (f.severity is not Severity.ERROR, _place(f, {})))
    lines = ((str(f.at) if f.at else "", said.of(f, "what"), said.of(f, "fix")) for f in theirs)
    return list(dict.fromkeys(lines))[:most]


def _parts(table: Table) -> list[Table]:
    return [part for _, part in table.parts] or [table]


def _place(f: Finding, rank: Mapping[str, int]) -> tuple[bool, int, str, int, int, int, str]:
    at = f.at or Address("", 0, 0)
    return f.at is None, rank.get(at.sheet, len(rank)), at.sheet, at.row, at.col, list(Severity).index(f.severity), f.code


class _Words:
    """The texts of a finding."""

    def __init__(self, schema: Schema, lang: str, fates: Mapping[str, Fate]) -> None:
        self.schema, self.lang, self.fates = schema, lang, fates

    def fate(self, f: Finding) -> str:
        """What became of the cell's content; "" where nothing of it was new, nothing is known yet, or the finding says it."""
        fate = self.fates.get(str(f.at))
        if fate is not None and fate.name == "review" and f.code == WAITS_TO_BE_PASSED:
            return ""
        return text(f"plan.returned.fate.{fate.name}", self.lang, **fate.facts) if fate else ""

    def form(self, f: Finding) -> Form | None:
        return next((form for form in self.schema.forms if form.id == f.form), None)

    def heading(self, f: Finding) -> str:
        form = self.form(f)
        field = form.known(f.field) if form else None
        return field.heading[self.lang] if field else ""

    def of(self, f: Finding, part: str) -> str:
        """A text of the finding as its department should read it, where that is not the PMO's."""
        theirs = f"plan.returned.theirs.{f.code}_{part}"
        return finding_text(f, part, self.lang, self.heading(f), theirs if has(theirs, self.lang) else "").strip()

    def expected(self, f: Finding) -> str:
        """What the cell should hold. A finding of the merge has the master's value there, which is no advice."""
        return "" if of_merge(f) else f.expected

    def label(self, key: str) -> str:
        return text(f"plan.returned.{key}", self.lang)

    def short(self, f: Finding) -> str:
        """What is wrong and what became of it: a row may have several. What to do is in the comment and in the notes."""
        return sentences((self.of(f, "what"), self.fate(f)), self.lang)

    def comment(self, f: Finding) -> str:
        lines = [f"{text(f'model.severity.{f.severity}', self.lang)} {f.code}", *filter(None, (self.of(f, "what"), self.fate(f)))]
        lines.append(self.label("why") + self.of(f, "why"))
        expected = self.expected(f)
        if expected and expected not in "".join(lines) + self.of(f, "fix"):
            lines.append(self.label("expected") + expected)
        return "\n".join([*lines, self.label("fix") + self.of(f, "fix")])


def _marks(theirs: Sequence[Finding], numbers: Numbers, said: _Words) -> Iterable[Mark]:
    for at, group in groupby((f for f in theirs if f.at is not None), key=lambda f: f.at):
        here = list(group)
        assert at is not None
        if numbers[at] <= MAX_MARKS:
            severe = any(f.severity is Severity.ERROR for f in here)
            yield Mark(numbers[at], at.sheet, at.row, at.col, severe, shortened("\n\n".join(said.comment(f) for f in here), MAX_COMMENT))


def _columns(theirs: Sequence[Finding], tables: Mapping[str, Table], said: _Words) -> Iterable[ResultColumn]:
    """One column per sheet, to the right of its tables."""
    parts = [part for table in tables.values() for part in _parts(table)]
    for sheet in dict.fromkeys(p.sheet for p in parts):
        here = [p for p in parts if p.sheet == sheet]
        lines: dict[int, list[str]] = {}
        for f in theirs:
            if f.at is not None and f.at.sheet == sheet:
                sign = "✗" if f.severity is Severity.ERROR else "▲"
                between = ": " if said.lang == "en" else "："
                lines.setdefault(f.at.row, []).append(f"{sign} {f.at.cell}{between}{said.short(f)}")
        heads = tuple(sorted({p.heading_rows[1] for p in here}))
        inside = {
            r: shortened("　".join(words)) for r, words in lines.items() if any(p.heading_rows[1] < r <= p.area.last_row for p in here)
        }
        if inside:
            last = max(p.area.last_row for p in here)
            yield ResultColumn(
                sheet, said.label("column"), said.label("column_comment"), heads, max(p.area.last_col for p in here), last, inside
            )


def _notes(theirs: Sequence[Finding], known: Sequence[Finding], numbers: Numbers, said: _Words, about: About) -> Notes:
    lang, last = about.lang, len(COLUMNS)
    between = " · "
    rows: list[NoteRow] = [NoteRow((), 8.0)]

    def wide(words: str, look: str, height: float = 0.0) -> None:
        rows.append(NoteRow((NoteCell(1, words, look),), height or _height(words, sum(WIDTHS)), last))

    wide(text("plan.returned.title", lang), "title", 30.0)
    asked = text("plan.returned.week", lang, week=about.week) if about.week else ""
    checked = text("plan.returned.checked", lang, when=about.checked) if about.checked else ""
    wide(between.join(filter(None, (about.department, about.file, asked, checked))), "muted", 18.0)
    if about.refused:
        wide(text("plan.returned.refused", lang, what=about.refused[0]), "bad")
        if about.refused[1]:
            wide(text("plan.returned.refused_fix", lang, fix=about.refused[1]), "text")
    if about.fates:
        wide(_became(about.fates.values(), lang), "section", 22.0)
    errors = sum(f.severity is Severity.ERROR for f in theirs)
    if theirs:
        counts = {"errors": errors, "warnings": len(theirs) - errors}
        told = (text(f"plan.returned.{key}", lang, count=n) for key, n in counts.items() if n)
        wide(text("plan.returned.then", lang).join(told), "bad" if errors else "section", 22.0)
        for key in ("how_1", "how_2", "how_3"):
            wide(text(f"plan.returned.{key}", lang), "text")
        rows.append(NoteRow((), 6.0))
        titles = {c.id: c.heading[lang] for c in said.schema.service("findings").columns} | {"no": text("model.column.no", lang)}
        rows.append(
            NoteRow(tuple(NoteCell(n, titles[c], "head_centre" if c in CENTRED else "head") for n, c in enumerate(COLUMNS, 1)), 24.0)
        )
    freeze = len(rows) if theirs else 0
    shown = [f for f in theirs if numbers.get(f.at, 0) <= MAX_MARKS]
    rows += (_line(f, numbers.get(f.at, 0), said) for f in shown)
    if len(shown) < len(theirs):
        wide(text("plan.returned.more", lang, count=len(theirs) - len(shown)), "bad")
    merging = [f for f in known if of_merge(f) and f.at not in numbers]  # a marked cell says itself what became of it
    for heading, part in (("became", merging), ("understood", [f for f in known if not of_merge(f)])):
        remarks = grouped(part, at_least=2)
        if not remarks:
            continue
        rows.append(NoteRow((), 10.0))
        wide(text(f"plan.returned.{heading}", lang), "section", 22.0)
        rows += (_remark(group, said) for group in remarks[:MAX_REMARKS])
        if len(remarks) > MAX_REMARKS:
            wide(text("plan.returned.more_remarks", lang, count=len(remarks) - MAX_REMARKS), "muted")
    return Notes(text("plan.returned.sheet", lang), WIDTHS, tuple(rows), freeze if freeze < 16 else 0, freeze)


def _became(fates: Iterable[Fate], lang: str) -> str:
    """`✓ 已采用 45 格　◆ 等 PMO 决定 2 格　▲ 没有采用 3 格`, in the words of a pack's first sheet."""
    names = [fate.name for fate in fates]
    taken = names.count("merged")
    waiting = sum(name.startswith(WAITS) for name in names)
    counts = {"taken": taken, "waiting": waiting, "not_taken": len(names) - taken - waiting}
    return "    ".join(text(f"plan.returned.{key}", lang, n=n) for key, n in counts.items() if n)


def _line(f: Finding, number: int, said: _Words) -> NoteRow:
    form = said.form(f)
    sheet = f.at.sheet if f.at else form.sheet[said.lang] if form else ""
    whole = (f.row_id or "", said.heading(f), f.found, said.expected(f), said.short(f), said.of(f, "fix"))
    words = tuple(map(shortened, whole))
    lead = (
        NoteCell(1, number or "", "centre"),
        NoteCell(2, text(f"model.severity.{f.severity}", said.lang), str(f.severity)),
        NoteCell(3, sheet),
        NoteCell(4, f.at.cell, "link", (f.at.sheet, f.at.cell)) if f.at else NoteCell(4, "", "centre"),
    )
    return NoteRow((*lead, *(NoteCell(n, w) for n, w in enumerate(words, 5))), _row_height((sheet, *words), (2, 4)))


def _remark(group: Group, said: _Words) -> NoteRow:
    f = group.first
    words = said.of(f, "what")
    if group.count > 1:
        ranges, left = row_ranges(group)
        found, more = distinct([m.found for m in group.members])
        rows = COMMA[said.lang].join(ranges) + ("…" if left else "")
        words = text("plan.returned.same", said.lang, what=words, count=group.count, rows=rows)
        shown = COMMA[said.lang].join(found) + ("…" if more else "")
    else:
        shown = f.found
    sheet = f.at.sheet if f.at else ""
    whole = (f.row_id or "" if group.count == 1 else "", said.heading(f), shown, said.expected(f), words, said.of(f, "fix"))
    texts = tuple(map(shortened, whole))
    lead = (
        NoteCell(1, "", "centre"),
        NoteCell(2, text("model.severity.note", said.lang), "centre"),
        NoteCell(3, sheet),
        NoteCell(4, f.at.cell, "link", (f.at.sheet, f.at.cell)) if f.at else NoteCell(4, "", "centre"),
    )
    return NoteRow((*lead, *(NoteCell(n, w) for n, w in enumerate(texts, 5))), _row_height((sheet, *texts), (2, 4)))


def _row_height(texts: Sequence[str], columns: tuple[int, int]) -> float:
    """The height needed for the longest text. `columns`: index in WIDTHS of the first text and of the second."""
    sizes = (WIDTHS[columns[0]], *WIDTHS[columns[1] :])
    return max(22.0, *(_height(words, size) for words, size in zip(texts, sizes, strict=True)))


def _height(words: str, size: float) -> float:
    room = max(2.0, (size - 2) * _PER_WIDTH)
    lines = sum(max(1, math.ceil(width(part) / room)) for part in words.split("\n"))
    return min(_HIGHEST, _EDGE + _LINE * lines)
