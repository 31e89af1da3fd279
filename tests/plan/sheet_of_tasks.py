"""A task sheet small enough to read in a test: made from markdown, read as a Table, changed by a Plan.

`Sheet.apply` does what an engine does with a plan: it refuses a stale edit, moves the totals row, fills a calculated column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tables import cells, parsed

from collab_xl.errors import StaleCell
from collab_xl.forms import load
from collab_xl.model.keys import key_text
from collab_xl.model.place import Address, Area, column_letters
from collab_xl.model.plan import Plan
from collab_xl.model.sheets import Snapshot, Table, TableRef
from collab_xl.model.values import Value, same_value
from collab_xl.plan.edit import same_raw

FORM = load().form("tasks")
HEADING_ROW = 4
NAME = "任务跟踪表"


@dataclass
class Sheet:
    """Cells by (row, column). A column whose heading the schema lacks is the user's own."""

    headings: list[str]
    body: Area
    cells: dict[tuple[int, int], Value] = field(default_factory=dict)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    totals: bool = False

    def ref(self) -> TableRef:
        area = Area(HEADING_ROW, self.body.first_col, self.body.last_row + self.totals, self.body.last_col)
        return TableRef("Tasks", NAME, area, tuple(self.headings), int(self.totals))

    def refs(self) -> Mapping[str, TableRef]:
        return {"Tasks": self.ref()}

    def snapshot(self, sheet: str = NAME) -> Snapshot:
        assert sheet == NAME
        last_row = max((r for r, _ in (*self.cells, *self.formulas)), default=1)
        last_col = max((c for _, c in (*self.cells, *self.formulas)), default=1)
        grid = [[self.cells.get((r, c)) for c in range(1, last_col + 1)] for r in range(1, last_row + 1)]
        return Snapshot(NAME, 1, 1, grid, formulas=dict(self.formulas), tables=(self.ref(),))

    def columns(self) -> dict[str, int]:
        by_heading = {f.heading["zh"]: f.id for f in FORM.fields}
        return {by_heading[h]: self.body.first_col + n for n, h in enumerate(self.headings) if h in by_heading}

    def table(self) -> Table:
        columns = self.columns()
        rows = [r for r in range(self.body.first_row, self.body.last_row + 1) if any(self._filled(r, c) for c in columns.values())]
        values = {f: [read(f, self.cells.get((r, c))) for r in rows] for f, c in columns.items()}
        held = frozenset((i, f) for i, r in enumerate(rows) for f, c in columns.items() if (r, c) in self.formulas)
        ref = self.ref()
        return Table(
            "tasks",
            NAME,
            Area(ref.area.first_row, ref.area.first_col, self.body.last_row, ref.area.last_col),
            (HEADING_ROW, HEADING_ROW),
            columns,
            {},
            rows,
            values,
            {f: [self.cells.get((r, c)) for r in rows] for f, c in columns.items()},
            held=held,
            name="Tasks",
            totals_rows=int(self.totals),
        )

    def tables(self) -> dict[str, Table]:
        return {"tasks": self.table()}

    def _filled(self, row: int, col: int) -> bool:
        return self.cells.get((row, col)) is not None or (row, col) in self.formulas

    def apply(self, plan: Plan) -> None:
        """As the engine does it: `old` is the value before anything moved; a row that becomes the totals row is not emptied."""
        for e in plan.edits:
            if e.row <= self.body.last_row and not same_raw(self.cells.get((e.row, e.col)), e.old):
                raise StaleCell(cell=str(Address(e.sheet, e.row, e.col)), expected=e.old, found=self.cells.get((e.row, e.col)))
        area = plan.tables.get("Tasks")
        if area is not None:
            self._resize(area)
        for e in plan.edits:
            if self.totals and e.row == self.body.last_row + 1:
                assert e.new is None
                continue
            self.formulas.pop((e.row, e.col), None)
            self.cells.pop((e.row, e.col), None)
            if e.new is not None:
                self.cells[e.row, e.col] = e.new

    def _resize(self, area: Area) -> None:
        old_last, new_last = self.body.last_row, area.last_row - self.totals
        cols = range(area.first_col, area.last_col + 1)
        totals = {c: self.cells.pop((old_last + 1, c)) for c in cols if self.totals and (old_last + 1, c) in self.cells}
        if new_last < old_last:
            for cell in [(r, c) for r in range(new_last + 1, old_last + 1) for c in cols]:
                self.cells.pop(cell, None)
                self.formulas.pop(cell, None)
        self.cells.update({(new_last + 1, c): v for c, v in totals.items()})
        for col in cols:
            if (old_last, col) in self.formulas:
                for row in range(old_last + 1, new_last + 1):
                    self.formulas[row, col] = self.formulas[old_last, col]
        self.body = Area(self.body.first_row, area.first_col, new_last, area.last_col)

    def put(self, address: str, value: Value) -> None:
        """Type into a cell, as a person does."""
        cell = Area.parse(address)
        self.cells.pop((cell.first_row, cell.first_col), None)
        if value is not None:
            self.cells[cell.first_row, cell.first_col] = value

    def get(self, address: str) -> Value:
        cell = Area.parse(address)
        return self.cells.get((cell.first_row, cell.first_col))

    def lines(self) -> list[list[Value]]:
        """The body, row by row."""
        b = self.body
        return [[self.cells.get((r, c)) for c in range(b.first_col, b.last_col + 1)] for r in range(b.first_row, b.last_row + 1)]

    def set_lines(self, lines: list[list[Value]]) -> None:
        """Replace the body's rows (same number of rows)."""
        b = self.body
        for r, line in zip(range(b.first_row, b.last_row + 1), lines, strict=True):
            for c, value in zip(range(b.first_col, b.last_col + 1), line, strict=True):
                self.put(f"{column_letters(c)}{r}", value)


def read(field_id: str, raw: Value) -> Value:
    """Parse what these sheets hold: labels and percent texts; anything else as it is."""
    form_field = FORM.field(field_id)
    if form_field.kind == "key":
        return key_text(raw) or None
    if isinstance(raw, str) and form_field.kind in ("choice", "warning", "percent", "references", "date") and not raw.startswith("="):
        return parsed(form_field, raw)
    return raw if raw != "" else None


def sheet(markdown: str, *, totals: bool = False, first_col: int = 1) -> Sheet:
    """Body from row 5; `=x` is a formula, a percent or date text becomes a number or date, everything else stays text."""
    headings, *body = cells(markdown)
    last = HEADING_ROW + max(1, len(body))
    made = Sheet(headings, Area(HEADING_ROW + 1, first_col, last, first_col + len(headings) - 1), totals=totals)
    columns = {c: f for f, c in made.columns().items()}
    for col, heading in enumerate(headings, first_col):
        made.cells[HEADING_ROW, col] = heading
    for row, line in enumerate(body, HEADING_ROW + 1):
        for col, text in enumerate(line, first_col):
            if text.startswith("="):
                made.formulas[row, col] = text[1:]
                made.cells[row, col] = 0
            elif text:
                kind = FORM.field(columns[col]).kind if col in columns else "text"
                made.cells[row, col] = parsed(FORM.field(columns[col]), text) if kind in ("percent", "date") else text
    if totals:
        made.cells[last + 1, first_col] = "合计"
    return made


def same_lines(a: list[list[Value]], b: list[list[Value]]) -> bool:
    return len(a) == len(b) and all(
        same_value(x, y) and type(x) is type(y) for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True)
    )
