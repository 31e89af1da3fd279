"""Write the records of trackers as new rows of a master, with the trackers' own columns if the master has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from collab_xl.forms import ANY, Form, load
from collab_xl.model.directory import folded
from collab_xl.model.keys import KeyMaker
from collab_xl.model.plan import OWN, NewRow, Provenance
from collab_xl.model.record import Struct, field
from collab_xl.model.run import SHAPE
from collab_xl.model.sheets import Table
from collab_xl.model.values import Clear, Unreadable, Value, same_value
from collab_xl.plan.applied import applied
from collab_xl.verbs.data import data_plan, keyed
from collab_xl.verbs.service_edits import ROWS, RowChange, plan_rows
from collab_xl.verbs.service_sheets import changes_plan, home
from collab_xl.verbs.session import Session
from collab_xl.verbs.survey import SurveyedFile

Own = Mapping[str, Sequence[Value]]
EVERYBODY = frozenset(map(folded, ("各部门", "所有部门", "全体部门", "全部门", "全体", "相关部门", "all", "all departments", "everyone")))


class ImportResult(Struct):
    """The result of an import. `skipped`: keys or names already in the master. `without`: sheet of the master → headings of the
    tracker's own columns that the master does not have."""

    run: str | None = None
    added: int = 0
    skipped: list[str] = field(default_factory=list)
    without: dict[str, tuple[str, ...]] = field(default_factory=dict)
    not_in_use: dict[str, int] = field(default_factory=dict)
    """Form id → number of records not imported, because the master does not use the form."""


def write_rows(session: Session, surveyed: Sequence[SurveyedFile], department: str | None, words: Sequence[RowChange] = ()) -> ImportResult:
    """Add every record that the master does not have, in one run; no run when nothing is new.

    Args:
        words: rows for 状态词 of words that a person has said.
    """
    tables, keys = keyed(session)
    out = ImportResult()
    for source in surveyed:
        for table in source.tables:
            if table.form not in tables and len(table):
                out.not_in_use[table.form] = out.not_in_use.get(table.form, 0) + len(table)
    new: list[NewRow] = []
    titles = _Titles(tables, session.schema.forms)
    for form in session.schema.forms:
        found = list(_tables(surveyed, form))
        title, own_department = form.id_of("title"), form.departments
        have, named = _present(tables[form.id], form)
        apart = [f for f in form.fields if f.kind == "reference"]
        given = session.master.ledger.keys_given(session.run_id).get(form.id, frozenset())
        typed = {str(k) for _, t, _ in found for k in t.values.get(form.key.id, ()) if isinstance(k, str)}
        maker = KeyMaker(form.key_prefix, form.key_width, sorted(have | given | typed))
        columns = {" ".join(h.split()) for h in tables[form.id].extra.values() if h}
        missing = dict.fromkeys(h for _, _, own in found for h in own if h not in columns)
        if missing:
            out.without[tables[form.id].sheet] = tuple(missing)
        for source, table, own in found:
            for i in range(len(table)):
                values = _values(table, i)
                for f in apart:
                    values.update({f.id: titles.key(f.of, values[f.id])} if f.id in values else {})
                key = values.get(form.key.id)
                if not isinstance(key, str):
                    values.pop(form.key.id, None)
                    key = ""
                name = _title(values.get(title))
                if department and own_department is not None and own_department.id not in values:
                    values[own_department.id] = (department,) if own_department.kind == "departments" else department
                alike = [] if key or not name else named.get(_identity(form, values), [])
                if key in have or any(_one_parent(tables[form.id], n, values, form) for n in alike):
                    out.skipped.append(key or name)
                    continue
                values[form.key.id] = key = key or maker.next()
                values.update((OWN + h, cells[i]) for h, cells in own.items() if h in columns and cells[i] is not None)
                titles.add(form.id, key, values.get(title))
                cell = str(table.at(i, form.key.id))
                new.append(NewRow(form.id, key, values, source=Provenance(source.sha256, file=source.name, cell=cell)))
    if not new and not words:
        return out
    run = session.master.new_run_id
    data = data_plan(session, tables, keys, new)
    plan = data + changes_plan(session, "import", run, data.changes, data.added, ()) + plan_rows(session, words)[0]
    after = applied(tables, data, session.schema)
    waiting = len(session.state(packs=()).items)
    plan += home(session, after, verb="import", run=run, waiting=waiting)
    session.master.sidecar.keep([(source.content, source.sha256) for source in surveyed], [])
    shape = {SHAPE: {ROWS: [change.stored for change in words]}} if words else {}
    record = session.record("import", summary={"rows": len(new), **shape}, changes=data.changes, added=data.added, ranges=data.ranges)
    out.run, out.added = session.master.commit(record, plan), len(new)
    return out


def _tables(surveyed: Sequence[SurveyedFile], form: Form) -> Iterator[tuple[SurveyedFile, Table, Own]]:
    for source in surveyed:
        for _, parsed in source.survey.sheets:
            for table, own in zip(parsed.tables, parsed.own, strict=True):
                if table.form == form.id:
                    yield source, table, own


def department_names(surveyed: Sequence[SurveyedFile], given: str | None) -> tuple[str, ...]:
    """The departments named in trackers, each once, in the order found: the departments of a new master."""
    names: dict[str, None] = {given: None} if given else {}
    for form in load().forms:  # includes every form that was looked for
        fields = [f.id for f in form.fields if f.kind in ("department", "departments")]
        for _, table, _ in _tables(surveyed, form):
            for value in (v for f in fields for v in table.values.get(f, ())):
                for name in value if isinstance(value, tuple) else (value,):
                    if isinstance(name, str) and folded(name) not in EVERYBODY:
                        names.setdefault(name)
    return tuple(names)


def _values(table: Table, index: int) -> dict[str, Value]:
    """The filled fields of a record."""
    filled = {f: table.get(index, f) for f in table.values}
    return {f: _kept(v, table.raw[f][index]) for f, v in filled.items() if v is not None and not isinstance(v, Clear)}


def _kept(value: Value, raw: Value) -> Value:
    """The value for the master. An unreadable number gets a question mark: without it (`7.1`) it would look like a known value."""
    if isinstance(value, Unreadable) and isinstance(raw, (int, float)):
        return Unreadable(f"{value.text}？")
    return value


def _folded(said: Value) -> str:
    """A department, normalised for comparing; "" for a blank."""
    if isinstance(said, Unreadable):
        return folded(said.text)
    return folded("、".join(said) if isinstance(said, tuple) else str(said or ""))


def _title(said: Value) -> str:
    """A title, normalised for comparing; "" for a blank or unreadable one."""
    return folded(said) if isinstance(said, str) else ""


def _identity(form: Form, values: Mapping[str, Value]) -> tuple[str, ...]:
    """What makes a row without a key the same row: title, department, first day, and person or parent. Blanks are part of it."""
    day = next((values.get(f) for role in ("start", "raised", "due") if (f := form.id_of(role))), None)
    owner = form.id_of("owner")
    return (
        _title(values.get(form.id_of("title"))),
        _folded(values.get(form.department_field)),
        day.isoformat()[:10] if isinstance(day, date) else _folded(day),
        _folded(values.get(owner)) if owner else "",
    )


def _present(table: Table, form: Form) -> tuple[set[str], dict[tuple[str, ...], list[int]]]:
    """The master's keys, and its rows by identity: by this a record without a key is recognised as already there."""
    keys = {k for k in table.values.get(form.key.id, ()) if isinstance(k, str)}
    fields = [f for f in (*(form.id_of(role) for role in ("title", "start", "raised", "due", "owner")), form.department_field) if f]
    named: dict[tuple[str, ...], list[int]] = {}
    for i in range(len(table)):
        named.setdefault(_identity(form, {f: table.get(i, f) for f in fields if f in table.values}), []).append(i)
    return keys, named


def _one_parent(table: Table, row: int, values: Mapping[str, Value], form: Form) -> bool:
    """Whether a record may be a row of the master by the rows both belong to: no two different ones."""
    pairs = ((table.get(row, f.id), values.get(f.id)) for f in form.parents())
    return all(a is None or b is None or same_value(a, b) for a, b in pairs)


class _Titles:
    """Keys by the titles of rows: a record may name the row it belongs to by its title, as the parts of a request form do."""

    def __init__(self, tables: Mapping[str, Table], forms: Sequence[Form]) -> None:
        self._keys: dict[str, dict[str, set[str]]] = {}
        for form in forms:
            table = tables[form.id]
            for i in range(len(table)):
                self.add(form.id, table.get(i, form.key.id), table.get(i, form.id_of("title")))

    def add(self, form_id: str, key: Value, title: Value) -> None:
        if isinstance(key, str) and (name := _title(title)):
            self._keys.setdefault(form_id, {}).setdefault(name, set()).add(key)

    def key(self, of: str, value: Value) -> Value:
        """The key of the only row with this title in a form (`ANY`: the first in tab order that has one); else the value itself."""
        named = [names for form_id, names in self._keys.items() if of in (form_id, ANY)]
        if not isinstance(value, str) or any(value in keys for names in named for keys in names.values()):
            return value
        found = next((keys for names in named if (keys := names.get(_title(value)))), set())
        return next(iter(found)) if len(found) == 1 else value
