"""Append the styles of a sheet from another workbook (the donor) to a workbook's styles. Existing styles keep their index.

In: both styles parts.  Out: the new part, and the new index for an index of the donor (`s`, `dxfId`).  Pure.
"""

from __future__ import annotations

import copy
import re
from typing import Final

from lxml import etree

from collab_xl.book.annotate_styles import canonical
from collab_xl.book.package import parse_xml
from collab_xl.book.parts import local
from collab_xl.book.row_layout import as_utf8
from collab_xl.errors import CollabError
from collab_xl.model.excel_limits import MAX_FORMATS

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ORDER: Final = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")
"""Children of styleSheet up to the last one that we append to (ECMA-376 CT_Stylesheet)."""
GROWING: Final = ("numFmts", "fonts", "fills", "borders", "cellXfs", "dxfs")
OWN_FORMATS: Final = 164
"""The first number of a custom number format."""


class AddedStyles:
    """The workbook's styles part with the entries added so far. An equal existing entry is used again; else one is appended."""

    def __init__(self, data: bytes, part: str) -> None:
        self._data, self._part = as_utf8(data, part), part
        root = parse_xml(self._data, part)
        self._own = _entries(root)
        self._known = {name: _index(self._own[name]) for name in GROWING}
        self._count = {name: len(self._own[name]) for name in GROWING}
        self._added: dict[str, list[etree._Element]] = {name: [] for name in GROWING}
        codes = [(e.get("formatCode", ""), int(e.get("numFmtId", 0))) for e in self._own["numFmts"]]
        self._formats = {code: number for code, number in reversed(codes)}
        self._next_format = 1 + max([OWN_FORMATS - 1, *(number for _, number in codes)])

    def mapping(self, donor: bytes, part: str) -> StyleMapping:
        return StyleMapping(self, _entries(parse_xml(donor, part)))

    def add(self, block: str, entry: etree._Element) -> int:
        """Add an entry and return its index; for a number format its number."""
        if block == "numFmts":
            return self._format(entry)
        key = canonical(entry)
        if key not in self._known[block]:
            if block == "cellXfs" and self._count[block] >= MAX_FORMATS:
                raise CollabError("too_many_formats")
            self._known[block][key] = self._count[block]
            self._count[block] += 1
            self._added[block].append(entry)
        return self._known[block][key]

    def _format(self, entry: etree._Element) -> int:
        code = entry.get("formatCode", "")
        if code not in self._formats:
            self._formats[code] = self._next_format
            entry.set("numFmtId", str(self._next_format))
            self._added["numFmts"].append(entry)
            self._count["numFmts"] += 1
            self._next_format += 1
        return self._formats[code]

    def written(self) -> bytes:
        """The new part: byte for byte the old one, except for the appended entries and their counts."""
        data = self._data
        for block in GROWING:
            if self._added[block]:
                data = _appended(data, self._part, block, self._added[block], self._count[block])
        return data


class StyleMapping:
    """Maps the styles of one donor to those of the workbook."""

    def __init__(self, styles: AddedStyles, donor: dict[str, list[etree._Element]]) -> None:
        self._styles, self._donor = styles, donor
        self._cells: dict[int, int] = {}
        self._formats = {e.get("numFmtId", ""): e for e in donor["numFmts"]}

    def cell(self, index: int) -> int:
        """The new value of `s`."""
        if index not in self._cells:
            entry = copy.deepcopy(self._donor["cellXfs"][index])
            for name, block in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
                part = copy.deepcopy(self._donor[block][int(entry.get(name, "0"))])
                entry.set(name, str(self._styles.add(block, part)))
            shown = self._formats.get(entry.get("numFmtId", "0"))
            if shown is not None:
                entry.set("numFmtId", str(self._styles.add("numFmts", copy.deepcopy(shown))))
            entry.set("xfId", "0")
            self._cells[index] = self._styles.add("cellXfs", entry)
        return self._cells[index]

    def change(self, index: int) -> int:
        """The new value of `dxfId`."""
        return self._styles.add("dxfs", copy.deepcopy(self._donor["dxfs"][index]))


def _entries(root: etree._Element) -> dict[str, list[etree._Element]]:
    blocks = {name: block for block in root if (name := local(block)) in GROWING}
    return {name: [e for e in blocks.get(name, ()) if local(e)] for name in GROWING}


def _index(entries: list[etree._Element]) -> dict[object, int]:
    out: dict[object, int] = {}
    for n, entry in enumerate(entries):
        out.setdefault(canonical(entry), n)
    return out


def _appended(data: bytes, part: str, block: str, entries: list[etree._Element], count: int) -> bytes:
    found = re.search(rb"<((?:[\w.-]+:)?)styleSheet(?:\s[^>]*)?>", data)
    if found is None:
        raise CollabError("damaged_workbook", part=part)
    prefix, name = found[1], block.encode()
    added = b"".join(_bytes(e, bare=not prefix) for e in entries)
    opened = re.search(b"<" + re.escape(prefix) + name + rb"(?=[\s/>])[^>]*>", data)
    if opened is None:
        whole = b'<%s%s count="%d">%s</%s%s>' % (prefix, name, count, added, prefix, name)
        place = _place(data, prefix, block, found.end())
        return data[:place] + whole + data[place:]
    tag = re.sub(rb"(\scount\s*=\s*[\"'])\d+", lambda m: m[1] + b"%d" % count, opened[0])
    if tag.endswith(b"/>"):
        return data[: opened.start()] + tag[:-2].rstrip() + b">" + added + b"</" + prefix + name + b">" + data[opened.end() :]
    close = re.search(b"</" + re.escape(prefix) + name + rb"\s*>", data[opened.end() :])
    if close is None:
        raise CollabError("damaged_workbook", part=part)
    end = opened.end() + close.start()
    return data[: opened.start()] + tag + data[opened.end() : end] + added + data[end:]


def _place(data: bytes, prefix: bytes, block: str, start: int) -> int:
    """The position for a new block: after the last block that must come before it."""
    place = start
    for before in _ORDER[: _ORDER.index(block)]:
        name = re.escape(prefix) + before.encode()
        found = re.search(b"</" + name + rb"\s*>|<" + name + rb"(?:\s[^>]*)?/>", data)
        place = found.end() if found else place
    return place


def _bytes(entry: etree._Element, *, bare: bool) -> bytes:
    entry = copy.deepcopy(entry)
    entry.tail = None
    etree.cleanup_namespaces(entry)
    data = etree.tostring(entry)
    return data.replace(f' xmlns="{MAIN}"'.encode(), b"", 1) if bare else data


def only_appended(old: bytes, new: bytes, part: str) -> bool:
    """Whether every block of the new styles begins with the children of the old block, and everything else is equal."""
    was, now = ({local(b): b for b in parse_xml(data, part) if local(b)} for data in (old, new))
    if [n for n in was if n not in now] or [n for n in now if n not in was and n not in GROWING]:
        return False
    for name, block in was.items():
        if name not in GROWING:
            if canonical(block) != canonical(now[name]):
                return False
            continue
        before, after = ([canonical(e) for e in b if local(e)] for b in (block, now[name]))
        if after[: len(before)] != before:
            return False
    return True
