"""The parts of a workbook that is being marked: changed, added and dropped parts. All others are copied byte for byte.

In: a `Package`.  Out: new bytes.  No effect.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Final

from lxml import etree

from collab_xl.book.package import Package, refuse_doctype
from collab_xl.book.parts import local, rels_part, unescape_x
from collab_xl.errors import CollabError

ZIP_DATE: Final = (2026, 1, 1, 0, 0, 0)
_RELS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
DOC_RELS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT_TYPES: Final = "[Content_Types].xml"
MAX_PART_BYTES: Final = 80 << 20
"""A larger part is not parsed: then the notes go into a separate workbook."""


class NotKept(Exception):
    """The marks cannot be set or removed without a loss; `args[0]` is the reason."""


class Parts:
    """XML trees of parts, parsed when needed. `touch` marks a part as changed; `saved` returns the new workbook."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._trees: dict[str, etree._Element] = {}
        self._new: dict[str, bytes] = {}
        self._touched: set[str] = set()
        self._dropped: set[str] = set()

    def has(self, name: str) -> bool:
        return name in self._new or (name not in self._dropped and self.package.find(name) is not None)

    def names(self) -> list[str]:
        return [n for n in self.package.entries if n not in self._dropped] + [n for n in self._new if n not in self.package.entries]

    def read(self, name: str) -> bytes:
        """The current bytes of a part, also if its tree was changed."""
        if name in self._touched:
            return _written(self._trees[name])
        return self._new[name] if name in self._new else self.package.read(name)

    def tree(self, name: str) -> etree._Element:
        """The tree of a part. Raises NotKept if the part is too large, CollabError if it is damaged."""
        if name not in self._trees:
            data = self._new.get(name) or self.package.read(name)
            if len(data) > MAX_PART_BYTES:
                raise NotKept(f"{name}: too large")
            self._trees[name] = parsed(data, name)
        return self._trees[name]

    def touch(self, name: str) -> None:
        self._touched.add(name)

    def put(self, name: str, data: bytes) -> None:
        """Add a part, or replace its bytes."""
        own = self.package.find(name)
        self._new[own or name] = data
        self._trees.pop(own or name, None)
        self._touched.discard(own or name)
        self._dropped.discard(own or name)

    def drop(self, name: str) -> None:
        """Remove a part, with its relationships and its content type."""
        for gone in (name, rels_part(name)):
            self._new.pop(gone, None)
            self._trees.pop(gone, None)
            self._touched.discard(gone)
            own = self.package.find(gone)
            if own is not None:
                self._dropped.add(own)
        types = self.tree(CONTENT_TYPES)
        for entry in [e for e in types if e.get("PartName", "").lstrip("/").casefold() == name.casefold()]:
            types.remove(entry)
            self.touch(CONTENT_TYPES)

    def free_name(self, pattern: str) -> str:
        """The first unused name of a pattern such as `xl/comments{}.xml`."""
        n = 1
        while self.has(pattern.format(n)):
            n += 1
        return pattern.format(n)

    def typed(self, name: str, content_type: str) -> None:
        """Set the content type of a part."""
        types = self.tree(CONTENT_TYPES)
        etree.SubElement(types, f"{{{_TYPES}}}Override", PartName=f"/{name}", ContentType=content_type)
        self.touch(CONTENT_TYPES)

    def typed_by_ending(self, ending: str, content_type: str) -> None:
        types = self.tree(CONTENT_TYPES)
        if not any(local(e) == "Default" and e.get("Extension", "").casefold() == ending for e in types):
            types.insert(0, etree.Element(f"{{{_TYPES}}}Default", Extension=ending, ContentType=content_type))
            self.touch(CONTENT_TYPES)

    def rels(self, part: str) -> Iterator[tuple[str, str, str]]:
        """(id, last piece of the type, target part) of a part's internal relationships."""
        name = rels_part(part)
        if not self.has(name):
            return
        for rel in self.tree(self.package.find(name) or name):
            if local(rel) == "Relationship" and rel.get("TargetMode") != "External":
                target = rel.get("Target", "")
                base = posixpath.dirname(part)
                path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(base, target))
                yield rel.get("Id", ""), rel.get("Type", "").rpartition("/")[2], self.package.find(path) or path

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relationship; returns its id."""
        name = self.package.find(rels_part(part)) or rels_part(part)
        if not self.has(name):
            self.put(name, f'<Relationships xmlns="{_RELS}"/>'.encode())
            self.typed_by_ending("rels", "application/vnd.openxmlformats-package.relationships+xml")
        root = self.tree(name)
        used = {e.get("Id", "") for e in root}
        n = len(used) + 1
        while f"rId{n}" in used:
            n += 1
        away = posixpath.relpath(target, posixpath.dirname(part) or ".")
        etree.SubElement(root, f"{{{_RELS}}}Relationship", Id=f"rId{n}", Type=f"{DOC_RELS}/{kind}", Target=away)
        self.touch(name)
        return f"rId{n}"

    def unrelate(self, part: str, rel_id: str) -> None:
        """Remove a relationship; the relationships part is removed with the last one."""
        name = self.package.find(rels_part(part)) or rels_part(part)
        root = self.tree(name)
        for rel in [e for e in root if e.get("Id") == rel_id]:
            root.remove(rel)
        self.touch(name)
        if len(root) == 0:
            self.drop(name)

    def saved(self) -> bytes:
        """The current workbook as bytes. Equal input gives equal bytes."""
        content = {**self._new, **{n: _written(self._trees[n]) for n in self._touched}}
        changed = {n: self.package.packed(n, data) for n, data in content.items() if n in self.package.entries}
        out = io.BytesIO()
        self.package.rewrite(out, changed, frozenset(self._dropped - content.keys()))
        added = sorted(n for n in content if n not in self.package.entries)
        if added:
            with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
                for name in added:
                    info = zipfile.ZipInfo(name, ZIP_DATE)
                    info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 0
                    archive.writestr(info, content[name])
        return out.getvalue()


def parsed(data: bytes, name: str) -> etree._Element:
    """The root of a part, with comments and processing instructions. Raises CollabError as `package.parse_xml` does."""
    refuse_doctype(data, name)
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise CollabError("damaged_workbook", part=name) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CollabError("unsafe_xml", part=name)
    return root


def _written(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True))


def strings_of(parts: Parts, shared: str | None) -> list[str]:
    """The shared strings without phonetic hints."""
    if shared is None:
        return []
    return ["".join(words(si)) for si in parts.tree(shared) if local(si) == "si"]


def words(item: etree._Element) -> Iterator[str]:
    """The texts of a rich or plain text item."""
    for child in item:
        if local(child) == "t":
            yield unescape_x(child.text or "")
        elif local(child) == "r":
            yield from (unescape_x(t.text or "") for t in child if local(t) == "t")
