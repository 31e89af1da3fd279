"""The verb `forms`: list forms, check their files, add them to a master, bring a master's forms to the installed version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from collab_xl.book.added_sheet import refuse_shape, reshaped
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.forms import Form, InUse, load, schema_of
from collab_xl.forms.folders import form_files, own_forms_folder
from collab_xl.forms.in_use import added_since, known_forms
from collab_xl.forms.read import read_forms
from collab_xl.model.plan import Plan
from collab_xl.model.run import SHAPE
from collab_xl.plan.weekly import weekly_sheet
from collab_xl.project.run import Where, open_master
from collab_xl.rules.functions import faults_in
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.session import opened
from collab_xl.verbs.sheets.form_sheets import structure_of
from collab_xl.verbs.sheets.mail_columns import mail_cells
from collab_xl.verbs.sheets.service_sheets import home
from collab_xl.verbs.upgrading.forms_plan import newest, plan_adding, plan_upgrading
from collab_xl.verbs.upgrading.lacking import Lacking, lacking
from collab_xl.verbs.upgrading.list_upgrade import (
    ROWS_IN,
    bring_looks,
    missing_settings,
)
from collab_xl.verbs.upgrading.own_fields import VERSION as FIELDS_VERSION
from collab_xl.verbs.upgrading.own_fields import (
    commit_fields,
    faulty,
    new_codes,
    new_lines,
    plan_fields,
)
from collab_xl.verbs.upgrading.page_upgrade import WEEKLY, bring_pages, lacks_pages, only_on
from collab_xl.verbs.upgrading.service_upgrade import Brought, bring
from collab_xl.verbs.upgrading.tab_upgrade import bring_tabs, colour_added
from collab_xl.verbs.upgrading.wanted_fields import SERVICE, wanted_fields
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
        plan, shape = plan_adding(session, structure, wanted, session.master.forms)
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
        plan, shape, said = plan_upgrading(session, structure, older, session.master.forms) if older else (Plan(), {}, [])
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
