"""Verb `request`: the request form as a workbook, empty for a department to fill in, or filled from the register."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from collab_xl.build.pack import safe_name
from collab_xl.build.request_form import Filled, request_book
from collab_xl.catalogue import text
from collab_xl.errors import OK, CollabError
from collab_xl.forms import Form, RequestSheet
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.project.durable import write_durably
from collab_xl.project.run import Where
from collab_xl.verbs.free_path import free_path
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened

NAME_LENGTH = 30
"""Characters of the row's title in the file's name."""


def request(
    where: Where, keys: Sequence[str] | str = (), *, as_of: date, out: Path | None = None, write: bool = True, lang: str | None
) -> Report:
    """Verb `request`: nothing in the master changes; a file that is there already stays.

    Args:
        keys: IDs of the register; none for the empty form.
        out: where to put it; by default the master's folder.

    Raises CollabError `no_request_form`, `request_unknown` (exit 2).
    """
    wanted = [key for said in ([keys] if isinstance(keys, str) else keys) for key in said.replace("，", ",").replace("、", ",").split(",")]
    wanted = [key.strip() for key in wanted if key.strip()]
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        session.writes = write  # the master stays; what is written is a file of its own
        form = next((f for f in session.schema.forms if f.request), None)
        if form is None or form.request is None:
            raise CollabError("no_request_form", lang=session.lang)
        sheet = replace(form.request, parts=tuple(p for p in form.request.parts if p.of in session.schema))
        folder, book_lang = out or session.path.parent, session.book_lang
        made: list[Path] = []
        for key in wanted or [""]:
            filled, subtitle = _filled(session, form, sheet, key)
            title = filled.values.get(form.id_of("title"))
            name = "_".join(filter(None, (sheet.title[book_lang], key, str(title or "")[:NAME_LENGTH])))
            path = free_path(folder, safe_name(name), ".xlsx")
            if write:
                data = request_book(form, sheet, filled, session.schema, session.directory, subtitle, book_lang)
                write_durably(path, data, code="cannot_write_into")
            made.append(path)
        lines = [session.said("request" if wanted else "request_empty", path=path) for path in made]
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        body = {
            "version": "collab-xl/request/1",
            "files": [{"file": str(p), "row_id": key} for p, key in zip(made, wanted or [""], strict=True)],
        }
        return session.report(body, tuple(lines), (), OK, then=to_write(write, NextStep("request", "collect")))


def _filled(session: Session, form: Form, sheet: RequestSheet, key: str) -> tuple[Filled, str]:
    """What stands on the sheet of a row, and the line below its title. Raises CollabError `request_unknown`."""
    lang, project = session.book_lang, session.settings.project
    if not key:
        return Filled(), text("build.request.how", lang, project=project)
    table = session.tables[form.id]
    rows = [i for i in range(len(table)) if table.get(i, form.key.id) == key]
    if not rows:
        known = tuple(str(k) for k in table.values.get(form.key.id, ()) if k is not None)[:10]
        raise CollabError("request_unknown", exit_code=2, key=key, known=known, lang=session.lang)
    parts = {part.of: _rows_of(session.tables[part.of], part.link, key, part.constants) for part in sheet.parts}
    subtitle = text("build.request.filled", lang, project=project, day=session.as_of.isoformat())
    return Filled(_row(table, rows[0]), parts), subtitle


def _rows_of(table: Table, link: str, key: str, constants: object) -> list[dict[str, Value]]:
    """The rows of a part that belong to the row; where the part holds only some of them (milestones), only these."""
    only = [name for name, value in dict(constants).items() if value == "yes"]  # type: ignore[call-overload]
    return [_row(table, i) for i in range(len(table)) if table.get(i, link) == key and all(table.get(i, n) is True for n in only)]


def _row(table: Table, i: int) -> dict[str, Value]:
    def shown(value: Value) -> Value:
        return value.text if isinstance(value, Unreadable) else None if isinstance(value, Clear) else value

    return {name: value for name in table.values if (value := shown(table.get(i, name))) is not None}
