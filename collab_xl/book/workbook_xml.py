"""Add sheets and defined names to workbook.xml, or remove them, and update the parts that list them.

In: the bytes of a part.  Out: the new bytes.  Pure. Only these elements change, and the numbers that count tabs are shifted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape

from collab_xl.book.parts import unescape_x
from collab_xl.book.row_layout import as_utf8
from collab_xl.errors import CollabError
from collab_xl.model.regex import regex

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS = regex(rb"<((?:[\w.-]+:)?)sheets(?:\s[^>]*)?>(.*?)</\1sheets\s*>", re.S)
_SHEET = regex(rb"<(?:[\w.-]+:)?sheet\s[^>]*?(?:/>|>\s*</(?:[\w.-]+:)?sheet\s*>)")
_NAMES = regex(rb"<((?:[\w.-]+:)?)definedNames(?:\s[^>]*)?(?:/>|>(.*?)</\1definedNames\s*>)", re.S)
_NAME = regex(rb"<(?:[\w.-]+:)?definedName\s[^>]*?(?:/>|>.*?</(?:[\w.-]+:)?definedName\s*>)", re.S)
_COUNTS_TABS = regex(rb"(<(?:[\w.-]+:)?definedName\s[^>]*?\slocalSheetId\s*=\s*[\"'])(\d+)")
_VIEW = regex(rb"<(?:[\w.-]+:)?workbookView\s[^>]*>")
_VIEW_TABS = regex(rb"(\s(?:activeTab|firstSheet)\s*=\s*[\"'])(\d+)")
_BEFORE_NAMES = (b"externalReferences", b"functionGroups", b"sheets")


def attribute(tag: bytes, name: str) -> str:
    """The value of an attribute of an element given as bytes; "" if it has none."""
    found = re.search(rb"\s" + name.encode() + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag)
    return unescape((found[1] if found[1] is not None else found[2]).decode()) if found else ""


def sheet_tags(data: bytes, part: str) -> list[bytes]:
    """The `<sheet>` elements in tab order. Raises CollabError `damaged_workbook`."""
    found = _SHEETS.search(data)
    if found is None:
        raise CollabError("damaged_workbook", part=part)
    return _SHEET.findall(found[2])


def defined_names(data: bytes) -> dict[str, str]:
    """Workbook-level names → what they refer to."""
    out = {}
    for tag in _NAME.findall(data):
        head, _, rest = tag.partition(b">")
        if not attribute(head, "localSheetId"):
            out[unescape_x(attribute(head, "name"))] = unescape(rest.rpartition(b"</")[0].decode())
    return out


def local_names(data: bytes, at: int) -> dict[str, str]:
    """Names of the sheet at position `at` (0 is the first tab) → what they refer to."""
    out = {}
    for tag in _NAME.findall(data):
        head, _, rest = tag.partition(b">")
        if attribute(head, "localSheetId") == str(at):
            out[unescape_x(attribute(head, "name"))] = unescape(rest.rpartition(b"</")[0].decode())
    return out


def with_sheet(data: bytes, part: str, at: int, name: str, rel_id: str, names: Mapping[str, str], local_names: Mapping[str, str]) -> bytes:
    """workbook.xml with one more sheet at position `at` (0 is the first tab).

    Args:
        names: defined names of the workbook to add, as `NewSheet.names`.
        local_names: defined names of the sheet itself (`_xlnm.Print_Titles`).
    """
    data = as_utf8(data, part)
    tags = sheet_tags(data, part)
    number = 1 + max((int(attribute(t, "sheetId") or 0) for t in tags), default=0)
    data = _shifted(data, at, 1)
    block = _SHEETS.search(data)
    assert block is not None
    place = block.start(2) + [0, *(t.end() for t in _SHEET.finditer(block[2]))][at]
    tag = f' name="{_quoted(name)}" sheetId="{number}" xmlns:r="{RELATIONSHIPS}" r:id="{rel_id}"/>'
    data = data[:place] + b"<" + block[1] + b"sheet" + tag.encode() + data[place:]
    lines = [f' name="{n}" localSheetId="{at}">{escape(to, quote=False)}' for n, to in local_names.items()]
    lines += [f' name="{n}">{escape(to, quote=False)}' for n, to in names.items()]
    return _with_names(data, part, lines)


def _with_names(data: bytes, part: str, lines: list[str]) -> bytes:
    block = _NAMES.search(data)
    prefix = _prefix(data)
    added = b"".join(b"<" + prefix + b"definedName" + line.encode() + b"</" + prefix + b"definedName>" for line in lines)
    if not added:
        return data
    whole = b"<" + prefix + b"definedNames>" + added + b"</" + prefix + b"definedNames>"
    if block is not None and block[2] is not None:
        return data[: block.end(2)] + added + data[block.end(2) :]
    if block is not None:
        return data[: block.start()] + whole + data[block.end() :]
    for before in _BEFORE_NAMES:
        place = re.search(rb"</" + prefix + before + rb"\s*>|<" + prefix + before + rb"(?:\s[^>]*)?/>", data)
        if place:
            return data[: place.end()] + whole + data[place.end() :]
    raise CollabError("damaged_workbook", part=part)


def without_sheet(data: bytes, part: str, name: str, names: Mapping[str, str] | tuple[str, ...]) -> bytes:
    """workbook.xml without a sheet, its sheet-level names, and these workbook-level names: the reverse of `with_sheet`.

    An empty block of names is removed too.
    """
    data = as_utf8(data, part)
    at = tab_of(data, part, name)
    folded = {n.casefold() for n in names}

    def kept(found: re.Match[bytes]) -> bytes:
        head = found[0].partition(b">")[0]
        local = attribute(head, "localSheetId")
        gone = local == str(at) if local else unescape_x(attribute(head, "name")).casefold() in folded
        return b"" if gone else found[0]

    data = _NAME.sub(kept, data)
    block = _SHEETS.search(data)
    assert block is not None
    tag = list(_SHEET.finditer(block[2]))[at]
    start = block.start(2)
    data = data[: start + tag.start()] + data[start + tag.end() :]
    return without_empty_names(_shifted(data, at, -1))


def with_names(data: bytes, part: str, names: Mapping[str, str]) -> bytes:
    """workbook.xml in which these workbook-level names refer to this (without `=`); a name to "" is taken out, an unknown one is added."""
    data = as_utf8(data, part)
    left = {name.casefold(): (name, to) for name, to in names.items()}

    def changed(found: re.Match[bytes]) -> bytes:
        head, _, rest = found[0].partition(b">")
        name = unescape_x(attribute(head, "name")).casefold()
        if attribute(head, "localSheetId") or name not in left:
            return found[0]
        _, to = left.pop(name)
        return head + b">" + escape(to, quote=False).encode() + b"</" + rest.rpartition(b"</")[2] if to else b""

    data = _NAME.sub(changed, data)
    return _with_names(without_empty_names(data), part, [f' name="{n}">{escape(to, quote=False)}' for n, to in left.values() if to])


def alike(data: bytes, part: str) -> bytes:
    """workbook.xml with what its names refer to as `with_names` writes it: LibreOffice spells quotes as `&apos;`."""

    def plain(found: re.Match[bytes]) -> bytes:
        head, sep, rest = found[0].partition(b">")
        to, close, end = rest.rpartition(b"</")
        return head + sep + escape(unescape(to.decode()), quote=False).encode() + close + end

    return _NAME.sub(plain, as_utf8(data, part))


def active_tab(data: bytes) -> int:
    """The position of the sheet that is shown first, from 0."""
    view = _VIEW.search(data)
    return int(attribute(view[0], "activeTab") or 0) if view else 0


def with_active(data: bytes, part: str, name: str) -> bytes:
    """workbook.xml that opens on this sheet."""
    data = as_utf8(data, part)
    at, view = tab_of(data, part, name), _VIEW.search(data)
    if view is None or active_tab(data) == at:
        return data
    tag = re.sub(rb'(\sactiveTab\s*=\s*["\'])\d+', lambda m: m[1] + b"%d" % at, view[0])
    if tag == view[0]:
        tag = re.sub(rb"^(<(?:[\w.-]+:)?workbookView)", lambda m: m[1] + b' activeTab="%d"' % at, tag)
    return data[: view.start()] + tag + data[view.end() :]


def without_active(data: bytes) -> bytes:
    """workbook.xml without the number of the tab it opens on, where `with_active` has written it and it is the first."""
    return _VIEW.sub(lambda view: re.sub(rb'^(<(?:[\w.-]+:)?workbookView) activeTab="0"', rb"\1", view[0]), data)


def with_state(data: bytes, part: str, name: str, hidden: bool) -> bytes:
    """workbook.xml with a sheet hidden or shown."""
    data = as_utf8(data, part)
    block = _SHEETS.search(data)
    assert block is not None
    tag = list(_SHEET.finditer(block[2]))[tab_of(data, part, name)]
    # Written so that hiding and showing again gives the same bytes, also where a program has written that the sheet is visible.
    if hidden:
        plain = re.sub(rb'(\sstate\s*=\s*["\'])visible(["\'])', rb"\1hidden\2", tag[0])
        if plain == tag[0]:
            plain = re.sub(rb"^(<(?:[\w.-]+:)?sheet)", rb'\1 state="hidden"', plain)
    else:
        plain = re.sub(rb'^(<(?:[\w.-]+:)?sheet) state="hidden"', rb"\1", tag[0])
        plain = re.sub(rb'(\sstate\s*=\s*["\'])hidden(["\'])', rb"\1visible\2", plain) if plain == tag[0] else plain
    start = block.start(2)
    return data[: start + tag.start()] + plain + data[start + tag.end() :]


def renamed(data: bytes, part: str, old: str, new: str) -> bytes:
    """workbook.xml in which a sheet has another name; the defined names that refer to it follow.

    Both names must need the same quotes in a formula. Written so that renaming it back gives the same bytes.
    """
    data = as_utf8(data, part)
    block = _SHEETS.search(data)
    assert block is not None
    tag = list(_SHEET.finditer(block[2]))[tab_of(data, part, old)]
    start = block.start(2)
    data = data[: start + tag.start()] + _spelled_as(tag[0], old, new, b"(\\sname\\s*=\\s*[\"'])%s(?=[\"'])") + data[start + tag.end() :]
    inside, outside = old.replace("'", "''"), new.replace("'", "''")

    def followed(found: re.Match[bytes]) -> bytes:
        head, _, rest = found[0].partition(b">")
        return head + b">" + _spelled_as(rest, inside, outside, b"((?<![\\w.\x80-\xff;])(?:'|&apos;|&#39;)?)%s(?=(?:'|&apos;|&#39;)?!)")

    return _NAME.sub(followed, data)


def _spelled_as(data: bytes, old: str, new: str, around: bytes) -> bytes:
    """With one name in place of another, spelled in letters or, as openpyxl does, in numbers of letters."""

    def numbers(name: str) -> bytes:
        return escape(name, quote=True).encode("ascii", "xmlcharrefreplace")

    for spell in (lambda name: escape(name, quote=True).encode(), lambda name: escape(name, quote=False).encode(), numbers):
        into = spell(new)
        data = re.sub(around % re.escape(spell(old)), lambda m, into=into: m[1] + into, data)  # type: ignore[misc]
    return data


def without_empty_names(data: bytes) -> bytes:
    block = _NAMES.search(data)
    return data[: block.start()] + data[block.end() :] if block is not None and not (block[2] or b"").strip() else data


def tab_of(data: bytes, part: str, name: str) -> int:
    """The position of a sheet among the tabs, from 0. Raises CollabError `damaged_workbook`."""
    for n, tag in enumerate(sheet_tags(data, part)):
        if unescape_x(attribute(tag, "name")) == name:
            return n
    raise CollabError("damaged_workbook", part=part)


def in_order(data: bytes, part: str, order: Sequence[str]) -> bytes:
    """workbook.xml with its sheets in this order; the numbers that count tabs lead to the same sheets as before.

    White space between the sheets stays where it is.
    """
    data = as_utf8(data, part)
    block = _SHEETS.search(data)
    if block is None:
        raise CollabError("damaged_workbook", part=part)
    tags = list(_SHEET.finditer(block[2]))
    names = [unescape_x(attribute(tag[0], "name")) for tag in tags]
    if sorted(names) != sorted(order):
        raise CollabError("damaged_workbook", part=part)
    became = {n: order.index(name) for n, name in enumerate(names)}
    out, end = b"", 0
    for n, tag in enumerate(tags):
        out += block[2][end : tag.start()] + tags[names.index(order[n])][0]
        end = tag.end()
    data = data[: block.start(2)] + out + block[2][end:] + data[block.end(2) :]

    def led(found: re.Match[bytes]) -> bytes:
        return found[1] + b"%d" % became.get(int(found[2]), int(found[2]))

    data = _COUNTS_TABS.sub(led, data)
    return _VIEW.sub(lambda view: _VIEW_TABS.sub(led, view[0]), data)


def _shifted(data: bytes, at: int, by: int) -> bytes:
    """Shift the numbers of tabs for a sheet added at `at` (`by` = 1) or removed (-1). A view of a removed sheet shows the one before."""

    def moved(found: re.Match[bytes]) -> bytes:
        n = int(found[2])
        return found[1] + b"%d" % (n + by if n >= at else n)

    data = _COUNTS_TABS.sub(moved, data)
    return _VIEW.sub(lambda view: _VIEW_TABS.sub(moved, view[0]), data)


def _prefix(data: bytes) -> bytes:
    found = re.search(rb"<((?:[\w.-]+:)?)workbook[\s>]", data)
    return found[1] if found else b""


def _quoted(text: str) -> str:
    return escape(text, quote=True)


def with_types(data: bytes, part: str, types: Mapping[str, str]) -> bytes:
    """[Content_Types].xml with more parts: part name → its content type."""
    return _before_end(as_utf8(data, part), part, b"Types", [f'Override PartName="/{p}" ContentType="{t}"' for p, t in types.items()])


def with_rel(data: bytes, part: str, kind: str, target: str) -> tuple[bytes, str]:
    """A relationships part with one more relationship; and the id of this relationship."""
    data = as_utf8(data, part)
    taken = {a or b for a, b in re.findall(rb"\sId\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", data)}
    n = len(taken) + 1
    while b"rId%d" % n in taken:
        n += 1
    line = f'Relationship Id="rId{n}" Type="{RELATIONSHIPS}/{kind}" Target="{target}"'
    return _before_end(data, part, b"Relationships", [line]), f"rId{n}"


def _before_end(data: bytes, part: str, root: bytes, lines: list[str]) -> bytes:
    end = re.search(rb"</((?:[\w.-]+:)?)" + root + rb"\s*>\s*\Z", data)
    if end is None:
        raise CollabError("damaged_workbook", part=part)
    added = b"".join(b"<" + end[1] + line.encode() + b"/>" for line in lines)
    return data[: end.start()] + added + data[end.start() :]
