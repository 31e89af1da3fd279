"""Put sheets into another order and give their tabs colours; and check that nothing else changed.

In: a `Structure` and `Tabs`.  Out: the `Structure` of the changed workbook.  Pure.
Changed: in the workbook the order of its sheets and the numbers that count tabs; in a sheet its `tabColor`, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from collab_xl.book import workbook_xml
from collab_xl.book.added_sheet import ChangedParts
from collab_xl.book.parts import Structure, unescape_x
from collab_xl.book.row_layout import as_utf8
from collab_xl.errors import CollabError
from collab_xl.model.regex import regex
from collab_xl.model.shape import Tabs

_PROPERTIES = regex(rb"<((?:[\w.-]+:)?)sheetPr((?:\s[^>]*?)?)(/?)>")
_COLOUR = regex(rb"<(?:[\w.-]+:)?tabColor\s[^>]*?(?:/>|>\s*</(?:[\w.-]+:)?tabColor\s*>)")
_EMPTY = regex(rb"<(?:[\w.-]+:)?sheetPr\s*(?:/>|>\s*</(?:[\w.-]+:)?sheetPr\s*>)")
_ROOT = regex(rb"<((?:[\w.-]+:)?)worksheet(?:\s[^>]*)?>")
_MANY_SHEETS = regex(rb"<(?:[\w.-]+:)?f[\s>][^<]*[^\s<,(:]:[^<!:,()]+!")
"""A formula over several sheets (`Jan:Mar!B2`), whose meaning depends on their order."""


def with_tabs(structure: Structure, tabs: Tabs) -> Structure:
    parts = ChangedParts(structure)
    book = parts.entry(structure.workbook_part)
    parts.changed[book] = workbook_xml.in_order(parts.read(book), book, tabs.order)
    for sheet, colour in tabs.colours.items():
        part = parts.entry(structure.sheets[sheet].part)
        parts.changed[part] = coloured(parts.read(part), part, colour)
    return parts.made()


def coloured(data: bytes, part: str, theme: int | None) -> bytes:
    """A sheet whose tab has this colour of the theme; None takes its colour off."""
    data = _COLOUR.sub(b"", as_utf8(data, part), count=1)
    if theme is None:
        return _EMPTY.sub(b"", data, count=1)
    found = _PROPERTIES.search(data)
    if found is not None:
        colour = b'<%stabColor theme="%d"/>' % (found[1], theme)
        opened = b"<%ssheetPr%s>" % (found[1], found[2]) + colour + (b"</%ssheetPr>" % found[1] if found[3] else b"")
        return data[: found.start()] + opened + data[found.end() :]
    root = _ROOT.search(data)
    if root is None:
        raise CollabError("damaged_workbook", part=part)
    return data[: root.end()] + b'<%ssheetPr><%stabColor theme="%d"/></%ssheetPr>' % (root[1], root[1], theme, root[1]) + data[root.end() :]


def tab_colours(structure: Structure, sheets: Sequence[str]) -> dict[str, int | None]:
    """Those of the sheets whose tab has a colour, with its number in the theme; None for one that is not of the theme, or is tinted."""
    out: dict[str, int | None] = {}
    for name in sheets:
        found = _COLOUR.search(structure.package.read(structure.sheets[name].part)[:4000])
        if found is not None:
            theme = workbook_xml.attribute(found[0], "theme")
            out[name] = int(theme) if theme.isdigit() and not workbook_xml.attribute(found[0], "tint") else None
    return out


def order_matters(structure: Structure) -> bool:
    """Whether a formula of the workbook goes over several sheets."""
    return any(_MANY_SHEETS.search(structure.package.read(place.part)) for place in structure.sheets.values())


def tab_differences(old: Structure, new: Structure, tabs: Tabs) -> Iterator[str]:
    """What is otherwise than it should be: every part but those named is equal byte for byte, and those are without what was changed."""
    if list(new.sheets) != list(tabs.order) or sorted(old.sheets) != sorted(tabs.order):
        yield f"the sheets are {list(new.sheets)}"
        return
    book = old.workbook_part
    sheets = {old.sheets[name].part for name in tabs.colours}
    if list(old.package.entries) != list(new.package.entries):
        yield "parts are missing, added or in another order"
        return
    for entry in old.package.entries:
        before, after = old.package.read(entry), new.package.read(entry)
        if entry == book:
            before, after = (_by_name(data, book) for data in (before, after))
        elif entry in sheets:
            before, after = (_EMPTY.sub(b"", _COLOUR.sub(b"", as_utf8(data, entry), count=1), count=1) for data in (before, after))
            before, after = _plain_properties(before), _plain_properties(after)
        if before != after:
            yield f"{entry} changed elsewhere"


def _plain_properties(data: bytes) -> bytes:
    """`<sheetPr a="b"></sheetPr>` written as `<sheetPr a="b"/>`."""
    return re.sub(rb"<((?:[\w.-]+:)?sheetPr)(\s[^>]*?)></\1>", rb"<\1\2/>", data[:4000], count=1) + data[4000:]


def _by_name(data: bytes, part: str) -> bytes:
    """workbook.xml with its sheets sorted by name, and numbers of tabs that count them so."""
    names = (unescape_x(workbook_xml.attribute(tag, "name")) for tag in workbook_xml.sheet_tags(data, part))
    return workbook_xml.in_order(data, part, sorted(names))


def as_stored(tabs: Tabs) -> list[object]:
    return [list(tabs.order), dict(tabs.colours)]


def of_stored(stored: Sequence[object]) -> Tabs:
    order, colours = stored
    assert isinstance(order, list)
    assert isinstance(colours, Mapping)
    return Tabs(tuple(order), dict(colours))
