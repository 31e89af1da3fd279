"""Read a matrix of responsibilities as a table of its form: a record for each letter of each cell (decision 0071). Pure.

The matrix is laid out as a list (work, department or post or person, letter, the columns beside), which is read like any other. Then every
position is mapped back to its cell.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.catalogue import text
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address
from collab_xl.model.record import replace
from collab_xl.model.sheets import Cell, NumberFormats, Snapshot, Table
from collab_xl.model.values import Value
from collab_xl.read.asking import Question, remarks
from collab_xl.read.clues import Clues
from collab_xl.read.columns import ColumnReader, Special, date_columns
from collab_xl.read.context import Context
from collab_xl.read.duty_words import instead
from collab_xl.read.headings import is_sequence, lexicon, match
from collab_xl.read.located import Located
from collab_xl.read.matrix import Duty, FoundMatrix
from collab_xl.read.remarks import finding
from collab_xl.read.text import plain, shown


def read_matrix(snapshot: Snapshot, found: FoundMatrix, context: Context) -> tuple[Table, list[Finding], list[Question], Located]:
    """The duties as a Table with the cell of each value in `placed`; findings and questions have the cells of the matrix."""
    form, matrix = found.form, found.form.matrix
    assert matrix is not None
    laid = _LaidOut(snapshot, found, context)
    changed = instead(form, {d.word for d in found.duties}, context)
    own = {**found.legend, **context.words.get((form.id, matrix.value), {}), **changed}
    if own:
        context = replace(context, words={**context.words, (form.id, matrix.value): own})
    matching = match(form, [(n, 1, (heading,)) for n, heading in laid.read], context)
    raw = {m.col: [line[m.col - 1] for line in laid.snapshot.cells[1:]] for m in matching.mapped}
    clues = Clues(
        context,
        lambda: (v for c in date_columns(form, matching.mapped) for v in raw[c]),
        lambda: [snapshot.sheet, *(v for line in snapshot.cells[: found.heading_row - snapshot.first_row] for v in line if v is not None)],
    )
    rows = range(2, len(found.duties) + 2)
    read = ColumnReader(laid.snapshot, form, context, clues, Special(laid.snapshot), matching.mapped, rows).read(raw)
    said, questions = remarks(snapshot.sheet, form, replace(matching, rows=dict.fromkeys(matching.extra, 1)), context, ours=False)
    sheet_cols = {f: laid.column(col) for f, col in read.columns.items()}
    table = Table(
        form=form.id,
        sheet=snapshot.sheet,
        area=found.area,
        heading_rows=(found.heading_row, found.heading_row),
        columns=sheet_cols,
        headings=read.headings,
        rows=[d.cell[0] for d in found.duties],
        values=read.values,
        raw=read.raw,
        extra={laid.column(c): h for c, h in matching.extra.items()},
        placed={f: [laid.place(n, col) for n in range(len(found.duties))] for f, col in read.columns.items()},
    )
    at = Address(snapshot.sheet, found.heading_row, found.area.first_col)
    findings = [laid.put_back(f) for f in (*said, *read.findings)]
    findings.append(finding("H104", at, form=form.id, expected=form.key.heading[context.lang], table=snapshot.sheet))
    findings += _assumed(found, changed, at, context)
    return table, findings, [replace(q, at=laid.address(q.at)) for q in questions], _located(snapshot, found, table, context)


class _LaidOut:
    """The matrix as a list: headings in row 1, a duty a row."""

    def __init__(self, snapshot: Snapshot, found: FoundMatrix, context: Context) -> None:
        self._sheet, self._found = snapshot.sheet, found
        form, lang, matrix = found.form, context.lang, found.form.matrix
        assert matrix is not None
        who = [f for f in matrix.who if f in found.kinds.values()]
        self._fields = [form.id_of("title"), matrix.work, matrix.value, *who]
        lex = lexicon(form, lang)
        taken = {form.key.id, *self._fields[:3]}
        self._others = list(found.others)
        self.read = [(n, form.field(f).heading[lang]) for n, f in enumerate(self._fields, 1)]
        first = len(self._fields) + 1
        for n, (_, heading) in enumerate(found.others.items(), first):
            target = lex.find(heading)
            if target is None or not taken & {target.field}:
                self.read.append((n, heading))
        headings: list[Value] = [form.field(f).heading[lang] for f in self._fields]
        lines: list[list[Value]] = [[*headings, *found.others.values()], *(list(self._line(snapshot, d, lang)) for d in found.duties)]
        formats = NumberFormats(lambda col: self._formats(snapshot, col), snapshot.number_formats.codes)
        self.snapshot = Snapshot(snapshot.sheet, 1, 1, lines, number_formats=formats)

    def _line(self, snapshot: Snapshot, duty: Duty, lang: str) -> Iterator[Value]:
        matrix = self._found.form.matrix
        assert matrix is not None
        work, who = (plain(shown(snapshot.value(*cell))).strip() for cell in (duty.work, duty.who))
        who = duty.name or who
        yield text("read.word.duty" if duty.first else "read.word.duty_also", lang, work=work, who=who, letter=duty.word)
        yield work
        yield duty.word
        for field in self._fields[3:]:
            yield who if self._found.kinds[duty.who] == field else None
        for col in self._others:
            yield snapshot.value(duty.cell[0], col)

    def _formats(self, snapshot: Snapshot, col: int) -> dict[int, str]:
        if col <= len(self._fields):
            return {}
        codes = snapshot.number_formats.of_column(self.column(col))
        return {n: codes[d.cell[0]] for n, d in enumerate(self._found.duties, 2) if d.cell[0] in codes}

    def column(self, col: int) -> int:
        """The sheet's column of a column of the list."""
        if col > len(self._fields):
            return self._others[col - len(self._fields) - 1]
        return self._found.work_col if (col <= 2) != self._found.on_side and col != 3 else self._found.across[0]

    def place(self, index: int, col: int) -> Cell:
        """The cell of a value of a duty."""
        duty = self._found.duties[index]
        if col > len(self._fields):
            return duty.cell[0], self.column(col)
        return duty.work if col <= 2 else duty.cell if col == 3 else duty.who

    def address(self, at: Address) -> Address:
        cell = (self._found.heading_row, self.column(at.col)) if at.row == 1 else self.place(at.row - 2, at.col)
        return Address(self._sheet, *cell)

    def put_back(self, said: Finding) -> Finding:
        return said if said.at is None else replace(said, at=self.address(said.at))


def _assumed(found: FoundMatrix, changed: dict[str, str], at: Address, context: Context) -> Iterator[Finding]:
    """What a word was read as because of the others."""
    matrix = found.form.matrix
    assert matrix is not None
    field = found.form.field(matrix.value)
    for word, choice in changed.items():
        label = field.label(choice, context.lang)
        yield finding("H128", at, form=found.form.id, field_id=field.id, found=word, expected=label, example=f"{word}={label}")


def _located(snapshot: Snapshot, found: FoundMatrix, table: Table, context: Context) -> Located:
    form, matrix, lang = found.form, found.form.matrix, context.lang
    assert matrix is not None

    def heading(cell: Cell) -> str:
        return plain(shown(snapshot.value(*cell))).strip()

    work = (form.id_of("title"), matrix.work)
    columns: dict[int, tuple[str, tuple[str, ...]]] = {}
    who = tuple(dict.fromkeys(found.kinds.values()))
    columns[found.work_col] = (found.work_heading, who if found.on_side else work)
    for duty in found.duties:
        top = (found.heading_row, duty.cell[1]) if found.named else duty.work if found.on_side else duty.who
        columns.setdefault(duty.cell[1], (heading(top), (matrix.value, *(work if found.on_side else (found.kinds[duty.who],)))))
    read = {table.columns[f]: f for f in table.columns}
    columns |= {c: (h, (read[c],) if c in read else ()) for c, h in found.others.items()}

    def how(col: int) -> str:
        if col not in found.others:
            return "matrix"
        return "alias" if columns[col][1] else "sequence" if is_sequence(columns[col][0]) else "own"

    why = text("read.word.why_matrix", lang, row=found.heading_row, count=len(found.duties), form=form.title[lang])
    area, rows = found.area, (found.heading_row, found.heading_row)
    return Located(form.id, snapshot.sheet, rows, area, dict(sorted(columns.items())), 0.0, why, how={c: how(c) for c in columns})
