"""Plans that add forms to a master, or bring its forms to the installed version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collab_xl.book.added_columns import with_words
from collab_xl.book.parts import Structure
from collab_xl.build.form_sheet import donor, names_there, new_sheets
from collab_xl.build.lists import limit_rows
from collab_xl.catalogue import text
from collab_xl.forms import Form, InUse, load
from collab_xl.forms.in_use import added_since, of_master
from collab_xl.model.excel_limits import MAX_SHEET_NAME
from collab_xl.model.place import column_letters
from collab_xl.model.plan import Plan
from collab_xl.model.record import replace
from collab_xl.model.shape import GrownTable, Shape
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.form_sheets import listing, sources_of, words_of
from collab_xl.verbs.upgrading.list_upgrade import add_settings
from collab_xl.verbs.upgrading.own_fields import new_lines


def plan_adding(session: Session, structure: Structure, forms: Sequence[Form], used: Sequence[InUse]) -> tuple[Plan, dict[str, list[Any]]]:
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


def newest(used: Sequence[InUse], older: Sequence[str]) -> tuple[InUse, ...]:
    """The forms in use, those of `older` in the installed version."""
    return tuple(replace(f, version=load().form(f.id).version) if f.id in older else f for f in used)


def plan_upgrading(
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
