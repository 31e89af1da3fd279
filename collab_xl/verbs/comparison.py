"""What `compare` and `baseline compare` share: sheet 对比, the listing and the JSON of differences."""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.catalogue import text
from collab_xl.model.baseline import Difference
from collab_xl.model.record import Struct
from collab_xl.plan.comparison import comparison_rows, departments_of, field_of, heading_of, said_by
from collab_xl.plan.show import show
from collab_xl.verbs.report import Listing
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.service_sheets import home

VERB, SHEET = "compare", "comparison"
SHOWN = 60
"""Lines in the terminal."""


class Caption(Struct, frozen=True):
    """What is compared, in the workbook's language: `2026-11-20`, `2026-W47（11-23 的周报）`."""

    since: str
    until: str


def has_sheet(session: Session) -> bool:
    """Whether the master has sheet 对比; one made before it has not."""
    return session.schema.service(SHEET).table in session.refs


def write_comparison(session: Session, lines: Sequence[Difference], caption: Caption) -> str | None:
    """Fill sheet 对比; the run's id, None in a master without the sheet."""
    if not has_sheet(session):
        return None
    run = session.master.new_run_id
    tables = session.tables_for_viewing
    rows = comparison_rows(lines, caption.since, caption.until, tables, session.schema, session.book_lang)
    plan = session.fill(SHEET, rows)
    plan += home(session, tables, verb=VERB, run=run, waiting=len(session.state(packs=()).items))
    session.master.commit(session.record(VERB, summary={"differences": len(lines)}), plan)
    return run


def sheet_lines(session: Session, *, write: bool) -> list[str]:
    """Where it is shown, or why it is not."""
    if not has_sheet(session):
        return [text("verbs.say.compare_no_sheet", session.lang)]
    key = "verbs.say.compare_sheet" if write else "verbs.say.no_write"
    return [text(key, session.lang, sheet=session.sheet_of(SHEET))]


def compared_json(session: Session, lines: Sequence[Difference]) -> list[dict[str, object]]:
    """One object a difference; values as sheets show them."""
    lang = session.lang
    out: list[dict[str, object]] = []
    for line in lines:
        field = field_of(line, session.schema)
        out.append(
            {
                "kind": line.kind,
                "sheet": line.form,
                "row_id": line.key,
                "name": line.name,
                "department": line.department,
                "field": line.field or None,
                "before": show(line.before, field, lang) or None,
                "after": show(line.after, field, lang) or None,
                "days": line.days,
                "by": line.by or None,
                "file": line.file or None,
                "run": line.run or None,
                "note": line.note or None,
            }
        )
    return out


def compared_listing(session: Session, lines: Sequence[Difference]) -> tuple[Listing, ...]:
    """The first lines for the terminal; none if nothing differs."""
    if not lines:
        return ()
    lang = session.lang
    rows = []
    for line in lines[:SHOWN]:
        field = field_of(line, session.schema)
        form = session.schema.form_for_display(line.form)
        cells = (
            text(f"model.compare.kind.{line.kind}", lang), form.sheet[lang], line.key, line.name, departments_of(line, lang),
            heading_of(line, session.schema, lang), show(line.before, field, lang), show(line.after, field, lang),
            "" if line.days is None else f"{line.days:+d}" if line.days else "0", said_by(line, lang) or "",
        )  # fmt: skip
        rows.append(cells)
    wanted = ("kind", "sheet", "row_key", "name", "department", "field", "old", "new", "shift", "whose")
    headings = {c.id: c.heading[lang] for c in session.schema.service(SHEET).columns}
    title = text("verbs.say.compare_first", lang, shown=SHOWN, n=len(lines)) if len(lines) > SHOWN else ""
    return (Listing(title, tuple(headings[c] for c in wanted), tuple(rows)),)
