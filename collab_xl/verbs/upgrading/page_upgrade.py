"""The pages of a master made before: 首页, 周报 and the hidden lists for drop-downs. `forms upgrade` adds those of the installed version,
undo takes them out again.

The page that was there is hidden and keeps what it shows: somebody may have restyled it (decisions 0055, 0070). The new one gets its name,
unless a formula or chart reads the old one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from collab_xl.book import workbook_xml
from collab_xl.book.added_page import gone_again, own_parts, refers_to, without_page
from collab_xl.book.added_sheet import quoted, reshaped
from collab_xl.book.hidden_sheet import LISTS_SHEET
from collab_xl.book.parts import Structure, rels_of
from collab_xl.book.read import read_book
from collab_xl.build.charts import FEED
from collab_xl.build.form_sheet import MasterNames
from collab_xl.build.lists import long_lists
from collab_xl.build.master import directory
from collab_xl.build.service_donor import Donor, home_donor, lists_donor, page_donor
from collab_xl.catalogue import text
from collab_xl.forms import Schema
from collab_xl.model.excel_limits import MAX_SHEET_NAME
from collab_xl.model.place import Area, a1, column_letters
from collab_xl.model.plan import Plan
from collab_xl.model.report_pages import GRID, PAGE_OF_NOW
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.shape import GonePage, NewPage, Shape
from collab_xl.model.sheets import Snapshot
from collab_xl.plan.weekly import weekly_sheet
from collab_xl.verbs.session import Session
from collab_xl.verbs.upgrading.service_upgrade import Brought, TakenOut

PAGE_IN, PAGE_OUT = "page_in", "page_out"
"""Under `SHAPE` in the summary of a run: [sheet, sheet hidden for it, [[name, what it referred to before], …], kind, [name of the sheet
that gave it its own, that one's new name], whether the workbook opens on it]; runs of before have the first three."""
HOME, WEEKLY, LISTS = "home", "weekly", "lists"
MARKERS: Final = {HOME: "home_step", WEEKLY: PAGE_OF_NOW}
"""A place that only the page of the installed version has."""
_ANY_KIND: Final = re.compile(r"(?:comments|vmlDrawing|drawing|table|pivotTable|image|control|oleObject)")


def lacks_pages(session: Session, schema: Schema) -> tuple[str, ...]:
    """The pages that are not those of the installed version. `schema`: the forms as they are after the run."""
    names = session.names
    feed = names.get("wk_feed_week")
    out = [HOME] if MARKERS[HOME] not in names and "go_home" in names else []
    out += [WEEKLY] if MARKERS[WEEKLY] not in names and feed is not None and feed[0] == FEED else []
    out += [LISTS] if long_lists(schema, session.book_lang).keys() - names.keys() else []
    return tuple(out)


def bring_pages(session: Session, structure: Structure, kinds: Sequence[str], schema: Schema, plan: Plan) -> Brought:
    """Add these pages; the names of their places lead to them, also for what is planned from now on. `plan`: what else the run does."""
    after = reshaped(structure, plan.shape) if plan.shape else structure
    brought = Brought()
    for kind in kinds:
        one = _bring(session, structure, after, kind, schema)
        after = reshaped(after, one.plan.shape)
        brought = Brought(
            brought.plan + one.plan, {PAGE_IN: [*brought.shape.get(PAGE_IN, ()), *one.shape[PAGE_IN]]}, brought.said + one.said
        )
    if kinds:
        sheets = [name for page in brought.plan.shape.pages for name in (page.name, page.hide, page.aside[1]) if name]
        session.turn_pages(read_book(after.package.data), sheets)
    return brought


def _bring(session: Session, structure: Structure, after: Structure, kind: str, schema: Schema) -> Brought:
    names = MasterNames.of(after)
    old, wanted = _place(session, kind)
    sheet, aside = _name(session, after, names, old, wanted)
    donor, places = _donor(session, after, kind, schema, sheet)
    refers = {name: f"{quoted(sheet)}!{_absolute(area)}" for name, (at, area) in places.items() if at in (sheet, LISTS_SHEET)}
    refers |= {f"go_{kind}": f"{quoted(sheet)}!$A$1"} if kind != LISTS else {}
    was = aside[1] or old
    home = session.names["go_home"][0] if "go_home" in session.names else ""
    own = _own_content(structure, session.snapshot(old), old, kind) if old and kind != LISTS else ""
    shown = bool(old) and structure.sheets[old].state == "visible" and not own
    active = shown and list(structure.sheets)[workbook_xml.active_tab(structure.package.read(structure.workbook_part))] == old
    behind = was or next((name for name in ((FEED,) if kind == LISTS else (home,)) if name in names.sheets), names.sheets[-1])
    page = NewPage(sheet, behind, donor, refers, was if shown else "", aside, kind == LISTS, active, before=bool(old))
    gone = gone_again(after, page)
    entry = [sheet, page.hide, [list(pair) for pair in gone.names.items()], kind, list(aside), active]
    said = [text(f"verbs.say.page_added_{kind}", session.lang, sheet=sheet)]
    if old and kind != LISTS and structure.sheets[old].state == "visible":
        said.append(text(f"verbs.say.page_{'own' if own else 'hidden'}", session.lang, sheet=was, cell=own))
        if not aside[0]:
            said.append(text("verbs.say.page_read", session.lang, sheet=old, part=refers_to(after, old) or ""))
    return Brought(Plan(shape=Shape(pages=(page,))), {PAGE_IN: [entry]}, tuple(said) if kind != LISTS else ())


def _place(session: Session, kind: str) -> tuple[str, str]:
    """The sheet whose place the page takes, "" for none; and the page's name in a new master."""
    if kind == LISTS:
        return LISTS_SHEET if LISTS_SHEET in session.master.book.sheets else "", LISTS_SHEET
    names = session.master.book.names
    old = weekly_sheet(names) if kind == WEEKLY else names["go_home"][0]
    return old, text(f"build.sheet.{kind}", session.book_lang)


def _name(session: Session, after: Structure, names: MasterNames, old: str, wanted: str) -> tuple[str, tuple[str, str]]:
    """The page's name, and (name of the sheet that gives it, the name that one gets)."""
    if not old or refers_to(after, old):
        return names.free_sheet(wanted), ("", "")
    mark, n = text("build.sheet.aside", session.book_lang), 1
    taken = {name.casefold() for name in names.sheets}
    while (aside := old[: MAX_SHEET_NAME - len(mark) - 2] + mark + (str(n) if n > 1 else "")).casefold() in taken:
        n += 1
    return old, (old, aside)


def _donor(session: Session, after: Structure, kind: str, schema: Schema, sheet: str) -> Donor:
    lang, project = session.book_lang, session.settings.project
    if kind == LISTS:
        return lists_donor(lang, long_lists(schema, lang))
    if kind == WEEKLY:
        return page_donor(schema, lang, sheet, project)
    return home_donor(schema, lang, sheet, project, directory({name: at for name, (at, _) in after.names.items()}, schema, lang))


def _absolute(area: Area) -> str:
    first, last = (f"${column_letters(col)}${row}" for row, col in ((area.first_row, area.first_col), (area.last_row, area.last_col)))
    return first if first == last else f"{first}:{last}"


def _own_content(structure: Structure, snapshot: Snapshot, sheet: str, kind: str) -> str:
    """A cell beside or below our page that holds something, or what somebody has put on it; "" if there is nothing of the kind."""
    ours = own_parts(structure, sheet)
    ours = ours if kind == WEEKLY else ours[:1]
    for part in ours:
        for rel in rels_of(structure.package, part).values():
            if _ANY_KIND.fullmatch(rel.kind) and rel.target not in ours:
                return rel.kind
    last = max((area.last_row for area in snapshot.merges if area.first_col == 2), default=snapshot.last_row)
    for row in range(snapshot.first_row, snapshot.last_row + 1):
        for col in range(snapshot.first_col, snapshot.last_col + 1):
            if (row > last or col > GRID + 2) and snapshot.value(row, col) is not None:
                return a1(row, col)
    return ""


def concerns_page(runs: Iterable[Run]) -> bool:
    return any({PAGE_IN, PAGE_OUT} & set(run.summary.get(SHAPE) or {}) for run in runs)


def take_pages_out(session: Session, structure: Structure, runs: Sequence[Run], schema: Schema) -> TakenOut:
    """Undo what these runs (latest first) did to the pages. A page that came for one that had come before goes first: then the one before
    has its name and its places again."""
    came: list[Sequence[Any]] = []
    left: set[str] = set()
    for run in runs:
        shape = run.summary.get(SHAPE) or {}
        for entry in reversed(shape.get(PAGE_IN, ())):
            kind = _kind(entry)
            if kind in left:
                left.discard(kind)
            else:
                came.append(entry)
        for entry in shape.get(PAGE_OUT, ()):
            last = next((n for n in reversed(range(len(came))) if _kind(came[n]) == _kind(entry)), None)
            if last is None:
                left.add(_kind(entry))
            else:
                del came[last]
    again = [kind for kind in lacks_pages(session, schema) if kind in left]
    if again:
        brought = bring_pages(session, structure, again, schema, Plan())
        return TakenOut(brought.plan, brought.shape, ())
    gone, out, stays, staying, now = [], [], list[str](), set[str](), structure
    for entry in came:
        kind = _kind(entry)
        sheet, hidden, names, _, aside, active = (*entry, kind, ["", ""], False)[:6] if len(entry) < 6 else entry
        if sheet not in now.sheets or kind in staying:
            continue
        snapshot = session.snapshot(sheet) if now is structure else read_book(now.package.data).snapshot(sheet)
        if why := _why_page_stays(session, now, kind, snapshot, hidden or aside[1]):
            stays.append(why)
            staying.add(kind)
            continue
        page = GonePage(sheet, {str(name): str(to) for name, to in names}, hidden, (aside[1], aside[0]), bool(active))
        gone.append(page)
        out.append(entry)
        now = without_page(now, page)
    if not gone:
        return TakenOut(stays=tuple(stays))
    plan = Plan(shape=Shape(gone_pages=tuple(gone)))
    session.turn_pages(read_book(now.package.data), (page.aside[1] or page.show for page in gone))
    return TakenOut(plan, {PAGE_OUT: out}, tuple(stays))


def _kind(entry: Sequence[Any]) -> str:
    return str(entry[3]) if len(entry) > 3 else WEEKLY


def _why_page_stays(session: Session, structure: Structure, kind: str, snapshot: Snapshot, before: str) -> str:
    """Why a page cannot be taken out; "" if it can."""
    sheet = snapshot.sheet
    if before and before not in structure.sheets:
        return text("verbs.say.page_alone", session.lang, sheet=sheet, before=before)
    if kind != LISTS and (own := _own_content(structure, snapshot, sheet, kind)):
        return text("verbs.say.page_written", session.lang, sheet=sheet, cell=own)
    return ""


def only_on(plan: Plan, sheet: str) -> Plan:
    """What the plan writes on this sheet: places that only the page of before has stay as they are."""
    hidden = {name: rows for name, rows in plan.hidden.items() if name == sheet}
    footers = {name: footer for name, footer in plan.page_footers.items() if name == sheet}
    return Plan(tuple(e for e in plan.edits if e.sheet == sheet), hidden=hidden, page_footers=footers)
