"""The weekly sheet as a PDF beside the master, named after its week; a file that is there already is kept."""

from __future__ import annotations

from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.excel.libreoffice import office
from collab_xl.excel.pdf import closed_sheet_as_pdf, open_sheet_as_pdf
from collab_xl.excel.run import OnScreen
from collab_xl.os_errors import reason
from collab_xl.plan.weekly import weekly_sheet
from collab_xl.project.run import Where
from collab_xl.verbs.free_path import free_path
from collab_xl.verbs.session import Session


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
    path = free_path(folder or session.path.parent, f"{text('build.sheet.weekly', session.book_lang)}_{week}", ".pdf")
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
    return path, text("verbs.say.week_pdf", lang, path=path)


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
