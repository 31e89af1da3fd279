"""What sheet 字段 of a master asks for, and whether that is in force. Read by many verbs: nothing here needs XlsxWriter."""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.forms.in_use import as_of_version
from collab_xl.forms.own_fields import OWN_ID
from collab_xl.model.record import replace
from collab_xl.model.run import SHAPE
from collab_xl.read.field_lines import FieldLine, Wanted, read_lines
from collab_xl.read.service import service_rows
from collab_xl.verbs.session import Session

FIELDS = "fields"
"""Under `SHAPE` in a run's summary: `before` and `after` (rows of the hidden sheet), `added` ([form, heading] of columns that came)."""
SERVICE = "fields"


def wanted_fields(session: Session) -> Wanted:
    """What sheet 字段 asks for. Raises CollabError `fields_no_sheet` in a master without it."""
    service = session.schema.service(SERVICE)
    if service.table not in session.refs:
        raise CollabError("fields_no_sheet", sheet=service.sheet[session.book_lang], lang=session.lang)
    ref = session.ref(service)
    snapshot = session.snapshot(ref.sheet)
    if not ref.totals_rows:  # also lines typed below the table: not every program extends it
        ref = replace(ref, area=replace(ref.area, last_row=max(ref.area.last_row, snapshot.last_row)))
    rows = service_rows(snapshot, ref, service, session.book_lang)
    return read_wanted(session, [FieldLine(int(str(row["_row"])), row) for row in rows])


def not_applied(session: Session) -> tuple[str, ...]:
    """A line that says that sheet 字段 asks for something that is not in force, or that it has faults; () if all is in force."""
    service = session.schema.service(SERVICE)
    if service.table not in session.refs:
        return ()
    try:
        wanted = wanted_fields(session)
    except CollabError:  # said by the verb that needs the sheet
        return ()
    sheet = session.sheet_of(SERVICE)
    if wanted.faults:
        return (text("verbs.say.fields_wrong", session.lang, n=len(wanted.faults), sheet=sheet),)
    known = {(f.id, s) for f in session.master.forms for s in f.own}
    changed = {(form, s.id) for form, s in known ^ {(form, s) for form, said in wanted.said.items() for s in said}}
    return (text("verbs.say.fields_pending", session.lang, n=len(changed), sheet=sheet),) if changed else ()


def read_wanted(session: Session, lines: Sequence[FieldLine]) -> Wanted:
    forms = session.master.forms
    installed = {f.id: as_of_version(load().form(f.id), f.version) for f in forms}
    sheets = {f.id: session.form_ref(session.schema.form(f.id)).sheet for f in forms}
    known = {f.id: f.own for f in forms if f.own}
    return read_lines(lines, session.schema, installed, known, sheets, session.book_lang, free_number(session))


def free_number(session: Session) -> int:
    """The first number that no field of this project ever had, also in runs that are undone: packs may be out that name it."""
    said = [s.id for f in session.master.forms for s in f.own]
    for run in session.master.ledger.log() if session.master.has_ledger else ():
        said += [name.rpartition(".")[2] for name in ((run.run.summary.get(SHAPE) or {}).get(FIELDS) or {}).get("after", {})]
    return 1 + max((int(found[1]) for name in said if (found := OWN_ID.fullmatch(name))), default=0)
