"""Formats for the marks in a workbook: an equal format is used again, else one is added at the end; none is changed.

In: the tree of the styles part.  Out: indexes of cell formats.  Pure on the tree.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from lxml import etree

from collab_xl.book.annotate_parts import NotKept
from collab_xl.book.parts import local
from collab_xl.model.excel_limits import MAX_FORMATS
from collab_xl.model.record import Struct

RED, AMBER = "FFFDE7E4", "FFFCE0A6"
"""Fills of marked cells: an error, a warning. Together with the memory sheet they identify a fill as ours."""
_ORDER: Final = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst")


CanonicalXml = tuple[Any, ...]


class Look(Struct, frozen=True):
    """The format of a cell that we write. Colours are RRGGBB."""

    size: float = 9
    bold: bool = False
    underline: bool = False
    color: str = "1B2A3A"
    fill: str = ""
    rule: str = ""
    """Colour of the bottom border."""
    thick: bool = False
    wrap: bool = True
    across: str = "left"
    down: str = "center"
    indent: int = 0


LOOKS: Final[Mapping[str, Look]] = {
    "title": Look(size=16, bold=True, wrap=False),
    "muted": Look(color="55606D", wrap=False),
    "text": Look(wrap=True),
    "bad": Look(size=10.5, bold=True, color="B03024", wrap=True),
    "section": Look(size=10.5, bold=True, color="1F5F8B", rule="1F5F8B", thick=True, wrap=False),
    "head": Look(bold=True, fill="F4F6F9", rule="1F5F8B", thick=True, indent=1),
    "head_centre": Look(bold=True, fill="F4F6F9", rule="1F5F8B", thick=True, across="center"),
    "body": Look(rule="D9DEE5", indent=1),
    "centre": Look(rule="D9DEE5", across="center"),
    "link": Look(rule="D9DEE5", across="center", underline=True, color="1F5F8B"),
    "error": Look(rule="D9DEE5", across="center", bold=True, color="B03024", fill="FDE7E4"),
    "warning": Look(rule="D9DEE5", across="center", bold=True, color="7A4B05", fill="FCE0A6"),
    "plain": Look(wrap=False),
    "result_head": Look(bold=True, color="B03024", rule="B03024", thick=True, wrap=False, indent=1),
    "result": Look(color="B03024", wrap=False, indent=1),
}


class StyleBook:
    """The formats of one workbook. `changed`: whether a format was added. Raises NotKept for a part without formats."""

    def __init__(self, root: etree._Element, font: str) -> None:
        self._root, self._font = root, font
        self._ns = etree.QName(root).namespace or ""
        self._blocks = {name: e for e in root if (name := local(e)) in _ORDER}
        for needed in ("fonts", "fills", "borders", "cellXfs"):
            if needed not in self._blocks or len(self._blocks[needed]) == 0:
                raise NotKept(f"styles: no {needed}")
        self._index: dict[str, dict[CanonicalXml, int]] = {}
        for name in ("fonts", "fills", "borders", "cellXfs"):
            index = self._index[name] = {}
            for n, e in enumerate(self._entries(name)):
                index.setdefault(canonical(e), n)
        self._made: dict[str, int] = {}
        self.changed = False

    def _entries(self, name: str) -> list[etree._Element]:
        return [e for e in self._blocks[name] if local(e)]

    def format(self, index: int) -> etree._Element:
        """The cell format with this index; the first one if the index does not exist."""
        formats = self._entries("cellXfs")
        return formats[index] if 0 <= index < len(formats) else formats[0]

    def fill_of(self, index: int) -> str:
        """The fill of a cell format as XML."""
        fills = self._entries("fills")
        n = int(self.format(index).get("fillId", 0))
        return etree.tostring(_bare(fills[n if n < len(fills) else 0]), encoding="unicode")

    def is_ours(self, index: int) -> bool:
        """Whether a cell format has the fill of a mark."""
        fill = self.fill_of(index)
        return f'rgb="{RED}"' in fill or f'rgb="{AMBER}"' in fill

    def has_font_color(self, index: int, color: str) -> bool:
        fonts = self._entries("fonts")
        n = int(self.format(index).get("fontId", 0))
        return n < len(fonts) and any(local(e) == "color" and e.get("rgb") == f"FF{color}" for e in fonts[n])

    def marked(self, index: int, severe: bool) -> int:
        """The same format with the fill of a mark."""
        fill = f'<fill xmlns="{self._ns}"><patternFill patternType="solid"><fgColor rgb="{RED if severe else AMBER}"/>'
        return self.with_fill(index, f'{fill}<bgColor indexed="64"/></patternFill></fill>')

    def with_fill(self, index: int, fill: str) -> int:
        """The same format with another fill, given as XML."""
        entry = copy.deepcopy(self.format(index))
        entry.set("fillId", str(self._add("fills", etree.fromstring(fill))))
        entry.set("applyFill", "1")
        return self._add("cellXfs", entry)

    def restored(self, index: int, before: int, fill: str) -> int:
        """The format of a cell before it was marked: the stored one if it still fits, else the current one with the old fill."""
        now, old = copy.deepcopy(self.format(index)), copy.deepcopy(self.format(before))
        for entry in (now, old):
            for name in ("fillId", "applyFill"):
                entry.attrib.pop(name, "")
        if canonical(now) == canonical(old) and _same_xml(self.fill_of(before), fill):
            return before
        return self.with_fill(index, fill)

    def look(self, name: str) -> int:
        """The index of one of `LOOKS`."""
        if name not in self._made:
            self._made[name] = self._make(LOOKS[name])
        return self._made[name]

    def _make(self, look: Look) -> int:
        ns = f' xmlns="{self._ns}"'
        font = f"<font{ns}>{'<b/>' if look.bold else ''}{'<u/>' if look.underline else ''}"
        font += f'<sz val="{look.size:g}"/><color rgb="FF{look.color}"/><name val="{self._font}"/><family val="2"/></font>'
        entry = etree.Element(f"{{{self._ns}}}xf", {"numFmtId": "0", "fontId": str(self._add("fonts", etree.fromstring(font)))})
        fill = 0
        if look.fill:
            xml = f'<fill{ns}><patternFill patternType="solid"><fgColor rgb="FF{look.fill}"/><bgColor indexed="64"/></patternFill></fill>'
            fill = self._add("fills", etree.fromstring(xml))
        border = 0
        if look.rule:
            line = f'<bottom style="{"medium" if look.thick else "thin"}"><color rgb="FF{look.rule}"/></bottom>'
            border = self._add("borders", etree.fromstring(f"<border{ns}><left/><right/><top/>{line}<diagonal/></border>"))
        entry.set("fillId", str(fill))
        entry.set("borderId", str(border))
        entry.set("xfId", "0")
        for flag in ("applyFont", *(("applyFill",) if fill else ()), *(("applyBorder",) if border else ()), "applyAlignment"):
            entry.set(flag, "1")
        aligned: dict[str, Any] = {"horizontal": look.across, "vertical": look.down}
        if look.wrap:
            aligned["wrapText"] = "1"
        if look.indent:
            aligned["indent"] = str(look.indent)
        etree.SubElement(entry, f"{{{self._ns}}}alignment", aligned)
        return self._add("cellXfs", entry)

    def _add(self, name: str, entry: etree._Element) -> int:
        entry.tail = None
        key = canonical(entry)
        index = self._index[name]
        if key not in index:
            count = len(self._entries(name))
            if name == "cellXfs" and count >= MAX_FORMATS:
                raise NotKept("styles: too many formats")
            self._blocks[name].append(entry)
            self._blocks[name].set("count", str(count + 1))
            index[key] = count
            self.changed = True
        return index[key]


def _bare(element: etree._Element) -> etree._Element:
    """A copy of the element without the namespaces of its tree."""
    alone = copy.deepcopy(element)
    alone.tail = None
    etree.cleanup_namespaces(alone)
    return alone


def canonical(element: etree._Element) -> CanonicalXml:
    """A key that is equal for equal elements, also with other namespace prefixes."""
    children = tuple(canonical(e) for e in element if local(e))
    attributes = tuple(sorted((str(k), str(v)) for k, v in element.attrib.items()))
    return str(element.tag), attributes, (element.text or "").strip(), children


def _same_xml(one: str, other: str) -> bool:
    return canonical(etree.fromstring(one)) == canonical(etree.fromstring(other))
