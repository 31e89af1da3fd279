"""Titles, helps, drop-downs and settings of the lists of a master made before: brought up to date by `forms upgrade`, taken back by undo.

Only what is as an earlier version made it (`build/earlier.py`); what a person has changed stays and is said. Columns stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import read_book
from collab_xl.book.rules_in_place import areas_of, fingerprint
from collab_xl.build.earlier import NONE, column_rules, columns_of_list, earlier, fingerprints, head_cells, text_fingerprint
from collab_xl.build.lists import setting_rows
from collab_xl.build.service_donor import service_donor
from collab_xl.catalogue import text
from collab_xl.forms import Schema, ServiceTable, load
from collab_xl.model.excel_limits import MAX_SHEET_NAME
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import replace
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.shape import ChangedColumns, Shape
from collab_xl.model.sheets import TableRef
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.settings_rows import added_rows, columns_of
from collab_xl.verbs.upgrading.service_upgrade import Brought, TakenOut

LOOK_IN, LOOK_OUT = "list_looks_in", "list_looks_out"
"""Under `SHAPE` in the summary of a run: [list, [[row, column, text before, text after], …], [[heading, rules before, rules after], …]]."""
ROWS_IN, ROWS_OUT = "rows", "rows_out"
"""Codes of settings whose rows were added, or taken out."""
OF_FORMS: Final = frozenset({"words", "fields"})
"""Lists whose drop-downs depend on the forms in use: an earlier one is not known by its fingerprint."""


def missing_settings(session: Session, schema: Schema, but: Collection[str] = ()) -> tuple[Plan, list[str]]:
    """Rows with the defaults for settings that sheet 设置 has no row for, below the table; and their codes."""
    service = session.schema.service("settings")
    ref = session.refs.get(service.table)
    if ref is None or ref.totals_rows or "id" not in columns_of(ref, service):
        return Plan(), []
    given = {str(row["id"]) for row in session.service("settings") if row.get("id")} | set(but)
    rows = [row for row in setting_rows({}, session.book_lang, schema.forms) if row[3] not in given]
    return add_settings(session, rows), [str(row[3]) for row in rows]


def add_settings(session: Session, rows: Sequence[Sequence[Any]]) -> Plan:
    """These rows below the table of 设置, which has them for whatever is planned after that."""
    plan = added_rows(session, rows)
    for name, area in plan.tables.items():
        session.reshape(replace(session.refs[name], area=area))
    return plan


def bring_looks(session: Session, structure: Structure, schema: Schema, added: Sequence[str]) -> Brought:
    """Titles, helps and drop-downs of the lists that the master had before this run. `added`: codes of settings whose rows come with it."""
    plan, entries, said = Plan(), list[list[Any]](), list[str]()
    for service in schema.services:
        ref = session.master.book.tables.get(service.table)
        if ref is None:
            continue
        donor = service_donor(
            service, schema, session.book_lang, service.sheet[session.book_lang][:MAX_SHEET_NAME], codes=_codes(session, service, added)
        )
        texts = _texts(session, service, ref, donor)
        rules, own = _rules(structure, service, ref, donor)
        said += [text("verbs.say.list_own_drop_down", session.lang, column=f"{ref.sheet}!{heading}") for heading in own]
        if not texts and not rules:
            continue
        entries.append([service.id, texts, [list(rule) for rule in rules]])
        plan += _plan(ref, [(row, col, old, new) for row, col, old, new in texts], [(heading, new) for heading, _, new in rules])
    if entries:
        sheets = tuple(session.refs[schema.service(entry[0]).table].sheet for entry in entries)
        said.insert(0, text("verbs.say.lists_renewed", session.lang, sheets=sheets))
    return Brought(plan, {LOOK_IN: entries} if entries else {}, tuple(said))


def _plan(ref: TableRef, texts: Sequence[Sequence[Any]], rules: Sequence[tuple[str, str]]) -> Plan:
    edits = tuple(sorted(CellEdit(ref.sheet, int(row), int(col), old, new) for row, col, old, new in texts))
    places = {heading: n for n, heading in enumerate(ref.headings, ref.area.first_col)}
    ruled = tuple((places[heading], xml) for heading, xml in rules)
    return Plan(edits, shape=Shape(changed=(ChangedColumns(ref.name, ruled=ruled),)) if ruled else Shape())


def _codes(session: Session, service: ServiceTable, added: Sequence[str]) -> list[str]:
    """The codes on 设置 from the first row on, as they are after the run: each row has its own drop-down."""
    if service.id != "settings":
        return []
    return [str(row.get("id") or "") for row in session.service("settings")] + list(added)


def _texts(session: Session, service: ServiceTable, ref: TableRef, donor: bytes) -> list[list[Any]]:
    """[Row, column, text before, text after] of titles and helps, wherever the list stands in its sheet."""
    book = read_book(donor)
    made = next(iter(book.tables.values()))
    wanted: dict[int, str] = {}
    for row, _, said in head_cells(book.snapshot(made.sheet), made):
        wanted.setdefault(row, said)
    known, ours = earlier().get(service.id, frozenset()), dict[int, tuple[int, str]]()
    for row, col, said in head_cells(session.snapshot(ref.sheet), ref):
        if said in wanted.values() or text_fingerprint(said) in known:
            ours.setdefault(row, (col, said))
    if len(ours) == len(wanted):
        pairs = list(zip(sorted(ours), sorted(wanted), strict=True))
    elif ref.area.first_row == made.area.first_row:
        pairs = [(row, row) for row in ours if row in wanted]
    else:  # rows came, and a text is the user's own: which is which is not known
        pairs = []
    return [[row, *ours[row], wanted[source]] for row, source in pairs if ours[row][1] != wanted[source]]


def _rules(structure: Structure, service: ServiceTable, ref: TableRef, donor: bytes) -> tuple[list[tuple[str, str, str]], list[str]]:
    """(Heading, XML before, XML after) of each column whose drop-down changes; and headings of those that have one of the user's own."""
    out, own = list[tuple[str, str, str]](), list[str]()
    if service.id in OF_FORMS:
        return out, own
    made = Structure(Package(donor))
    source = next(iter(made.tables.values()))[0]
    there = columns_of_list(source, service)
    for column, col in columns_of_list(ref, service).items():
        known = earlier().get(f"{service.id}.{column}", frozenset())
        wanted = column_rules(made, source.sheet, there[column]) or []
        new = [_moved(rule, col, ref.data.first_row - source.data.first_row) for rule in wanted]
        old = column_rules(structure, ref.sheet, col)
        if old is not None and _meaning(old) == _meaning(new):
            continue
        heading = ref.headings[col - ref.area.first_col]
        if old is None or not fingerprints(old) <= known | fingerprints(wanted):
            own += [heading] if known - {NONE} else []
        else:
            out.append((heading, "".join(old), "".join(new)))
    return out, own


def _moved(rule: str, col: int, by: int) -> str:
    """A rule of the donor for this column of a list that stands `by` rows lower. One for a single row is for a single row again."""

    def last(a: Area) -> int:
        return a.first_row + by if a.first_row == a.last_row else max(a.first_row + by, a.last_row + min(by, 0))

    def here(found: re.Match[str]) -> str:
        areas = [Area.parse(a) for a in found[2].split()]
        moved = (Area(a.first_row + by, col, last(a), col) for a in areas)
        return found[1] + " ".join(map(_cells, moved)) + found[3]

    return re.sub(r'(\ssqref=")([^"]*)(")', here, rule, count=1)


def _cells(area: Area) -> str:
    """As Excel writes it: one cell without a colon."""
    first, _, last = str(area).partition(":")
    return first if first == last else f"{first}:{last}"


def _meaning(rules: Sequence[str]) -> list[tuple[str, str]]:
    """Which cells accept what. Where an area ends does not count: LibreOffice ends it some rows below the last value."""
    return sorted((" ".join(map(_begin, areas_of(rule.encode()))), fingerprint(rule)) for rule in rules)


def _begin(area: Area) -> str:
    first, _, last = _cells(area).partition(":")
    return f"{first}:" if last else first


def concerns_looks(runs: Sequence[Run]) -> bool:
    return any({LOOK_IN, LOOK_OUT, ROWS_IN, ROWS_OUT} & set(run.summary.get(SHAPE) or {}) for run in runs)


def take_looks_back(
    session: Session, structure: Structure, runs: Sequence[Run], schema: Schema, added: Sequence[str], staying: Collection[str] = ()
) -> TakenOut:
    """Undo what these runs (latest first) did to titles, helps and drop-downs, as far as they are as the run left them. `added`: codes of
    settings whose rows come with the undo; `staying`: lists with rows that stay, so that their drop-downs do."""
    came: dict[str, list[Sequence[Any]]] = {}
    left: set[str] = set()
    for run in runs:
        shape = run.summary.get(SHAPE) or {}
        for entry in shape.get(LOOK_IN, ()):
            if entry[0] in left:
                left.discard(entry[0])
            else:
                came.setdefault(entry[0], []).append(entry)
        for entry in shape.get(LOOK_OUT, ()):
            if came.get(entry[0]):
                came[entry[0]].pop()
            else:
                left.add(entry[0])
    if left:
        again = bring_looks(session, structure, schema, added)
        return TakenOut(again.plan, again.shape)
    plan, out = Plan(), []
    for service_id, entries in came.items():
        texts, rules = _joined(entries)
        rules = [] if service_id in staying else rules
        ref = session.master.book.tables.get(session.schema.service(service_id).table)
        if ref is None or not entries:
            continue
        snapshot = session.snapshot(ref.sheet)
        back = [[row, col, new, old] for row, col, old, new in texts if snapshot.value(row, col) == new]
        places = {heading: n for n, heading in enumerate(ref.headings, ref.area.first_col)}
        same = [(heading, old) for heading, old, new in rules if heading in places and _stands(structure, ref, places[heading], new)]
        plan += _plan(ref, back, same)
        out.append([service_id, texts, rules])
    return TakenOut(plan, {LOOK_OUT: out} if out else {})


def _joined(entries: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], list[list[Any]]]:
    """Texts and rules of a list from before the first to after the last of several upgrades (latest first). What a person has changed in
    between is what was there before."""
    texts, rules = dict[tuple[int, int], list[Any]](), dict[str, list[Any]]()
    for _, some_texts, some_rules in entries:
        for row, col, old, new in some_texts:
            later = texts.setdefault((row, col), [old, new])
            later[0] = old if later[0] == new else later[0]
        for heading, old, new in some_rules:
            later = rules.setdefault(heading, [old, new])
            later[0] = old if fingerprints(_elements(later[0])) == fingerprints(_elements(new)) else later[0]
    return [[*place, *pair] for place, pair in texts.items()], [[heading, *pair] for heading, pair in rules.items()]


def _elements(xml: str) -> list[str]:
    return re.findall(r"<dataValidation\s(?:[^>]*/>|[^>]*[^/]>.*?</dataValidation>)", xml, re.S)


def _stands(structure: Structure, ref: TableRef, col: int, xml: str) -> bool:
    """Whether the column has these rules still, whichever program saved them."""
    now = column_rules(structure, ref.sheet, col)
    return now is not None and fingerprints(now) == fingerprints(_elements(xml))


def net_rows(runs: Sequence[Run]) -> tuple[list[str], list[str]]:
    """Of runs to undo, latest first: codes of settings whose rows they added, and of those whose rows they took out."""
    leaving, coming = dict[str, None](), dict[str, None]()
    for run in runs:
        shape = run.summary.get(SHAPE) or {}
        for code in shape.get(ROWS_IN, ()):
            (coming.pop(code) if code in coming else leaving.setdefault(code))
        for code in shape.get(ROWS_OUT, ()):
            (leaving.pop(code) if code in leaving else coming.setdefault(code))
    return list(leaving), list(coming)


def settings_again(session: Session, codes: Sequence[str], but: Collection[str]) -> tuple[Plan, list[str]]:
    """Rows of these settings, which an undo has taken out."""
    given = {str(row["id"]) for row in session.service("settings") if row.get("id")} | set(but)
    rows = [row for row in setting_rows({}, session.book_lang, load().forms) if row[3] in codes and row[3] not in given]
    return add_settings(session, rows), [str(row[3]) for row in rows]
