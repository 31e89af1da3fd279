"""The buttons 新建 and 导入: a form is filled in first, then the verb of the name runs; the master that was made is opened in Excel.

An import goes into the master in front: it shows what it read and what stays out, asks, writes into the open workbook, and can be
undone. In front of any other workbook that one is what is imported, into a new master or one that is named; what is imported is the file
as last saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from collab_xl.addin.blanks import Blanks
from collab_xl.addin.buttons import ButtonResult, Click
from collab_xl.addin.message_text import import_preview
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors
from collab_xl.excel.run import OnScreen
from collab_xl.excel.state import workbook_path
from collab_xl.model.record import replace
from collab_xl.verbs.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

FALLBACK = "zh"


def new_place(beside: str, lang: str) -> str:
    """The path of a new master: in the folder of this file, else in the user's documents or home."""
    documents = Path.home() / "Documents"
    folder = Path(beside).parent if beside else documents if documents.is_dir() else Path.home()
    return str(folder / text("desk.ask.new_file", lang))


def new_project(click: Click) -> ButtonResult:
    """Button 新建. Raises `GivenUpError`, and CollabError as `init` does."""
    from collab_xl.verbs.init import init

    assert click.fill_in is not None
    lang = click.lang or FALLBACK
    said = click.fill_in(Blanks("init", lang, given={"master": new_place(_file_in_front(click), lang)}))
    master = Path(str(said["master"])).expanduser()
    report = init(
        master,
        project=str(said.get("project", "")),
        departments=[str(name) for name in said.get("departments", ())],
        lang=str(said.get("lang", lang)),
        as_of=click.as_of,
        forms=str(said.get("forms", "basic")),
    )
    return ButtonResult(report, master=master)


def import_trackers(click: Click) -> ButtonResult:
    """Button 导入. Raises `GivenUpError`, and CollabError as `import` does."""
    assert click.fill_in is not None
    lang = click.lang or FALLBACK
    master, departments = _master_in_front(click)
    given: dict[str, object] = {}
    if not master:
        source = _file_in_front(click)
        given = {"master": new_place(source, lang), **({"inputs": [source]} if source else {})}
    said = click.fill_in(Blanks("import", lang, master, given, departments))
    if master:
        return ButtonResult(imported(click, click.screen, said), "changes")
    target = Path(str(said["master"])).expanduser()
    book = click.window.open_at(target) if click.window is not None else None
    where = target if book is None else OnScreen(book)
    report = imported(click, where, said)
    there = report.json.get("run") is not None
    return ButtonResult(report, master=target if there else None, run=where.run_id if isinstance(where, OnScreen) else None)


def imported(click: Click, where: OnScreen | Path, said: object = None) -> Report:
    """Run `import` on the open workbook or on a file, with what was filled in (by default what this click was told before)."""
    from collab_xl.verbs.import_tracker import import_tracker

    assert click.fill_in is not None
    lang = click.lang or FALLBACK
    told = said if isinstance(said, dict) else dict(click.fill_in(Blanks("import", lang)))
    sources = [Path(str(path)) for path in told["inputs"]]
    looked: list[Report] = []
    declined: list[bool] = []

    def confirm(question: str) -> bool:
        shown = import_preview(looked[-1]) if looked else ""
        agreed = click.confirm is not None and click.confirm("\n\n".join(filter(None, (shown, _unsaved(click, sources, lang), question))))
        declined.append(not agreed)
        return agreed

    report = import_tracker(
        where,
        sources,
        as_of=click.as_of,
        confirm=confirm,
        ask=_asks(click, lang),
        show=looked.append,
        department=str(told.get("department", "")) or None,
        lang=click.lang,
        fallback=lang,
    )
    if any(declined):
        return replace(report, lines=(text("addin.ribbon.import_not_written", report.lang),), next=None)
    return report


def _asks(click: Click, lang: str) -> Callable[[str], str] | None:
    """Asks a question about a column or a date. The first one that is cancelled ends the questions: the rest stays unread."""
    window = click.window
    if window is None:
        return None
    over: list[bool] = []

    def ask(question: str) -> str:
        said = None if over else window.type_in(f"{question}\n\n{text('addin.ribbon.import_skip', lang)}")
        if said is None:
            over.append(True)
        return said or ""

    return ask


def _master_in_front(click: Click) -> tuple[str, tuple[str, ...]]:
    """The path of the master in front and its departments; "" if there is none. Raises CollabError for a pack, and as reading does."""
    from collab_xl.verbs.session import opened

    if click.where is None:
        return "", ()
    try:
        with opened(click.where, write=False, as_of=click.as_of, lang=click.lang) as session:
            return str(session.path), tuple(d.name for d in session.directory.departments)
    except CollabError as error:
        if error.code in ("not_a_master", "workbook_never_saved"):
            return "", ()
        raise


def _file_in_front(click: Click) -> str:
    """The file of the workbook in front; "" without one, or if it has none on this machine."""
    if click.where is None:
        return ""
    try:
        return str(workbook_path(click.where.book))
    except CollabError as error:
        if error.code == "excel_busy":
            raise
        return ""


def _unsaved(click: Click, sources: Sequence[Path], lang: str) -> str:
    """A warning if the workbook in front is imported and has unsaved changes."""
    if click.where is None or _file_in_front(click) not in map(str, sources):
        return ""
    with excel_errors():
        return "" if native.is_saved(click.where.book) else text("addin.ribbon.import_unsaved", lang, file=click.where.book.name)
