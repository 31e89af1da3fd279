"""A table with its columns by role: a row's title, its departments, its due date, whether it is closed.

In: a form and its parsed table.  Out: columns with one item per record, in sheet order.  Pure.
Every check, list, figure and pack uses these definitions. A role that the form or the sheet lacks is a column of None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

from collab_xl.forms import CLOSED, Clock, Condition, Field, Form, Schema
from collab_xl.model.sheets import Table
from collab_xl.model.terms import Terms
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.rules.lateness import as_day, days_late

_UNREAD: frozenset[type] = frozenset({Unreadable, Clear})


class Rows:
    """The records of one form. Indexes are those of the table, from 0. A column is named by role, by field id or by its field."""

    def __init__(self, form: Form, table: Table) -> None:
        self.form = form
        self.table = table
        self._columns: dict[str, Sequence[Value]] = {}
        self._days: dict[str, list[date | None]] = {}
        self._late: tuple[Terms, date, list[int]] | None = None

    def __len__(self) -> int:
        return len(self.table)

    def field(self, name: str | Field) -> Field | None:
        """The field with that role or id; None if the sheet has no column for it."""
        field = self.form.named(name) if isinstance(name, str) else name
        return field if field is not None and field.id in self.table.columns else None

    def has(self, *names: str) -> bool:
        """Whether the sheet has a column for every one of these roles or ids."""
        return all(self.field(name) is not None for name in names)

    def values(self, name: str | Field) -> Sequence[Value]:
        """The readable values of a column; all None if there is no such column."""
        field = self.form.named(name) if isinstance(name, str) else name
        column = self.table.values.get(field.id) if field else None
        if field is None or column is None:
            return (None,) * len(self)
        found = self._columns.get(field.id)
        if found is None:
            found = self._columns[field.id] = [None if v.__class__ in _UNREAD else v for v in column]
        return found

    def blanks(self, name: str | Field) -> list[int]:
        """The rows with a blank cell in that column. An unreadable cell is not blank; a missing column has no blanks."""
        field = self.field(name)
        return [i for i, value in enumerate(self.table.values[field.id]) if value is None or value in ("", ())] if field else []

    def words(self, name: str | Field) -> list[str]:
        """The values of a column as text, names joined by 、; "" for a blank or unreadable cell."""
        return [as_text(value) for value in self.values(name)]

    def numbers(self, name: str | Field) -> list[float | None]:
        """The values of a column as numbers; None for anything else."""
        return [number(value) for value in self.values(name)]

    def days(self, name: str | Field) -> list[date | None]:
        """The values of a column as days; None for anything that is no date."""
        field = self.form.named(name) if isinstance(name, str) else name
        if field is None:
            return [None] * len(self)
        found = self._days.get(field.id)
        if found is None:
            found = self._days[field.id] = [as_day(value) for value in self.values(field)]
        return found

    @cached_property
    def keys(self) -> list[str | None]:
        """The key of each record as text, None if it has none."""
        return [None if value is None else str(value).strip() or None for value in self.values("key")]

    @cached_property
    def titles(self) -> list[str]:
        """The title of each row."""
        return self.words("title")

    def name(self, index: int) -> str:
        """The name of a row in texts: its key and title, as far as it has them."""
        return " ".join(filter(None, (self.keys[index], self.titles[index])))

    @cached_property
    def departments(self) -> list[tuple[str, ...]]:
        """The departments that may edit each row, as written; () for none."""
        field = self.form.departments
        return [names(value) for value in self.values(field)] if field else [()] * len(self)

    @cached_property
    def asked(self) -> list[tuple[str, ...]]:
        """The departments that each row asks for something (`forms.Asked`), as written; () for none."""
        if self.form.asked is None:
            return [()] * len(self)
        return [names(value) for value in self.values(self.form.asked.by)]

    def answering(self, clock: Clock, index: int) -> tuple[str, ...]:
        """The departments that a clock of the row waits for, as written: those asked, else its own."""
        return (self.asked[index] if self.form.asks_another(clock) else ()) or self.departments[index]

    @cached_property
    def states(self) -> list[str]:
        """One of `forms.STATES` for each row. In a form without a status the finishing date decides: done or open."""
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
        """For each row: whether it is closed."""
        return [state in CLOSED for state in self.states]

    @cached_property
    def due(self) -> list[date | None]:
        """The day each row is due; all None for a form whose due date is not judged."""
        return self.days("due") if self.form.due is not None else [None] * len(self)

    def late(self, terms: Terms, as_of: date) -> list[int]:
        """Counting days each open row is past its due day, else 0 (`lateness.days_late`)."""
        if self._late is None or self._late[0] is not terms or self._late[1] != as_of:
            self._late = (terms, as_of, self.past("due", terms, as_of) if self.form.due is not None else [0] * len(self))
        return self._late[2]

    def past(self, name: str | Field, terms: Terms, as_of: date) -> list[int]:
        """Counting days each open row is past the day in this column, else 0."""
        known: dict[date | None, int] = {}
        for day in self.days(name):
            if day not in known:
                known[day] = days_late(day, False, as_of, terms.late)
        return [0 if closed else known[day] for day, closed in zip(self.days(name), self.closed, strict=True)]

    def where(self, condition: Condition, terms: Terms, as_of: date) -> list[bool]:
        """Whether each row meets every part of the condition. Every row meets an empty condition.

        The state `open` means any state that is not closed: waiting, open or paused.
        """
        out = [True] * len(self)
        for name, allowed in condition.items():
            if name == "state":
                holds = [in_state(state, allowed) for state in self.states]
            elif name == "late":
                holds = [_is_one(days > 0, allowed) for days in self.late(terms, as_of)]
            else:
                holds = [_is_one(value, allowed) for value in self.values(name)]
            out = [before and now for before, now in zip(out, holds, strict=True)]
        return out


def rows_of(schema: Schema, tables: Mapping[str, Table]) -> dict[str, Rows]:
    """Form id → its rows, for the forms in the workbook, in schema order."""
    return {form.id: Rows(form, tables[form.id]) for form in schema.forms if form.id in tables}


def part_of(schema: Schema, rows: Mapping[str, Rows], part: str) -> Rows | None:
    """The rows of the form for a part of the weekly page (`Schema.part`); None if there is none."""
    form = schema.part(part)
    return rows.get(form.id) if form else None


def in_state(state: str, allowed: Iterable[str]) -> bool:
    """Whether a state is one of `allowed`; `open` there means any state that is not closed."""
    return state in allowed or (state not in CLOSED and "open" in allowed)


def _is_one(value: object, allowed: tuple[object, ...]) -> bool:
    return any(v in allowed for v in value) if isinstance(value, tuple) else value in allowed


def as_text(value: Value) -> str:
    """A value as text, names joined by 、; "" for a blank."""
    return "、".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def number(value: Value) -> float | None:
    """A value as a number; None for anything else, also for TRUE."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def names(value: Value) -> tuple[str, ...]:
    """The names in a cell, one or several."""
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) and value else ()
