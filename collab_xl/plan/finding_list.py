"""The rows of 检查结果 as column id → raw value. The same finding in many rows is one line; each line names its department.

In: findings, in any order.  Out: rows for `plan.lists.fill`, errors first.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from collab_xl.catalogue import COMMA, finding_text, text
from collab_xl.forms import Schema
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.place import Address
from collab_xl.model.values import Link, Value
from collab_xl.plan.lists import ListRow
from collab_xl.plan.repeats import Group, distinct, grouped, row_ranges
from collab_xl.plan.rows import Tables

TO_FILL = frozenset({"V101", "V102", "V107"})
"""Rules about a blank cell: it should hold something."""
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def finding_rows(
    findings: Iterable[Finding],
    schema: Schema,
    lang: str,
    *,
    linked: bool = True,
    tables: Tables | None = None,
    collapsed: bool = True,
    elsewhere: Callable[[Finding], Link | None] = lambda finding: None,
) -> list[ListRow]:
    """Errors first, then by department, rule, most days first, and place. The same finding in many rows is one line
    that names the rows (`plan.repeats`). What 滞后清单 and 升级清单 list row by row is one line for a department.

    Args:
        linked: `cell` links to the (first) cell; for findings about this workbook.
        elsewhere: returns a link to the cell in another workbook (the one returned to the department), or None.
        tables: the workbook's tables, to find the department of a row. A finding of a submission names its department itself.
        collapsed: False: every finding has its own line.
    """
    whose = _Whose(tables or {}, schema)

    def urgency(f: Finding) -> tuple[object, ...]:
        department = whose.of(f)[0]
        return _ORDER[f.severity], not department, department, f.code, -_days(f), f.at or Address("", 0, 0)

    ordered = sorted(findings, key=urgency)
    between = COMMA[lang]
    rows = []
    listed, late, rest = _listed(schema) if tables is not None and collapsed else {}, dict[Hashable, list[Finding]](), list[Finding]()
    for f in ordered:
        if f.at is not None and (f.form, f.code) in listed and "file" not in f.facts:
            late.setdefault((f.code, f.severity, whose.of(f)), []).append(f)
        else:
            rest.append(f)
    groups = [Group(tuple(members)) for members in late.values()]
    groups += grouped(rest, whose.of, *(() if collapsed else (len(ordered) + 1,)))
    for group in sorted(groups, key=lambda group: urgency(group.first)):
        f = group.first
        form = schema.form_for_display(f.form) if f.form else None
        cell: Value = None
        field = form.known(f.field) if form else None
        heading = field.heading[lang] if field else f.field
        if f.at is not None:
            cell = Link(f.at.target, f.at.cell) if linked else elsewhere(f) or f.at.cell
        department, file = whose.of(f)
        message = finding_text(f, "what", lang, heading or "")
        found: str | None = f.found
        row_key = f.row_id
        where = listed.get((f.form, f.code), "")
        if group.count > 1 and where:
            sheet = schema.service(where).sheet[lang]
            message = text(f"plan.repeated.{where}", lang, count=group.count, days=_days(f), sheet=sheet)
            found, row_key = None, _several([m.row_id or "" for m in group.members], lang, "\n")
        elif group.count > 1:
            ranges, left = row_ranges(group)
            said = between.join(ranges) + (text("plan.repeated.more", lang, count=left) if left else "")
            message = text("plan.repeated.same", lang, what=message, count=group.count, rows=said)
            found, row_key = _several([m.found for m in group.members], lang), _several([m.row_id or "" for m in group.members], lang, "\n")
        rows.append(
            ListRow(
                severity=text(f"model.severity.{f.severity}", lang),
                code=f.code,
                count=group.count,
                department=COMMA[lang].join(department.split(COMMA["zh"])) or None,
                sheet=f.at.sheet if f.at else (form.sheet[lang] if form else None),
                cell=cell,
                row_key=row_key,
                field=heading,
                found=found or None,
                expected=f.expected or (text("plan.repeated.to_fill", lang) if f.code in TO_FILL and not f.found else None),
                message=message,
                fix=finding_text(f, "fix", lang, heading or ""),
                file=file or None,
            )
        )
    return rows


def _listed(schema: Schema) -> dict[tuple[str | None, str], str]:
    """(form, rule) → the list that has a line for each of its rows: 滞后清单 or 升级清单."""
    out: dict[tuple[str | None, str], str] = {}
    for form in schema.forms:
        if form.due is not None and form.due.listed:
            out |= {(form.id, code): name for code, name in ((form.due.overdue, "overdue"), (form.due.escalate, "escalations")) if code}
    return out


def _days(finding: Finding) -> int:
    """How many days it is about: late, or slipping; 0 if none."""
    days = finding.facts.get("days")
    return days if isinstance(days, int) else 0


def _several(values: Sequence[str], lang: str, between: str = "") -> str | None:
    """The first different values, and the number of all. `between`: instead of a comma."""
    shown, left = distinct(values)
    listed = (between or COMMA[lang]).join(shown)
    return (text("plan.repeated.several", lang, listed=listed, count=len(shown) + left) if left else listed) or None


class _Whose:
    """Finds the (department, file) of a finding: from its facts if it comes from a submission, else from its row in the master."""

    def __init__(self, tables: Tables, schema: Schema) -> None:
        self._schema, self._tables = schema, tables
        self._rows: dict[str, dict[int, int]] = {}
        self._found: dict[tuple[str, int], tuple[str, str]] = {}

    def of(self, f: Finding) -> tuple[str, str]:
        if "file" in f.facts:
            return str(f.facts.get("department") or ""), str(f.facts["file"] or "")
        if "department" in f.facts:  # it is not the row's own that must do something
            return str(f.facts["department"]), ""
        table = self._tables.get(f.form or "")
        if f.at is None or table is None or f.at.sheet != table.sheet:
            return "", ""
        if table.form not in self._rows:
            self._rows[table.form] = {row: n for n, row in enumerate(table.rows)}
        index = self._rows[table.form].get(f.at.row)
        if index is None:
            return "", ""
        if (table.form, index) not in self._found:
            value = table.readable(index, self._schema.form(table.form).department_field)
            named = COMMA["zh"].join(map(str, value)) if isinstance(value, tuple) else str(value or "")
            self._found[table.form, index] = named, ""
        return self._found[table.form, index]
