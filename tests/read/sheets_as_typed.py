"""Sheets as a person types them, for the tests of reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from collab_xl.forms import load
from collab_xl.model.directory import Department, Directory
from collab_xl.model.finding import Finding
from collab_xl.model.place import Area, parse_a1
from collab_xl.model.sheets import NumberFormats, Snapshot, Table, TableRef
from collab_xl.model.values import Value, normal
from collab_xl.read.context import Context
from collab_xl.read.sheet import Parsed, parse_sheet
from collab_xl.read.table import parse_table

SCHEMA = load()
NOBODY = Directory()
COMPANY = Directory.of(
    (
        Department("市场部", aliases=("市场", "Marketing")),
        Department("研发部", aliases=("技术部", "R&D")),
        Department("销售部"),
        Department("客服部"),
        Department("财务部"),
    )
)


def context(lang: str = "zh", directory: Directory = NOBODY, **more: object) -> Context:
    return Context(lang, directory, **more)  # type: ignore[arg-type]


def snapshot(
    rows: Iterable[Sequence[object]],
    *,
    sheet: str = "表1",
    merges: Sequence[str] = (),
    percents: Sequence[str] = (),
    formats: Mapping[str, str] | None = None,
    **more: object,
) -> Snapshot:
    """Rows from A1 on; short rows are filled up with blanks. `formats`: cell → number format."""
    lines = [[normal(v) for v in row] for row in rows]
    width = max((len(line) for line in lines), default=0)
    return Snapshot(
        sheet,
        1,
        1,
        [line + [None] * (width - len(line)) for line in lines],
        merges=tuple(Area.parse(m) for m in merges),
        percents=frozenset(parse_a1(c) for c in percents),
        number_formats=number_formats(formats or {}),
        **more,  # type: ignore[arg-type]
    )


def number_formats(formats: Mapping[str, str]) -> NumberFormats:
    cells = {parse_a1(cell): code for cell, code in formats.items()}
    return NumberFormats(lambda col: {r: code for (r, c), code in cells.items() if c == col}, frozenset(formats.values()))


def read(rows: Iterable[Sequence[object]], ctx: Context | None = None, **more: object) -> Parsed:
    return parse_sheet(snapshot(rows, **more), SCHEMA, ctx or context())  # type: ignore[arg-type]


def only(parsed: Parsed) -> Table:
    (table,) = parsed.tables
    return table


def cell(
    form_id: str, field_id: str, raw: object, ctx: Context | None = None, others: Mapping[str, object] | None = None, **more: object
) -> tuple[Value, list[Finding]]:
    """One cell of a table of ours, in row 2: its parsed value and the findings at it. `others` fills more fields of the row."""
    table, findings = record(form_id, {field_id: raw, **(others or {})}, ctx, **more)
    col = table.columns[field_id]
    return table.values[field_id][0], [f for f in findings if f.at and (f.at.row, f.at.col) == (2, col)]


def record(form_id: str, fields: Mapping[str, object], ctx: Context | None = None, **more: object) -> tuple[Table, list[Finding]]:
    """A one-row table of ours with a key and these fields."""
    form = SCHEMA.form(form_id)
    ctx = ctx or context()
    row = [normal(fields.get(f.id, "K-1" if f.kind == "key" else None)) for f in form.fields]
    return ours(form_id, [row], ctx, **more)


def ours(form_id: str, rows: Sequence[Sequence[object]], ctx: Context | None = None, **more: object) -> tuple[Table, list[Finding]]:
    """A ListObject with every field of the form from A1 on."""
    form = SCHEMA.form(form_id)
    ctx = ctx or context()
    headings = tuple(f.heading[ctx.lang] for f in form.fields)
    shot = snapshot([headings, *rows], **more)  # type: ignore[arg-type]
    ref = TableRef(form.table, shot.sheet, Area(1, 1, len(rows) + 1, len(headings)), headings)
    return parse_table(shot, ref, form, ctx)


def codes(findings: Iterable[Finding]) -> list[str]:
    return sorted(f.code for f in findings)


def at(findings: Iterable[Finding], code: str) -> list[str]:
    return [f.at.cell for f in findings if f.code == code and f.at]


def day(text: str) -> date:
    return date.fromisoformat(text)
