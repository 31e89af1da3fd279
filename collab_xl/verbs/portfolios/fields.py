"""The fields of one master for many: what its sheet 字段 has in force, brought to another master as if it were typed there.

In: the master to take from, the session of another.  Out: what changes there, and its plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.catalogue import LANGS
from collab_xl.errors import CollabError
from collab_xl.forms import Schema, load, schema_of
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct, replace
from collab_xl.model.values import Value
from collab_xl.read.field_lines import FieldLine
from collab_xl.read.headings import fold
from collab_xl.rules.field_lines import COLUMNS, code_of, line_of
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.form_sheets import listing, structure_of
from collab_xl.verbs.sheets.service_edits import ROWS, RowChange, plan_rows
from collab_xl.verbs.upgrading.own_fields import FieldsPlan, plan_fields, stored
from collab_xl.verbs.upgrading.wanted_fields import FIELDS, SERVICE, read_wanted

Lines = Mapping[str, Value]


class FieldSource(Struct, frozen=True):
    """What a master has of its own on 字段: its language, and the lines of its own and changed fields."""

    file: str
    lines: tuple[tuple[str, str, bool, Mapping[str, Lines]], ...] = ()
    """(form, field, whether it is a field of its own, language → the line). What a person typed is the same in both languages."""


def source_of(path: Path, as_of: date, lang: str) -> FieldSource:
    """Read it. Raises CollabError as `opened`, and `change_no_fields` for a master without anything of its own."""
    with opened(path, write=False, as_of=as_of, lang=lang) as session:
        lines = []
        for used in session.master.forms:
            form = session.schema.form(used.id)
            for said in used.own:
                f = form.known(said.id)
                if f is not None and not said.out:
                    lines.append((form.id, f.id, said.is_own, {each: line_of(form, f, each, hidden=said.hidden) for each in LANGS}))
        if not lines:
            raise CollabError("change_no_fields", file=path.name, sheet=session.schema.service(SERVICE).sheet[session.book_lang], lang=lang)
        return FieldSource(path.name, tuple(lines))


def bring_fields(session: Session, source: FieldSource) -> tuple[FieldsPlan, list[RowChange]]:
    """The plan for this master, and the changes of its sheet 字段. Without changes its plan is empty.

    Raises CollabError `change_fields_faulty`, `fields_no_sheet`, and as `plan_fields`.
    """
    service = session.schema.service(SERVICE)
    if service.table not in session.refs:
        raise CollabError("fields_no_sheet", sheet=service.sheet[session.book_lang], lang=session.lang)
    wanted = read_wanted(session, [FieldLine(n, line) for n, line in enumerate(_lines(session, source), 1)])
    if wanted.faults:
        first = wanted.faults[0]
        raise CollabError(
            "change_fields_faulty", what=first.text("what", session.lang), fix=first.text("fix", session.lang), lang=session.lang
        )
    found = plan_fields(session, structure_of(session), wanted.said)
    return found, _rows(session, found)


def fields_plan(session: Session, found: FieldsPlan, rows: Sequence[RowChange]) -> tuple[Plan, dict[str, object]]:
    """The whole plan, and the run's summary of it."""
    plan, _ = plan_rows(session, rows)
    shape: dict[str, object] = {FIELDS: stored(session.master.forms, found), ROWS: [row.stored for row in rows]}
    return found.plan + listing(session, found.forms) + plan, shape


def _lines(session: Session, source: FieldSource) -> list[Lines]:
    """The lines that 字段 of this master has in force, with those of the source in their place or below."""
    lang, out, places = session.book_lang, list[Lines](), dict[tuple[str, str], int]()
    for used in session.master.forms:
        form = session.schema.form(used.id)
        hidden = {s.id for s in used.own if s.hidden}
        for f in (*form.fields, *(a for a in form.set_aside if a.id in hidden)):
            places[form.id, f.id] = places[form.id, fold(f.heading[lang])] = len(out)
            out.append(line_of(form, f, lang, hidden=f.id in hidden))
    for form_id, field_id, is_own, lines in source.lines:
        line = lines[lang]
        if form_id in session.schema:
            at = places.get((form_id, fold(str(line["heading"])) if is_own else field_id))
            if at is None:
                out.append({**line, "id": None})
            elif not is_own or str(out[at]["id"]).startswith(code_of(form_id, "own_")):
                out[at] = {**line, "id": out[at]["id"]}
            else:
                out.append({**line, "id": None})  # the form has this heading: a fault that names it
    return out


def _rows(session: Session, found: FieldsPlan) -> list[RowChange]:
    """What changes on 字段: lines as they are in force before and afterwards."""
    if found.forms == session.master.forms:
        return []
    lang, rows = session.book_lang, {str(row.get("id")): row for row in session.service(SERVICE)}
    before, after = (_in_force(schema, forms, lang) for schema, forms in _both(session, found))
    out = []
    for code, line in after.items():
        if before.get(code) == line:
            continue
        held = rows.get(code)
        if held is None:
            out.append(RowChange(SERVICE, None, line))
        else:
            changed = {name: value for name, value in line.items() if name in COLUMNS and held.get(name) != value}
            out.append(RowChange(SERVICE, {"id": code, **{name: held.get(name) for name in changed}}, {"id": code, **changed}))
    return out


def _both(session: Session, found: FieldsPlan) -> tuple[tuple[Schema, FieldsPlan], ...]:
    return ((session.schema, replace(found, forms=session.master.forms)), (schema_of(load(), found.forms), found))


def _in_force(schema: Schema, found: FieldsPlan, lang: str) -> dict[str, Lines]:
    """Code → line, of what differs from the forms."""
    out: dict[str, Lines] = {}
    for used in found.forms:
        form = schema.form(used.id)
        for said in used.own:
            f = form.known(said.id)
            if f is not None and not said.out:
                out[code_of(form.id, f.id)] = line_of(form, f, lang, hidden=said.hidden)
    return out
