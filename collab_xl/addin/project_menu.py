"""The buttons of the menu 项目: agenda, Gantt chart, calendar file, overview of several projects, closing.

In: the workbook and questions.  Out: the verb's result.  Effects: those of the verbs: a file beside the master, or an archive folder. The
master itself is only read, as it is on the screen; the overview and the archive take the files as last saved.
"""

from __future__ import annotations

from pathlib import Path

from collab_xl.addin.blanks import Blanks
from collab_xl.addin.buttons import ButtonResult, Click, GivenUpError
from collab_xl.addin.message_text import closing_preview
from collab_xl.catalogue import text
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors
from collab_xl.excel.state import workbook_path
from collab_xl.verbs.report import Report

FALLBACK = "zh"


def made(click: Click) -> ButtonResult:
    """议程, 甘特图, 日历: the file the verb makes; a workbook is opened."""
    from collab_xl.verbs.agenda import agenda
    from collab_xl.verbs.calendar import calendar
    from collab_xl.verbs.gantt import gantt

    verb = {"agenda": agenda, "gantt": gantt, "calendar": calendar}[click.verb]
    return _opened(verb(click.screen, as_of=click.as_of, lang=click.lang))


def overview(click: Click) -> ButtonResult:
    """项目总览: of the masters in a folder that the person confirms or changes. Raises `GivenUpError`."""
    from collab_xl.verbs.portfolio import portfolio_make

    assert click.fill_in is not None
    lang = click.lang or FALLBACK
    with excel_errors():
        own = workbook_path(click.screen.book)
    folder = Path(str(click.fill_in(Blanks("portfolio make", lang, given={"masters": str(own.parent.parent)}))["masters"])).expanduser()
    return _opened(portfolio_make([folder], as_of=click.as_of, lang=lang, progress=click.progress))


def closed(click: Click) -> ButtonResult:
    """结项: shows what is open, asks, and makes the archive. Raises `GivenUpError`."""
    from collab_xl.verbs.close import close

    looked = close(click.screen, as_of=click.as_of, write=False, lang=click.lang, progress=click.progress)
    with excel_errors():
        unsaved = "" if native.is_saved(click.screen.book) else text("addin.project.close_unsaved", looked.lang)
    question = "\n\n".join(filter(None, (closing_preview(looked), unsaved, text("addin.project.close_ask", looked.lang))))
    if click.confirm is None or not click.confirm(question):
        raise GivenUpError
    report = close(click.screen, as_of=click.as_of, confirmed=True, lang=click.lang, progress=click.progress)
    return ButtonResult(report)


def _opened(report: Report) -> ButtonResult:
    """With the workbook that was made, to be opened. Any other file is named in the message alone."""
    file = report.json.get("file")
    return ButtonResult(report, master=Path(file) if file and Path(file).suffix.lower() == ".xlsx" else None)
