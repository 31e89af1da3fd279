"""Check that marking a workbook loses nothing: without the marks it must equal the original.

In: the original bytes, and the bytes after marking and unmarking.  Out: nothing, or `NotKept` with the first part that differs.  Pure.
Parts without marks are compared byte for byte; the others element by element. Differences that no reader sees are allowed: unused
formats added at the end, the active tab, the extent that a sheet states.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from collab_xl.book.annotate_parts import CONTENT_TYPES, NotKept, parsed
from collab_xl.book.package import Package
from collab_xl.book.parts import local
from collab_xl.model.place import a1, column_number

_STYLE_BLOCKS: Final = frozenset({"fonts", "fills", "borders", "cellXfs"})
_VIEW: Final = ("activeTab", "firstSheet", "tabSelected")


def must_be_equal(before: bytes, after: bytes) -> None:
    """Raise NotKept for the first part that differs."""
    old, new = Package(before), Package(after)
    if set(old.entries) != set(new.entries):
        raise NotKept(f"parts {sorted(set(old.entries) ^ set(new.entries))}")
    for name, entry in old.entries.items():
        other = new.entries[name]
        if (entry.crc, entry.size_bytes) == (other.crc, other.size_bytes):
            continue
        if not name.endswith((".xml", ".rels")):
            raise NotKept(name)
        if not _same(name, old.read(name), new.read(name)):
            raise NotKept(name)


def _same(name: str, old: bytes, new: bytes) -> bool:
    if "worksheets/" in name and name.endswith(".xml"):  # one tree at a time: the tree of 50,000 rows takes half a gigabyte
        was = _comparable(parsed(old, name))
        return was == _comparable(parsed(new, name))
    one, two = parsed(old, name), parsed(new, name)
    if name.endswith(".rels") or name == CONTENT_TYPES:
        return _entries(one) == _entries(two) if name != CONTENT_TYPES else _entries(one) <= _entries(two)
    return _styles_kept(one, two) if local(one) == "styleSheet" else _comparable(one) == _comparable(two)


def _entries(root: etree._Element) -> set[tuple[tuple[str, str], ...]]:
    return {tuple(sorted((str(k), str(v)) for k, v in e.attrib.items())) for e in root if local(e)}


def _styles_kept(one: etree._Element, two: etree._Element) -> bool:
    """Whether all old formats are still there with the same index."""
    if len(one) != len(two):
        return False
    for old, new in zip(one, two, strict=True):
        if local(old) in _STYLE_BLOCKS:
            was, now = ([_canonical(_without_layout(e)) for e in block if local(e)] for block in (old, new))
            if was != now[: len(was)]:
                return False
        elif _canonical(_without_layout(old)) != _canonical(_without_layout(new)):
            return False
    return True


def _comparable(root: etree._Element) -> bytes:
    """A part in a form for comparison: without what may differ, one `<col>` per column, cells with their addresses."""
    for element in _without_layout(root).iter():
        name = local(element)
        if name in ("workbookView", "sheetView"):
            for attribute in _VIEW:
                element.attrib.pop(attribute, "")
        elif name == "row":
            element.attrib.pop("spans", "")
    for element in list(root):
        if local(element) == "dimension" or (local(element) == "definedNames" and len(element) == 0):
            root.remove(element)
        elif local(element) == "cols":
            _single_columns(element)
        elif local(element) == "sheetData":
            _number(element)
    return _canonical(root)


def _without_layout(root: etree._Element) -> etree._Element:
    """Remove the white space between elements, which is only layout."""
    for element in root.iter():
        if len(element) and element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
    return root


def _single_columns(cols: etree._Element) -> None:
    """Split `<col>` elements into single columns: columns of equal width may be written as one element or as several."""
    spans: list[etree._Element] = []
    for entry in list(cols):
        own = {k: v for k, v in entry.attrib.items() if k not in ("min", "max")}
        if spans:
            before = spans[-1]
            theirs = {k: v for k, v in before.attrib.items() if k not in ("min", "max")}
            if theirs == own and int(before.get("max", 0)) + 1 == int(entry.get("min", 0)):
                before.set("max", entry.get("max", ""))
                cols.remove(entry)
                continue
        spans.append(entry)


def _number(data: etree._Element) -> None:
    last = 0
    for row in list(data):
        if local(row) != "row":
            continue
        last = int(row.get("r") or last + 1)
        row.set("r", str(last))
        if len(row) == 0 and set(row.attrib) <= {"r"}:
            data.remove(row)
            continue
        col = 0
        for cell in row:
            if local(cell) == "c":
                ref = cell.get("r")
                col = column_number(ref.rstrip("0123456789")) if ref else col + 1
                cell.set("r", a1(last, col))
                if cell.get("s") in ("0", ""):
                    del cell.attrib["s"]
                if len(cell) == 0:
                    cell.attrib.pop("t", "")


def _canonical(element: etree._Element) -> bytes:
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_comments=False))
