"""The weekly page in other shapes, beside the master and named after its week: PDF, pictures of its pages, HTML, slides.

A file that is there already is kept. HTML and slides are made from the page as the ledger keeps it, so a frozen week reads as it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.excel.libreoffice import office, pages_as_png
from collab_xl.excel.pdf import closed_sheet_as_pdf, open_sheet_as_pdf
from collab_xl.excel.run import OnScreen
from collab_xl.model.record import Struct
from collab_xl.model.summary import WeekPage
from collab_xl.os_errors import reason
from collab_xl.plan.weekly import weekly_sheet
from collab_xl.project.durable import write_durably
from collab_xl.project.run import Where
from collab_xl.verbs.free_path import free_path
from collab_xl.verbs.session import Session

DOTS = 144
"""Dots per inch of the pictures: 1,684 pixels for the width of A4."""


class Shapes(Struct, frozen=True):
    """What is wanted beside the sheet, and where: by default the master's folder. `template`: of the slides."""

    pdf: bool = False
    png: bool = False
    html: bool = False
    deck: bool = False
    template: Path | None = None
    out: Path | None = None

    def __bool__(self) -> bool:
        return self.pdf or self.png or self.html or self.deck


def made(session: Session, where: Where, wanted: Shapes, week: str, page: WeekPage) -> Iterator[tuple[str, Callable[[], list[Path]]]]:
    """(name of the shape, what makes its files). What makes them raises CollabError as `exported`, `deck_template`, `cannot_write_into`."""
    if wanted.pdf or wanted.png:
        yield "pdf" if wanted.pdf else "png", lambda: _printed(session, where, wanted, week)
    if wanted.html:
        yield "html", lambda: [_saved(session, wanted, week, ".html", _html(session, week, page))]
    if wanted.deck:
        yield "deck", lambda: [_saved(session, wanted, week, ".pptx", _deck(session, week, page, wanted.template))]


def exported(session: Session, where: Where, folder: Path | None = None, week: str = "") -> tuple[Path, str]:
    """Export the sheet as it stands in the workbook. Returns the file and the line that says so.

    Args:
        folder: where to put it; by default the master's folder. week: of the page; by default that of the newest page.

    Raises CollabError `weekly_missing`, `week_not_made`, `pdf_nowhere`, `pdf_refused`, `pdf_not_written`.
    """
    sheet, lang = weekly_sheet(session.names), session.lang
    if not sheet:
        title = text("build.sheet.weekly", session.book_lang)
        raise CollabError("weekly_missing", sheet=title, backups=session.master.sidecar.backups, lang=lang)
    week = week or shown_week(session)
    if not week:
        raise CollabError("week_not_made", sheet=sheet, lang=lang)
    path = _path(session, folder, week, ".pdf")
    _print(session, where, sheet, path)
    return path, text("verbs.say.week_pdf", lang, path=path)


def _path(session: Session, folder: Path | None, week: str, ending: str) -> Path:
    return free_path(folder or session.path.parent, f"{text('build.sheet.weekly', session.book_lang)}_{week}", ending)


def _print(session: Session, where: Where, sheet: str, path: Path) -> None:
    lang = session.lang
    try:
        if isinstance(where, OnScreen):
            open_sheet_as_pdf(where.book, sheet, path, session.path.name, lang)
        elif not closed_sheet_as_pdf(session.path, sheet, path):
            raise CollabError("pdf_refused" if office() else "pdf_nowhere", sheet=sheet, why="LibreOffice", lang=lang)
    except CollabError as error:
        error.facts.setdefault("lang", lang)
        raise
    except OSError as error:
        raise CollabError("pdf_not_written", path=path, reason=reason(error), lang=lang) from error


def _printed(session: Session, where: Where, wanted: Shapes, week: str) -> list[Path]:
    """The PDF, and the pictures of its pages; the PDF is kept only if it is wanted."""
    if wanted.pdf and not wanted.png:
        return [exported(session, where, wanted.out, week)[0]]
    with tempfile.TemporaryDirectory(prefix="collab-xl-") as scratch:
        pdf = exported(session, where, wanted.out, week)[0] if wanted.pdf else Path(scratch) / "page.pdf"
        if not wanted.pdf:
            _print(session, where, weekly_sheet(session.names), pdf)
        return [*([pdf] if wanted.pdf else []), *_pictures(session, wanted, week, pdf)]


def _pictures(session: Session, wanted: Shapes, week: str, pdf: Path) -> list[Path]:
    pages = enumerate(pages_as_png(pdf, DOTS), 1)
    return [_saved(session, wanted, f"{week}_{number}", ".png", page) for number, page in pages]


def _html(session: Session, week: str, page: WeekPage) -> bytes:
    from collab_xl.build.week_html import week_html
    from collab_xl.build.week_view import week_view

    return week_html(week_view(page, week, session.schema, session.book_lang))


def _deck(session: Session, week: str, page: WeekPage, template: Path | None) -> bytes:
    from collab_xl.build.week_deck import week_deck
    from collab_xl.build.week_view import week_view

    try:
        data = template.read_bytes() if template else b""
        return week_deck(week_view(page, week, session.schema, session.book_lang), data)
    except (OSError, ValueError) as error:
        raise CollabError("deck_template", path=template, lang=session.lang) from error


def _saved(session: Session, wanted: Shapes, week: str, ending: str, data: bytes) -> Path:
    path = _path(session, wanted.out, week, ending)
    write_durably(path, data, code="cannot_write_into")
    return path


def shown_week(session: Session) -> str:
    """The week whose page the workbook shows: that of the newest run that wrote it; "" before the first."""
    if not session.master.has_ledger:
        return ""
    ledger = session.master.ledger
    pages = {run.id: record.week for record, run in ledger.weeks_made(session.run_id)}
    for run in reversed(ledger.effective(session.run_id)):
        if run.id in pages or (run.verb == "week" and run.summary.get("shown")):
            return pages.get(run.id) or str(run.summary["shown"])
    return ""
