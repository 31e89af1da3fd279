"""The rows below one heading row: which are records, their cells by column, and what was left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collab_xl.model.finding import Finding
from collab_xl.model.place import Address, column_letters
from collab_xl.model.record import replace
from collab_xl.model.sheets import Cell, Snapshot
from collab_xl.model.values import Value
from collab_xl.read.columns import Special
from collab_xl.read.headings import ROW_ID, added_columns, fold, is_sequence
from collab_xl.read.locate import FoundBlock
from collab_xl.read.remarks import finding
from collab_xl.read.rows import Layout, RowKind, classify, group_title, says, without_mark
from collab_xl.read.text import quoted, shown
from collab_xl.read.ticked import Ticked

_SKIPPED = {RowKind.NUMBER: "H106", RowKind.GROUP: "H107", RowKind.TOTALS: "H108", RowKind.STRAY: "H109"}
LONG_RUN = 4
"""Equal findings in at least this many consecutive rows are reported as one."""
_WHOLE = 2
"""At least this many records must have their ID and a day before a name alone is a group's title."""
_DEFAULTS = 3
"""At least this many rows with nothing but the same choice or percentage are prepared for later use, not records."""


class Body:
    """The rows under one heading row: which are records, their cells by column, and what was left out."""

    def __init__(self, snapshot: Snapshot, block: FoundBlock, special: Special, ticks: Ticked | None = None) -> None:
        self.ticks = ticks
        self.snapshot, self.block, self.form = snapshot, block, block.form
        self.mapped = block.matching.mapped
        self.findings: list[Finding] = []
        self.extra = dict(block.matching.extra)
        self._ids = next((c for c, h in self.extra.items() if fold(h) == ROW_ID), None)
        self._added = added_columns(self.extra.items())
        self._special = special
        self._calculated: dict[int, set[int]] = {}
        for row, col in snapshot.formulas:
            self._calculated.setdefault(row, set()).add(col)
        columns = {f: m.col for m in reversed(self.mapped) for f in m.fields}
        numbers = frozenset(c for c, h in self.extra.items() if is_sequence(h))
        half = (block.last_col - block.first_col + 1) / 2
        wide = frozenset(a.first_row for a in snapshot.merges if a.first_row == a.last_row and a.last_col - a.first_col + 1 > half)
        self._layout = Layout(self.form, columns, numbers, self.form.id_of("title"), wide)
        self._cols = sorted({m.col for m in self.mapped})
        self._merged = self._merges()
        self.rows: list[int] = []
        self.row_ids: list[str | None] = []
        """The row ids of a pack whose table was converted to a range; empty for any other sheet."""
        self.groups: dict[int, str] = {}
        """Row → the title of the group that begins there."""
        self._lines: list[dict[int, Value]] = []
        self._walk()
        self._without_defaults()
        self._without_groups()
        self.findings = _once(self.findings)
        self.raw: dict[int, Sequence[Value]] = {c: [line.get(c) for line in self._lines] for c in self._cols}
        self.placed: dict[str, list[Cell]] = {}
        if ticks is not None:
            self.raw[ticks.at] = [ticks.value(snapshot, row) for row in self.rows]
            self.placed[ticks.field] = [ticks.cell(snapshot, row) for row in self.rows]
        self._unnamed()

    def sample(self, col: int) -> list[Value]:
        """The raw values of a column in the records. The column need not be one that is read."""
        return [self.snapshot.value(row, col) for row in self.rows[:200]]

    @property
    def blank(self) -> frozenset[int]:
        """The columns that are not read and are blank in every record."""
        return frozenset(c for c in self.extra if not any(says(self.snapshot.value(row, c)) for row in self.rows))

    def _merges(self) -> dict[tuple[int, int], tuple[int, Value]]:
        """(row, column) covered by a cell that is merged downwards → the row of that cell and its value. IDs are not repeated."""
        key = self._layout.columns.get(self.form.key.id)
        out: dict[tuple[int, int], tuple[int, Value]] = {}
        b = self.block
        for a in self.snapshot.merges:
            if a.last_row == a.first_row or a.first_row <= b.last or a.first_row > b.body_last or a.first_col not in self._cols:
                continue
            value = self.snapshot.value(a.first_row, a.first_col)
            if not says(value):
                continue
            for row in range(a.first_row + 1, min(a.last_row, b.body_last) + 1):
                out[row, a.first_col] = (a.first_row, value if a.first_col != key else None)
        return out

    def _walk(self) -> None:
        b, sheet = self.block, self.snapshot.sheet
        totals = {t.area.last_row for t in self.snapshot.tables if t.totals_rows}
        noted: set[tuple[int, int]] = set()
        cols = range(b.first_col, b.last_col + 1)
        broken = any(self._special.broken.get(c) for c in cols)
        follows = False
        for row in range(b.last + 1, b.body_last + 1):
            line_read = self.snapshot.cells[row - self.snapshot.first_row]
            if not broken and line_read.count(None) == len(line_read):
                follows = False
                continue
            own = {c: v for c in cols if c not in self._added and says(v := self._cell(row, c))}
            if not own or (self._calculated and self._is_calculated(row, own)):
                follows = False
                continue
            given = self._ids is not None and says(self.snapshot.value(row, self._ids))  # a row of a pack is always a record
            kind = RowKind.RECORD if given else RowKind.TOTALS if row in totals else self._kind(row, own, follows)
            follows = kind in (RowKind.RECORD, RowKind.CONTINUED)
            if kind is RowKind.RECORD:
                line = {c: self.snapshot.value(row, c) for c in self._cols}
                for c in self._cols if self._merged else ():
                    source = self._merged.get((row, c))
                    if source and line[c] is None and source[1] is not None:
                        line[c] = source[1]
                        if (source[0], c) not in noted:
                            noted.add((source[0], c))
                            self._say("H112", source[0], c, quoted(source[1]))
                self.rows.append(row)
                if self._ids is not None:
                    self.row_ids.append(shown(self.snapshot.value(row, self._ids)) or None)
                self._lines.append(line)
            elif kind is RowKind.CONTINUED:
                for c, v in own.items():
                    self._join(row, c, v)
            elif kind in _SKIPPED:
                col = min(own)
                said = " | ".join(quoted(v) for v in own.values())
                if kind is RowKind.GROUP and (title := group_title(own)):
                    self.groups[row] = title
                self.findings.append(finding(_SKIPPED[kind], Address(sheet, row, col), form=self.form.id, found=said, row=row))

    def _is_calculated(self, row: int, own: Mapping[int, Value]) -> bool:
        """Whether a row has no content of its own: formulas filled down for later rows show 0, blanks or 未开始 (and rows are numbered
        ahead). A row whose name comes from a formula is one."""
        cols = self._calculated.get(row)
        if not cols or self._layout.columns.get(self._layout.about) in own:
            return False
        counted = {c for c in self._layout.numbers & own.keys() if isinstance(own[c], (int, float))}
        return not own.keys() - cols - counted and any(c in cols for c in own)

    def _without_defaults(self) -> None:
        """Rows filled down with the same choice or percentage and without a name are prepared for later use, not records."""
        named = {self._layout.columns.get(f) for f in (self._layout.about, self.form.key.id)}
        marks = [self._default(line, named) for line in self._lines]
        gone: set[int] = set()
        start = 0
        for i in range(len(marks) + 1):
            if i == len(marks) or not marks[i] or marks[i] != marks[start] or self.rows[i] != self.rows[start] + i - start:
                if i - start >= _DEFAULTS and marks[start]:
                    gone.update(range(start, i))
                start = i
        self._leave_out({i: marks[i] for i in gone})

    def _without_groups(self) -> None:
        """Rows with nothing but a name, where every other record has its ID and a day, are titles of groups (INITIATION, PLANNING)."""
        name, key = self._layout.columns.get(self._layout.about), self._layout.columns.get(self.form.key.id)
        days = [m.col for m in self.mapped if self.form.field(m.field).kind in ("date", "moment")]
        if name is None or key is None or not days or self._ids is not None:
            return
        alone = {i: ((name, line[name]),) for i, line in enumerate(self._lines) if self._only(i, line, name)}
        others = [line for i, line in enumerate(self._lines) if i not in alone]
        if len(others) >= _WHOLE and all(says(line.get(key)) and any(says(line.get(c)) for c in days) for line in others):
            self.groups |= {self.rows[i]: title for i, cells in alone.items() if (title := group_title(dict(cells)))}
            self._leave_out(alone)

    def _only(self, i: int, line: Mapping[int, Value], name: int) -> bool:
        filled = {c for c, v in line.items() if says(v)} | {c for c in self.extra if says(self.snapshot.value(self.rows[i], c))}
        return filled == {name}

    def _leave_out(self, marks: Mapping[int, tuple[tuple[int, Value], ...]]) -> None:
        """Take rows that are no records out, each with a finding."""
        gone = set(marks)
        for i in sorted(gone):
            found = " | ".join(quoted(v) for _, v in marks[i])
            at = Address(self.snapshot.sheet, self.rows[i], marks[i][0][0])
            self.findings.append(finding("H107", at, form=self.form.id, found=found, row=self.rows[i]))
        if gone:
            keep = [i for i in range(len(self.rows)) if i not in gone]
            self.rows, self._lines = [self.rows[i] for i in keep], [self._lines[i] for i in keep]
            self.row_ids = [self.row_ids[i] for i in keep] if self.row_ids else self.row_ids

    def _default(self, line: Mapping[int, Value], named: set[int | None]) -> tuple[tuple[int, Value], ...]:
        """The cells of a record that has only choices and percentages; () for any other."""
        filled = tuple((c, v) for c, v in line.items() if says(v))
        plain = all(self.form.field(self._layout.by_col[c]).kind in ("choice", "percent") for c, _ in filled if c in self._layout.by_col)
        return filled if filled and plain and not any(c in named for c, _ in filled) else ()

    def _kind(self, row: int, own: Mapping[int, Value], follows: bool) -> RowKind:
        name, key = self._layout.columns.get(self._layout.about), self._layout.columns.get(self.form.key.id)
        kind = classify(self._layout, own, row=row, follows_record=follows)
        if kind is RowKind.RECORD and len(own) == 1 and row == self.block.body_last < self.snapshot.last_row:
            return RowKind.GROUP  # a single text directly above the next heading row is its title
        if name is not None and (row, name) in self._merged and kind not in (RowKind.BLANK, RowKind.TOTALS, RowKind.FOOT):
            # one name over several rows is one record unless each row has an ID of its own
            return RowKind.RECORD if key is not None and key in own else RowKind.STRAY
        if kind in (RowKind.STRAY, RowKind.CONTINUED) and self._heading_again(row, own):
            return RowKind.FOOT
        return kind

    def _heading_again(self, row: int, own: Mapping[int, Value]) -> bool:
        return all(own.get(m.col) == self.snapshot.value(m.row, m.col) for m in self.mapped)

    def _cell(self, row: int, col: int) -> Value:
        value = self.snapshot.value(row, col)
        if value is None and (broken := self._special.broken.get(col, {}).get(row)):
            return broken[1]
        return value

    def _join(self, row: int, col: int, value: Value) -> None:
        line = self._lines[-1]
        if col in line:
            before = line[col]
            text = without_mark(shown(value))
            line[col] = f"{shown(before)}\n{text}" if says(before) else text
            self._say("H110", row, col, quoted(value), to=self.rows[-1])

    def _say(self, code: str, row: int, col: int, found: str, **facts: Any) -> None:
        field_id = self._layout.by_col.get(col)
        self.findings.append(
            finding(code, Address(self.snapshot.sheet, row, col), form=self.form.id, field_id=field_id, found=found, row=row, **facts)
        )

    def _unnamed(self) -> None:
        """Columns between the known ones with content but no heading are kept and reported."""
        b = self.block
        merged = {c: a for a in self.snapshot.merges if b.first <= a.first_row <= b.last for c in range(a.first_col, a.last_col + 1)}
        for col in range(b.first_col, b.last_col + 1):
            if col in (self.ticks.words if self.ticks else ()):
                continue
            if col not in self._cols and col not in self.extra and any(says(self.snapshot.value(r, col)) for r in self.rows):
                if col in merged:  # further cells below a merged heading: kept under its name
                    self.extra[col] = shown(self.snapshot.value(merged[col].first_row, merged[col].first_col))
                    continue
                self.extra[col] = ""
                self._say("H114", b.last, col, column_letters(col), column=column_letters(col))


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """Equal findings of many consecutive rows, joined into one (第 3–202 行)."""
    out: list[Finding] = []
    said = sorted((f for f in findings if f.code in ("H106", "H107") and f.at), key=lambda f: f.at.row if f.at else 0)
    single = {id(f) for f in said}
    start = 0
    for n, each in enumerate(said):
        following = said[n + 1] if n + 1 < len(said) else None
        if following and following.code == each.code and following.at and each.at and following.at.row == each.at.row + 1:
            continue
        run = said[start : n + 1]
        first, last = run[0].at, run[-1].at
        if len(run) < LONG_RUN or first is None or last is None:
            out += run
        else:
            out.append(replace(run[0], facts={**run[0].facts, "row": f"{first.row}–{last.row}"}))
        start = n + 1
    return [*(f for f in findings if id(f) not in single), *out]
