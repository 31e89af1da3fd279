"""What every check is given, and the small helpers they share.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from collab_xl.forms import Form, Schema
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding
from collab_xl.model.sheets import Table
from collab_xl.model.terms import Terms
from collab_xl.model.values import Unreadable, Value
from collab_xl.rules.codes import RULES
from collab_xl.rules.rows import Rows
from collab_xl.settings import Settings

History = Mapping[tuple[str, str, str], Value]
"""(form, key, field) → the value before the last consolidation."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a table."""

    table: Table
    index: int


@dataclass(frozen=True)
class Case:
    """The question: these tables, by these rules, on this day."""

    tables: Mapping[str, Table]
    schema: Schema
    directory: Directory
    settings: Settings
    calendar: Calendar
    as_of: date
    history: History = field(default_factory=dict)

    @cached_property
    def terms(self) -> Terms:
        return self.settings.terms(self.calendar)

    @cached_property
    def rows(self) -> Mapping[str, Rows]:
        """Form id → its rows, asked by roles; only forms that are there."""
        return {form.id: Rows(form, table) for form, table in self.forms()}

    def forms(self) -> list[tuple[Form, Table]]:
        """The forms that are there, in schema order."""
        return [(form, self.tables[form.id]) for form in self.schema.forms if form.id in self.tables]

    @cached_property
    def keys(self) -> Mapping[str, list[str | None]]:
        """Form → the key of each record, None where it has none."""
        return {form_id: rows.keys for form_id, rows in self.rows.items()}

    def finding(self, code: str, table: Table, index: int, field_id: str, expected: str = "", /, **facts: object) -> Finding:
        """A finding at a record's field; what the cell says and the heading above it go with it."""
        keys = self.keys[table.form]
        facts.setdefault("field", self.heading(table, field_id))
        return Finding(
            code,
            RULES[code].severity,
            table.at(index, field_id),
            keys[index],
            table.form,
            field_id,
            self.shown(table, index, field_id),
            expected,
            facts,
        )

    def heading(self, table: Table, field_id: str) -> str:
        """As the sheet writes it, else as the schema does."""
        written = table.headings.get(field_id)
        return written or self.schema.form(table.form).field(field_id).heading[self.settings.lang]

    def label(self, form_id: str, field_id: str, choice: str) -> str:
        return self.schema.form(form_id).field(field_id).label(choice, self.settings.lang)

    def name(self, table: Table, index: int) -> str:
        """How to speak of a row: its key and name, as far as it has them."""
        return self.rows[table.form].name(index)

    def shown(self, table: Table, index: int, field_id: str) -> str:
        """What a cell says, as a person reads it on the sheet; "" for a blank."""
        value = table.get(index, field_id)
        if value is None:
            return ""
        if isinstance(value, Unreadable):
            return value.text
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        field = self.schema.form(table.form).field(field_id)
        if field.kind == "percent" and isinstance(value, (int, float)):
            return f"{round(value * 100, 2):g}%"
        said = field.worded(value, self.settings.lang)
        return "、".join(said) if isinstance(said, tuple) else str(said)

    def department(self, value: Value) -> str:
        """The department's own name, else as written; "" for a blank."""
        return (self.directory.find(value) or value.strip()) if isinstance(value, str) else ""


def blank(table: Table, index: int, field_id: str) -> bool:
    """The column is there and its cell says nothing. What cannot be read is not blank."""
    return field_id in table.columns and table.get(index, field_id) in (None, "", ())
