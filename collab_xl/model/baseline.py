"""What was agreed on, and what differs since: baselines, the rows at a moment, and their differences. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

from collab_xl.model.record import Struct, field
from collab_xl.model.values import Value

Standing: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Value]]]
"""Form → key → field → value: the rows at one moment, without blank fields. Which fields: `rules.standing.kept_fields`."""
PREFIX = "JZ-"
"""The ids of baselines: `JZ-01`, `JZ-02`."""


class Baseline(Struct, frozen=True):
    """The rows as they were agreed on."""

    id: str
    name: str
    day: date
    by: str = ""
    """Who set it: user and machine."""
    standing: Standing = field(default_factory=dict)
    departments: tuple[str, ...] = ()
    """Those that have rows in it: each is asked to sign."""

    def rows(self) -> int:
        return sum(map(len, self.standing.values()))


class Signature(Struct, frozen=True):
    """The row of one department on the sheet of signatures."""

    department: str
    state: str
    """One of `forms.STATES`: `done` is signed."""
    opinion: str = ""
    """As the sheet shows it."""
    person: str = ""
    day: date | None = None


class Agreement(Struct, frozen=True):
    """A baseline as `check` needs it: only the fields that must not change without approval."""

    name: str
    day: date
    values: Mapping[tuple[str, str, str], Value] = field(default_factory=dict)
    """(form, key, field) → the value agreed on. The field is "" for the row itself: it must not go or be cancelled."""
    called: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(form, key) → the key the row had then, of rows that got another ID since."""


class Difference(Struct, frozen=True):
    """One difference between two moments: a row, or a field of a row."""

    kind: str
    """One of `KINDS`."""
    form: str
    key: str
    name: str
    department: str
    field: str = ""
    """"" for the row itself."""
    before: Value = None
    after: Value = None
    days: int | None = None
    """Counting days a date has moved, negative if it is earlier."""
    by: str = ""
    """The department that said so; "" for the PMO or where nobody knows."""
    file: str = ""
    run: str = ""
    """The run that wrote it; "" for a value typed into the master."""
    note: str = ""
    now_in: str = ""
    """The field that has `after`, where it is another one: a task that is done is compared by the day on which it was done."""


KINDS = ("off", "moved", "gone", "turned", "back", "ended", "added", "other")
"""`off`: later or earlier than the baseline. `moved`: a planned date. `gone`: the row is no longer there. `turned`: another status.
`back`: open again. `ended`: finished. `added`: a new row. `other`: another field. In the order of the sheet."""
