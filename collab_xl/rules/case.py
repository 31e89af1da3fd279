"""The input of every check, and small helpers the checks share.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from collab_xl.catalogue import COMMA
from collab_xl.forms import Field, Schema
from collab_xl.model.baseline import Agreement
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding
from collab_xl.model.forecast import Forecast
from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import Table
from collab_xl.model.terms import Terms
from collab_xl.model.values import Unreadable, Value
from collab_xl.rules.codes import Rule, rules_of
from collab_xl.rules.parts import Parts
from collab_xl.rules.rows import Rows, rows_of
from collab_xl.settings import Settings

if TYPE_CHECKING:
    from collab_xl.rules.chain import Network, Outlook

Start = tuple[Rows, int, Field, date, datetime | date | None]
"""Where a clock is reported (rows, index, field), the day it started, and the moment its limit counts back from; None if it counts on
from the start."""
History = Mapping[tuple[str, str, str], Value]
"""(form, key, field) → the value before the last consolidation."""


class Case(Struct, frozen=True, dict=True):
    """The tables to judge, with everything needed to judge them on one day."""

    tables: Mapping[str, Table]
    schema: Schema
    directory: Directory
    settings: Settings
    calendar: Calendar
    as_of: date
    history: History = field(default_factory=dict)
    now: datetime | None = None
    """The moment of judging, if it is on `as_of`; else every clock of that day still runs."""
    forecast: Forecast | None = None
    """When the work is expected to end, as a range; None if it was not asked for."""
    agreed: Agreement | None = None
    """What a signed baseline fixed; None without one."""

    @cached_property
    def terms(self) -> Terms:
        return self.settings.terms(self.calendar)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        return rules_of(self.schema)

    @cached_property
    def rows(self) -> Mapping[str, Rows]:
        """Form id → its rows; only forms in the workbook, in schema order."""
        return rows_of(self.schema, self.tables)

    @cached_property
    def parts(self) -> Parts:
        """Finds the rows that a row is made of."""
        return Parts(self.rows)

    @cached_property
    def chains(self) -> dict[str, tuple[Rows, Network, list[Outlook]]]:
        """Form id → what `chain.chain_of` has worked out, for these rows."""
        return {}

    def forms_of(self, *codes: str) -> list[Rows]:
        """The rows of the forms to which one of these rules applies, in schema order."""
        rules = [self.rules[code] for code in codes]
        return [rows for rows in self.rows.values() if any(rule.looks_at(rows.form, self.schema) for rule in rules)]

    @cached_property
    def _headings(self) -> dict[tuple[str, str], str]:
        return {}

    def finding(self, code: str, rows: Rows, index: int, of: Field, expected: str = "", /, **facts: object) -> Finding:
        """A finding at a record's field, with the cell's text and its heading."""
        if "field" not in facts:
            facts["field"] = self.heading(rows, of)
        severity, at = self.rules[code].severity, rows.table.at(index, of.id)
        return Finding(code, severity, at, rows.keys[index], rows.form.id, of.id, self.shown(rows, index, of), expected, facts)

    def heading(self, rows: Rows, of: Field) -> str:
        """The heading on the sheet, else the form's heading."""
        asked = (rows.form.id, of.id)
        found = self._headings.get(asked)
        if found is None:
            found = self._headings[asked] = rows.table.headings.get(of.id) or of.heading[self.settings.lang]
        return found

    def status(self, rows: Rows, state: str) -> str:
        """The first status with that state, as the sheet shows it; "" if the form has none."""
        return next((choice.label[self.settings.lang] for choice in rows.form.choices_in(state)), "")

    def shown(self, rows: Rows, index: int, of: Field) -> str:
        """The cell's text as shown on the sheet; "" for a blank."""
        value = rows.table.get(index, of.id)
        if value is None:
            return ""
        if isinstance(value, Unreadable):
            return value.text
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if of.kind == "percent" and isinstance(value, (int, float)):
            return f"{round(value * 100, 2):g}%"
        said = of.worded(value, self.settings.lang)
        return COMMA[self.settings.lang].join(said) if isinstance(said, tuple) else str(said)

    def department(self, value: Value) -> str:
        """The department's official name, else the name as written; "" for a blank."""
        return (self.directory.find(value) or value.strip()) if isinstance(value, str) else ""
