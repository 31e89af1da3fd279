"""The verb `forms`: list forms, check their files, add them to a master, bring a master's forms to the installed version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from collab_xl.book.added_columns import with_words
from collab_xl.book.added_sheet import columns_used, refuse_shape, reshaped, still_used
from collab_xl.book.parts import Structure
from collab_xl.build.form_sheet import donor, names_there, new_sheets, own_names
from collab_xl.build.lists import limit_rows, setting_rows
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.forms import Form, InUse, load, schema_of
from collab_xl.forms.folders import form_files, own_forms_folder
from collab_xl.forms.in_use import added_since, known_forms, of_master
from collab_xl.forms.read import read_forms
from collab_xl.model.excel_limits import MAX_SHEET_NAME
from collab_xl.model.place import Area, a1, column_letters
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.shape import GoneSheet, GrownTable, Shape, ShrunkTable
from collab_xl.model.sheets import TableRef
from collab_xl.plan.weekly import weekly_sheet
from collab_xl.project.run import Where, open_master
from collab_xl.rules.functions import faults_in
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.form_sheets import listing, sources_of, structure_of, words_of
from collab_xl.verbs.sheets.mail_columns import mail_cells
from collab_xl.verbs.sheets.service_edits import undo_rows
from collab_xl.verbs.sheets.service_sheets import home
from collab_xl.verbs.sheets.settings_rows import columns_of
from collab_xl.verbs.upgrading.lacking import Lacking, concerned, lacking
from collab_xl.verbs.upgrading.list_upgrade import (
    ROWS_IN,
    ROWS_OUT,
    add_settings,
    bring_looks,
    concerns_looks,
    missing_settings,
    net_rows,
    settings_again,
    take_looks_back,
)
from collab_xl.verbs.upgrading.own_fields import VERSION as FIELDS_VERSION
from collab_xl.verbs.upgrading.own_fields import (
    commit_fields,
    faulty,
    new_codes,
    new_lines,
    plan_fields,
    stored,
    undo_fields,
    without_dropped,
)
from collab_xl.verbs.upgrading.page_upgrade import WEEKLY, bring_pages, concerns_page, lacks_pages, only_on, take_pages_out
from collab_xl.verbs.upgrading.service_upgrade import Brought, TakenOut, bring, take_out
from collab_xl.verbs.upgrading.tab_upgrade import bring_tabs, colour_added, concerns_tabs, take_tabs_back
from collab_xl.verbs.upgrading.wanted_fields import FIELDS, SERVICE, wanted_fields
from collab_xl.verbs.week import page_again

VERSION = "collab-xl/forms/1"


def forms_check(*, lang: str) -> Report:
    """Verb `forms check`: report every fault of every `form.toml`, built in or in `COLLAB_XL_FORMS`."""
    files = form_files(own_forms_folder())
    right, faults = read_forms(files)
    faults += faults_in(right, files)
    rows = tuple(
        (str(f.file), f.key, text(f.wrong.key, lang, **f.wrong.facts), text(f.allowed.key, lang, **f.allowed.facts)) for f in faults
    )
    body = {
        "version": VERSION,
        "files": [str(path) for path in files],
        "faults": [dict(zip(("file", "key", "wrong", "allowed"), row, strict=True)) for row in rows],
    }
    said = text("verbs.say.forms_faults" if rows else "verbs.say.forms_right", lang, n=len(rows), files=len(files))
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("form_file", "form_key", "form_wrong", "form_allowed"))
    step = NextStep("form_faults", "forms check") if rows else NextStep("form_add", "forms add")
    return Report(lang, body, (said,), (Listing("", columns, rows),) if rows else (), FINDINGS if rows else OK, next=step)


def forms_list(where: Where | None = None, *, lang: str | None, fallback: str) -> Report:
    """Verb `forms list`: the installed forms; with a master also the forms in use and what is new in the installed versions.

    A form that the master uses and that is not installed is reported, not refused.
    """
    installed = {form.id: form for form in load().forms}
    used: dict[str, InUse] = {}
    out_lang = lang or fallback
    notes: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    if where is not None:
        with open_master(where, for_writing=False) as master:
            used = {f.id: f for f in master.forms}
            out_lang, notes = lang or master.lang, master.warnings
            lacks = lacking(master.book.tables, load()).names(load(), out_lang)
    rows, body = [], []
    for form_id in dict.fromkeys((*installed, *used)):
        form, mine = installed.get(form_id), used.get(form_id)
        new = _new_in(form, mine, out_lang) if form is not None and mine is not None else ()
        state = _state(form, mine) if where is not None else ""
        rows.append(
            (
                form_id,
                form.sheet[out_lang] if form else "",
                str(form.version) if form else "–",
                str(mine.version) if mine else "–",
                "；".join((text(f"verbs.forms_state.{state}", out_lang), *new) if state else new),
            )
        )
        body.append(
            {
                "form": form_id,
                "sheet": form.sheet[out_lang] if form else None,
                "installed": form.version if form else None,
                "in_use": mine.version if mine else None,
                "table": (mine.table or (form.table if form else "")) if mine else None,
                "state": state or None,
                "new": list(new),
            }
        )
    columns = tuple(text(f"verbs.column.{c}", out_lang) for c in ("form", "sheet", "form_installed", "form_in_use", "state"))
    said = (text("verbs.say.lists_lacking", out_lang, what=lacks),) if lacks else ()
    facts = {"version": VERSION, "forms": body, "lists": list(lacks)}
    return Report(out_lang, facts, said, (Listing("", columns, tuple(rows)),), OK, notes, NextStep("form_add", "forms add"))


def _state(form: Form | None, mine: InUse | None) -> str:
    if mine is None:
        return "free"
    if form is None:
        return "lost"
    return "newer" if mine.version > form.version else "older" if mine.version < form.version else "current"


def _new_in(form: Form, mine: InUse, lang: str) -> tuple[str, ...]:
    """Headings and drop-down words that the installed version adds."""
    fields, choices = added_since(form, mine.version)
    words = [form.field(f).label(c, lang) for f, new in choices.items() for c in new]
    return (*(f.heading[lang] for f in fields), *words)


def forms_add(where: Where, forms: Sequence[str], *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `forms add`: add the sheets of forms to an existing master, as one run.

    Raises CollabError `unknown_form`, `forms_on_screen`, `shape_locked`, `shape_strict`, `shape_shared`, `shape_signed`.
    """
    installed = load()
    known_forms(installed, forms)
    if not isinstance(where, Path):
        raise CollabError("forms_on_screen")
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        used = {f.id for f in session.master.forms}
        wanted = [form for form in installed.forms if form.id in forms and form.id not in used]
        already = [form for form in dict.fromkeys(forms) if form in used]
        lines = [text("verbs.say.forms_already", session.lang, forms=tuple(already))] if already else []
        body: dict[str, object] = {"version": VERSION, "run": None, "added": [], "already": already}
        if not wanted:
            return session.report(body, tuple(lines), then=NextStep("form_rows", "issue"))
        structure = structure_of(session)
        refuse_shape(structure)
        plan, shape = _plan_adding(session, structure, wanted, session.master.forms)
        plan += colour_added(session, structure, plan)
        body["added"] = [{"form": f, "sheet": sheet, "table": table} for f, sheet, table in shape["in"]]
        lines += [text("verbs.say.forms_added", session.lang, form=f, sheet=sheet, table=table) for f, sheet, table in shape["in"]]
        renamed = [(form, sheet) for form, (_, sheet, _) in zip(wanted, shape["in"], strict=True) if sheet != form.sheet[session.book_lang]]
        lines += [
            text("verbs.say.forms_renamed", session.lang, wanted=form.sheet[session.book_lang], sheet=sheet) for form, sheet in renamed
        ]
        if write:
            plan += home(session, session.tables, verb="forms", run=session.master.new_run_id, waiting=len(session.state(packs=()).items))
            body["run"] = session.master.commit(session.record("forms", summary={"forms": len(wanted), SHAPE: shape}), plan)
            lines.append(text("verbs.say.forms_run", session.lang, run=body["run"]))
        else:
            reshaped(structure, plan.shape)
            lines = [text("verbs.would.changes", session.lang), *lines, text("verbs.say.no_write", session.lang)]
        return session.report(body, tuple(lines), then=to_write(write, NextStep("form_rows", "issue")))


def _plan_adding(session: Session, structure: Structure, forms: Sequence[Form], used: Sequence[InUse]) -> tuple[Plan, dict[str, list[Any]]]:
    """The plan that adds forms to those in use, and the run's summary of it."""
    order = [form.id for form in load().forms]
    sheets = {form.id: session.form_ref(form).sheet for form in session.schema.forms}
    made = list(new_sheets(structure, forms, order, sheets, sources_of(session), session.book_lang))
    came = {form.id: InUse(form.id, form.version, sheet.table if sheet.table != form.table else "") for form, sheet in made}
    limits, ids = _limits(session, forms)
    plan = Plan(shape=Shape(new=tuple(sheet for _, sheet in made))) + limits
    plan += listing(session, (*used, *came.values()))
    lines, rows = new_lines(session, (*used, *came.values()))
    return plan + lines, {"in": [[form.id, sheet.name, sheet.table] for form, sheet in made], "rows": ids, **rows}


def forms_upgrade(where: Where, forms: Sequence[str] = (), *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `forms upgrade`: bring forms of a master to the installed version, as one run; default: all that are older, and the service
    sheets and columns that an older version did not have.

    New columns are added after the table's last column, the user's own included. Nothing is moved or overwritten, so nothing is asked.

    Raises CollabError `unknown_form`, `form_not_in_use`, `column_not_free`, and as `forms_add`.
    """
    known_forms(load(), forms)
    if not isinstance(where, Path):
        raise CollabError("forms_on_screen")
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        used = [f.id for f in session.master.forms]
        if absent := tuple(f for f in forms if f not in used):
            raise CollabError("form_not_in_use", forms=absent, lang=session.lang)
        older = [f.id for f in session.master.forms if f.version < load().form(f.id).version and (not forms or f.id in forms)]
        lacks = lacking(session.refs, session.schema) if not forms else Lacking()
        body: dict[str, object] = {
            "version": VERSION,
            "run": None,
            "upgraded": [],
            "lists": list(lacks.names(session.schema, session.lang)),
        }
        after = newest(session.master.forms, older)
        pages = () if forms else lacks_pages(session, schema_of(load(), after))
        structure = structure_of(session)
        plan, shape, said = _plan_upgrading(session, structure, older, session.master.forms) if older else (Plan(), {}, [])
        brought = bring(session, structure, lacks, schema_of(load(), after))
        said = [*said, *brought.said]
        if not forms:
            rows, ids = missing_settings(session, schema_of(load(), after), shape.get(ROWS_IN, ()))
            looks = bring_looks(session, structure, schema_of(load(), after), [*shape.get(ROWS_IN, ()), *ids])
            said += [text("verbs.say.settings_added", session.lang, n=len(ids), sheet=session.sheet_of("settings"))] if ids else []
            said += looks.said
            added = {ROWS_IN: [*shape.get(ROWS_IN, ()), *ids]} if ids else {}
            brought = Brought(brought.plan + rows + looks.plan, {**brought.shape, **added, **looks.shape})
        if pages:
            came = bring_pages(session, structure, pages, schema_of(load(), after), plan + brought.plan)
            brought = Brought(brought.plan + came.plan, {**brought.shape, **came.shape})
            said += came.said
        if not forms:
            tabs = bring_tabs(session, structure, plan + brought.plan)
            brought = Brought(brought.plan + tabs.plan, {**brought.shape, **tabs.shape})
            said += tabs.said
        if not older and not brought.shape:
            said.append(text("verbs.say.forms_newest", session.lang))
            return session.report(body, tuple(said), (), FINDINGS if lacks else OK, then=NextStep("upgraded", "check"))
        refuse_shape(structure)
        lines_plan, lines_shape = new_lines(session, after)
        plan, shape = plan + brought.plan + lines_plan, {**shape, **brought.shape, **lines_shape}
        body["upgraded"] = [
            {"form": form, "from": before, "to": after, "columns": list(headings)}
            for form, before, after, headings, _ in shape.get("versions", ())
        ]
        lines = list(said)
        if write:
            run, filled = session.master.new_run_id, Plan()
            if WEEKLY in pages:
                sheet = weekly_sheet(session.names)
                filled = only_on(page_again(session, session.tables, run)[0], sheet)
                lines += [] if filled else [text("verbs.say.page_blank", session.lang, sheet=sheet)]
            plan += filled
            plan += home(session, session.tables, verb="forms", run=run, waiting=len(session.state(packs=()).items), page=filled)
            plan += mail_cells(session, list(lacks.columns))
            body["run"] = session.master.commit(session.record("forms", summary={"forms": len(older), SHAPE: shape}), plan)
            lines.append(text("verbs.say.forms_upgrade_run", session.lang, run=body["run"]))
        else:
            reshaped(structure, plan.shape)
            lines = [text("verbs.would.changes", session.lang), *lines, text("verbs.say.no_write", session.lang)]
        return session.report(body, tuple(lines), then=to_write(write, NextStep("upgraded", "check")))


def newest(used: Sequence[InUse], older: Sequence[str]) -> tuple[InUse, ...]:
    """The forms in use, those of `older` in the installed version."""
    return tuple(replace(f, version=load().form(f.id).version) if f.id in older else f for f in used)


def _plan_upgrading(
    session: Session, structure: Structure, forms: Sequence[str], in_use: Sequence[InUse]
) -> tuple[Plan, dict[str, list[Any]], list[str]]:
    """The plan that brings these forms to the installed version, the run's summary of it, and the lines to print."""
    grown: list[GrownTable] = []
    versions: list[list[Any]] = []
    said: list[str] = []
    used = {f.id: f for f in in_use}
    for form_id in forms:
        before, after = used[form_id].version, newest([used[form_id]], forms)[0]
        form = of_master(load().form(form_id), after)
        table = _grown(session, structure, form)
        ref = session.form_ref(session.schema.form(form_id))
        coming = {f.heading[session.book_lang].casefold() for f in added_since(form, before)[0]}
        headings = [form.fields[col - 1].heading[session.book_lang] for col in table.new]
        said.append(
            text("verbs.say.forms_upgraded", session.lang, form=form_id, before=before, after=form.version, columns=tuple(headings) or "–")
        )
        said += [text("verbs.say.forms_adopted", session.lang, heading=h) for h in ref.headings if h.casefold() in coming]
        part = structure.sheets[ref.sheet].part
        _, missed = with_words(structure.package.read(part), part, table.words)
        for col, _, new in (w for w in table.words if w[0] in missed):
            place = f"{ref.sheet}!{column_letters(col)}"
            said.append(text("verbs.say.forms_own_drop_down", session.lang, column=place, words=new.strip('"')))
        words = tuple(w for w in table.words if w[0] not in missed)
        grown.append(replace(table, words=words))
        versions.append([form_id, before, form.version, headings, [list(w) for w in words]])
        used[form_id] = after
    limits, ids = _limits(session, [load().form(f) for f in forms])
    plan = Plan(shape=Shape(grown=tuple(g for g in grown if g.new or g.words))) + limits + listing(session, tuple(used.values()))
    return plan, {"versions": versions, "rows": ids}, said


def _grown(session: Session, structure: Structure, form: Form) -> GrownTable:
    """What the table of a newer form gets. A column of the user's own that has the heading of a new field becomes that field."""
    mine, lang = session.schema.form(form.id), session.book_lang
    ref, table = session.form_ref(mine), session.tables_for_viewing[form.id]
    places = {h.casefold(): ref.area.first_col + n for n, h in enumerate(ref.headings)}
    fields, choices = added_since(form, mine.version)
    columns = {1 + n: table.columns[f.id] for n, f in enumerate(form.fields) if f.id in table.columns}
    columns |= {1 + n: places[f.heading[lang].casefold()] for n, f in enumerate(form.fields) if f.heading[lang].casefold() in places}
    new = tuple(1 + n for n, f in enumerate(form.fields) if f in fields and 1 + n not in columns)
    columns |= {col: ref.area.last_col + n for n, col in enumerate(new, 1)}
    lists = names_there(structure, form, sources_of(session))
    words = [(table.columns[f], words_of(mine.field(f), lang), words_of(form.field(f), lang)) for f in choices if f in table.columns]
    return GrownTable(ref.name, donor(form, lang, form.sheet[lang][:MAX_SHEET_NAME], ref.name, lists), columns, new, tuple(words))


def _limits(session: Session, forms: Sequence[Form]) -> tuple[Plan, list[str]]:
    """New rows of sheet 设置 for the limits of these forms, below the table's last row; and their ids."""
    service = session.schema.service("settings")
    ref = session.refs.get(service.table)
    given = {str(row["id"]) for row in session.service("settings") if row.get("id")} if ref is not None else set()
    rows = [row for row in limit_rows(forms, session.book_lang) if row[3] not in given]
    if ref is None or not rows or ref.totals_rows:
        return Plan(), []
    return add_settings(session, rows), [str(row[3]) for row in rows]


def forms_apply(where: Where, *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `forms apply`: make the fields of this master as sheet 字段 says.

    Raises CollabError `forms_on_screen`, `fields_no_sheet`, `column_not_free`, and as `refuse_shape`.
    """
    if not isinstance(where, Path):
        raise CollabError("forms_on_screen")
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        wanted = wanted_fields(session)
        body: dict[str, object] = {"version": FIELDS_VERSION, "run": None, "changes": [], "faults": []}
        if wanted.faults:
            return faulty(session, wanted.faults, body)
        found = plan_fields(session, structure_of(session), wanted.said)
        codes = new_codes(session, wanted)
        if not found.changes and found.forms == session.master.forms and not codes:
            said = text("verbs.say.fields_nothing", session.lang, sheet=session.sheet_of(SERVICE))
            return session.report(body, (said,), then=NextStep("fields", "issue"))
        body["changes"] = [change.json for change in found.changes]
        lines = [change.line(session.lang) for change in found.changes]
        if write:
            body["run"] = commit_fields(session, found, codes)
            lines.append(text("verbs.say.fields_run", session.lang, run=body["run"]))
        else:
            reshaped(structure_of(session), found.plan.shape)
            lines = [text("verbs.would.changes", session.lang), *lines, text("verbs.say.no_write", session.lang)]
        return session.report(body, tuple(lines), then=to_write(write, NextStep("fields", "issue")))


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
    looks = take_looks_back(session, structure, runs, again, added)
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
        more, came = _plan_adding(session, structure, back, used)
        return FormsUndo(plan + more, {SHAPE: {**summary, **came}}, tuple(stays))
    again = [f.id for f in forms if f.id in newer and f.version < load().form(f.id).version]
    if again and not summary:
        more, came, _ = _plan_upgrading(session, structure, again, forms)
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
    """Remove these rows from sheet 设置, as far as they are its last rows and unchanged since they were added. Also the codes of those that
    leave, in the order of the sheet, and the row that is the last one then."""
    service = session.schema.service("settings")
    ref = session.refs.get(service.table)
    known = {str(row[3]): row for row in setting_rows({}, session.book_lang, load().forms)}
    columns = columns_of(ref, service) if ref is not None else {}
    if ref is None or not {"id", "value"} <= set(columns) or ref.totals_rows:
        return Plan(), [], ref.area.last_row if ref is not None else 0
    snapshot, edits, last, gone = session.snapshot(ref.sheet), list[CellEdit](), ref.area.last_row, list[str]()
    while last > ref.data.first_row and (row := known.get(str(snapshot.value(last, columns["id"])))) is not None:
        if row[3] not in ids or snapshot.value(last, columns["value"]) != (None if row[1] == "" else row[1]):
            break
        cells = range(ref.area.first_col, ref.area.last_col + 1)
        edits += [CellEdit(ref.sheet, last, c, old, None) for c in cells if (old := snapshot.value(last, c)) is not None]
        gone.insert(0, str(row[3]))
        last -= 1
    if not edits:
        return Plan(), [], last
    area = Area(ref.area.first_row, ref.area.first_col, last, ref.area.last_col)
    return Plan(tuple(sorted(edits, key=lambda e: e[:3])), {ref.name: area}), gone, last
