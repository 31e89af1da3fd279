"""Change columns of a table that stay where they are: their heading, whether they are shown, their drop-down and format; and check that
nothing else changed (decision 0052).

In: a `Structure` and `ChangedColumns`.  Out: the changed parts.  Pure. The values of the cells below the headings never change.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from collab_xl.book.added_columns import BODY, DonorColumns, covers, with_rules, with_words
from collab_xl.book.added_styles import AddedStyles, only_appended
from collab_xl.book.cell_xml import CellWriter, SharedStrings, escape_text, style_of_cell
from collab_xl.book.cols import around_cols, attributes_of, with_col
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.row_change import RowChange
from collab_xl.book.row_layout import SheetXml, as_utf8
from collab_xl.book.rules_in_place import areas_of, rules, rules_of, with_rules_of, without_rules, without_whole_days
from collab_xl.book.sheet_rows import SheetRows
from collab_xl.errors import CollabError
from collab_xl.model.regex import regex
from collab_xl.model.shape import ChangedColumns
from collab_xl.model.sheets import TableRef

_STYLE: Final = regex(rb'\ss="[0-9]+"')
_SPANS: Final = regex(rb'\sspans="[^"]*"')
_SHOWN: Final = regex(rb'\s(?:hidden|style|customWidth|width)="[^"]*"')


def changed_parts(structure: Structure, change: ChangedColumns) -> dict[str, bytes]:
    """Part → its new bytes. Raises CollabError `table_gone`, `table_shape` if a heading is not the one to be renamed."""
    ref, table = _table(structure, change.table)
    sheet = structure.sheets[ref.sheet].part
    out = {sheet: structure.package.read(sheet)}
    if change.dressed:
        styles = structure.part("styles") or ""
        known = AddedStyles(structure.package.read(styles), styles)
        donor = Structure(Package(change.donor))
        mapping = known.mapping(donor.package.read(donor.part("styles") or ""), "styles.xml")
        new = tuple(col for col, _ in change.dressed)
        columns = DonorColumns(donor, change.columns, new, ref.data.first_row, mapping)
        restyled = {change.columns[col]: col for col, restyle in change.dressed if restyle}
        dressed = {change.columns[c] for c in new}
        out[sheet] = _dressed(out[sheet], sheet, ref, columns, dressed, restyled, frozenset(change.as_shown), structure.date1904)
        written = known.written()
        if written != as_utf8(structure.package.read(styles), styles):
            out[styles] = written
    if change.renamed:
        out[sheet] = _renamed_cells(out[sheet], sheet, ref, change.renamed, structure.date1904)
        out[table] = _renamed_columns(structure.package.read(table), table, ref, change.renamed)
    if change.hidden:
        out[sheet] = _shown(out[sheet], sheet, dict(change.hidden))
    if change.ruled:
        xml = SheetXml(out[sheet], sheet)
        after = xml.after
        for col, ruled in change.ruled:
            after = with_rules_of(after, xml.prefix, col, ruled)
        out[sheet] = b"".join((xml.before, xml.rows, after))
    if change.words:
        out[sheet], _ = with_words(out[sheet], sheet, change.words)
    return out


def _table(structure: Structure, name: str) -> tuple[TableRef, str]:
    if name not in structure.tables:
        raise CollabError("table_gone", table=name, file=structure.package.name)
    return structure.tables[name]


def _dressed(
    data: bytes,
    part: str,
    ref: TableRef,
    donor: DonorColumns,
    dressed: Collection[int],
    restyled: Mapping[int, int],
    as_shown: Collection[tuple[int, int]],
    date1904: bool,
) -> bytes:
    """The sheet with the donor's drop-downs and checks in these columns; in the restyled ones also its formats, their values unchanged.
    The cells `as_shown` keep theirs."""
    xml = SheetXml(data, part)
    rows, p = SheetRows(xml), xml.prefix
    changes: dict[int, RowChange] = {}
    for row in range(ref.data.first_row, ref.data.last_row + 1) if restyled else ():
        cells, put = rows.cells(row), {}
        for col, source in restyled.items():
            if (row, col) in as_shown:
                continue
            style = b' s="%d"' % donor.cell(BODY, source)
            cell = cells.get(col, b"/>")
            end = cell.find(b">")
            put[col] = style + _STYLE.sub(b"", cell[:end]) + cell[end:]
        changes[row] = RowChange(cleared=frozenset(col for col in put if col in cells), put=put)
    before = xml.before
    for col, source in restyled.items():
        before = with_col(before, p, col, {b"style": b"%d" % donor.column(source)[1]})
    pieces, _ = rows.changed(changes, CellWriter(p, date1904, ref.sheet), lambda: SharedStrings(None), lambda row, col: b"", date1904)
    after = without_rules(xml.after, p, [col for col in dressed if col in restyled])
    free = [col for col in donor.new if not _has_rule(after, p, donor.columns[col])]
    after = without_whole_days(after, p, {donor.columns[col] for col in free})  # the others keep theirs
    donor.new = free
    return b"".join((before, *pieces, with_rules(after, p, donor)))


def _has_rule(after: bytes, p: bytes, col: int) -> bool:
    return any(covers(found[0], col) for found in rules(after, p))


def _renamed_cells(data: bytes, part: str, ref: TableRef, renamed: Sequence[tuple[int, str, str]], date1904: bool) -> bytes:
    xml = SheetXml(data, part)
    rows, p = SheetRows(xml), xml.prefix
    cells, put = rows.cells(ref.area.first_row), {}
    for col, _, new in renamed:
        old = cells.get(col, b">")
        style = style_of_cell(old[: old.find(b">")])
        put[col] = style + b' t="inlineStr"><%sis><%st xml:space="preserve">%s</%st></%sis></%sc>' % (
            p, p, escape_text(new).encode(), p, p, p,
        )  # fmt: skip
    change = {ref.area.first_row: RowChange(cleared=frozenset(col for col in put if col in cells), put=put)}
    pieces, _ = rows.changed(change, CellWriter(p, date1904, ref.sheet), lambda: SharedStrings(None), lambda row, col: b"", date1904)
    return b"".join((xml.before, *pieces, xml.after))


def _renamed_columns(data: bytes, part: str, ref: TableRef, renamed: Sequence[tuple[int, str, str]]) -> bytes:
    data = as_utf8(data, part)
    tags = list(re.finditer(rb'<(?:[\w.-]+:)?tableColumn\s(?:[^>]*?\s)?name="([^"]*)"', data))
    for col, old, new in sorted(renamed, reverse=True):
        at = col - ref.area.first_col
        if not 0 <= at < len(tags) or ref.headings[at] != old:
            raise CollabError("table_shape", table=ref.name, area=str(ref.area), old_area=str(ref.area))
        start, end = tags[at].span(1)
        data = data[:start] + escape_text(new).replace('"', "&quot;").replace("\n", "_x000a_").encode() + data[end:]
    return data


def _shown(data: bytes, part: str, hidden: Mapping[int, bool]) -> bytes:
    xml = SheetXml(data, part)
    before = xml.before
    for col, is_hidden in hidden.items():
        before = with_col(before, xml.prefix, col, {b"hidden": b"1" if is_hidden else b""})
    return b"".join((before, xml.rows, xml.after))


def column_harm(old: Structure, new: Structure, change: ChangedColumns) -> Iterator[str]:
    """Differences between the new workbook and the old one other than `change`."""
    ref, table = _table(old, change.table)
    sheet, styles = old.sheets[ref.sheet].part, old.part("styles") or ""
    may = {part.casefold() for part in (sheet, table, styles)}
    if list(old.package.entries) != list(new.package.entries):
        yield "parts are missing, added or in another order"
    for entry in old.package.entries:
        if entry.casefold() not in may and old.package.raw(entry) != new.package.raw(entry):
            yield f"{entry} changed"
    if styles and not only_appended(old.package.read(styles), new.package.read(styles), styles):
        yield "a style moved"
    now, _ = _table(new, change.table)
    wanted = list(ref.headings)
    for col, _, heading in change.renamed:
        wanted[col - ref.area.first_col] = heading
    if now.area != ref.area or now.headings != tuple(wanted):
        yield f"table {change.table} has not the headings it should"
        return
    back = _renamed_columns(new.package.read(table), table, now, [(c, b, a) for c, a, b in change.renamed])
    if back != as_utf8(old.package.read(table), table):
        yield f"{table} changed elsewhere"
    yield from _sheet_harm(old.package.read(sheet), new.package.read(sheet), sheet, ref, change)


def _sheet_harm(old: bytes, new: bytes, part: str, ref: TableRef, change: ChangedColumns) -> Iterator[str]:
    same, _ = with_words(old, part, [(col, a, a) for col, a, _ in change.words])
    back, missed = with_words(new, part, [(col, b, a) for col, a, b in change.words])
    was, now = SheetXml(same, part), SheetXml(back, part)
    p, dressed = was.prefix, {*(change.columns[col] for col, _ in change.dressed), *(col for col, _ in change.ruled)}
    if missed:
        yield f"{ref.sheet}: a drop-down does not offer what it should"
    if _other_rules(was, dressed) != _other_rules(now, dressed):
        yield f"{ref.sheet}: something after the rows changed"
    for col, ruled in change.ruled:
        if "".join(rules_of(now.after, p, col) or ()) != ruled:
            yield f"{ref.sheet}: a drop-down is not what it should be"
        if any(a.last_row < a.first_row or a.last_col < a.first_col for found in rules(ruled.encode(), b"") for a in areas_of(found[0])):
            yield f"{ref.sheet}: a drop-down ends above its first row"
    if around_cols(was.before, p) != around_cols(now.before, p):
        yield f"{ref.sheet}: something before the rows changed"
    restyled = {change.columns[col] for col, restyle in change.dressed if restyle}
    touched = restyled | {col for col, _ in change.hidden}
    a, b = (attributes_of(x.before, x.prefix) for x in (was, now))
    for col in a.keys() | b.keys():
        one, other = a.get(col, b""), b.get(col, b"")
        if col in touched:
            one, other = _SHOWN.sub(b"", one), _SHOWN.sub(b"", other)
        if one != other:
            yield f"{ref.sheet}: the width of another column changed"
    if any((b' hidden="1"' in b.get(col, b"")) != hidden for col, hidden in change.hidden):
        yield f"{ref.sheet}: a column is not hidden or shown as it should be"
    before, after = SheetRows(was), SheetRows(now)
    renamed = {col for col, _, _ in change.renamed}
    for row in dict.fromkeys((*before.numbers, *after.numbers)):
        cells, others = before.cells(row), after.cells(row)
        if _row_tag(before, row) != _row_tag(after, row):
            yield f"{ref.sheet}: row {row} changed"
        head, inside = row == ref.area.first_row, ref.data.first_row <= row <= ref.data.last_row
        for col in cells.keys() | others.keys():
            one, other = cells.get(col, b"/>"), others.get(col, b"/>")
            if (head and col in renamed) or one == other:
                continue
            if inside and col in restyled and _unstyled(one) == _unstyled(other):
                continue
            yield f"{ref.sheet}: another cell of row {row} changed"


def _other_rules(xml: SheetXml, dressed: Collection[int]) -> bytes:
    return without_whole_days(without_rules(xml.after, xml.prefix, dressed), xml.prefix, dressed)


def _row_tag(rows: SheetRows, row: int) -> bytes:
    """The attributes of a row, without the hint where its cells are."""
    chunk = rows.chunk(row)
    return _SPANS.sub(b"", chunk[: chunk.find(b">")]).rstrip(b"/ ")


def _unstyled(cell: bytes) -> bytes:
    end = cell.find(b">")
    return _STYLE.sub(b"", cell[:end]) + cell[end:]
