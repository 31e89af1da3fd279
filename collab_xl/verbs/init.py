"""Verb `init`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.build.calendar_rows import calendar_rows, is_country
from collab_xl.build.master import build_master
from collab_xl.build.style import deflated
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import load, schema_of
from collab_xl.forms.in_use import chosen
from collab_xl.model.cell_text import text_length
from collab_xl.model.directory import Department, folded
from collab_xl.model.excel_limits import MAX_PATH, path_too_long
from collab_xl.model.outside_text import encodable
from collab_xl.model.values import Value
from collab_xl.project.durable import write_durably
from collab_xl.project.interruption import writing_begins
from collab_xl.project.ledger import new_project_id
from collab_xl.project.sidecar import create_sidecar
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Report
from collab_xl.verbs.times import clock

YEARS_AHEAD = 2
"""Years after this one in a new master's calendar, which starts with last year and ends where holidays are not known yet."""


def init(
    path: Path,
    *,
    project: str = "",
    departments: Sequence[str | Department] = (),
    lang: str,
    as_of: date,
    settings: dict[str, Value] | None = None,
    own: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    forms: str = "basic",
    country: str = "CN",
) -> Report:
    """Verb `init`: make a new master and its sidecar.

    Args:
        own: the user's own columns, from an import.
        forms: `basic`, `full`, or ids separated by commas (`forms.in_use.chosen`).
        country: whose holidays the calendar sheet has: two letters, or with a part (`DE-BY`).

    Raises CollabError `unknown_form`, `unknown_country`, `department_blank`, `department_twice`, `master_exists`, `path_too_long`,
    `sidecar_taken`, `cannot_write_into`.
    """
    if os.path.exists(path):
        raise CollabError("master_exists", path=path, lang=lang)
    if path.suffix.lower() != ".xlsx":
        raise CollabError("master_not_xlsx", path=path, lang=lang, exit_code=2)
    whole = os.path.abspath(path)
    if path_too_long(whole):
        raise CollabError("path_too_long", path=whole, length=text_length(whole), most=MAX_PATH, lang=lang)
    try:
        schema = schema_of(load(), chosen(load(), forms))
    except CollabError as error:
        error.facts.setdefault("lang", lang)
        raise
    country = country.strip().upper()
    if not is_country(country):
        raise CollabError("unknown_country", exit_code=2, country=country, lang=lang)
    project_id = new_project_id()
    name = encodable(project or path.stem)
    listed = [d if isinstance(d, Department) else Department(d.strip()) for d in departments]
    _check_names(listed, lang)
    years = range(as_of.year - 1, as_of.year + YEARS_AHEAD + 1)
    data = build_master(
        lang,
        project=name,
        project_id=project_id,
        departments=listed,
        calendar_rows=calendar_rows(country, years, lang),
        settings={"country": country, **(settings or {})},
        own=own or {},
        schema=schema,
    )
    if not path.parent.is_dir():
        raise CollabError("folder_missing", path=path.parent, lang=lang)
    writing_begins()
    try:
        create_sidecar(path, project_id, clock.now())
        write_durably(path, deflated(data), code="cannot_write_into")
    except CollabError as error:
        error.facts.setdefault("lang", lang)
        raise
    sheet = load().service("departments").sheet[lang]
    body = {
        "version": "collab-xl/init/1",
        "path": str(path),
        "project": name,
        "project_id": project_id,
        "forms": [f.id for f in schema.forms],
    }
    return Report(
        lang, body, (text("verbs.say.init", lang, path=path, departments=sheet),), next=NextStep("init", "issue", facts={"sheet": sheet})
    )


def _check_names(departments: Sequence[Department], lang: str) -> None:
    """Every department has a name of its own; width, case and white space do not tell two names apart."""
    seen: dict[str, str] = {}
    for department in departments:
        name = folded(department.name)
        if not name:
            raise CollabError("department_blank", lang=lang, exit_code=2)
        if name in seen:
            raise CollabError("department_twice", name=department.name, other=seen[name], lang=lang, exit_code=2)
        seen[name] = department.name
