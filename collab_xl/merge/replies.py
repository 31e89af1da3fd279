"""What became of what departments asked for in their last packs: what the PMO has refused, put off, or not decided yet.

In: the state of the workbook, the newest packs.  Out: lines for the next packs, in the order of the forms.  Pure.
What was taken stands in the pack itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from collab_xl.forms import Schema
from collab_xl.merge.items import row_item_id
from collab_xl.merge.view import DepartmentNames, agree, is_blank
from collab_xl.model.directory import Directory
from collab_xl.model.merge import Kind, MergeState
from collab_xl.model.pack_plan import OPEN, PUT_OFF, REFUSED, Reply
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Value

NOT_TOLD = frozenset({Kind.NOT_ENTERED})
"""Kinds that are the PMO's own to mend."""


def replies(state: MergeState, schema: Schema, directory: Directory, last: Mapping[str, str]) -> dict[str, list[Reply]]:
    """Department → its lines; departments without any are left out. `last`: department → id of its newest pack so far."""
    own = DepartmentNames(directory).own
    called = {own(name): name for name in (*(d.name for d in directory.departments), *last)}
    found: dict[str, list[Reply]] = {}
    for department, reply in (*_open(state, schema), *_refused(state, schema, {pack: name for name, pack in last.items()})):
        if reply.form in schema:
            found.setdefault(called.get(own(department), department), []).append(reply)
    place = {(form.id, f): n for form in schema.forms for n, f in enumerate(("", *(f.id for f in form.fields)))}
    forms = [form.id for form in schema.forms]
    for lines in found.values():
        lines.sort(key=lambda r: (forms.index(r.form), r.row_key, place.get((r.form, r.field), 0), r.verdict))
    return found


def _open(state: MergeState, schema: Schema) -> Iterator[tuple[str, Reply]]:
    for item in state.items.values():
        if item.kind in NOT_TOLD or item.form not in schema:
            continue
        later = item.earlier is not None and item.earlier.choice == "later"
        verdict, reason = (PUT_OFF, item.earlier.reason) if later and item.earlier else (OPEN, "")
        newest = {c.source.department: c for c in item.candidates}
        for department, c in newest.items():
            value = c.value if item.field is not None else c.row.get(schema.form(item.form).id_of("title"))
            yield department, Reply(item.form, item.row_key, item.field or "", value, verdict, reason)


def _refused(state: MergeState, schema: Schema, department_of: Mapping[str, str]) -> Iterator[tuple[str, Reply]]:
    """Values and new rows that files of the newest packs sent and the PMO has refused since."""
    rows: dict[tuple[str, str, RowId], dict[str, Value]] = {}
    for (pack, (form, row_id, field)), moved in state.moved.items():
        if pack not in department_of or form not in schema:
            continue
        if pack in state.packs and not state.packs[pack].forms.get(form, {}).get(row_id):
            rows.setdefault((pack, form, row_id), {})[field] = moved.value
        key = state.keys.get((form, row_id), row_id)
        for value, decision in state.refused.get((form, key, field), ()):
            if agree(value, moved.value) and not is_blank(value):
                yield department_of[pack], Reply(form, key, field, value, REFUSED, decision.reason)
    for (pack, form, row_id), row in rows.items():
        made = (state.decisions.get(row_item_id(kind, form, row_id, pack)) for kind in (Kind.NEW_TASK, Kind.RIGHTS))
        verdict = next((d for d in made if d is not None), None)
        if verdict is not None and verdict.choice == "master":
            yield department_of[pack], Reply(form, "", "", row.get(schema.form(form).id_of("title")), REFUSED, verdict.reason)
