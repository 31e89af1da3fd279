"""Add a report sheet with charts to a workbook, in place of the one there is, or take it out again; and check that nothing else changed.

In: a `Structure` and a page.  Out: the `Structure` of the changed workbook.  Pure.
New parts: sheet, drawing, charts and their relationships. Changed: [Content_Types].xml, the workbook, its relationships, styles (appended
to). The sheet whose place it takes stays as it is, hidden: its names lead to the new one (decision 0055).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from collab_xl.book import workbook_xml
from collab_xl.book.added_sheet import TYPES, ChangedParts, donor_names, donor_sheet, escaped, reshaped, spelled
from collab_xl.book.added_styles import AddedStyles, only_appended
from collab_xl.book.package import Package
from collab_xl.book.package_parts import without_rel, without_type
from collab_xl.book.parts import Structure, rels_of, rels_part
from collab_xl.book.row_layout import as_utf8
from collab_xl.book.workbook_xml import alike
from collab_xl.errors import CollabError
from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.model.shape import GonePage, NewPage, Shape

_ML = "application/vnd.openxmlformats-officedocument"
_TYPES = {
    "worksheet": f"{_ML}.spreadsheetml.worksheet+xml",
    "drawing": f"{_ML}.drawing+xml",
    "chart": f"{_ML}.drawingml.chart+xml",
}
_SHOWN = regex(rb"(<(?:[\w.-]+:)?sheetView)(?=[\s/>])")
_SELECTED = regex(rb'(<(?:[\w.-]+:)?sheetView\s(?:[^>]*?\s)?tabSelected=["\'])([^"\']*)(["\'])')
_FREE = {"drawing": "drawings/drawing{}.xml", "chart": "charts/chart{}.xml"}


def with_page(structure: Structure, page: NewPage) -> Structure:
    parts = ChangedParts(structure)
    donor = Structure(Package(page.donor))
    folder = posixpath.dirname(structure.workbook_part)
    styles = parts.entry(structure.part("styles") or "xl/styles.xml")
    known = AddedStyles(parts.read(styles), styles)
    mapping = known.mapping(donor.package.read(donor.part("styles") or ""), "styles.xml")
    book = parts.entry(structure.workbook_part)
    if page.aside[0]:
        parts.changed[book] = workbook_xml.renamed(parts.read(book), book, *page.aside)
    at = workbook_xml.tab_of(parts.read(book), book, page.behind) + (not page.before)
    source = next(iter(donor.sheets.values()))
    new = {source.part: parts.free(posixpath.join(folder, "worksheets/sheet{}.xml"))}
    types = {new[source.part]: _TYPES["worksheet"]}
    parts.added[new[source.part]] = donor_sheet(donor, source.part, mapping, at)
    for part in (source.part, *(rel.target for rel in rels_of(donor.package, source.part).values())):
        for rel in rels_of(donor.package, part).values():
            new[rel.target] = _free(parts, posixpath.join(folder, _FREE[rel.kind]), set(new.values()))
            parts.added[new[rel.target]] = donor.package.read(donor.package.find(rel.target) or "")
            types[new[rel.target]] = _TYPES[rel.kind]
    for part, here in list(new.items()):
        if (name := donor.package.find(rels_part(part))) is not None:
            parts.added[rels_part(here)] = _led_to(donor.package.read(name), part, here, new)
    if (data := known.written()) != as_utf8(parts.read(styles), styles):
        parts.changed[styles] = data
    rels = parts.entry(rels_part(structure.workbook_part))
    parts.changed[rels], rel_id = workbook_xml.with_rel(
        parts.read(rels), rels, "worksheet", posixpath.relpath(new[source.part], folder or ".")
    )
    data = workbook_xml.with_sheet(parts.read(book), book, at, page.name, rel_id, {}, donor_names(donor, page.name))
    data = workbook_xml.with_names(data, book, page.names)
    data = workbook_xml.with_state(data, book, page.name, True) if page.hidden else data
    if page.active:
        data = workbook_xml.with_active(data, book, page.name)
        parts.added[new[source.part]] = _SHOWN.sub(rb'\1 tabSelected="1"', parts.added[new[source.part]], count=1)
        old = parts.entry(structure.sheets[page.aside[0] or page.hide].part)
        parts.changed[old] = _with_selected(parts.read(old), {b"1": b"0", b"true": b"false"})
    parts.changed[book] = workbook_xml.with_state(data, book, page.hide, True) if page.hide else data
    parts.changed[parts.entry(TYPES)] = workbook_xml.with_types(parts.read(TYPES), TYPES, types)
    return parts.made()


def _with_selected(data: bytes, turned: Mapping[bytes, bytes]) -> bytes:
    """A sheet whose tab is the chosen one or no longer; spelled as the program that saved it does, so that turning it back gives the same
    bytes."""
    return _SELECTED.sub(lambda m: m[1] + turned.get(m[2], m[2]) + m[3], data, count=1)


def _free(parts: ChangedParts, pattern: str, taken: set[str]) -> str:
    n = 1
    while parts.package.find(pattern.format(n)) is not None or pattern.format(n) in taken:
        n += 1
    return pattern.format(n)


def _led_to(rels: bytes, part: str, here: str, new: dict[str, str]) -> bytes:
    """Relationships of a part that is called `here` now, to parts that have new names too."""

    def led(found: re.Match[bytes]) -> bytes:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(part), found[2].decode()))
        return found[1] + posixpath.relpath(new[path], posixpath.dirname(here)).encode() + found[3]

    return re.sub(rb'(\sTarget=")([^"]*)(")', led, rels)


def without_page(structure: Structure, gone: GonePage) -> Structure:
    """The reverse of `with_page`; the styles it appended stay."""
    if gone.name not in structure.sheets:
        raise CollabError("sheet_missing", sheet=gone.name, file=structure.package.name)
    parts = ChangedParts(structure)
    leaving = own_parts(structure, gone.name)
    for part in leaving:
        for one in (part, rels_part(part)):
            if (entry := parts.package.find(one)) is not None:
                parts.dropped.add(entry)
        parts.changed[parts.entry(TYPES)] = without_type(parts.read(TYPES), TYPES, part)
    rels, book = parts.entry(rels_part(structure.workbook_part)), parts.entry(structure.workbook_part)
    parts.changed[rels] = without_rel(parts.read(rels), rels, structure.workbook_part, leaving[0])
    data = parts.read(book)
    data = workbook_xml.with_active(data, book, gone.show) if gone.active and gone.show else data
    data = workbook_xml.without_sheet(data, book, gone.name, ())
    data = workbook_xml.with_state(data, book, gone.show, False) if gone.show else data
    if gone.active and gone.show:
        data = workbook_xml.without_active(data)
        old = parts.entry(structure.sheets[gone.show].part)
        parts.changed[old] = _with_selected(parts.read(old), {b"0": b"1", b"false": b"true"})
    data = workbook_xml.renamed(data, book, *gone.aside) if gone.aside[0] else data
    parts.changed[book] = workbook_xml.with_names(data, book, gone.names)
    return parts.made()


def own_parts(structure: Structure, sheet: str) -> list[str]:
    """The part of a sheet, and those of its drawings and charts."""
    own = structure.sheets[sheet].part
    out = [own]
    for rel in rels_of(structure.package, own).values():
        if rel.kind == "drawing":
            out += [rel.target, *(r.target for r in rels_of(structure.package, rel.target).values() if r.kind == "chart")]
    return out


def gone_again(structure: Structure, page: NewPage) -> GonePage:
    """What takes this page out of the workbook that it is added to."""
    there = {name.casefold(): to for name, to in workbook_xml.defined_names(structure.package.read(structure.workbook_part)).items()}
    return GonePage(
        page.name, {name: there.get(name.casefold(), "") for name in page.names}, page.hide, (page.aside[1], page.aside[0]), page.active
    )


def prove_pages(old: Structure, new: Structure, shape: Shape) -> tuple[Structure, Structure, Shape, str]:
    """Both workbooks and the shape without pages, for all other checks; and what is not as it should be, "" if all is.

    A page that came is taken out again: then every part must equal what it was without it, byte for byte, but for styles appended and the
    spelling of quotes in what names refer to.
    """
    rest = replace(shape, gone_pages=(), pages=())
    for gone in shape.gone_pages:
        left = without_page(old, gone)
        shown = {old.sheets[gone.show].part} if gone.active and gone.show else set()  # whose tab is the chosen one again
        if why := _other_parts(left, old, {old.workbook_part, rels_part(old.workbook_part), TYPES, *shown}):
            return left, new, rest, why
        old = left
    if shape.pages:
        before, back = reshaped(old, rest), new
        for page in reversed(shape.pages):
            back = without_page(back, gone_again(before, page))
        styles = before.part("styles") or ""
        book, may = before.workbook_part, {styles, before.workbook_part}
        if why := _other_parts(before, back, may) or _other_parts(back, before, may):
            return old, before, rest, why
        if alike(before.package.read(book), book) != alike(back.package.read(book), book):
            return old, before, rest, f"{book} changed"
        if not only_appended(before.package.read(styles), back.package.read(styles), styles):
            return old, before, rest, "a style moved"
        new = before
    return old, new, rest, ""


def _other_parts(smaller: Structure, larger: Structure, changed: set[str]) -> str:
    """Whether every part of one workbook is the same in the other, but for those that may change."""
    folded = {part.casefold() for part in changed}
    for entry in smaller.package.entries:
        if entry.casefold() in folded:
            continue
        if larger.package.find(entry) is None or smaller.package.read(entry) != larger.package.read(entry):
            return f"{entry} changed"
    return ""


def refers_to(structure: Structure, sheet: str) -> str | None:
    """The part with a formula, chart or pivot that reads this sheet; None if there is none. Links that lead to it do not count."""
    inside, plain = re.escape(escaped(sheet.replace("'", "''"))), re.escape(escaped(sheet))
    words = re.compile(rb"(?<![\w.\x80-\xff])" + plain + rb"!|" + inside + rb"'!|sheet=\"" + plain + rb'"')
    skip = {p.casefold() for p in (structure.workbook_part, structure.part("sharedStrings") or "", "docProps/app.xml")}
    for entry in structure.package.entries:
        if entry.casefold() in skip or not entry.casefold().endswith((".xml", ".vml")):
            continue
        data = spelled(as_utf8(structure.package.read(entry), entry))
        if words.search(re.sub(rb'\slocation="[^"]*"', b"", data)):
            return entry
    return None
