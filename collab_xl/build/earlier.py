"""What earlier versions wrote on our lists, by fingerprint: titles, helps, drop-downs. `forms upgrade` brings up to date what is as one of
them made it, and leaves alone what a person has changed (decision 0070).

The file is made from the templates in the history of this repository: `python docs/make_earlier.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from collab_xl.book.parts import Structure
from collab_xl.book.row_layout import SheetXml
from collab_xl.book.rules_in_place import fingerprint, rules_of, short
from collab_xl.forms import ServiceTable
from collab_xl.forms.read import read_earlier
from collab_xl.model.sheets import Snapshot, TableRef

NONE = "-"
"""In place of a fingerprint: an earlier version had no drop-down there."""


@cache
def earlier() -> Mapping[str, frozenset[str]]:
    """What `forms.read.read_earlier` reads, once."""
    return read_earlier()


def head_cells(snapshot: Snapshot, ref: TableRef) -> list[tuple[int, int, str]]:
    """Row, column and text of the title and help of a list: what stands above its headings, but for the link home."""
    out = []
    for row in range(1, ref.area.first_row):
        for col in range(2, snapshot.last_col + 1):
            if isinstance(said := snapshot.value(row, col), str) and (row, col) not in snapshot.formulas:
                out.append((row, col, said))
    return out


def columns_of_list(ref: TableRef, service: ServiceTable) -> dict[str, int]:
    """Column id → column in the sheet."""
    places = {heading: n for n, heading in reversed(list(enumerate(ref.headings, ref.area.first_col)))}
    return {c.id: places[name] for c in service.columns for name in c.names if name in places}


def column_rules(structure: Structure, sheet: str, col: int) -> list[str] | None:
    """The drop-downs of a column as XML; None if one is for other columns too."""
    part = structure.sheets[sheet].part
    xml = SheetXml(structure.package.read(part), part)
    return rules_of(xml.after, xml.prefix, col)


def fingerprints(rules: list[str]) -> set[str]:
    return {fingerprint(rule) for rule in rules} or {NONE}


def text_fingerprint(said: str) -> str:
    return short(said)
