"""What the verbs `forms` share: the workbook's structure, the places of lists, the hidden sheet's list of forms."""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.book.hidden_sheet import HIDDEN_SHEET
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.build.form_sheet import Source
from collab_xl.forms import Field, InUse, row_of
from collab_xl.forms.in_use import ROW, mark_of
from collab_xl.forms.own_fields import ROW as FIELD_ROW
from collab_xl.forms.own_fields import rows_of
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Value
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.settings_rows import columns_of


def structure_of(session: Session) -> Structure:
    return Structure(Package(session.path.read_bytes(), session.path.name))


def words_of(field: Field, lang: str) -> str:
    """A drop-down's words as its validation contains them."""
    return '"' + ",".join(c.label[lang] for c in field.choices) + '"'


def sources_of(session: Session) -> dict[str, Source]:
    """The places of the lists that drop-downs offer."""
    out: dict[str, Source] = {}
    for form in session.schema.forms:
        ref, table = session.form_ref(form), session.tables_for_viewing[form.id]
        if form.key.id in table.columns:
            out[form.id] = (ref.sheet, table.columns[form.key.id], ref.data.first_row)
    for service_id, column in (("departments", "name"), ("settings", "id")):
        service = session.schema.service(service_id)
        found = session.refs.get(service.table)
        if found is not None and column in (at := columns_of(found, service)):
            out[service_id] = (found.sheet, at[column], found.data.first_row)
    return out


def listing(session: Session, forms: Sequence[InUse]) -> Plan:
    """The hidden sheet that lists these forms as in use, with what the master says of its own about their fields."""
    snapshot = session.snapshot(HIDDEN_SHEET)
    places = {str(snapshot.value(row, 1)): row for row in range(1, snapshot.last_row + 1) if snapshot.value(row, 1) is not None}
    said = {name: value for form in forms for name, value in rows_of(form.id, form.own).items()}
    free, wanted = snapshot.last_row + 1, list[tuple[int, int, Value]]()
    for name, value in {ROW: row_of(forms), **said}.items():
        row = places.get(name, free)
        free += row == free
        wanted += [(row, 1, name if value else None), (row, 2, value or None)]
    for name in places.keys() - said.keys():
        if name.startswith(FIELD_ROW):
            wanted += [(places[name], 1, None), (places[name], 2, None)]
    if "schema" in places:
        wanted.append((places["schema"], 2, mark_of(forms)))
    old = {(r, c): snapshot.value(r, c) for r, c, _ in wanted}
    return Plan(
        tuple(CellEdit(HIDDEN_SHEET, r, c, old[r, c], new) for r, c, new in sorted(wanted, key=lambda w: w[:2]) if old[r, c] != new)
    )
