"""The weekly pages of a project as PDF, each as it was made, for the archive (decision 0049).

The page of a week is put into a copy of the master, and that copy's sheet is printed by LibreOffice; all pages in one start. Where the
master is open in Excel and there is no LibreOffice, Excel prints the page that is shown. What is missing is named with its reason.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from collab_xl.book.write_plan import write_plan
from collab_xl.catalogue import error_text, text
from collab_xl.errors import CollabError
from collab_xl.excel.libreoffice import office, sheets_as_pdf
from collab_xl.excel.pdf import open_sheet_as_pdf
from collab_xl.excel.run import OnScreen
from collab_xl.model.summary import WeekRecord
from collab_xl.plan.weekly import plan_page, weekly_sheet
from collab_xl.project.run import Where
from collab_xl.verbs.session import Session
from collab_xl.verbs.week_files import shown_week


def pages_as_pdf(session: Session, where: Where, records: Sequence[WeekRecord], folder: Path) -> dict[str, str]:
    """Write `<week>.pdf` for each page into the folder. Returns week → why its PDF is missing, in the workbook's language.

    Raises OSError where the folder cannot be written.
    """
    lang, sheet = session.book_lang, weekly_sheet(session.names)
    missing: dict[str, str] = {}
    wanted: list[tuple[Path, str, Path]] = []
    if not sheet:
        return {record.week: text("verbs.archive.no_sheet", lang) for record in records}
    with tempfile.TemporaryDirectory(prefix="collab-xl-") as scratch:
        for record in records if office() else ():
            copy = Path(scratch) / f"{record.week}.xlsx"
            if record.page is None:
                missing[record.week] = text("verbs.archive.no_page", lang)
                continue
            try:
                write_plan(session.path, copy, plan_page(record.page, session.names, session.snapshot))
            except CollabError as error:
                missing[record.week] = error_text(error, lang)[0]
                continue
            wanted.append((copy, sheet, folder / f"{record.week}.pdf"))
        made = sheets_as_pdf(wanted)
    missing |= {pdf.stem: text("verbs.archive.not_printed", lang) for (_, _, pdf), done in zip(wanted, made, strict=True) if not done}
    if not office():
        missing = {record.week: text("verbs.archive.no_office", lang) for record in records}
        week = shown_week(session) if isinstance(where, OnScreen) else ""
        if isinstance(where, OnScreen) and week in missing:
            try:
                open_sheet_as_pdf(where.book, sheet, folder / f"{week}.pdf", session.path.name, lang)
                del missing[week]
            except CollabError as error:
                missing[week] = error_text(error, lang)[0]
    return missing
