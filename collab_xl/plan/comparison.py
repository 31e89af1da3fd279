"""The rows of sheet 对比: what was compared, then one row a difference.

In: differences, in the order to show.  Out: rows for `plan.lists.fill`.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Field, Schema
from collab_xl.model.baseline import KINDS, Difference
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.plan.lists import ListRow
from collab_xl.plan.rows import linked_keys
from collab_xl.plan.show import show


def comparison_rows(
    lines: Sequence[Difference], since: str, until: str, tables: Mapping[str, Table], schema: Schema, lang: str
) -> list[ListRow]:
    """The first row says which two moments are compared and how many differences of each kind there are."""
    linked = linked_keys(tables, schema)
    first = ListRow(kind=text("model.compare.range", lang), name=counted(lines, lang), old=since, new=until)
    return [first, *(_row(line, linked(line.form, line.key), schema, lang) for line in lines)]


def counted(lines: Sequence[Difference], lang: str) -> str:
    """`改期 3 · 新增 2`, in rows; a word if nothing differs."""
    found = rows_by_kind(lines).items()
    return " · ".join(f"{text(f'model.compare.kind.{kind}', lang)} {n}" for kind, n in found) or text("model.compare.nothing", lang)


def rows_by_kind(lines: Sequence[Difference]) -> dict[str, int]:
    """Kind → in how many rows there is such a difference, without kinds that do not occur. A task that was finished differs in status and
    day: one row."""
    rows: dict[str, set[tuple[str, str]]] = {}
    for line in lines:
        rows.setdefault(line.kind, set()).add((line.form, line.key))
    return {kind: len(rows[kind]) for kind in KINDS if kind in rows}


def _row(line: Difference, key: Value, schema: Schema, lang: str) -> ListRow:
    form = schema.form_for_display(line.form)
    field = field_of(line, schema)
    note = text(f"model.compare.note.{line.note}", lang) if line.note else None
    return ListRow(
        kind=text(f"model.compare.kind.{line.kind}", lang),
        sheet=form.sheet[lang],
        row_key=key,
        name=line.name or None,
        department=departments_of(line, lang) or None,
        field=heading_of(line, schema, lang) or None,
        old=show(line.before, field, lang) or None,
        new=show(line.after, field, lang) or None,
        shift=line.days,
        whose=said_by(line, lang),
        file=line.file or None,
        run=line.run or None,
        note=note,
    )


def departments_of(line: Difference, lang: str) -> str:
    """The departments of a row as a list in words: English has its own comma."""
    return COMMA[lang].join(line.department.split(COMMA["zh"]))


def field_of(line: Difference, schema: Schema) -> Field | None:
    return next((f for f in schema.form_for_display(line.form).fields if f.id == line.field), None)


def heading_of(line: Difference, schema: Schema, lang: str) -> str:
    """The heading of the field; of both, where the value now is in another one: `计划结束时间 → 实际完成时间`."""
    field, now = field_of(line, schema), field_of(replace(line, field=line.now_in), schema) if line.now_in else None
    return " → ".join(filter(None, (field.heading[lang] if field else line.field, now.heading[lang] if now else "")))


def said_by(line: Difference, lang: str) -> str | None:
    """The department; the PMO for a value no department sent; nobody for what follows from other cells."""
    if line.kind == "off":
        return None
    return line.by or text("model.compare.pmo" if line.run else "model.compare.typed", lang)
