"""What is wrong with the data sheets of a master: columns of ours that are gone, and rows below a table's range.

In: the findings of reading the master, and its tables.  Out: `LayoutFault`s, by sheet.  Pure.
Every verb says them first: a figure or an account that leaves a column or rows out must not look complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK
from collab_xl.forms import Form, Schema
from collab_xl.model.checkup import Health, Line
from collab_xl.model.finding import Finding, Saying
from collab_xl.model.place import Area
from collab_xl.model.record import replace
from collab_xl.model.sheets import TableRef
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Report

COLUMNS = ("H104", "H105")
NEAR = ("H102", "H121")
"""A column not read that may be the one that is gone."""
BELOW = "H113"
LAYOUT = "layout"
"""The topic of these lines in `doctor`, which says them first."""


class LayoutFault(NamedTuple):
    """One fault of one data sheet."""

    kind: str
    """key: the ID column is gone; columns: others a department or the PMO fills; rows: rows below the table."""
    form: str
    facts: Mapping[str, object]

    @property
    def headings(self) -> tuple[str, ...]:
        """Of the columns that are gone, in the workbook's language."""
        found: tuple[str, ...] = self.facts.get("headings", ())  # type: ignore[assignment]
        return found

    def text(self, part: str, lang: str) -> str:
        """`part`: what, why (what was done about it), fix."""
        return text(f"verbs.layout.{self.kind}.{part}", lang, **self.facts)

    def line(self, lang: str) -> str:
        """What, where, what was done about it and what to do, in one line."""
        return ("" if lang == "zh" else " ").join(self.text(part, lang) for part in ("what", "why", "fix"))

    def json(self, lang: str) -> dict[str, object]:
        sheet, rows = (self.facts.get(name, "") for name in ("sheet", "rows"))
        told = {part: self.text(part, lang) for part in ("what", "why", "fix")}
        return {"kind": self.kind, "form": self.form, "sheet": sheet, "rows": rows, "headings": list(self.headings), **told}

    def checkup(self) -> Line:
        """The line of `doctor`."""
        what, why, fix = (f"verbs.layout.{self.kind}.{part}" for part in ("what", "why", "fix"))
        return Line(LAYOUT, Health.TODO, what, fix, self.facts, why)


def with_layout(report: Report, faults: Sequence[LayoutFault]) -> Report:
    """The report with the faults as its first lines and as `layout` of its JSON. With them no result is OK."""
    if not faults:
        return report

    def content() -> Mapping[str, object]:
        return {**report.json, "layout": [fault.json(report.lang) for fault in faults]}

    lines = (*(fault.line(report.lang) for fault in faults), *report.lines)
    code = FINDINGS if report.exit_code == OK else report.exit_code
    return replace(report, content=content, lines=lines, exit_code=code, next=NextStep("layout", "doctor"))


def layout_faults(found: Sequence[Finding], refs: Mapping[str, TableRef], schema: Schema, lang: str) -> tuple[LayoutFault, ...]:
    """The faults in the order of the forms. `refs`: form → its table; `lang`: of the workbook."""
    faults: list[LayoutFault] = []
    for form in schema.forms:
        mine = [f for f in found if f.form == form.id]
        if mine and form.id in refs:
            faults += _columns(mine, form, refs[form.id], lang)
            faults += _below([f for f in mine if f.code == BELOW and f.facts.get("record")], form, refs[form.id])
    return tuple(faults)


def _columns(found: Sequence[Finding], form: Form, ref: TableRef, lang: str) -> Iterator[LayoutFault]:
    filled = {f.id: f.heading[lang] for f in form.fields if f.access != "C"}
    for kind, code in (("key", "H104"), ("columns", "H105")):
        gone = [f.field for f in found if f.code == code and f.field is not None and f.field in filled]
        near = [f for f in found if f.code in NEAR and f.field in gone and f.at is not None]
        if gone:
            maybe = tuple(Saying("verbs.layout.maybe", {"cell": f.at.cell, "found": f.found}) for f in near if f.at is not None)
            headings = tuple(filled[field] for field in gone)
            said = Saying("verbs.layout.perhaps", {"cells": maybe}) if maybe else ""
            yield LayoutFault(kind, form.id, {"sheet": ref.sheet, "row": ref.area.first_row, "headings": headings, "maybe": said})


def _below(found: Sequence[Finding], form: Form, ref: TableRef) -> Iterator[LayoutFault]:
    rows = sorted({f.at.row for f in found if f.at is not None})
    if rows:
        area = ref.area
        to = Area(area.first_row, area.first_col, rows[-1], area.last_col)
        facts = {"sheet": ref.sheet, "rows": _ranges(rows), "count": len(rows), "now": str(area), "to": str(to), "table": ref.name}
        yield LayoutFault("rows", form.id, facts)


def _ranges(rows: Sequence[int]) -> str:
    """[7, 8, 9, 12] → 7–9, 12."""
    runs = [[row for _, row in same] for _, same in groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
