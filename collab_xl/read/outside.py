"""Report what a department wrote in its pack outside the tables, with the cells. Pure.

The texts the pack was issued with (title, hint) are not reported. In a normal pack only the two rows above each table are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache

from collab_xl.catalogue import LANGS, text
from collab_xl.forms import Form
from collab_xl.model.finding import Finding, Word
from collab_xl.model.pack_texts import mark
from collab_xl.model.place import Address, Area
from collab_xl.model.sheets import Cell, Snapshot, Table
from collab_xl.model.values import Value
from collab_xl.read.heading_cells import is_row_id
from collab_xl.read.left_out import grouped
from collab_xl.read.remarks import finding
from collab_xl.read.rows import says
from collab_xl.read.text import loose, quoted, shown

MESSAGE = "H130"
"""A message of the department; its fact `words` is the whole of it."""


def around(snapshot: Snapshot, table: Table, form: Form, claims: Mapping[str, str], told: Collection[int] = ()) -> list[Finding]:
    """H123 for each comment and each block of cells above, beside and below a pack's table.

    Args:
        claims: the department and week of the pack, which are in its title. No department: it is not known before the gates.
        told: rows below the table that are already reported (H113).
    """
    out = [
        _said(snapshot.sheet, Area(row, col, row, col), "comment", words, form.id)
        for (row, col), words in sorted(snapshot.comments.items())
        if says(words)
    ]
    area, found = table.area, dict[str, list[Cell]]()
    last_col = snapshot.last_col
    ours, unnamed = _written_by_us(form, claims), "department" not in claims
    for row in range(snapshot.first_row, area.first_row):
        for col, value in _filled(snapshot, row):
            if not (isinstance(value, str) and (loose(value) in ours or (unnamed and _of_any_department(loose(value), form, claims)))):
                found.setdefault("above", []).append((row, col))
    if last_col > area.last_col or snapshot.first_col < area.first_col:
        for row in range(area.first_row, area.last_row + 1):
            found.setdefault("beside", []).extend((row, c) for c, _ in _filled(snapshot, row) if not area.first_col <= c <= area.last_col)
    for row in range(area.last_row + table.totals_rows + 1, snapshot.last_row + 1):
        if row not in told:
            found.setdefault("below", []).extend((row, c) for c, _ in _filled(snapshot, row))
    return out + list(_blocks(snapshot, found, form.id))


def added_sheet(snapshot: Snapshot) -> Finding | None:
    """H123 for a sheet that was not in the issued pack; None if it has no content."""
    cells = [(row, c) for row in range(snapshot.first_row, snapshot.last_row + 1) for c, _ in _filled(snapshot, row)]
    if not cells:
        return None
    area = Area(min(r for r, _ in cells), min(c for _, c in cells), max(r for r, _ in cells), max(c for _, c in cells))
    words = _quote(snapshot, cells)
    return _said(snapshot.sheet, area, "sheet" if snapshot.state == "visible" else "hidden", words, None)


def typed_on(snapshot: Snapshot, ours: Collection[str], place: str) -> list[Finding]:
    """H123 for each block of cells and each comment of our own sheet of a pack (`place`: front or guide) that are not our texts; H130 for
    what stands in the place for messages.

    `ours`: the marks of our texts (`model.pack_texts`).
    """
    cells = [(row, c) for row in _lines(snapshot) for c, v in _filled(snapshot, row) if mark(shown(v)) not in ours]
    message = _message(snapshot, cells) if place == "front" else []
    out = list(_blocks(snapshot, {place: [cell for cell in cells if cell not in message]}, None))
    if message:
        words = " ".join(shown(snapshot.value(*cell)).strip() for cell in message)
        out.append(finding(MESSAGE, Address(snapshot.sheet, *message[0]), found=quoted(words), sheet=snapshot.sheet, words=words))
    for (row, col), words in sorted(snapshot.comments.items()):
        if says(words):
            out.append(_said(snapshot.sheet, Area(row, col, row, col), "comment", words, None))
    return out


def _message(snapshot: Snapshot, cells: Collection[Cell]) -> list[Cell]:
    """Those of the cells that stand below the line that asks for a message: down to the first row without one."""
    asking = {loose(text("model.pack.words_to_pmo", lang)) for lang in LANGS}
    row = next((r for r in _lines(snapshot) for _, v in _filled(snapshot, r) if isinstance(v, str) and loose(v) in asking), None)
    out: list[Cell] = []
    while row is not None and (here := [cell for cell in cells if cell[0] == row + 1]):
        out, row = out + here, row + 1
    return out


def mostly_ours(snapshot: Snapshot, ours: Collection[str]) -> bool:
    """Whether a sheet under another name is one of ours: most of its cells have texts of ours. Rows and headings of a data sheet are named
    on the first sheet too, so a few say nothing, and a sheet with the row ids of a table is none."""
    cells = [shown(v) for row in _lines(snapshot) for _, v in _filled(snapshot, row)]
    found = sum(mark(words) in ours for words in cells)
    return found >= MOSTLY_OURS and 2 * found > len(cells) and not any(map(is_row_id, cells))


MOSTLY_OURS = 4
"""The fewest texts of ours on a sheet of ours."""


def picked(snapshot: Snapshot, ours: Collection[str], names: Mapping[str, str]) -> dict[Cell, str]:
    """Cells of our own sheet in which a department has picked one of `names` (name → what it stands for)."""
    found = ((row, c, shown(v).strip()) for row in _lines(snapshot) for c, v in _filled(snapshot, row))
    return {(row, c): names[word] for row, c, word in found if word in names and mark(word) not in ours}


def _lines(snapshot: Snapshot) -> range:
    return range(snapshot.first_row, snapshot.last_row + 1)


def unreadable_sheet(name: str) -> Finding:
    """The same for a sheet that is too large or damaged."""
    return _said(name, Area(1, 1, 1, 1), "sheet", name, None)


def _blocks(snapshot: Snapshot, found: Mapping[str, list[Cell]], form: str | None) -> Iterator[Finding]:
    for place, cells in found.items():
        for area in grouped(cells):
            inside = [c for c in cells if c in area]
            yield _said(snapshot.sheet, area, place, _quote(snapshot, inside), form, inside[0])


def _said(sheet: str, area: Area, place: str, words: str, form: str | None, first: Cell | None = None) -> Finding:
    row, col = first or (area.first_row, area.first_col)
    shown = str(area) if (area.first_row, area.first_col) != (area.last_row, area.last_col) else Address(sheet, row, col).cell
    return finding("H123", Address(sheet, row, col), form=form, found=quoted(words), place=Word(f"read.word.outside_{place}"), area=shown)


def _quote(snapshot: Snapshot, cells: Iterable[Cell]) -> str:
    return " | ".join(quoted(snapshot.value(*cell)) for cell in list(cells)[:8])


def _filled(snapshot: Snapshot, row: int) -> Iterator[tuple[int, Value]]:
    line = snapshot.cells[row - snapshot.first_row]
    return ((snapshot.first_col + j, v) for j, v in enumerate(line) if v is not None and says(v))


@cache
def _hints() -> frozenset[str]:
    keys = ("model.pack.hint", "model.pack.hint_read", "model.pack.hint_rows")
    return frozenset(text(key, lang, clear=text("model.word.clear", lang)) for key in keys for lang in LANGS)


def _of_any_department(line: str, form: Form, claims: Mapping[str, str]) -> bool:
    """Whether a line is the title or the hint of a pack of this week, whichever department it names."""
    week = loose(claims.get("week", ""))
    ends = (*(f"{week}·{loose(hint)}" for hint in _hints()), week)
    return bool(week) and line.endswith(ends) and (line.count("·") < 3 or any(line.startswith(loose(t)) for t in form.title.values()))


def _written_by_us(form: Form, claims: Mapping[str, str]) -> set[str]:
    """The title and the hint above the table of a pack, as they are written now and as packs had them that are still out."""
    whose = f"{claims.get('department', '')} · {claims.get('week', '')}"
    titles = [form.title[lang] for lang in LANGS]
    lines = [*titles, *(f"{title} · {whose}" for title in titles), *_hints(), *(f"{whose} · {hint}" for hint in _hints())]
    return {loose(line) for line in lines}
