"""The undo of what `forms` did to a master: sheets and columns that were added, rows of the service sheets, looks and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collab_xl.book.added_sheet import columns_used, refuse_shape, reshaped, still_used
from collab_xl.book.parts import Structure
from collab_xl.build.form_sheet import own_names
from collab_xl.build.lists import setting_rows
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import Form, InUse, load, schema_of
from collab_xl.model.place import Area, a1
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.shape import GoneSheet, Shape, ShrunkTable
from collab_xl.model.sheets import TableRef
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.form_sheets import listing, structure_of
from collab_xl.verbs.sheets.service_edits import undo_rows
from collab_xl.verbs.sheets.settings_rows import columns_of
from collab_xl.verbs.upgrading.forms_plan import newest, plan_adding, plan_upgrading
from collab_xl.verbs.upgrading.lacking import concerned
from collab_xl.verbs.upgrading.list_upgrade import (
    ROWS_IN,
    ROWS_OUT,
    concerns_looks,
    net_rows,
    settings_again,
    take_looks_back,
)
from collab_xl.verbs.upgrading.own_fields import (
    stored,
    undo_fields,
    without_dropped,
)
from collab_xl.verbs.upgrading.page_upgrade import concerns_page, take_pages_out
from collab_xl.verbs.upgrading.service_upgrade import TakenOut, take_out
from collab_xl.verbs.upgrading.tab_upgrade import concerns_tabs, take_tabs_back
from collab_xl.verbs.upgrading.wanted_fields import FIELDS


class FormsUndo(Struct, frozen=True):
    """An undo with its changes to the sheets of forms. `plan` is the whole plan of the undo."""

    plan: Plan
    summary: Mapping[str, Any] = field(default_factory=dict)
    stays: tuple[str, ...] = ()
    """A line for every sheet that stays, with the reason."""


def undo_forms(session: Session, runs: Sequence[Run], plan: Plan) -> FormsUndo:
    """Undo these runs (latest first): an added sheet is removed if it is empty and nothing refers to it; a removed one is added again;
    rows of service sheets that they changed are as before.

    Raises CollabError `forms_on_screen`, and as `refuse_shape`.
    """
    leaving, _ = _net_sheets(runs)
    fields = undo_fields(session, None, runs, plan, leaving)
    forms = session.master.forms if fields is None else fields.forms
    if fields is not None:
        plan = without_dropped(session, plan, fields)
    back = _undo_forms(session, runs, plan, forms)
    if fields is not None:
        listed = Plan() if SHAPE in back.summary else listing(session, forms)
        kept = {SHAPE: {**back.summary.get(SHAPE, {}), FIELDS: stored(session.master.forms, fields)}}
        back = FormsUndo(back.plan + fields.plan + listed, kept, (*back.stays, *fields.stays))
    more, taken_rows, stays = undo_rows(session, runs)
    if taken_rows or stays:
        rows: dict[str, object] = {**back.summary.get(SHAPE, {}), **taken_rows}
        back = FormsUndo(back.plan + more, {SHAPE: rows} if rows else {}, (*back.stays, *stays))
    if not concerned(runs) and not concerns_page(runs) and not concerns_tabs(runs) and not concerns_looks(runs):
        return back
    if session.master.book.stamp is None:
        raise CollabError("forms_on_screen", file=session.path.name)
    structure = structure_of(session)
    refuse_shape(structure)
    _, newer = _net_versions(runs)
    again = schema_of(load(), newest(forms, [f.id for f in forms if f.id in newer]))
    taken = take_out(session, structure, runs, again) if concerned(runs) else TakenOut()
    settings, row_shape, added, rows_stay = _undo_settings(session, runs, back.summary.get(SHAPE, {}).get(ROWS_IN, ()))
    looks = take_looks_back(session, structure, runs, again, added, {"settings"} if rows_stay else ())
    pages = take_pages_out(session, structure, runs, again)
    shape: dict[str, object] = {**back.summary.get(SHAPE, {}), **taken.shape, **looks.shape, **row_shape, **pages.shape}
    plan = back.plan + taken.plan + looks.plan + settings + pages.plan
    tabs = take_tabs_back(session, structure, runs, plan)
    shape |= tabs.shape
    return FormsUndo(plan + tabs.plan, {SHAPE: shape} if shape else {}, (*back.stays, *taken.stays, *rows_stay, *pages.stays))


def without_gone(plan: Plan) -> Plan:
    """The plan without what an undo would write into sheets that it takes out."""
    sheets, tables = {gone.name for gone in plan.shape.gone}, {gone.table for gone in plan.shape.gone}
    return replace(
        plan,
        edits=tuple(e for e in plan.edits if e.sheet not in sheets),
        tables={name: area for name, area in plan.tables.items() if name not in tables},
        hidden={name: rows for name, rows in plan.hidden.items() if name not in sheets},
        heights={name: points for name, points in plan.heights.items() if name not in sheets},
    )


def _undo_settings(session: Session, runs: Sequence[Run], but: Sequence[str]) -> tuple[Plan, dict[str, object], list[str], tuple[str, ...]]:
    """Take the rows of 设置 out that these runs (latest first) added, or add those again that they took out; the summary of it, the codes
    of all rows that are added, and a line if rows stay. `but`: codes of rows that the undo adds in any case."""
    leaving, coming = net_rows(runs)
    plan, ids = settings_again(session, coming, but)
    out, gone, stopped = _limits_gone(session, leaving)
    summary: dict[str, object] = {ROWS_IN: [*but, *ids]} if ids else {}
    staying = {str(row["id"]) for row in session.service("settings") if row.get("id")} & (set(leaving) - set(gone))
    facts = {"sheet": session.sheet_of("settings"), "n": len(staying), "row": stopped}
    stays = (text("verbs.say.settings_stay", session.lang, **facts),) if staying else ()
    return plan + out, {**summary, **({ROWS_OUT: gone} if gone else {})}, [*but, *ids], stays


def _undo_forms(session: Session, runs: Sequence[Run], plan: Plan, forms: Sequence[InUse]) -> FormsUndo:
    leaving, coming = _net_sheets(runs)
    older, newer = _net_versions(runs)
    if not leaving and not coming and not older and not newer:
        return FormsUndo(plan)
    if session.master.book.stamp is None:
        raise CollabError("forms_on_screen", file=session.path.name)
    structure = structure_of(session)
    refuse_shape(structure)
    gone, stays, structure = _removable(session, structure, [f for f in session.schema.forms if f.id in leaving], plan)
    sheets, tables = {g.name for g in gone.values()}, {g.table for g in gone.values()}
    plan = replace(
        plan,
        edits=tuple(e for e in plan.edits if e.sheet not in sheets),
        tables={name: area for name, area in plan.tables.items() if name not in tables},
    )
    plan += Plan(shape=Shape(gone=tuple(gone.values())))
    used = tuple(f for f in forms if f.id not in gone)
    summary: dict[str, object] = {"out": [[form, g.name, g.table] for form, g in gone.items()]} if gone else {}
    back_to: list[list[Any]] = []
    for form_id, (before, after, headings, words) in older.items():
        if form_id in gone or form_id not in session.schema:
            continue
        ref = session.form_ref(session.schema.form(form_id))
        why = _why_columns_stay(session, structure, ref, tuple(headings), plan)
        if why:
            stays.append(why)
            continue
        turned = tuple((int(col), str(new), str(old)) for col, old, new in words)
        back_to.append([form_id, before, after, headings, words])
        used = tuple(replace(f, version=before) if f.id == form_id else f for f in used)
        dropped = range(ref.area.last_col - len(headings) + 1, ref.area.last_col + 1)
        area = plan.tables.get(ref.name)  # of a table that also loses rows
        narrow = {} if area is None else {ref.name: replace(area, last_col=area.last_col - len(headings))}
        edits = tuple(e for e in plan.edits if e.sheet != ref.sheet or e.col not in dropped)
        plan = replace(plan, edits=edits, tables={**plan.tables, **narrow})
        if headings or turned:
            plan += Plan(shape=Shape(shrunk=(ShrunkTable(ref.name, tuple(headings), turned),)))
    if back_to:
        summary["back"] = back_to
    back = [form for form in load().forms if form.id in coming and form.id not in {f.id for f in used}]
    if back:
        more, came = plan_adding(session, structure, back, used)
        return FormsUndo(plan + more, {SHAPE: {**summary, **came}}, tuple(stays))
    again = [f.id for f in forms if f.id in newer and f.version < load().form(f.id).version]
    if again and not summary:
        more, came, _ = plan_upgrading(session, structure, again, forms)
        return FormsUndo(plan + more, {SHAPE: came}, tuple(stays))
    if summary:
        plan += listing(session, used)
    return FormsUndo(plan, {SHAPE: summary} if summary else {}, tuple(stays))


def _net_versions(runs: Sequence[Run]) -> tuple[dict[str, tuple[int, int, list[str], list[Any]]], set[str]]:
    """Of runs to undo, latest first: forms that return to an older version (from, to, columns, words), and forms to upgrade again."""
    older: dict[str, tuple[int, int, list[str], list[Any]]] = {}
    newer: set[str] = set()
    for run in runs:
        shape = run.summary.get(SHAPE) or {}
        for form, before, after, headings, words in shape.get("versions", ()):
            if form in newer:
                newer.discard(form)
            elif form in older:
                _, last, later, more = older[form]
                older[form] = (before, last, [*headings, *later], [*words, *more])
            else:
                older[form] = (before, after, headings, words)
        for form, *_ in shape.get("back", ()):
            if older.pop(form, None) is None:
                newer.add(form)
    return older, newer


def _why_columns_stay(session: Session, structure: Structure, ref: TableRef, headings: tuple[str, ...], plan: Plan) -> str:
    """Why the columns of a form's newer version cannot be removed; "" if they can."""
    if not headings:
        return ""
    if ref.headings[-len(headings) :] != headings:
        return text("verbs.say.forms_columns_moved", session.lang, sheet=ref.sheet, headings=headings)
    cleared = {(e.row, e.col) for e in plan.edits if e.sheet == ref.sheet and e.new is None}
    snapshot = session.snapshot(ref.sheet)
    for row in range(ref.data.first_row, ref.area.last_row + 1):
        for col in range(ref.area.last_col - len(headings) + 1, ref.area.last_col + 1):
            if snapshot.value(row, col) is not None and (row, col) not in cleared:
                return text("verbs.say.forms_columns_full", session.lang, headings=headings, cell=f"{ref.sheet}!{a1(row, col)}")
    used = columns_used(structure, headings)
    return text("verbs.say.forms_columns_used", session.lang, headings=headings, part=used) if used else ""


def _net_sheets(runs: Sequence[Run]) -> tuple[set[str], set[str]]:
    """Of runs to undo, latest first: forms whose sheets are to be removed, forms to add again."""
    leaving: set[str] = set()
    coming: set[str] = set()
    for run in runs:
        shape = run.summary.get(SHAPE) or {}
        for form, *_ in shape.get("in", ()):
            (coming.discard if form in coming else leaving.add)(form)
        for form, *_ in shape.get("out", ()):
            (leaving.discard if form in leaving else coming.add)(form)
    return leaving, coming


def _removable(
    session: Session, structure: Structure, forms: Sequence[Form], plan: Plan
) -> tuple[dict[str, GoneSheet], list[str], Structure]:
    """The removable sheets of these forms (nothing else refers to them), the reasons why others stay, the workbook without the first."""
    gone: dict[str, GoneSheet] = {}
    left = list(forms)
    while left:
        why: dict[str, str] = {}
        for form in left:
            ref = session.form_ref(form)
            sheet = GoneSheet(ref.sheet, ref.name, own_names(structure, form.id, ref.sheet))
            if said := _why_sheet_stays(session, structure, sheet, plan):
                why[form.id] = said
            else:
                gone[form.id] = sheet
                structure = reshaped(structure, Shape(gone=(sheet,)))
        if len(why) == len(left):
            return gone, list(why.values()), structure
        left = [form for form in left if form.id in why]
    return gone, [], structure


def _why_sheet_stays(session: Session, structure: Structure, gone: GoneSheet, plan: Plan) -> str:
    """Why a form's sheet cannot be removed; "" if it can."""
    first = session.refs[gone.table].data.first_row
    cleared = {(e.row, e.col) for e in plan.edits if e.sheet == gone.name and e.new is None}
    for row, line in enumerate(session.snapshot(gone.name).cells, 1):
        for col, value in enumerate(line, 1):
            if row >= first and value is not None and (row, col) not in cleared:
                return text("verbs.say.forms_not_empty", session.lang, sheet=gone.name, cell=a1(row, col))
    lists = {session.refs[s.table].sheet for s in session.schema.services if s.table in session.refs}
    lists |= {session.names[name][0] for name in ("go_home", "go_weekly") if name in session.names}
    used = still_used(structure, gone, lists)
    return text("verbs.say.forms_used", session.lang, sheet=gone.name, part=used) if used else ""


def _limits_gone(session: Session, ids: Sequence[str]) -> tuple[Plan, list[str], int]:
    """Remove these rows from sheet 设置, as far as they are its last rows, unchanged since they were added, and without a note beside them.
    Also the codes of those that leave, in the order of the sheet, and the row that is the last one then."""
    service = session.schema.service("settings")
    ref = session.refs.get(service.table)
    known = {str(row[3]): row for row in setting_rows({}, session.book_lang, load().forms)}
    columns = columns_of(ref, service) if ref is not None else {}
    if ref is None or not {"id", "value"} <= set(columns) or ref.totals_rows:
        return Plan(), [], ref.area.last_row if ref is not None else 0
    snapshot, edits, last, gone = session.snapshot(ref.sheet), list[CellEdit](), ref.area.last_row, list[str]()
    beside = [c for c in range(1, snapshot.last_col + 1) if c not in columns.values()]
    noted = {row for row, _ in snapshot.comments}
    while last > ref.data.first_row and (row := known.get(str(snapshot.value(last, columns["id"])))) is not None:
        if row[3] not in ids or snapshot.value(last, columns["value"]) != (None if row[1] == "" else row[1]):
            break
        if last in noted or any(snapshot.value(last, c) is not None for c in beside):
            break
        cells = range(ref.area.first_col, ref.area.last_col + 1)
        edits += [CellEdit(ref.sheet, last, c, old, None) for c in cells if (old := snapshot.value(last, c)) is not None]
        gone.insert(0, str(row[3]))
        last -= 1
    if not edits:
        return Plan(), [], last
    area = Area(ref.area.first_row, ref.area.first_col, last, ref.area.last_col)
    return Plan(tuple(sorted(edits, key=lambda e: e[:3])), {ref.name: area}), gone, last
