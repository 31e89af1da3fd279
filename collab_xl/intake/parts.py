"""A small reader for the parts of a foreign workbook that the gates need: workbook.xml and the hidden sheet. Pure.

No entities, no network, no huge trees; a DOCTYPE was refused before. Namespaces are ignored, so Strict workbooks are read too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Container, Iterator, Mapping
from functools import lru_cache, partial

from lxml import etree

HIDDEN_SHEET = "_collab"
MAX_HIDDEN = 1 << 20
"""Bytes of the hidden sheet's XML; ours has 2 KB."""
MAX_KEPT = 1 << 14
"""Bytes of a part whose parsed form is kept."""
MAX_WHOLE = 1 << 18
"""Bytes of shared strings that are parsed at once."""


class NoWorkbook(Exception):
    """The package contains no workbook part, or its relationships point to parts that do not exist."""


def parse(data: bytes) -> etree._Element:
    """The root of a part, to be read only. Small parts are kept: the packs of a week have most of them in common.

    Raises etree.XMLSyntaxError.
    """
    return _kept(data) if len(data) <= MAX_KEPT else _root(data)


def _root(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False))


_kept = lru_cache(64)(_root)


def as_utf8(part: bytes) -> bytes:
    """A UTF-16 part as UTF-8 without its declaration; any other part unchanged. Raises UnicodeDecodeError (a ValueError)."""
    if part[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return part
    words = part.decode("utf-16")
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", words, count=1).encode("utf-8")


def hidden_claims(contents: Mapping[str, bytes], read: Callable[[str], bytes], limit: int) -> dict[str, str]:
    """Column A → column B of sheet `_collab`, at most `limit` rows; empty if the workbook has no such sheet.

    Args:
        contents: part name in lower case → bytes, with at least the relationships and the workbook part.
        read: returns any other part by name; raises KeyError if there is none.
    """
    workbook = _target(contents, "", "/officeDocument")
    if workbook is None or workbook.lower() not in contents:
        raise NoWorkbook
    root = parse(contents[workbook.lower()])
    if etree.QName(root).localname != "workbook" or next(root.iter("{*}sheet"), None) is None:
        raise NoWorkbook
    for entry in root.iter("{*}sheet"):
        if (entry.get("name") or "").lower() == HIDDEN_SHEET:
            part = _target(contents, workbook, "/worksheet", next((v for k, v in entry.attrib.items() if str(k).endswith("}id")), None))
            if part is None:
                raise NoWorkbook
            sheet = read(part)
            if len(sheet) > MAX_HIDDEN:
                return {}
            strings = _target(contents, workbook, "/sharedStrings")
            return _pairs(parse(sheet), partial(read, strings) if strings else None, limit)
    return {}


def missing_sheet(contents: Mapping[str, bytes], names: Container[str]) -> str:
    """The name of a sheet of the workbook whose part does not exist, "" if all exist. `names`: all parts, in lower case."""
    workbook = _target(contents, "", "/officeDocument")
    if workbook is None or workbook.lower() not in contents:
        return ""  # no workbook at all: `hidden_claims` raises
    rels = contents.get(posixpath.join(posixpath.dirname(workbook), "_rels", f"{posixpath.basename(workbook)}.rels").lower())
    targets: dict[str | bytes | None, str] = {}
    for rel in parse(rels).iter("{*}Relationship") if rels is not None else ():
        targets[rel.get("Id")] = resolved(posixpath.dirname(workbook), (rel.get("Target") or "").replace("\\", "/")).lower()
    for entry in parse(contents[workbook.lower()]).iter("{*}sheet"):
        rel_id = next((v for k, v in entry.attrib.items() if str(k).endswith("}id")), None)
        if targets.get(rel_id, "") not in names:
            return entry.get("name") or "?"
    return ""


def _target(contents: Mapping[str, bytes], source: object, kind: str, rel_id: object = None) -> str | None:
    """The target part of a relationship of `source`, found by the end of its type and, if given, its id."""
    folder, name = posixpath.split(str(source))
    rels = contents.get(posixpath.join(folder, "_rels", f"{name}.rels").lower())
    if rels is None:
        return None
    for rel in parse(rels).iter("{*}Relationship"):
        if (rel.get("Type") or "").endswith(kind) and rel_id in (None, rel.get("Id")):
            return resolved(folder, rel.get("Target") or "")
    return None


def resolved(folder: str, target: str) -> str:
    """The name of the target part of a relationship in `folder`."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _pairs(sheet: etree._Element, strings: Callable[[], bytes] | None, limit: int) -> dict[str, str]:
    found: list[list[str | int | None]] = []
    for row in sheet.iter("{*}row"):
        cells: list[str | int | None] = [None, None]
        for position, cell in enumerate(row.iter("{*}c")):
            column = re.sub(r"[^A-Z]", "", (cell.get("r") or "AB"[position : position + 1]).upper())
            if column in ("A", "B"):
                cells["AB".index(column)] = _cell(cell)
        found.append(cells)
        if len(found) >= limit:
            break
    wanted = {v for cells in found for v in cells if isinstance(v, int)}
    shared = _shared(strings(), wanted) if wanted and strings else {}
    rows = [[shared.get(v, "") if isinstance(v, int) else v for v in cells] for cells in found]
    return {name: value or "" for name, value in rows if name}


def _cell(cell: etree._Element) -> str | int | None:
    """Its text, or the index of a shared string."""
    value = cell.findtext("{*}v")
    match cell.get("t"):
        case "s" if value and value.isdigit():
            return int(value)
        case "inlineStr":
            return "".join(_words(cell))
    return value


def _shared(part: bytes, wanted: set[int]) -> dict[int, str]:
    """The wanted shared strings. A large part is parsed in pieces, up to the last of them."""
    if len(part) <= MAX_WHOLE:
        return {n: "".join(_words(item)) for n, item in enumerate(_root(part).iterchildren("{*}si")) if n in wanted}
    out: dict[int, str] = {}
    last, index = max(wanted), 0
    parser = etree.XMLPullParser(tag="{*}si", resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    for start in range(0, len(part), 4096):
        parser.feed(part[start : start + 4096])
        for _, item in parser.read_events():
            if isinstance(item, etree._Element):
                if index in wanted:
                    out[index] = "".join(_words(item))
                item.clear()
                index += 1
        if index > last:
            break
    return out


def _words(item: etree._Element) -> Iterator[str]:
    """The texts of <t> elements, without phonetic hints (<rPh>)."""
    for t in item.iter("{*}t"):
        parent = t.getparent()
        if parent is None or etree.QName(parent).localname != "rPh":
            yield t.text or ""
