"""The weekly sheet of a master made before it had two pages: `forms upgrade` adds the new one, undo takes it out again.

The page that was there is hidden and keeps what it shows: somebody may have restyled it, or refer to it (decision 0055).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collab_xl.book.added_page import gone_again
from collab_xl.book.added_sheet import quoted
from collab_xl.book.parts import Structure
from collab_xl.book.workbook_xml import active_tab
from collab_xl.build.charts import FEED
from collab_xl.build.form_sheet import MasterNames
from collab_xl.build.service_donor import page_donor
from collab_xl.catalogue import text
from collab_xl.model.place import Area, column_letters
from collab_xl.model.plan import Plan
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.shape import GonePage, NewPage, Shape
from collab_xl.plan.places import Names
from collab_xl.plan.rooms import TWO_PAGES
from collab_xl.plan.weekly import weekly_sheet
from collab_xl.verbs.service_upgrade import Brought, TakenOut
from collab_xl.verbs.session import Session

PAGE_IN, PAGE_OUT = "page_in", "page_out"
"""Under `SHAPE` in the summary of a run: [sheet, sheet hidden for it, [[name, what it referred to before], …]]."""


def lacks_page(names: Names) -> bool:
    """Whether the master has no weekly sheet of two pages, but the data of the charts that such a sheet reads."""
    feed = names.get("wk_feed_week")
    return TWO_PAGES not in names and feed is not None and feed[0] == FEED


def bring_page(session: Session, structure: Structure) -> Brought:
    """Add the sheet; the names of places lead to it."""
    lang, book = session.book_lang, structure.package.read(structure.workbook_part)
    old, names = weekly_sheet(session.names), MasterNames.of(structure)
    sheet = names.free_sheet(text("build.sheet.weekly", lang))
    behind = old or (session.names["go_home"][0] if "go_home" in session.names else names.sheets[0])
    donor, places = page_donor(session.schema, lang, sheet, session.settings.project)
    refers = {name: f"{quoted(sheet)}!{_absolute(area)}" for name, (at, area) in places.items() if at == sheet} | {
        "go_weekly": f"{quoted(sheet)}!$A$1"
    }
    shown = bool(old) and structure.sheets[old].state == "visible" and list(structure.sheets)[active_tab(book)] != old
    hide = old if shown else ""
    page = NewPage(sheet, behind, donor, refers, hide)
    gone = gone_again(structure, page)
    said = [text("verbs.say.page_added", session.lang, sheet=sheet)]
    if old:
        said.append(text("verbs.say.page_hidden" if hide else "verbs.say.page_stays", session.lang, sheet=old))
    return Brought(Plan(shape=Shape(pages=(page,))), {PAGE_IN: [[sheet, hide, [list(pair) for pair in gone.names.items()]]]}, tuple(said))


def _absolute(area: Area) -> str:
    first, last = (f"${column_letters(col)}${row}" for row, col in ((area.first_row, area.first_col), (area.last_row, area.last_col)))
    return first if first == last else f"{first}:{last}"


def concerns_page(runs: Sequence[Run]) -> bool:
    return any({PAGE_IN, PAGE_OUT} & set(run.summary.get(SHAPE) or {}) for run in runs)


def take_page_out(session: Session, structure: Structure, runs: Sequence[Run]) -> TakenOut:
    """Undo what these runs (latest first) did to the weekly sheet."""
    came: list[Any] | None = None
    left = False
    for run in runs:
        shape = run.summary.get(SHAPE) or {}
        for entry in shape.get(PAGE_IN, ()):
            came, left = (None, False) if left else (entry, False)
        if shape.get(PAGE_OUT):
            came, left = (None, False) if came else (None, True)
    if left and lacks_page(session.names):
        again = bring_page(session, structure)
        return TakenOut(again.plan, again.shape, ())
    if came is None or came[0] not in structure.sheets:
        return TakenOut()
    sheet, hidden, names = came
    gone = GonePage(sheet, {str(name): str(to) for name, to in names}, hidden if hidden in structure.sheets else "")
    return TakenOut(Plan(shape=Shape(gone_pages=(gone,))), {PAGE_OUT: [came]}, ())
