"""A table asked by roles: what a row is called, whose it is, when it is due, whether it is closed.

In: a form and its parsed table.  Out: columns with one item a record, in sheet order.  Pure.
The one place that says it; every check, list, figure and pack asks here. A role the form or the sheet lacks is a column of None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property

from collab_xl.forms import CLOSED, Condition, Form, Schema
from collab_xl.model.sheets import Table
from collab_xl.model.terms import Terms
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.rules.lateness import as_day, days_late


class Rows:
    """The records of one form. Indexes are those of the table, from 0."""

    def __init__(self, form: Form, table: Table) -> None:
        self.form = form
        self.table = table
        self._columns: dict[str, Sequence[Value]] = {}

    def __len__(self) -> int:
        return len(self.table)

    def values(self, name: str) -> Sequence[Value]:
        """The readable values of a field named by role or id; all None where there is no such column."""
        found = self._columns.get(name)
        if found is None:
            field = self.form.named(name)
            column = self.table.values.get(field.id) if field else None
            readable = (None if isinstance(v, (Unreadable, Clear)) else v for v in column or ())
            found = self._columns[name] = tuple(readable) if column is not None else (None,) * len(self)
        return found

    def has(self, *names: str) -> bool:
        """Whether the sheet has a column for every one of these roles or ids."""
        return all((field := self.form.named(name)) is not None and field.id in self.table.columns for name in names)

    def words(self, name: str) -> list[str]:
        """The same as text, names joined by 、; "" for a blank or unreadable cell."""
        return [said(value) for value in self.values(name)]

    def days(self, name: str) -> list[date | None]:
        """The same as days; None for anything that is no date."""
        return [as_day(value) for value in self.values(name)]

    @cached_property
    def keys(self) -> list[str | None]:
        """The key of each record as text, None where it has none."""
        return [None if value is None else str(value).strip() or None for value in self.values("key")]

    @cached_property
    def titles(self) -> list[str]:
        """What each row is called."""
        return self.words("title")

    def name(self, index: int) -> str:
        """How to speak of a row: its key and title, as far as it has them."""
        return " ".join(filter(None, (self.keys[index], self.titles[index])))

    @cached_property
    def departments(self) -> list[tuple[str, ...]]:
        """The departments that may edit each row, as written; () where it names none."""
        field = self.form.departments
        return [names(value) for value in self.values(field.id)] if field else [()] * len(self)

    @cached_property
    def states(self) -> list[str]:
        """One of `forms.STATES` for each row. A form without a status goes by its finishing date: done or open."""
        if self.form.role("status") is None:
            return ["done" if day is not None else "open" for day in self.days("finished")]
        known: dict[Value, str] = {}
        out = []
        for status in self.values("status"):
            state = known.get(status)
            if state is None:
                state = known[status] = self.form.state(status)
            out.append(state)
        return out

    @cached_property
    def closed(self) -> list[bool]:
        """Nothing more is expected of the row."""
        return [state in CLOSED for state in self.states]

    @cached_property
    def due(self) -> list[date | None]:
        """The day each row is due; all None for a form whose due date is a date only."""
        return self.days("due") if self.form.due is not None else [None] * len(self)

    def late(self, terms: Terms, as_of: date) -> list[int]:
        """Counting days each open row is past its due day, 0 when it is not (`lateness.days_late`)."""
        return [days_late(due, closed, as_of, terms.late) for due, closed in zip(self.due, self.closed, strict=True)]

    def where(self, condition: Condition, terms: Terms, as_of: date) -> list[bool]:
        """Whether each row meets the condition; every part of it must hold. An empty one holds for all."""
        out = [True] * len(self)
        for name, allowed in condition.items():
            column: Sequence[object]
            if name == "state":
                column = self.states
            elif name == "late":
                column = [days > 0 for days in self.late(terms, as_of)]
            else:
                column = self.values(name)
            out = [held and _is_one(value, allowed) for held, value in zip(out, column, strict=True)]
        return out


def rows_of(schema: Schema, tables: Mapping[str, Table]) -> dict[str, Rows]:
    """Form id → its rows, of the forms that are there, in schema order."""
    return {form.id: Rows(form, tables[form.id]) for form in schema.forms if form.id in tables}


def part_of(schema: Schema, rows: Mapping[str, Rows], part: str) -> Rows | None:
    """The rows of the form a part of the weekly page is made for (`Schema.part`); None where there is none."""
    form = schema.part(part)
    return rows.get(form.id) if form else None


def _is_one(value: object, allowed: tuple[object, ...]) -> bool:
    return any(v in allowed for v in value) if isinstance(value, tuple) else value in allowed


def said(value: Value) -> str:
    """A value as text, names joined by 、; "" for a blank."""
    return "、".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def names(value: Value) -> tuple[str, ...]:
    """The names in a cell of one or several."""
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) and value else ()
