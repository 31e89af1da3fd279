"""Milestones, the worst row of each form with levels, and who owns which open task: what the overview of many projects shows of one.

In: rows by form and the day.  Out: values, sorted.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from collab_xl.forms import Form, Schema
from collab_xl.forms.own_fields import OWN_ID
from collab_xl.model.portfolio import FormRows, Milestone, OwnedTask
from collab_xl.model.terms import Terms
from collab_xl.report.frames import readable_columns
from collab_xl.rules.overload import people_of
from collab_xl.rules.rows import Rows, part_of


def milestones(schema: Schema, rows: Mapping[str, Rows], terms: Terms, as_of: date) -> tuple[tuple[Milestone, ...], bool]:
    """The milestones by due day, and whether they are tasks marked as such; where no task is marked, the requirements."""
    work = part_of(schema, rows, "work")
    if work is not None:
        marked = [i for i, value in enumerate(work.values("milestone")) if value is True]
        if marked:
            return _milestones(work, marked, terms, as_of), True
    demand = part_of(schema, rows, "demand")
    return (_milestones(demand, range(len(demand)), terms, as_of) if demand is not None else ()), False


def _milestones(rows: Rows, chosen: Sequence[int], terms: Terms, as_of: date) -> tuple[Milestone, ...]:
    due, late = rows.days("due"), rows.past("due", terms, as_of)
    out = [
        Milestone(rows.keys[i] or "", rows.titles[i], due[i], rows.states[i] == "done", late[i])
        for i in chosen
        if rows.states[i] != "cancelled" and (rows.keys[i] or rows.titles[i])
    ]
    return tuple(sorted(out, key=lambda m: (m.due or date.max, m.key)))


def worst_rows(schema: Schema, rows: Mapping[str, Rows], terms: Terms, as_of: date) -> tuple[str, ...]:
    """ID and title of the worst open row of each form that has a level, but the forms of the tasks and the requirements: the highest
    level, then the latest, then the first on the sheet."""
    out = []
    for form in schema.forms:
        level, own = form.role("level"), rows.get(form.id)
        if level is None or own is None or (form.block is not None and form.block.part in ("work", "demand")):
            continue
        ranks, late = [level.rank(value) for value in own.values(level)], own.late(terms, as_of)
        top = len(level.choices) - 1
        open_rows = [i for i, closed in enumerate(own.closed) if not closed and ranks[i] == top]
        if open_rows:
            out.append(own.name(min(open_rows, key=lambda i: (-late[i], i))))
    return tuple(out)


def owned_tasks(schema: Schema, rows: Mapping[str, Rows]) -> tuple[OwnedTask, ...]:
    """A line for every open task and person who owns it, in sheet order. Masked names (`*经理`) identify nobody and are left out."""
    work = part_of(schema, rows, "work")
    if work is None:
        return ()
    owners, starts, ends = work.values("owner"), work.days("start"), work.days("due")
    return tuple(
        OwnedTask(person, "、".join(work.departments[i]), work.keys[i] or "", work.titles[i], starts[i], ends[i])
        for i, closed in enumerate(work.closed)
        if not closed
        for person in dict.fromkeys(people_of(owners[i]))
    )


def form_rows(schema: Schema, rows: Mapping[str, Rows]) -> tuple[FormRows, ...]:
    """Every form in use as columns of readable values, as `collab_xl.frames` has them; a master's own fields (own_1 of another one is
    another field) by their headings."""
    out = []
    for form in schema.forms:
        if form.id in rows:
            table = rows[form.id].table
            found = {field_id: tuple(values) for field_id, values in readable_columns(form, table).items()}
            names = {f: _own_name(form, f) if OWN_ID.fullmatch(f) else f for f in found}
            kinds = {name: form.field(f).kind for f, name in names.items()}
            out.append(FormRows(form.id, kinds, tuple(table.rows), {name: found[f] for f, name in names.items()}))
    return tuple(out)


def _own_name(form: Form, field_id: str) -> str:
    """The heading of a master's own field; its id where that is the id of another field."""
    heading = form.field(field_id).heading["zh"]
    return field_id if form.known(heading) is not None else heading
