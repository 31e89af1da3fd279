"""What a workbook means, whichever library versions wrote it: cells, formats, rules, names, tables, charts, as one flat mapping.

Read with openpyxl, which fills in defaults; what openpyxl leaves out (extensions, chart bodies, theme) is read from the parts as the words
and colours in them. Properties (dates, library versions) and the days of the calendar are left out: the days come from a library's data.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from openpyxl.worksheet.worksheet import Worksheet
from workbooks import workbook_at

from collab_xl.build.table import FIRST_ROW
from collab_xl.forms import load

CALENDAR = load().service("calendar").table
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
COLOURS = frozenset({"srgbClr", "schemeClr", "sysClr"})


def meaning(data: bytes) -> dict[str, object]:
    """Place → what is there. Two workbooks that a person cannot tell apart give the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says that it leaves extensions out
        book = workbook_at(io.BytesIO(data))
    out: dict[str, object] = {"sheets": [(ws.title, ws.sheet_state) for ws in book.worksheets]}
    out |= {f"name {name}": (defined.attr_text, defined.hidden) for name, defined in book.defined_names.items()}
    looks: dict[bytes, str] = {}
    for ws in book.worksheets:
        out |= {f"{ws.title}!{place}": what for place, what in _sheet(ws, looks)}
    out |= dict(_parts(data))
    return out


def differences(one: dict[str, object], other: dict[str, object]) -> list[str]:
    """Every place at which they differ, with both."""
    places = sorted(one.keys() | other.keys())
    return [f"{place}: {one.get(place)!r} / {other.get(place)!r}" for place in places if one.get(place) != other.get(place)]


def _sheet(ws: Worksheet, looks: dict[bytes, str]) -> Iterator[tuple[str, object]]:
    days = CALENDAR in ws.tables

    def look(cell: Any) -> str:
        if cell._style is None:  # a column without a format
            return ""
        style = cell._style.tobytes()
        if style not in looks:
            parts = (cell.font, cell.fill, cell.border, cell.alignment, cell.protection)
            looks[style] = " ".join([cell.number_format, *map(_tree, parts)])
        return looks[style]

    for row in ws.iter_rows(max_row=FIRST_ROW if days else None):
        for cell in row:
            if cell.value is not None or cell.has_style:
                yield cell.coordinate, (cell.value, look(cell), cell.hyperlink and (cell.hyperlink.location, cell.hyperlink.target))
    for letter, column in ws.column_dimensions.items():
        yield f"column {letter}", (column.min, column.max, column.width, column.hidden, column.outlineLevel, look(column))
    for number, line in ws.row_dimensions.items():
        if not (days and number > FIRST_ROW):
            yield f"row {number}", (line.height, line.hidden, line.outlineLevel)
    yield "merged", sorted(map(str, ws.merged_cells.ranges))
    for n, rule in enumerate(sorted(ws.data_validations.dataValidation, key=lambda v: (str(v.sqref), v.formula1 or ""))):
        yield f"validation {n} {rule.sqref}", _tree(rule)
    for area in ws.conditional_formatting:
        said = [(_tree(rule), rule.dxf and _tree(rule.dxf)) for rule in area.rules]
        yield f"colours {area.sqref}", [(re.sub(r' dxfId="\d+"', "", words), dxf) for words, dxf in said]
    for table in ws.tables.values():
        formulas = [c.calculatedColumnFormula and c.calculatedColumnFormula.attr_text for c in table.tableColumns]
        columns = [(c.name, c.totalsRowFunction, formula) for c, formula in zip(table.tableColumns, formulas, strict=True)]
        filtered = table.autoFilter is not None
        yield f"table {table.name}", (table.ref.partition(":")[0] if days else table.ref, columns, _tree(table.tableStyleInfo), filtered)
    view = ws.sheet_view
    tab = ws.sheet_properties.tabColor
    yield "view", (view.showGridLines, view.zoomScale, ws.freeze_panes, tab and _tree(tab))
    page = (ws.page_setup, ws.page_margins, ws.print_options)
    yield "page", ([_tree(each) for each in page], ws.print_title_rows, str(ws.print_area), ws.sheet_properties.pageSetUpPr is not None)
    yield "footer", (_words(ws.oddFooter), _words(ws.oddHeader))
    yield "protection", ws.protection.sheet


def _tree(part: Any) -> str:
    """One of openpyxl's objects as XML with its attributes in order."""
    tree = part.to_tree(part.tagname if getattr(part, "tagname", None) else "part")
    return ElementTree.canonicalize(ElementTree.tostring(tree, encoding="unicode"))


def _words(footer: Any) -> list[str | None]:
    return [footer.left.text, footer.center.text, footer.right.text]


def _parts(data: bytes) -> Iterator[tuple[str, object]]:
    """What openpyxl leaves out: words and colours of charts, theme, and the extensions of sheets (sparklines, data bars)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if re.match(r"xl/(charts/chart|theme/|drawings/drawing)", name):
                yield f"part {name}", list(_gist(ElementTree.fromstring(archive.read(name))))
            elif name.startswith("xl/worksheets/sheet"):
                root = ElementTree.fromstring(archive.read(name))
                yield f"part {name} extensions", [item for ext in root.iter(f"{MAIN}extLst") for item in _gist(ext)]


def _gist(root: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag in COLOURS or tag.startswith("color"):
            yield tag, " ".join(f"{k}={v}" for k, v in sorted(element.attrib.items()))
        elif tag in ("latin", "ea"):
            yield tag, element.get("typeface", "")
        elif tag.endswith("Chart") or tag in ("sparklineGroup", "cfRule"):
            yield tag, element.get("type", "")
        elif tag in ("from", "to"):  # where a drawing stands
            yield tag, ",".join(filter(None, (child.text for child in element)))
        if (element.text or "").strip():
            yield tag, str(element.text).strip()
