"""Parsed tables from markdown, so that a test shows the sheet it is about.

    table = tasks('''
        | 任务ID | 计划结束时间 | 完成状态 |
        | RW-001 | 2025-03-07   | 进行中   |
    ''')

Headings are the schema's, in Chinese or English. The heading row is row 1 of the sheet, the first column is A. A blank cell is None;
`!word` is a text that could not be read; a date may carry a time; 80% is 0.8; names are separated by 、.
"""

from __future__ import annotations

from datetime import date, datetime

from collab_xl.forms import Field, Form, load
from collab_xl.model.directory import Department, Directory
from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.model.values import CLEAR, Unreadable, Value


def cells(markdown: str) -> list[list[str]]:
    """The rows of a markdown table; rulers (`| --- |`) are left out."""
    lines = [line.strip().strip("|").split("|") for line in markdown.strip().splitlines() if line.strip()]
    return [row for row in ([c.strip() for c in line] for line in lines) if not all(set(c) <= {"-", ":"} and c for c in row)]


def parsed(field: Field, text: str) -> Value:
    """The parsed value of a cell as `Table.values` holds it."""
    if not text:
        return None
    if text == "清空":
        return CLEAR
    if text.startswith("!"):
        return Unreadable(text[1:])
    match field.kind:
        case "date":
            return date.fromisoformat(text)
        case "moment":
            return datetime.fromisoformat(text) if " " in text else date.fromisoformat(text)
        case "percent":
            return float(text.rstrip("%")) / 100
        case "whole":
            return int(text)
        case "amount":
            return float(text)
        case "yesno":
            return {"是": True, "Yes": True, "否": False, "No": False}[text]
        case "departments" | "references":
            return tuple(name.strip() for name in text.replace(",", "、").split("、"))
        case "choice" | "warning":
            found = [c.id for c in field.choices if text in (c.id, *c.label.values(), *c.aliases)]
            assert found, f"{text!r} is no choice of {field.id}"
            return found[0]
    return text


def table(of: str | Form, markdown: str, *, first_row: int = 1, sheet: str | None = None) -> Table:
    """One form's table. `first_row` is the sheet row of the headings."""
    form = load().form(of) if isinstance(of, str) else of
    headings, *body = cells(markdown)
    fields = []
    for heading in headings:
        matching = [f for f in form.fields if heading in f.heading.values()]
        assert matching, f"{form.id} has no column {heading!r}"
        fields.append(matching[0])
    for line in body:
        assert len(line) == len(headings), f"{line} has another number of cells than the headings"
    return Table(
        form=form.id,
        sheet=sheet or form.sheet["zh"],
        area=Area(first_row, 1, first_row + max(1, len(body)), len(headings)),
        heading_rows=(first_row, first_row),
        columns={f.id: n for n, f in enumerate(fields, 1)},
        headings={f.id: heading for f, heading in zip(fields, headings, strict=True)},
        rows=tuple(range(first_row + 1, first_row + 1 + len(body))),
        values={f.id: [parsed(f, line[n]) for line in body] for n, f in enumerate(fields)},
        raw={f.id: [line[n].lstrip("!") or None for line in body] for n, f in enumerate(fields)},
        name=form.table,
    )


def requirements(markdown: str, *, first_row: int = 1) -> Table:
    return table("requirements", markdown, first_row=first_row)


def tasks(markdown: str, *, first_row: int = 1) -> Table:
    return table("tasks", markdown, first_row=first_row)


def problems(markdown: str, *, first_row: int = 1) -> Table:
    return table("problems", markdown, first_row=first_row)


def directory(markdown: str) -> Directory:
    """Departments from a table with the headings of sheet 部门与接口人."""
    service = load().service("departments")
    headings, *body = cells(markdown)
    ids = [next(c.id for c in service.columns if h in c.heading.values()) for h in headings]
    return Directory.of(_department(dict(zip(ids, line, strict=True))) for line in body)


def _department(row: dict[str, str]) -> Department:
    def several(name: str) -> tuple[str, ...]:
        return tuple(filter(None, row.get(name, "").replace(",", "、").split("、")))

    return Department(
        name=row["name"],
        aliases=several("aliases"),
        liaison=row.get("liaison", ""),
        emails=several("emails"),
        head=row.get("head", ""),
        superior=row.get("superior", ""),
        sponsor=row.get("sponsor", ""),
    )
