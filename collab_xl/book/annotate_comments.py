"""Add our comments to a sheet without replacing the department's comments, and remove ours again.

A cell with a comment keeps it: our text is appended between our own start and end marks. A cell with a threaded comment gets none, as
Excel would show only the thread. The drawing of the boxes (VML) is changed as text, as it may not be well-formed XML.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Final

from lxml import etree

from collab_xl.book.annotate_parts import DOC_RELS, Parts
from collab_xl.book.parts import local, unescape_x
from collab_xl.model.place import MAX_COL, a1, parse_a1
from collab_xl.model.regex import regex
from collab_xl.model.returns import AUTHOR, BLOCK
from collab_xl.model.sheets import Cell

MAX_COMMENTS: Final = 1000
"""Per sheet: as many as one block of shape ids has."""
_COMMENTS_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_AFTER_LEGACY: Final = frozenset(
    {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst", "AlternateContent"}
)
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_NAMESPACES: Final = (
    b' xmlns:v="urn:schemas-microsoft-com:vml"',
    b' xmlns:o="urn:schemas-microsoft-com:office:office"',
    b' xmlns:x="urn:schemas-microsoft-com:office:excel"',
)
_SHAPETYPE: Final = (
    b'<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE: Final = regex(rb"<((?:[\w.-]+:)?)shape[\s>](?:(?!</\1shape>).)*</\1shape>", re.DOTALL)
_PLACE: Final = (regex(rb"<(?:[\w.-]+:)?Row>\s*([0-9]+)\s*<"), regex(rb"<(?:[\w.-]+:)?Column>\s*([0-9]+)\s*<"))


class Comments:
    """The comments of the sheet part `part` whose tree is `root`."""

    def __init__(self, parts: Parts, part: str, root: etree._Element, font: str) -> None:
        self._parts, self._part, self._root, self._font = parts, part, root, font
        self._ns = etree.QName(root).namespace or ""
        rels = list(parts.rels(part))
        self._name = next((t for _, kind, t in rels if kind == "comments"), None)
        self._threads = {
            e.get("ref", "") for _, kind, t in rels if kind == "threadedComment" for e in parts.tree(t) if local(e) == "threadedComment"
        }
        self._vml_rel, self._vml = self._legacy(rels)

    def _legacy(self, rels: Iterable[tuple[str, str, str]]) -> tuple[str, str | None]:
        element = next((e for e in self._root if local(e) == "legacyDrawing"), None)
        wanted = next((v for k, v in element.attrib.items() if str(k).endswith("}id")), "") if element is not None else ""
        return str(wanted), next((t for rel_id, _, t in rels if rel_id == wanted), None)

    def write(self, texts: Mapping[Cell, str], severe: Mapping[Cell, bool]) -> set[Cell]:
        """Write one comment per cell (the text between our marks); returns the cells that have our comment now."""
        texts = {cell: words for cell, words in texts.items() if a1(*cell) not in self._threads}
        if not texts:
            return set()
        if self._name is None:
            self._name = self._parts.free_name("xl/comments{}.xml")
            self._parts.put(self._name, f'<comments xmlns="{self._ns}"><authors/><commentList/></comments>'.encode())
            self._parts.typed(self._name, _COMMENTS_TYPE)
            self._parts.relate(self._part, "comments", self._name)
        tree = self._parts.tree(self._name)
        self._parts.touch(self._name)
        listed = next(e for e in tree if local(e) == "commentList")
        theirs = {e.get("ref", ""): e for e in listed}
        new = {}
        for cell, words in list(texts.items())[:MAX_COMMENTS]:
            ref = a1(*cell)
            if ref in theirs:
                text = next(e for e in theirs[ref] if local(e) == "text")
                _as_runs(text, self._ns)
                self._append(text, "\n" + words)
            else:
                entry = etree.SubElement(listed, f"{{{self._ns}}}comment", ref=ref, authorId=self._author(tree))
                self._append(etree.SubElement(entry, f"{{{self._ns}}}text"), words)
            new[cell] = ref in theirs
        self._boxes({cell: texts[cell] for cell, had in new.items() if not had}, severe)
        return set(new)

    def _author(self, tree: etree._Element) -> str:
        authors = next(e for e in tree if local(e) == "authors")
        for n, entry in enumerate(authors):
            if entry.text == AUTHOR:
                return str(n)
        etree.SubElement(authors, f"{{{self._ns}}}author").text = AUTHOR
        return str(len(authors) - 1)

    def _append(self, text: etree._Element, words: str) -> None:
        """Append our text with its first line in bold."""
        head, line_break, rest = words.lstrip("\n").partition("\n")
        lead = words[: len(words) - len(words.lstrip("\n"))]
        for piece, bold in ((lead + head, True), (line_break + rest, False)):
            if piece:
                run = etree.SubElement(text, f"{{{self._ns}}}r")
                look = etree.SubElement(run, f"{{{self._ns}}}rPr")
                if bold:
                    etree.SubElement(look, f"{{{self._ns}}}b")
                etree.SubElement(look, f"{{{self._ns}}}sz", val="9")
                etree.SubElement(look, f"{{{self._ns}}}color", rgb="FFB03024" if bold else "FF1B2A3A")
                etree.SubElement(look, f"{{{self._ns}}}rFont", val=self._font)
                etree.SubElement(look, f"{{{self._ns}}}family", val="2")
                t = etree.SubElement(run, f"{{{self._ns}}}t")
                t.text = _escaped(piece)
                t.set(_SPACE, "preserve")

    def _boxes(self, texts: Mapping[Cell, str], severe: Mapping[Cell, bool]) -> None:
        if not texts:
            return
        if self._vml is None:
            self._vml = self._parts.free_name("xl/drawings/vmlDrawing{}.vml")
            block = 1 + max(
                (int(n) for name in self._parts.names() if name.endswith(".vml") for n in _blocks(self._parts.read(name))), default=0
            )
            head = b'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="%d"/></o:shapelayout>' % block
            self._parts.put(self._vml, b"<xml" + b"".join(_NAMESPACES) + b">" + head + _SHAPETYPE + b"</xml>")
            self._parts.typed_by_ending("vml", _VML_TYPE)
            rel_id = self._vml_rel = self._parts.relate(self._part, "vmlDrawing", self._vml)
            element = etree.Element(f"{{{self._ns}}}legacyDrawing", {f"{{{DOC_RELS}}}id": rel_id})
            at = next((n for n, e in enumerate(self._root) if local(e) in _AFTER_LEGACY and _is_late(e)), len(self._root))
            self._root.insert(at, element)
        data = self._parts.read(self._vml)
        shapes = b""
        first = int(next(iter(_blocks(data)), b"1")) * 1024
        used = [int(n) for n in re.findall(rb'"_x0000_s([0-9]+)"', data)]
        number = max([first, *(n for n in used if first <= n < first + 1024)])
        head = data[: data.find(b">") + 1]
        spaces = b"" if all(ns in head for ns in _NAMESPACES) else b"".join(_NAMESPACES)
        if b'id="_x0000_t202"' not in data:
            shapes = _SHAPETYPE.replace(b"<v:shapetype", b"<v:shapetype" + spaces)
        for cell, words in texts.items():
            number += 1
            shapes += _shape(number, cell, words, severe.get(cell, True), spaces)
        end = data.rindex(b"</")
        self._parts.put(self._vml, data[:end] + shapes + data[end:])

    def remove(self) -> dict[int, Cell]:
        """Remove our comments; returns number → cell of each of them."""
        if self._name is None:
            return {}
        tree = self._parts.tree(self._name)
        listed = next((e for e in tree if local(e) == "commentList"), None)
        authors = next((e for e in tree if local(e) == "authors"), None)
        # LibreOffice saves comments without the author
        mine = {str(n) for n, e in enumerate(authors) if (e.text or "").strip() in ("", AUTHOR)} if authors is not None else set()
        found: dict[int, Cell] = {}
        gone: set[Cell] = set()
        for entry in list(listed) if listed is not None else ():
            text = next((e for e in entry if local(e) == "text"), None)
            if text is None or not (numbers := _cut(text)):
                continue
            cell = parse_a1(entry.get("ref", "A1"))
            found |= dict.fromkeys(numbers, cell)
            if not "".join(_words(text)).strip() and entry.get("authorId", "") in mine:
                assert listed is not None
                listed.remove(entry)
                gone.add(cell)
            self._parts.touch(self._name)
        if listed is None or not found:
            return found
        self._forget_author(tree, listed)
        if gone and self._vml is not None:
            self._unbox(gone)
        if len(listed) == 0:
            rel_id = next(r for r, kind, _ in self._parts.rels(self._part) if kind == "comments")
            self._parts.unrelate(self._part, rel_id)
            self._parts.drop(self._name)
        return found

    def _forget_author(self, tree: etree._Element, listed: etree._Element) -> None:
        authors = next(e for e in tree if local(e) == "authors")
        for n, entry in reversed(list(enumerate(authors))):
            if entry.text == AUTHOR and not any(e.get("authorId") == str(n) for e in listed):
                authors.remove(entry)
                for other in listed:
                    if int(other.get("authorId", 0)) > n:
                        other.set("authorId", str(int(other.get("authorId", 0)) - 1))

    def _unbox(self, gone: set[Cell]) -> None:
        assert self._vml is not None
        data = self._parts.read(self._vml)

        def kept(shape: re.Match[bytes]) -> bytes:
            row, col = (pattern.search(shape[0]) for pattern in _PLACE)
            if row is None or col is None or b'ObjectType="Note"' not in shape[0]:
                return shape[0]
            return b"" if (int(row[1]) + 1, int(col[1]) + 1) in gone else shape[0]

        data = _SHAPE.sub(kept, data)
        if b'"#_x0000_t202"' not in data:
            for spaces in (b"", b"".join(_NAMESPACES)):
                data = data.replace(_SHAPETYPE.replace(b"<v:shapetype", b"<v:shapetype" + spaces), b"")
        if _SHAPE.search(data):
            self._parts.put(self._vml, data)
            return
        for element in [e for e in self._root if local(e) == "legacyDrawing"]:
            self._root.remove(element)
        self._parts.unrelate(self._part, self._vml_rel)
        self._parts.drop(self._vml)


def _is_late(element: etree._Element) -> bool:
    """Whether the element belongs after the drawing: of the elements wrapped for older programs, only controls and objects do."""
    return local(element) != "AlternateContent" or any(local(e) in ("controls", "oleObjects") for e in element.iter())


def _blocks(vml: bytes) -> list[bytes]:
    found = re.search(rb'<(?:[\w.-]+:)?idmap[^>]*\bdata="([0-9, ]+)"', vml)
    return re.findall(rb"[0-9]+", found[1]) if found else []


def _shape(number: int, cell: Cell, words: str, severe: bool, spaces: bytes) -> bytes:
    row, col = cell[0] - 1, cell[1] - 1
    lines = sum(1 + len(line.encode("gbk", "replace")) // 44 for line in words.split("\n"))
    top, color = max(row - 1, 0), b"#fdecea" if severe else b"#fef5e0"
    left = min(col + 1, MAX_COL - 5)
    anchor = f"{left}, 12, {top}, 8, {left + 3}, 30, {top + max(3, min(24, lines))}, 8".encode()
    return (
        b'<v:shape%s id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;width:260pt;height:%dpt;z-index:1;visibility:hidden" '
        b'fillcolor="%s" o:insetmode="auto"><v:fill color2="%s"/><v:shadow on="t" color="black" obscured="t"/>'
        b'<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        b'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%s</x:Anchor><x:AutoFill>False</x:AutoFill>'
        b"<x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>"
    ) % (spaces, number, 14 * min(24, lines + 1), color, color, anchor, row, col)


def _words(text: etree._Element) -> list[str]:
    return [unescape_x(t.text or "") for run in text for t in ([run] if local(run) == "t" else [e for e in run if local(e) == "t"])]


def _as_runs(text: etree._Element, ns: str) -> None:
    """Turn plain text into one run, so that another run may follow."""
    for plain in [e for e in text if local(e) == "t"]:
        run = etree.Element(f"{{{ns}}}r")
        text.replace(plain, run)
        run.append(plain)


def _cut(text: etree._Element) -> list[int]:
    """Remove our texts from a comment; returns their numbers."""
    whole = "".join(_words(text))
    spans = [m.span() for m in BLOCK.finditer(whole)]
    numbers = [int(m[1] or m[2]) for m in BLOCK.finditer(whole)]
    if not spans:
        return []
    at = 0
    for run in list(text):
        holder = next(([e] if local(e) == "t" else [t for t in e if local(t) == "t"] for e in [run] if local(e) in ("t", "r")), [])
        for t in holder:
            content = unescape_x(t.text or "")
            left = "".join(c for n, c in enumerate(content, at) if not any(a <= n < b for a, b in spans))
            at += len(content)
            if left != content:
                t.text = _escaped(left)
                if not left:
                    text.remove(run)
    runs = list(text)
    if len(runs) == 1 and local(runs[0]) == "r" and [local(e) for e in runs[0]] == ["t"]:
        text.replace(runs[0], copy.deepcopy(runs[0][0]))
    return numbers


def _escaped(text: str) -> str:
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
