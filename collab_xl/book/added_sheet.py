"""Add sheets with a table to a workbook, or remove them, in its bytes; and check that nothing else changed (decision 0016).

In: a `Structure` and a `Shape`.  Out: the `Structure` of the changed workbook.  Pure.
New parts: sheet, its relationships, table. Changed: [Content_Types].xml, the workbook and its relationships, styles (appended to).
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from lxml import etree

from collab_xl.book import workbook_xml
from collab_xl.book.added_columns import (
    DonorColumns,
    column_differences,
    grown_sheet,
    grown_table,
    shrunk_sheet,
    shrunk_table,
    with_words,
)
from collab_xl.book.added_styles import AddedStyles, StyleMapping, only_appended
from collab_xl.book.changed_columns import changed_parts, column_harm
from collab_xl.book.package import Package, parse_xml
from collab_xl.book.package_parts import without_rel, without_type
from collab_xl.book.parts import Structure, local, rels_part
from collab_xl.book.row_layout import SheetXml, as_utf8
from collab_xl.book.sheet_rows import SheetRows
from collab_xl.errors import CollabError
from collab_xl.model.place import column_number
from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.model.shape import ChangedColumns, GoneSheet, GrownTable, NewSheet, Shape, ShrunkTable
from collab_xl.model.sheets import TableRef

TYPES: Final = "[Content_Types].xml"
_ML: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHARED: Final = {"revisionHeaders", "usernames"}


def refuse_shape(structure: Structure) -> None:
    """Raise CollabError if no sheet may be added or removed: `shape_strict`, `shape_locked`, `shape_shared`, `shape_signed`."""
    file = structure.package.name
    if structure.strict:
        raise CollabError("shape_strict", file=file)
    if any(rel.kind in _SHARED for rel in structure.rels.values()):
        raise CollabError("shape_shared", file=file)
    if any(name.casefold().startswith("_xmlsignatures/") for name in structure.package.entries):
        raise CollabError("shape_signed", file=file)
    root = parse_xml(structure.package.read(structure.workbook_part), structure.workbook_part)
    for child in root:
        if local(child) == "workbookProtection" and child.get("lockStructure") in ("1", "true", "on"):
            raise CollabError("shape_locked", file=file)


def reshaped(structure: Structure, shape: Shape) -> Structure:
    """The workbook with the changes of `shape`. Equal input gives equal bytes.

    Raises CollabError as `refuse_shape`, `sheet_missing`, `table_gone`, `too_many_formats`, `damaged_workbook`.
    """
    refuse_shape(structure)
    if shape.gone_pages or shape.pages:
        from collab_xl.book.added_page import with_page, without_page  # only an upgrade of the weekly sheet

        for gone_page in shape.gone_pages:
            structure = without_page(structure, gone_page)
    for gone in shape.gone:
        structure = _without(structure, gone)
    for shrunk in shape.shrunk:
        structure = _shrunk(structure, shrunk)
    for new in shape.new:
        structure = _with(structure, new)
    for grown in shape.grown:
        structure = _grown(structure, grown)
    for changed in shape.changed:
        structure = _changed(structure, changed)
    for page in shape.pages:
        structure = with_page(structure, page)
    if shape.tabs is not None:
        from collab_xl.book.tab_order import with_tabs  # as above

        structure = with_tabs(structure, shape.tabs)
    return structure


def _changed(structure: Structure, changed: ChangedColumns) -> Structure:
    parts = ChangedParts(structure)
    parts.changed |= {parts.entry(part): data for part, data in changed_parts(structure, changed).items()}
    return parts.made()


class ChangedParts:
    """The changed parts, and the workbook made from them."""

    def __init__(self, structure: Structure) -> None:
        self.structure, self.package = structure, structure.package
        self.changed: dict[str, bytes] = {}
        self.added: dict[str, bytes] = {}
        self.dropped: set[str] = set()

    def entry(self, part: str) -> str:
        found = self.package.find(part)
        if found is None:
            raise CollabError("damaged_workbook", file=self.package.name, part=part)
        return found

    def read(self, part: str) -> bytes:
        entry = self.entry(part)
        return self.changed.get(entry) or self.package.read(entry)

    def free(self, pattern: str) -> str:
        n = 1
        while self.package.find(pattern.format(n)) is not None:
            n += 1
        return pattern.format(n)

    def made(self) -> Structure:
        out = io.BytesIO()
        changed = {entry: self.package.packed(entry, data) for entry, data in self.changed.items()}
        self.package.rewrite(out, changed, frozenset(self.dropped), self.added)
        return Structure(Package(out.getvalue(), self.package.name))


def _with(structure: Structure, new: NewSheet) -> Structure:
    parts = ChangedParts(structure)
    donor = Structure(Package(new.donor))
    folder = posixpath.dirname(structure.workbook_part)
    sheet_part = parts.free(posixpath.join(folder, "worksheets/sheet{}.xml"))
    table_part = parts.free(posixpath.join(folder, "tables/table{}.xml"))
    styles = structure.part("styles")
    if styles is None or donor.part("styles") is None:
        raise CollabError("damaged_workbook", file=structure.package.name, part="styles.xml")
    known = AddedStyles(parts.read(styles), styles)
    mapping = known.mapping(donor.package.read(donor.part("styles") or ""), "styles.xml")
    source = next(iter(donor.sheets.values()))
    at = 1 + workbook_xml.tab_of(parts.read(structure.workbook_part), structure.workbook_part, new.behind)
    parts.added[sheet_part] = donor_sheet(donor, source.part, mapping, at)
    away = posixpath.relpath(table_part, posixpath.dirname(sheet_part))
    parts.added[rels_part(sheet_part)] = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_RELS}">'
        f'<Relationship Id="rId1" Type="{workbook_xml.RELATIONSHIPS}/table" Target="{away}"/></Relationships>'
    ).encode()
    parts.added[table_part] = _table(donor, structure, new.table)
    entry = parts.entry(styles)
    data = known.written()
    if data != as_utf8(parts.read(styles), styles):
        parts.changed[entry] = data
    rels = parts.entry(rels_part(structure.workbook_part))
    target = posixpath.relpath(sheet_part, folder or ".")
    parts.changed[rels], rel_id = workbook_xml.with_rel(parts.read(rels), rels, "worksheet", target)
    local_names = donor_names(donor, new.name)
    book = parts.entry(structure.workbook_part)
    parts.changed[book] = workbook_xml.with_sheet(parts.read(book), book, at, new.name, rel_id, new.names, local_names)
    types = {sheet_part: f"{_ML}.worksheet+xml", table_part: f"{_ML}.table+xml"}
    parts.changed[parts.entry(TYPES)] = workbook_xml.with_types(parts.read(TYPES), TYPES, types)
    return parts.made()


def donor_sheet(donor: Structure, part: str, styles: StyleMapping, at: int) -> bytes:
    """The donor's sheet with inline texts and the styles of this workbook."""
    root = parse_xml(donor.package.read(part), part)
    strings = donor.part("sharedStrings")
    texts = list(parse_xml(donor.package.read(strings), strings)) if strings else []
    for element in list(root.iter()):  # the loop changes cells
        name = local(element)
        if name == "c":
            if element.get("s"):
                element.set("s", str(styles.cell(int(element.get("s", "0")))))
            if element.get("t") == "s":
                _inline(element, texts)
        elif name == "row" and element.get("s"):
            element.set("s", str(styles.cell(int(element.get("s", "0")))))
        elif name == "col" and element.get("style"):
            element.set("style", str(styles.cell(int(element.get("style", "0")))))
        elif name == "cfRule" and element.get("dxfId"):
            element.set("dxfId", str(styles.change(int(element.get("dxfId", "0")))))
        elif name == "sheetView":
            element.attrib.pop("tabSelected", "")
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    # The two elements of a data bar are linked by an id that XlsxWriter makes from the position of the sheet.
    return re.sub(rb"\{DA7ABA51-AAAA-BBBB-[0-9A-F]{4}-", b"{DA7ABA51-AAAA-BBBB-F%03X-" % at, data)


def _inline(cell: etree._Element, texts: list[etree._Element]) -> None:
    value = next(v for v in cell if local(v) == "v")
    item = texts[int(value.text or 0)]
    cell.remove(value)
    cell.set("t", "inlineStr")
    inline = etree.SubElement(cell, value.tag.replace("}v", "}is"))
    inline.extend(list(etree.fromstring(etree.tostring(item))))


def _table(donor: Structure, structure: Structure, name: str) -> bytes:
    """The donor's table with a name and number that are unused here."""
    _, part = next(iter(donor.tables.values()))
    taken = [int(workbook_xml.attribute(structure.package.read(p)[:2000], "id") or 0) for _, p in structure.tables.values()]
    data = donor.package.read(part)
    for attribute, value in (("id", str(1 + max(taken, default=0))), ("name", name), ("displayName", name)):
        data = re.sub(rf'(<table\s[^>]*?\s{attribute}=")[^"]*'.encode(), lambda m, v=value: m[1] + v.encode(), data, count=1)  # type: ignore[misc]
    return data


_SHEET_OF_AREA = regex(r"(?:'(?:[^']|'')*'|[^'!,]+)!")


def donor_names(donor: Structure, sheet: str) -> dict[str, str]:
    """The donor's sheet-level names (rows and columns to repeat in print), changed to the name of the sheet here."""
    out = {}
    for block in parse_xml(donor.package.read(donor.workbook_part), donor.workbook_part):
        for name in block if local(block) == "definedNames" else ():
            if name.get("localSheetId") is not None:
                here = f"{quoted(sheet)}!"
                out[name.get("name", "")] = _SHEET_OF_AREA.sub(lambda _, here=here: here, name.text or "")  # type: ignore[misc]
    return out


def quoted(sheet: str) -> str:
    """A sheet name as it is written in formulas."""
    return "'" + sheet.replace("'", "''") + "'"


def _without(structure: Structure, gone: GoneSheet) -> Structure:
    parts = ChangedParts(structure)
    if gone.name not in structure.sheets:
        raise CollabError("sheet_missing", sheet=gone.name, file=structure.package.name)
    if gone.table not in structure.tables:
        raise CollabError("table_gone", table=gone.table, file=structure.package.name)
    sheet_part = structure.sheets[gone.name].part
    leaving = [sheet_part, structure.tables[gone.table][1]]
    for part in (*leaving, rels_part(sheet_part)):
        if (entry := parts.package.find(part)) is not None:
            parts.dropped.add(entry)
    rels, book = parts.entry(rels_part(structure.workbook_part)), parts.entry(structure.workbook_part)
    parts.changed[rels] = without_rel(parts.read(rels), rels, structure.workbook_part, sheet_part)
    for part in leaving:
        parts.changed[parts.entry(TYPES)] = without_type(parts.read(TYPES), TYPES, part)
    parts.changed[book] = workbook_xml.without_sheet(parts.read(book), book, gone.name, gone.names)
    return parts.made()


def _grown(structure: Structure, grown: GrownTable) -> Structure:
    parts = ChangedParts(structure)
    ref, table_part = _table_of(structure, grown.table)
    sheet = parts.entry(structure.sheets[ref.sheet].part)
    if grown.new:
        styles = parts.entry(structure.part("styles") or "")
        known = AddedStyles(parts.read(styles), styles)
        donor = Structure(Package(grown.donor))
        mapping = known.mapping(donor.package.read(donor.part("styles") or ""), "styles.xml")
        donor_columns = DonorColumns(donor, grown.columns, grown.new, ref.data.first_row, mapping)
        others = [r.area for r, _ in structure.tables.values() if r.sheet == ref.sheet and r.name != ref.name]
        parts.changed[sheet] = grown_sheet(
            parts.read(sheet), sheet, ref, others, donor_columns, structure.date1904, _repeated(structure, ref.sheet)
        )
        table = parts.entry(table_part)
        parts.changed[table] = grown_table(parts.read(table), table, ref, list(donor_columns.headings.values()))
        data = known.written()
        if data != as_utf8(parts.read(styles), styles):
            parts.changed[styles] = data
    if grown.words:
        parts.changed[sheet], _ = with_words(parts.read(sheet), sheet, grown.words)
    return parts.made()


def _shrunk(structure: Structure, shrunk: ShrunkTable) -> Structure:
    parts = ChangedParts(structure)
    ref, table_part = _table_of(structure, shrunk.table)
    sheet, table, count = parts.entry(structure.sheets[ref.sheet].part), parts.entry(table_part), len(shrunk.headings)
    if ref.headings[len(ref.headings) - count :] != shrunk.headings:
        raise CollabError("table_shape", table=ref.name, area=str(ref.area), old_area=str(ref.area))
    if count:
        parts.changed[sheet] = shrunk_sheet(parts.read(sheet), sheet, ref, count, structure.date1904, _repeated(structure, ref.sheet))
        parts.changed[table] = shrunk_table(parts.read(table), table, count)
    if shrunk.words:
        parts.changed[sheet], _ = with_words(parts.read(sheet), sheet, shrunk.words)
    return parts.made()


def _repeated(structure: Structure, sheet: str) -> int:
    """How many columns every printed page of a sheet repeats, from A."""
    at = list(structure.sheets).index(sheet)
    titles = workbook_xml.local_names(structure.package.read(structure.workbook_part), at).get("_xlnm.Print_Titles", "")
    found = re.search(r"!\$A:\$([A-Z]+)", titles)
    return column_number(found[1]) if found else 0


def _table_of(structure: Structure, name: str) -> tuple[TableRef, str]:
    if name not in structure.tables:
        raise CollabError("table_gone", table=name, file=structure.package.name)
    return structure.tables[name]


def still_used(structure: Structure, gone: GoneSheet, lists: Collection[str]) -> str | None:
    """The part or name that refers to a sheet to be removed (a formula, chart, pivot, or a chart on it); None if there is none.

    `lists`: sheets that we rewrite ourselves; links on them are ignored.
    """
    own, table = structure.sheets[gone.name].part, structure.tables[gone.table][1]
    for rel in structure.sheet_rels(gone.name).values():
        if rel.target != table:
            return rel.target
    skip = {own, rels_part(own), table, structure.workbook_part, rels_part(structure.workbook_part), TYPES, "docProps/app.xml"}
    skip |= {structure.part("sharedStrings") or "", *(structure.sheets[name].part for name in lists if name in structure.sheets)}
    folded = {part.casefold() for part in skip}
    words = _words(gone)
    for entry in structure.package.entries:
        looked_at = entry.casefold() not in folded and entry.casefold().endswith((".xml", ".vml"))
        if looked_at and words.search(spelled(as_utf8(structure.package.read(entry), entry))):
            return entry
    book = workbook_xml.without_sheet(structure.package.read(structure.workbook_part), structure.workbook_part, gone.name, gone.names)
    defined = workbook_xml.defined_names(book).items()
    return next((name for name, refers in defined if words.search(escaped(refers))), None)


def columns_used(structure: Structure, headings: Sequence[str], *, pivots: bool = False) -> str | None:
    """The part with a formula that names one of these columns (`[里程碑]`); None if there is none. `pivots`: or a pivot's field."""
    words = re.compile(b"|".join(rb"\[@?" + re.escape(escaped(h)) + rb"\]" for h in headings))
    if pivots:
        names = b"|".join(re.escape(escaped(h).replace(b'"', b"&quot;")) for h in headings)
        words = re.compile(words.pattern + rb'|<(?:[\w.-]+:)?cacheField\s[^>]*?name="(?:' + names + b')"')
    skip = {(structure.part("sharedStrings") or "").casefold(), "docprops/app.xml"}
    for entry in structure.package.entries:
        looked_at = entry.casefold() not in skip and entry.casefold().endswith(".xml")
        if looked_at and words.search(spelled(as_utf8(structure.package.read(entry), entry))):
            return entry
    return None


def spelled(data: bytes) -> bytes:
    """With letters in place of numeric references, as openpyxl writes every letter that is not ASCII, and quotes in place of LibreOffice's
    `&apos;`."""
    data = data.replace(b"&apos;", b"'").replace(b"&#39;", b"'")
    if b"&#" not in data:
        return data
    return re.sub(rb"&#(?:([0-9]{3,7})|x([0-9A-Fa-f]{2,6}));", lambda m: chr(int(m[1]) if m[1] else int(m[2], 16)).encode(), data)


def _words(gone: GoneSheet) -> re.Pattern[bytes]:
    """A pattern for references to a sheet, its table and its names in a formula, chart or pivot."""
    sheet, table = re.escape(escaped(gone.name)), re.escape(gone.table.encode())
    inside = re.escape(escaped(gone.name.replace("'", "''")))
    patterns = [
        rb"(?<![\w.])" + sheet + b"!",
        inside + b"'!",
        b'sheet="' + sheet + b'"',
        rb"(?<![\w.])" + table + rb"\[",
        b'name="' + table + b'"',
    ]
    patterns += [rb"(?<![\w.])" + re.escape(name.encode()) + rb"(?![\w.])" for name in gone.names]
    return re.compile(b"|".join(patterns))


def escaped(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()


def prove_shape(old: Structure, new: Structure, shape: Shape) -> None:
    """Check that `new` is `old` with the changes of `shape` and nothing else. Raises CollabError `verify_failed`."""
    if shape.tabs is not None:
        from collab_xl.book.tab_order import tab_differences

        rest = replace(shape, tabs=None)
        between = reshaped(old, rest) if rest else old
        for why in tab_differences(between, new, shape.tabs):
            raise CollabError("verify_failed", why=why)
        if rest:
            prove_shape(old, between, rest)
        return
    if shape.gone_pages or shape.pages:
        from collab_xl.book.added_page import prove_pages

        old, new, shape, harm = prove_pages(old, new, shape)
        if harm:
            raise CollabError("verify_failed", why=harm)
    if shape.changed:
        *first, last = shape.changed
        rest = replace(shape, changed=tuple(first))
        between = reshaped(old, rest)
        prove_shape(old, between, rest)
        for why in column_harm(between, new, last):
            raise CollabError("verify_failed", why=why)
        return
    for why in _differences(old, new, shape):
        raise CollabError("verify_failed", why=why)


def _differences(old: Structure, new: Structure, shape: Shape) -> Iterator[str]:
    wanted = [s for s in old.sheets if s not in {g.name for g in shape.gone}]
    for sheet in shape.new:
        wanted.insert(1 + wanted.index(sheet.behind), sheet.name)
    if list(new.sheets) != wanted:
        yield f"the sheets are {list(new.sheets)}"
    tables = {t for t in old.tables if t not in {g.table for g in shape.gone}} | {s.table for s in shape.new}
    if set(new.tables) != tables:
        yield f"the tables are {sorted(new.tables)}"
    may_change = {old.workbook_part, rels_part(old.workbook_part), TYPES, *([old.part("styles") or ""] if shape.new else [])}
    if shape.grown:
        may_change.add(old.part("styles") or "")
    changed = [*(t.table for t in shape.grown), *(t.table for t in shape.shrunk)]
    for name in (t for t in changed if t in old.tables):
        may_change |= {old.sheets[old.tables[name][0].sheet].part, old.tables[name][1]}
    folded = {p.casefold() for p in may_change}
    leaving = {part for g in shape.gone for part in (old.sheets[g.name].part, rels_part(old.sheets[g.name].part), old.tables[g.table][1])}
    left = [e for e in old.package.entries.values() if e.name.casefold() not in {p.casefold() for p in leaving}]
    added = set(new.package.entries) - {e.name for e in left}
    if [e.name for e in left] != [n for n in new.package.entries if n not in added] or len(added) != 3 * len(shape.new):
        yield "parts are missing, added or in another order"
    for entry in left:
        if entry.name.casefold() not in folded and old.package.raw(entry.name) != new.package.raw(entry.name):
            yield f"{entry.name} changed"
    styles = old.part("styles")
    if styles and not only_appended(old.package.read(styles), new.package.read(styles), styles):
        yield "a style moved"
    if not shape.gone:
        yield from _taken_back(old, new, shape)
    yield from _tables_read(new, shape)
    for grown in shape.grown:
        yield from _columns_came(old, new, grown)
    for shrunk in shape.shrunk:
        yield from _columns_left(old, new, shrunk)


def _columns_came(old: Structure, new: Structure, grown: GrownTable) -> Iterator[str]:
    """Check that the table has its old columns and then the new ones, and that the sheet has no other change."""
    (ref, part), (now, _) = old.tables[grown.table], new.tables[grown.table]
    donor = next(iter(Structure(Package(grown.donor)).tables.values()))[0]
    headings = tuple(donor.headings[col - donor.area.first_col] for col in grown.new)
    if now.headings != (*ref.headings, *headings) or now.area.last_col != ref.area.last_col + len(headings):
        yield f"table {grown.table} has not the columns it should"
    if shrunk_table(new.package.read(part), part, len(headings)) != as_utf8(old.package.read(part), part):
        yield f"{part} changed elsewhere"
    sheet = old.sheets[ref.sheet].part
    _, missed = with_words(old.package.read(sheet), sheet, grown.words)
    words = [w for w in grown.words if w[0] not in missed]
    yield from column_differences(old.package.read(sheet), new.package.read(sheet), sheet, ref, len(headings), words)


def _columns_left(old: Structure, new: Structure, shrunk: ShrunkTable) -> Iterator[str]:
    """Check that the cells of all other columns are unchanged."""
    (ref, _), (now, _) = old.tables[shrunk.table], new.tables[shrunk.table]
    count = len(shrunk.headings)
    if now.headings != ref.headings[: len(ref.headings) - count]:
        yield f"table {shrunk.table} has not the columns it should"
    sheet = old.sheets[ref.sheet].part
    before, after = (SheetRows(SheetXml(s.package.read(sheet), sheet)) for s in (old, new))
    for row in before.numbers:
        kept = {col: cell for col, cell in before.cells(row).items() if col <= ref.area.last_col - count or col > ref.area.last_col}
        inside = ref.area.first_row <= row <= ref.area.last_row
        if (kept if inside else before.cells(row)) != after.cells(row):
            yield f"{ref.sheet}: row {row} changed"


def _taken_back(old: Structure, new: Structure, shape: Shape) -> Iterator[str]:
    """Check that workbook.xml, its relationships and the content types equal the old ones byte for byte, without what was added."""
    part = old.workbook_part
    book = new.package.read(part)
    rels, types = new.package.read(rels_part(part)), new.package.read(TYPES)
    for sheet in reversed(shape.new):
        place = new.sheets[sheet.name].part
        book = workbook_xml.without_sheet(book, part, sheet.name, tuple(sheet.names))
        rels = without_rel(rels, rels_part(part), part, place)
        for gone in (place, new.tables[sheet.table][1]):
            types = without_type(types, TYPES, gone)
    before = [as_utf8(old.package.read(p), p) for p in (part, rels_part(part), TYPES)]
    for name, was, now in zip((part, rels_part(part), TYPES), before, (book, rels, types), strict=True):
        if workbook_xml.without_empty_names(was) != workbook_xml.without_empty_names(now):
            yield f"{name} changed elsewhere"


def _tables_read(new: Structure, shape: Shape) -> Iterator[str]:
    """Check that the added sheet contains its table with the donor's headings."""
    for sheet in shape.new:
        ref, donor = new.tables[sheet.table][0], next(iter(Structure(Package(sheet.donor)).tables.values()))[0]
        if (ref.sheet, ref.area, ref.headings) != (sheet.name, donor.area, donor.headings):
            yield f"table {sheet.table} is not what was made"
