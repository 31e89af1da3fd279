"""The rows of a moment, and what differs between two of them.

In: rows, or two `Standing`s.  Out: a `Standing`, or differences, the most important first.  Pure.
Which fields are kept and compared: those with a role that plans speak of, and those that a form calls agreed. Progress is not among them:
it changes every week.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from collab_xl.forms import CLOSED, Field, Form, Schema
from collab_xl.model.baseline import KINDS, Difference, Standing
from collab_xl.model.calendar import Calendar
from collab_xl.model.values import Clear, Unreadable, Value, same_value
from collab_xl.rules.lateness import as_day
from collab_xl.rules.names import normal_name
from collab_xl.rules.rows import Rows, as_text

ROLES = ("title", "department", "departments", "owner", "start", "due", "finished", "status", "level", "milestone")
PLANNED = ("start", "due")
"""Dates whose move is one."""


def kept_fields(form: Form) -> tuple[Field, ...]:
    """In the order of the sheet; without computed ones."""
    roles, agreed = set(ROLES), set(form.rules.agreed)
    return tuple(f for f in form.fields if f.access != "C" and (f.role in roles or f.id in agreed))


def standing_of(rows: Mapping[str, Rows]) -> dict[str, dict[str, dict[str, Value]]]:
    """What the rows say now. A row without a key is left out; of two with one key the first counts; unreadable cells are left out."""
    out: dict[str, dict[str, dict[str, Value]]] = {}
    for form_id, own in rows.items():
        columns = [(f.id, own.values(f)) for f in kept_fields(own.form) if own.field(f) is not None]
        found: dict[str, dict[str, Value]] = {}
        for i, key in enumerate(own.keys):
            if key is not None and key not in found:
                found[key] = {name: value for name, column in columns if (value := column[i]) is not None and value != ()}
        if found:
            out[form_id] = found
    return out


def differences(before: Standing, after: Standing, schema: Schema, counting: Calendar) -> list[Difference]:
    """Everything that differs. Forms that are in use at neither moment, or not installed, are left out."""
    found = [
        one
        for form in schema.forms
        for one in _of_form(form, before.get(form.id, {}), after.get(form.id, {}), counting)
        if before.get(form.id) is not None or after.get(form.id) is not None
    ]
    order = {form.id: n for n, form in enumerate(schema.forms)}
    return sorted(found, key=lambda d: (KINDS.index(d.kind), -abs(d.days or 0), order[d.form], d.key))


def _of_form(
    form: Form, before: Mapping[str, Mapping[str, Value]], after: Mapping[str, Mapping[str, Value]], counting: Calendar
) -> Iterator[Difference]:
    fields, called = kept_fields(form), called_now(form, before, after)
    was = {new: old for old, new in called.items()}
    for key, row in before.items():
        if key not in after and key not in called:
            yield Difference("gone", form.id, key, *about(form, row))
    for key, row in after.items():
        then = was.get(key, key)
        if then not in before:
            yield Difference("added", form.id, key, *about(form, row))
            continue
        if then != key:
            yield Difference("other", form.id, key, *about(form, row), form.key.id, then, key)
        for field in fields:
            old, new = _plain(before[then].get(field.id)), _plain(row.get(field.id))
            if not same_value(old, new):
                yield _changed(form, key, row, field, old, new, counting)


def called_now(form: Form, before: Mapping[str, Mapping[str, Value]], after: Mapping[str, Mapping[str, Value]]) -> dict[str, str]:
    """Key of before → key of now, of rows that got another ID: the only row gone and the only new one of that title and department."""
    gone, new = (
        _by_name(form, {key: row for key, row in rows.items() if key not in others}) for rows, others in ((before, after), (after, before))
    )
    return {keys[0]: new[name][0] for name, keys in gone.items() if len(keys) == 1 and len(new.get(name, ())) == 1}


def _by_name(form: Form, rows: Mapping[str, Mapping[str, Value]]) -> dict[tuple[str, str], list[str]]:
    out: dict[tuple[str, str], list[str]] = {}
    for key, row in rows.items():
        title, departments = about(form, row)
        if normal_name(title):
            out.setdefault((normal_name(title), departments), []).append(key)
    return out


def _changed(form: Form, key: str, row: Mapping[str, Value], field: Field, old: Value, new: Value, counting: Calendar) -> Difference:
    kind, days = "other", None
    if field.role in PLANNED:
        kind, days = "moved", days_moved(old, new, counting)
    elif field.role == "status":
        was, now = form.state(old), form.state(new)
        kind = "ended" if now == "done" and was not in CLOSED else "back" if was in CLOSED and now not in CLOSED else "turned"
    elif field.role == "finished" and old is None:
        kind = "ended"
    return Difference(kind, form.id, key, *about(form, row), field.id, old, new, days)


def about(form: Form, row: Mapping[str, Value]) -> tuple[str, str]:
    """The title and the departments of a row."""
    return as_text(row.get(form.id_of("title"))), as_text(row.get(form.department_field))


def days_moved(old: Value, new: Value, counting: Calendar) -> int | None:
    """Counting days from one date to the other, negative if it is earlier; None if one of them is no date."""
    first, last = as_day(old), as_day(new)
    if first is None or last is None:
        return None
    return counting.days_between(first, last) - counting.days_between(last, first)


def _plain(value: Value) -> Value:
    return None if value == () or isinstance(value, (Unreadable, Clear)) else value
