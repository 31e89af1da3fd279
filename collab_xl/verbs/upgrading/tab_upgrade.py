"""Order and colours of the tabs of a master made before they had them: brought by `forms upgrade`, taken back by undo.

Only what the PMO has not arranged otherwise: the order where the sheets still are as a master of before had them, colours where no tab of
ours has one. The user's own sheets stay at their places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collab_xl.book.added_sheet import reshaped
from collab_xl.book.parts import Structure
from collab_xl.book.tab_order import as_stored, of_stored, order_matters, tab_colours
from collab_xl.build.master import SERVICES, tab_theme
from collab_xl.catalogue import text
from collab_xl.model.plan import Plan
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.shape import Shape, Tabs
from collab_xl.plan.weekly import weekly_sheet
from collab_xl.verbs.session import Session
from collab_xl.verbs.upgrading.service_upgrade import Brought, TakenOut

TABS_IN, TABS_OUT = "tabs_in", "tabs_out"
"""Under `SHAPE` in the summary of a run: [order and colours made, order before]."""
BEFORE = (
    "conflicts", "questions", "preview", "findings", "overdue", "escalations", "clocks", "baselines", "comparison", "submissions",
    "changes", "departments", "calendar", "words", "fields", "mail_texts", "settings",
)  # fmt: skip
"""The order of the lists before they were in the order of work."""


def bring_tabs(session: Session, structure: Structure, plan: Plan) -> Brought:
    """Put the tabs of the workbook, as it is after this plan, in order and colour them; nothing where a person has arranged them."""
    after = reshaped(structure, plan.shape) if plan.shape else structure
    kinds = _ours(session, after, plan)
    mine = [name for name in structure.sheets if name in kinds]
    untouched = mine == _arranged(mine, kinds, BEFORE) and not order_matters(structure)
    sheets = list(after.sheets)
    order = _filled(sheets, _arranged([name for name in sheets if name in kinds], kinds, SERVICES)) if untouched else sheets
    colours = _colours(structure, sheets, kinds)
    if order == sheets and not colours:
        return Brought()
    tabs = Tabs(tuple(order), colours)
    said = [text("verbs.say.tabs_ordered", session.lang)] if order != sheets else []
    said += [text("verbs.say.tabs_coloured", session.lang)] if colours else []
    if colours and not untouched and mine != _arranged(mine, kinds, SERVICES):
        said.append(text("verbs.say.tabs_stay", session.lang))
    return Brought(Plan(shape=Shape(tabs=tabs)), {TABS_IN: [[as_stored(tabs), sheets]]}, tuple(said))


def _colours(structure: Structure, sheets: Sequence[str], kinds: Mapping[str, str]) -> dict[str, int | None]:
    """All of ours where none has a colour; those that come in a workbook whose home sheet has ours; else none."""
    mine = [name for name in structure.sheets if name in kinds]
    there = tab_colours(structure, mine)
    ours = any(there.get(name) == tab_theme("home") for name in mine if kinds[name] == "home")
    wanted = [name for name in sheets if name in kinds and (not there or (ours and name not in structure.sheets))]
    return {name: tab_theme(kinds[name]) for name in wanted}


def colour_added(session: Session, structure: Structure, plan: Plan) -> Plan:
    """The colours of the sheets that this plan adds, where the workbook has ours."""
    after = reshaped(structure, plan.shape)
    kinds = _ours(session, after, plan)
    colours = {n: c for n, c in _colours(structure, list(after.sheets), kinds).items() if n not in structure.sheets}
    return Plan(shape=Shape(tabs=Tabs(tuple(after.sheets), colours))) if colours else Plan()


def _ours(session: Session, structure: Structure, plan: Plan) -> dict[str, str]:
    """Our sheets → home, weekly, `data`, or the id of the list."""
    services = {service.table: service.id for service in session.schema.services}
    forms = {session.form_ref(form).name for form in session.schema.forms}
    forms |= {new.table for new in plan.shape.new if new.table not in services}
    out = {}
    for table, (ref, _) in structure.tables.items():
        if table in services:
            out[ref.sheet] = services[table]
        elif table in forms:
            out[ref.sheet] = "data"
    weekly = weekly_sheet(session.names)
    home = session.names["go_home"][0] if "go_home" in session.names else ""
    return out | {sheet: kind for sheet, kind in ((home, "home"), (weekly, "weekly")) if sheet in structure.sheets}


def _arranged(sheets: Sequence[str], kinds: Mapping[str, str], lists: Sequence[str]) -> list[str]:
    """Our sheets in the order of a master: home, weekly, data as they are, then the lists in this order."""
    ranks = {kind: n for n, kind in enumerate(("home", "weekly", "data", *lists))}
    return sorted(sheets, key=lambda name: ranks.get(kinds[name], len(ranks)))


def _filled(sheets: Sequence[str], ours: Sequence[str]) -> list[str]:
    """All sheets, with ours in this order in the places that they have together."""
    coming, own = iter(ours), set(ours)
    return [next(coming) if name in own else name for name in sheets]


def concerns_tabs(runs: Sequence[Run]) -> bool:
    return any({TABS_IN, TABS_OUT} & set(run.summary.get(SHAPE) or {}) for run in runs)


def take_tabs_back(session: Session, structure: Structure, runs: Sequence[Run], plan: Plan) -> TakenOut:
    """Undo what these runs (latest first) did to the tabs, as far as they still are as the run left them."""
    came: list[Any] | None = None
    left = False
    for run in runs:
        shape = run.summary.get(SHAPE) or {}
        for entry in shape.get(TABS_IN, ()):
            came, left = (None, False) if left else (entry, False)
        if shape.get(TABS_OUT):
            came, left = (None, False) if came else (None, True)
    if left:
        again = bring_tabs(session, structure, plan)
        return TakenOut(again.plan, again.shape, ())
    if came is None:
        return TakenOut()
    made, before = of_stored(came[0]), [str(name) for name in came[1]]
    after = reshaped(structure, plan.shape) if plan.shape else structure
    sheets = list(after.sheets)
    known = set(made.order) & set(sheets)
    mine = [name for name in sheets if name in known]
    as_made = mine == [name for name in made.order if name in known]
    order = _filled(sheets, [name for name in before if name in known]) if as_made else sheets
    still = tab_colours(after, [name for name in made.colours if name in sheets])
    colours = dict.fromkeys(name for name, colour in still.items() if colour == made.colours[name])
    if order == sheets and not colours:
        return TakenOut()
    return TakenOut(Plan(shape=Shape(tabs=Tabs(tuple(order), colours))), {TABS_OUT: [came]}, ())
