"""The master during a merge: rows by key, who may edit what, and which cells are never written.

In: the master's parsed tables.  Out: lookups.  Pure.  Each merge or resolve has its own `MasterView`. `put` and `add` record what
was decided so far; the tables themselves are unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType
from typing import Final

from collab_xl.forms import Field, Form, Schema
from collab_xl.model.directory import Directory, folded
from collab_xl.model.keys import KeyMaker, key_text
from collab_xl.model.merge import CellKey, MergeState, Moved, Pack
from collab_xl.model.sheets import RowId, Table
from collab_xl.model.values import CLEAR, Clear, Unreadable, Value, same_value

_USUAL: Final = frozenset({str, int, float, date, datetime, bool, tuple, NoneType})
"""Types for which the two additions of `agree` do not apply."""


def agree(a: Value, b: Value) -> bool:
    """`same_value`, with two additions: 清空 equals a blank, and an unreadable text equals the same text."""
    if a is b:
        return True
    kind = type(a)
    if kind in _USUAL and type(b) in _USUAL:
        return same_value(a, b)
    if isinstance(a, Clear):
        a = None
    if isinstance(b, Clear):
        b = None
    if isinstance(a, Unreadable) and isinstance(b, (Unreadable, str)):
        return a.text.strip() == (b.text if isinstance(b, Unreadable) else b).strip()
    if isinstance(b, Unreadable) and isinstance(a, str):
        return a.strip() == b.text.strip()
    return same_value(a, b)


def is_blank(value: Value) -> bool:
    """Whether the value is blank or asks to clear the cell (清空)."""
    return value is None or value is CLEAR or value == "" or value == () or isinstance(value, Clear)


class DepartmentNames:
    """Compares department names."""

    def __init__(self, directory: Directory) -> None:
        @cache
        def own(name: str) -> str:
            return folded(directory.find(name) or name)

        self.own = own

    def named(self, value: Value, department: str) -> bool:
        """Whether a department cell names the department (also as one of several)."""
        if isinstance(value, str):
            return bool(department) and (value == department or self.own(department) == self.own(value))
        return bool(department) and isinstance(value, tuple) and self.own(department) in {self.own(name) for name in value}


class FormView:
    """One form of the master."""

    def __init__(self, form: Form, table: Table | None) -> None:
        self.form = form
        self.table = table
        self.key_field = form.key.id
        self.department_field = form.department_field
        self.fields: dict[str, Field] = {f.id: f for f in form.fields}
        self.order = {f.id: n for n, f in enumerate(form.fields)}
        self.mergeable = tuple(f.id for f in form.fields if f.access != "C")
        self.name_field = form.id_of("title")
        updated = form.role("updated")
        self.updated_field = updated.id if updated is not None and updated.access == "C" else ""
        """更新日期: the `as_of` of the run that changes one of the row's department fields; "" where the form has none."""
        self.apart = tuple(f.id for f in form.parents() if f.access == "P")
        """What tells rows of one name apart: the row they belong to, where that is not the department's to change."""
        self.index: dict[str, int] = {}
        self.twice: set[str] = set()
        self.added: dict[str, dict[str, Value]] = {}
        self._over: dict[tuple[str, str], Value] = {}
        self._names: dict[str, list[str]] | None = None
        self._shares: dict[str, float] = {}
        for i, value in enumerate(table.values.get(self.key_field, ()) if table else ()):
            key = key_text(value)
            if key in self.index:
                self.twice.add(key)
            elif key:
                self.index[key] = i

    def __contains__(self, key: object) -> bool:
        return key in self.index or key in self.added

    def own_department(self, department: str) -> dict[str, Value]:
        """The department field, set to `department`, for a row that department adds; empty for a form without a department field."""
        field = self.form.departments
        return {field.id: (department,) if field.kind == "departments" else department} if field and department else {}

    def has_column(self, field: str) -> bool:
        return self.table is not None and field in self.table.values

    def value(self, key: str, field: str) -> Value:
        """The value in an existing row, after what was decided so far."""
        if self._over and (key, field) in self._over:
            return self._over[key, field]
        if key in self.added:
            return self.added[key].get(field)
        assert self.table is not None
        column = self.table.values.get(field)
        return None if column is None else column[self.index[key]]

    def shown(self, field: str, value: Value) -> str:
        """A parsed value as short text for a finding; choices by their label, in the language of the master's headings."""
        if isinstance(value, Unreadable):
            return value.text
        if is_blank(value):
            return ""
        if self.fields[field].kind == "percent" and isinstance(value, (int, float)):
            return f"{value:.10%}".rstrip("%").rstrip("0").rstrip(".") + "%"
        english = self.table is not None and self.table.headings.get(self.key_field) == self.form.key.heading["en"]
        said = self.fields[field].worded(value, "en" if english else "zh")
        return "、".join(said) if isinstance(said, tuple) else str(said)

    def share(self, field: str) -> float:
        """The share of the rows before the run that have something in this column, from 0 to 1; -1 if there is no such column."""
        if field not in self._shares:
            values = self.table.values.get(field) if self.table is not None else None
            filled = sum(not is_blank(value) for value in values or ())
            self._shares[field] = -1.0 if values is None else filled / max(1, len(values))
        return self._shares[field]

    def heading(self, field: Field) -> str:
        """The heading of a field in the master; the form's own where the master has no such column."""
        return self.table.headings.get(field.id, field.heading["zh"]) if self.table is not None else field.heading["zh"]

    def held(self, key: str, field: str) -> bool:
        """Whether the cell has a user's formula or is part of an array: such a cell is never written."""
        return self.table is not None and bool(self.table.held) and key in self.index and (self.index[key], field) in self.table.held

    def put(self, key: str, field: str, value: Value) -> None:
        if field == self.name_field:
            self._names = None
        self._over[key, field] = None if isinstance(value, Clear) else value

    def add(self, key: str, values: Mapping[str, Value]) -> None:
        self.added[key] = dict(values)

    def names(self) -> dict[str, list[str]]:
        """Folded name → keys of the rows with this name that were there before the run, in sheet order."""
        if self._names is None:
            self._names = {}
            for key in self.index:
                if key not in self.twice and (name := folded_text(self.value(key, self.name_field))):
                    self._names.setdefault(name, []).append(key)
        return self._names


def folded_text(value: Value) -> str:
    """A name in the form used for comparing: width, case and white space are ignored; "" for anything that is no text."""
    return folded(value) if isinstance(value, str) else "" if value is None or not isinstance(value, (int, float)) else str(value)


class MasterView:
    """Every form of the master, who may edit what, and the next keys."""

    def __init__(self, master: Mapping[str, Table], schema: Schema, directory: Directory, state: MergeState) -> None:
        self.forms = {form.id: FormView(form.as_issued, master.get(form.id)) for form in schema.forms}
        self.names = DepartmentNames(directory)
        self.state = state
        self.said: dict[tuple[str, str, str], list[tuple[Pack, RowId, Moved, bool]]] = {}
        """(form, row key, field) → (pack, row id, value, whether it was taken): what earlier runs heard of the cells that this run touches,
        from packs of departments that send something now."""
        self._makers: dict[str, KeyMaker] = {}

    def maker(self, form_id: str) -> KeyMaker:
        """The key maker of a form. It knows every key ever used, also of deleted rows."""
        if form_id not in self._makers:
            view = self.forms[form_id]
            used: list[str] = [*view.index]
            for pack in self.state.packs.values():
                used += (row_id for row_id, issued in pack.forms.get(form_id, {}).items() if issued)
            used += (key for (form, _), key in self.state.keys.items() if form == form_id)
            self._makers[form_id] = KeyMaker(view.form.key_prefix, view.form.key_width, used)
        return self._makers[form_id]

    def is_asked(self, view: FormView, key: str, field: str, department: str) -> bool:
        """Whether a row asks the department to fill in this field."""
        asked = view.form.asked
        return asked is not None and field in asked.fields and self.names.named(view.value(key, asked.by), department)

    def may_edit(self, form_id: str, key: str, field: str, pack: Pack, row_ids: Iterable[str]) -> bool:
        """Whether a pack's department may edit a field of a row, judged by the current master.

        A department that itself handed the row to another one may still edit it in the packs that contain it, so that the order of two
        copies of a pack, or of the packs of two weeks, does not matter.
        """
        view = self.forms[form_id]
        own = view.department_field
        if not own or view.fields[field].access != "D":
            return False
        named = view.value(key, own)
        if self.names.named(named, pack.department) or self.is_asked(view, key, field, pack.department):
            return True
        if view.fields[own].access != "D":
            return False
        department = self.names.own(pack.department)
        packs = [p.id for p in self.state.packs.values() if self.names.own(p.department) == department]
        cells = ((p, CellKey(form_id, row_id, own)) for p in packs for row_id in {*row_ids, key})
        return any(agree(value.value, named) for cell in cells for value in self.state.seen.get(cell, ()))
