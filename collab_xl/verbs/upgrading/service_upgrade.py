"""Service sheets and columns that a later version brought: added to an existing master by `forms upgrade`, removed by undo.

A sheet comes with the rows of a new master, a column at the right end of its table. Columns that we fill in may be removed with what they
contain; a column that people fill in, and a sheet, stays where somebody has written something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collab_xl.book.added_sheet import columns_used, quoted, still_used
from collab_xl.book.parts import Structure
from collab_xl.build.form_sheet import MasterNames, own_names
from collab_xl.build.lists import ENTRY, RULE
from collab_xl.build.master import SERVICES
from collab_xl.build.service_donor import own_rows, service_donor
from collab_xl.catalogue import text
from collab_xl.forms import Column, InUse, Schema, ServiceTable, load, schema_of
from collab_xl.model.excel_limits import MAX_SHEET_NAME
from collab_xl.model.place import a1
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.shape import GoneSheet, GrownTable, NewSheet, Shape, ShrunkTable
from collab_xl.model.sheets import TableRef
from collab_xl.model.values import Value
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.mail_columns import mail_cells
from collab_xl.verbs.sheets.settings_rows import columns_of
from collab_xl.verbs.upgrading.lacking import COLUMNS_IN, COLUMNS_OUT, SHEETS_IN, SHEETS_OUT, Lacking, lacking


class Brought(Struct, frozen=True):
    """What is added to a master: its plan, its part of the run's summary, and lines to print."""

    plan: Plan = field(default_factory=Plan)
    shape: Mapping[str, list[Any]] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def bring(session: Session, structure: Structure, wanted: Lacking, schema: Schema) -> Brought:
    """Add these sheets and columns, and fill in the columns that are ours. `schema`: the forms as they are after the run."""
    lang, names, said = session.book_lang, MasterNames.of(structure), list[str]()
    new, sheets = [], []
    for service in wanted.sheets:
        if names.free_table(service.table) != service.table:
            said.append(text("verbs.say.list_table_taken", session.lang, sheet=service.sheet[lang], table=service.table))
            continue
        sheet = names.free_sheet(service.sheet[lang])
        behind = _tab_before(session, names.sheets, service.id)
        go, there = names.for_sheet(f"go_{service.id}", sheet)
        own = {} if there else {go: f"{quoted(sheet)}!$A$1"}
        new.append(NewSheet(sheet, behind, service.table, service_donor(service, schema, lang, sheet, _given(session)), own))
        sheets.append([service.id, sheet, service.table])
        said.append(text("verbs.say.list_added", session.lang, sheet=sheet))
        if sheet != service.sheet[lang]:
            said.append(text("verbs.say.forms_renamed", session.lang, wanted=service.sheet[lang], sheet=sheet))
        names.sheets.insert(1 + names.sheets.index(behind), sheet)
    grown, columns = [], []
    for service_id, lost in wanted.columns.items():
        service = session.schema.service(service_id)
        ref = session.refs[service.table]
        grown.append(_grown(session, service, ref, lost))
        headings = [c.heading[lang] for c in lost]
        columns.append([service_id, headings])
        wide = replace(ref.area, last_col=ref.area.last_col + len(lost))
        session.reshape(replace(ref, area=wide, headings=(*ref.headings, *headings)))
        said.append(text("verbs.say.list_columns_added", session.lang, sheet=ref.sheet, columns=tuple(headings)))
    shape: dict[str, list[Any]] = {**({SHEETS_IN: sheets} if sheets else {}), **({COLUMNS_IN: columns} if columns else {})}
    plan = Plan(shape=Shape(new=tuple(new), grown=tuple(grown)))
    if any(service_id == "rules" for service_id, *_ in sheets):
        plan += switches_hidden(session, True)
        said.append(text("verbs.say.switches_moved", session.lang, sheet=session.sheet_of("settings")))
    return Brought(plan, shape, tuple(said))


def _given(session: Session) -> dict[str, Value]:
    """The settings as they are typed, by their code."""
    return {str(row["id"]): row.get("value") for row in session.service("settings") if row.get("id")}


def switches_hidden(session: Session, hidden: bool) -> Plan:
    """Hide or show the rows of 设置 that are switches of rules. They keep what they say, for a program of before and for undo; as long as
    there is a sheet 检查规则 they do not count."""
    service = session.schema.service("settings")
    ref = session.refs.get(service.table)
    at = columns_of(ref, service) if ref is not None else {}
    if ref is None or "id" not in at:
        return Plan()
    snapshot = session.snapshot(ref.sheet)
    rows = range(ref.data.first_row, ref.data.last_row + 1)
    switches = [row for row in rows if str(snapshot.value(row, at["id"]) or "").startswith(RULE)]
    return Plan(hidden={ref.sheet: dict.fromkeys(switches, hidden)}) if switches else Plan()


def _tab_before(session: Session, tabs: Sequence[str], service_id: str) -> str:
    """The sheet after which a service sheet goes: that of the service before it, as in a new master."""
    for other in reversed(SERVICES[: SERVICES.index(service_id)]):
        ref = session.refs.get(session.schema.service(other).table)
        if ref is not None:
            return ref.sheet
    return tabs[-1]


def _grown(session: Session, service: ServiceTable, ref: TableRef, lost: Sequence[Column]) -> GrownTable:
    order, lang = [c.id for c in service.columns], session.book_lang
    new = tuple(1 + order.index(c.id) for c in lost)
    columns = {1 + order.index(name): col for name, col in columns_of(ref, service).items()}
    columns |= {col: ref.area.last_col + n for n, col in enumerate(new, 1)}
    return GrownTable(ref.name, service_donor(service, session.schema, lang, service.sheet[lang][:MAX_SHEET_NAME]), columns, new)


class TakenOut(Struct, frozen=True):
    """The part of an undo that is about these sheets and columns."""

    plan: Plan = field(default_factory=Plan)
    shape: Mapping[str, list[Any]] = field(default_factory=dict)
    stays: tuple[str, ...] = ()


def take_out(session: Session, structure: Structure, runs: Sequence[Run], schema: Schema) -> TakenOut:
    """Undo what these runs (latest first) brought: remove it where nobody has written anything, or bring again what an undo removed."""
    sheets, columns = _net(runs, SHEETS_IN, SHEETS_OUT), _net(runs, COLUMNS_IN, COLUMNS_OUT)
    gone, shrunk, stays, out, cut = [], [], list[str](), [], []
    for service_id, _, table in sheets.values():
        service = session.schema.service(service_id)
        if table not in session.refs:
            continue
        sheet = session.refs[table].sheet
        leaving = GoneSheet(sheet, table, own_names(structure, service_id, sheet))
        if why := _why_sheet_stays(session, structure, leaving, service):
            stays.append(why)
        else:
            gone.append(leaving)
            out.append([service_id, sheet, table])
    for service_id, headings in columns.values():
        ref = session.refs.get(session.schema.service(service_id).table)
        if ref is None:
            continue
        if why := _why_columns_stay(session, structure, ref, tuple(headings)):
            stays.append(why)
            continue
        shrunk.append(ShrunkTable(ref.name, tuple(headings)))
        cut.append([service_id, headings])
        narrow = replace(ref.area, last_col=ref.area.last_col - len(headings))
        session.reshape(replace(ref, area=narrow, headings=ref.headings[: -len(headings)]))
    shape: dict[str, list[Any]] = {**({SHEETS_OUT: out} if out else {}), **({COLUMNS_OUT: cut} if cut else {})}
    plan = Plan(shape=Shape(gone=tuple(gone), shrunk=tuple(shrunk)))
    if any(service_id == "rules" for service_id, *_ in out):
        plan += switches_hidden(session, False)
    again = {*_net(runs, SHEETS_OUT, SHEETS_IN), *_net(runs, COLUMNS_OUT, COLUMNS_IN)}
    if again:
        came = bring(session, structure, lacking(session.refs, session.schema).only(again), schema)
        # 提交台账 is written whole by the undo itself, with the column that has come again.
        return TakenOut(plan + came.plan + mail_cells(session, ("escalations",)), {**shape, **came.shape}, tuple(stays))
    return TakenOut(plan, shape, tuple(stays))


def _net(runs: Sequence[Run], came: str, left: str) -> dict[str, list[Any]]:
    """Id → the entry of what undoing these runs, latest first, has to turn back: only what is not turned back among them."""
    out: dict[str, list[Any]] = {}
    turned: set[str] = set()
    for run in runs:
        shape = run.summary.get(SHAPE) or {}
        for entry in shape.get(came, ()):
            if entry[0] in turned:
                turned.discard(entry[0])
            else:
                out[entry[0]] = entry
        for entry in shape.get(left, ()):
            if out.pop(entry[0], None) is None:
                turned.add(entry[0])
    return out


def _why_sheet_stays(session: Session, structure: Structure, gone: GoneSheet, service: ServiceTable) -> str:
    """Why a sheet cannot be removed: a cell of a sheet that people fill in and that is not as a new master has it, or something that refers
    to it; "" if it can."""
    ref = session.refs[gone.table]
    made = _made(service, session)
    snapshot = session.snapshot(gone.name)
    for row in range(ref.data.first_row, snapshot.last_row + 1) if service.id in ENTRY else ():
        if tuple(snapshot.value(row, ref.area.first_col + n) for n in range(len(service.columns))) in made:
            continue
        for col in range(1, snapshot.last_col + 1):
            if snapshot.value(row, col) is not None:
                return text("verbs.say.forms_not_empty", session.lang, sheet=gone.name, cell=a1(row, col))
    ours = {session.refs[s.table].sheet for s in session.schema.services if s.table in session.refs}
    ours |= {session.names[name][0] for name in ("go_home", "go_weekly") if name in session.names}
    used = still_used(structure, gone, ours - {gone.name})
    return text("verbs.say.forms_used", session.lang, sheet=gone.name, part=used) if used else ""


def _made(service: ServiceTable, session: Session) -> set[tuple[Value, ...]]:
    """The rows that a new master has there, also with the forms in a version of before or after the runs that are undone."""
    older, given = tuple(InUse(f.id) for f in session.master.forms), _given(session)
    schemas = (
        session.schema,
        *(schema_of(load(), forms) for forms in (session.master.forms, older)),
        load().of(tuple(f.id for f in older)),
    )
    return {tuple(row) for schema in schemas for row in own_rows(service, schema, session.book_lang, given)}


def _why_columns_stay(session: Session, structure: Structure, ref: TableRef, headings: tuple[str, ...]) -> str:
    """Why columns cannot be removed; "" if they can."""
    if ref.headings[-len(headings) :] != headings:
        return text("verbs.say.forms_columns_moved", session.lang, sheet=ref.sheet, headings=headings)
    service = next(s for s in session.schema.services if s.table == ref.name)
    typed = {h for c in service.columns if c.id in ENTRY.get(service.id, ()) for h in c.heading.values()}
    snapshot = session.snapshot(ref.sheet)
    for col, heading in enumerate(headings, ref.area.last_col - len(headings) + 1):
        for row in range(ref.data.first_row, ref.area.last_row + 1) if heading in typed else ():
            if snapshot.value(row, col) is not None:
                return text("verbs.say.forms_columns_full", session.lang, headings=headings, cell=f"{ref.sheet}!{a1(row, col)}")
    used = columns_used(structure, headings)
    return text("verbs.say.forms_columns_used", session.lang, headings=headings, part=used) if used else ""
