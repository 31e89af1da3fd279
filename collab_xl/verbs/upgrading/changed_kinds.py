"""What packs were issued with, in the kinds that the master's own fields have now: read again from what stood in the cell.

In: a merge state, the forms in use.  Out: the same state with these values.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collab_xl.forms import YES_NO, InUse, Schema
from collab_xl.model.merge import MergeState, Pack
from collab_xl.model.record import replace
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.remarks import ParsedValue
from collab_xl.read.values import Reader, reader

Readers = Mapping[str, Mapping[str, Reader]]


def in_kinds_of_now(state: MergeState, forms: Iterable[InUse], schema: Schema, context: Context) -> MergeState:
    """The state with issued values and baselines read again, for fields whose kind has changed; the same state without any."""
    readers: dict[str, dict[str, Reader]] = {}
    for used in forms:
        form = schema.form(used.id)
        for said in used.own:
            field = form.known(said.id) if said.was else None
            if field is not None:
                readers.setdefault(form.id, {})[field.id] = reader(field, form, context, Clues(context, lambda: ()))
    if not readers:
        return state

    def again(form: str, field: str, value: Value) -> Value:
        read = readers.get(form, {}).get(field)
        return value if read is None or value is None else _read(read, _cell(value, context.lang))

    moved = {at: m._replace(value=again(at[1].form, at[1].field, m.value)) for at, m in state.moved.items()}
    return replace(state, packs={name: _issued(pack, readers, context.lang) for name, pack in state.packs.items()}, moved=moved)


def _issued(pack: Pack, readers: Readers, lang: str) -> Pack:
    forms = {form: _rows(rows, readers[form], lang) if form in readers else rows for form, rows in pack.forms.items()}
    return replace(pack, forms=forms)


def _rows(rows: Mapping[RowId, Mapping[str, Value]], readers: Mapping[str, Reader], lang: str) -> Mapping[RowId, Mapping[str, Value]]:
    return {
        row_id: {f: v if v is None or f not in readers else _read(readers[f], _cell(v, lang)) for f, v in values.items()}
        for row_id, values in rows.items()
    }


def _cell(value: Value, lang: str) -> Value:
    """What stood in the cell."""
    match value:
        case bool():
            return YES_NO[0 if value else 1].label[lang]
        case Unreadable(words):
            return words
        case tuple():
            return "、".join(map(str, value))
    return value


def _read(read: Reader, raw: Value) -> Value:
    found = read(raw)
    return found.value if isinstance(found, ParsedValue) else found
