"""The contents of a workbook, loaded from an .xlsx and saved as one; nothing here is Excel's interface.

Every part of the file that is not shown here stays as it is when the book is saved; rows, tables, footers, filters and formats are written
from the contents.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape, quoteattr

from openpyxl.formula.translate import Translator
from openpyxl.styles.numbers import BUILTIN_FORMATS

from collab_xl.model.place import Area, a1, parse_a1
from excel_com.calls import refuse
from excel_com.typing_in import ExcelError

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MAX_FORMATS = 64_000
"""Excel then says “Too many different cell formats” ([Microsoft](https://learn.microsoft.com/en-us/troubleshoot/microsoft-365-apps/excel/too-many-different-cell-formats-in-excel))."""
STATES = {"visible": -1, "hidden": 0, "veryHidden": 2}
"""XlSheetVisibility."""
Cell = tuple[int, int]


@dataclass(slots=True)
class Content:
    value: Any = None
    formula: str | None = None
    style: int = 0
    shared: int | None = None
    """The text's place among the shared strings, where it may be coloured in part; None once it was typed again."""
    array: Area | None = None


@dataclass
class Criterion:
    operator: int = 0
    first: Any = None
    second: Any = None


@dataclass
class Table:
    name: str
    part: str
    area: Area
    headers: bool = True
    totals: bool = False
    buttons: bool = True
    criteria: dict[int, Criterion] = field(default_factory=dict)
    """By field, from 1."""


@dataclass
class Sheet:
    name: str
    part: str
    visible: int
    cells: dict[Cell, Content] = field(default_factory=dict)
    rows: dict[int, str] = field(default_factory=dict)
    """Attributes of rows as in the file, without `hidden`, `ht` and `customHeight`."""
    row_styles: dict[int, int] = field(default_factory=dict)
    col_styles: list[tuple[int, int, int]] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_cols: set[int] = field(default_factory=set)
    arrays: list[Area] = field(default_factory=list)
    spills: list[Area] = field(default_factory=list)
    """Of dynamic arrays: the formula is in the first cell."""
    merged: dict[Cell, Area] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    filter_area: Area | None = None
    filter_criteria: dict[int, Criterion] = field(default_factory=dict)
    protection: dict[str, bool] | None = None
    password: str = ""
    footer: str = ""
    default_height: float = 15.0

    def style_of(self, cell: Cell) -> int:
        if (found := self.cells.get(cell)) is not None:
            return found.style
        if (style := self.row_styles.get(cell[0])) is not None:
            return style
        return next((style for first, last, style in self.col_styles if first <= cell[1] <= last), 0)

    def content(self, cell: Cell) -> Content:
        """The cell, made if it has none yet."""
        if cell not in self.cells:
            self.cells[cell] = Content(style=self.style_of(cell))
        return self.cells[cell]

    @property
    def used(self) -> Area:
        rows = [row for row, _ in self.cells] + list(self.heights)
        cols = [col for _, col in self.cells]
        return Area(min(rows), min(cols), max(rows), max(cols)) if cols else Area(1, 1, 1, 1)


class Contents:
    """`sheets` in tab order; `names` the defined names as (name, refers to)."""

    def said(self) -> frozenset[str]:
        """The texts of the hidden sheet."""
        hidden = next((sheet for sheet in self.sheets if sheet.name == "_collab"), None)
        return frozenset(str(c.value) for c in hidden.cells.values() if c.value is not None) if hidden is not None else frozenset()

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as file:
            self.parts = {entry.filename: file.read(entry) for entry in file.infolist()}
        book = self._xml("xl/workbook.xml")
        targets = self._targets("xl/workbook.xml")
        setup = book.find(f"{MAIN}workbookPr")
        self.most_formats = MAX_FORMATS
        self.date1904 = setup is not None and setup.get("date1904") in ("1", "true")
        self._load_styles()
        self._strings = [_joined(si) for si in self._items("xl/sharedStrings.xml", "si")]
        found = book.findall(f"{MAIN}sheets/{MAIN}sheet")
        self.sheets = [self._sheet(s.attrib["name"], targets[s.attrib[f"{REL}id"]], s.get("state", "visible")) for s in found]
        view = book.find(f"{MAIN}bookViews/{MAIN}workbookView")
        self.active = self.sheets[int(view.get("activeTab", 0)) if view is not None else 0]
        self.names = []
        for name in book.findall(f"{MAIN}definedNames/{MAIN}definedName"):
            own, local = name.attrib["name"].replace("_xlnm.", ""), name.get("localSheetId")
            self.names.append((own if local is None else f"{_quoted(self.sheets[int(local)].name)}!{own}", "=" + (name.text or "")))

    def _xml(self, part: str) -> Any:
        return Xml.fromstring(self.parts[part])

    def _items(self, part: str, tag: str) -> list[Any]:
        return self._xml(part).findall(f"{MAIN}{tag}") if part in self.parts else []

    def _targets(self, part: str) -> dict[str, str]:
        """Relationship id → part."""
        place = PurePosixPath(part)
        rels = str(place.parent / "_rels" / f"{place.name}.rels")
        out = {}
        for rel in Xml.fromstring(self.parts[rels]) if rels in self.parts else []:
            target = rel.attrib["Target"]
            pieces: list[str] = [] if target.startswith("/") else list(place.parent.parts)
            for piece in target.strip("/").split("/"):
                pieces = pieces[:-1] if piece == ".." else [*pieces, piece]
            out[rel.attrib["Id"]] = "/".join(pieces)
        return out

    def _load_styles(self) -> None:
        styles = self._xml("xl/styles.xml")
        codes = dict(BUILTIN_FORMATS)
        codes |= {int(f.attrib["numFmtId"]): f.attrib["formatCode"] for f in styles.findall(f"{MAIN}numFmts/{MAIN}numFmt")}
        self.formats: list[str] = []
        self.locked: list[bool] = []
        self.copied_styles: list[tuple[int, str]] = []
        """Styles made since: of which one, with which number format."""
        for xf in styles.findall(f"{MAIN}cellXfs/{MAIN}xf"):
            self.formats.append(codes.get(int(xf.get("numFmtId", 0)), "General"))
            guard = xf.find(f"{MAIN}protection")
            self.locked.append(guard is None or guard.get("locked", "1") not in ("0", "false"))

    def restyled(self, style: int, shown: str) -> int:
        """The style that differs only in its number format."""
        if self.formats[style] == shown:
            return style
        origin = self._origin(style)
        same = (n for n in range(len(self.formats)) if self.formats[n] == shown and self._origin(n) == origin)
        found = next(same, None)
        if found is None:
            if len(self.formats) >= self.most_formats:
                refuse("Too many different cell formats.")
            found = len(self.formats)
            self.copied_styles.append((origin, shown))
            self.formats.append(shown)
            self.locked.append(self.locked[style])
        return found

    def _origin(self, style: int) -> int:
        first = len(self.formats) - len(self.copied_styles)
        return style if style < first else self.copied_styles[style - first][0]

    def _sheet(self, name: str, part: str, state: str) -> Sheet:
        root = self._xml(part)
        sheet = Sheet(name, part, STATES[state])
        setup = root.find(f"{MAIN}sheetFormatPr")
        sheet.default_height = float(setup.get("defaultRowHeight", 15)) if setup is not None else 15.0
        for col in root.findall(f"{MAIN}cols/{MAIN}col"):
            first, last = int(col.attrib["min"]), int(col.attrib["max"])
            sheet.col_styles.append((first, last, int(col.get("style", 0))))
            if col.get("hidden") in ("1", "true"):
                sheet.hidden_cols.update(range(first, last + 1))
        self._rows(sheet, root.find(f"{MAIN}sheetData"))
        for merge in root.findall(f"{MAIN}mergeCells/{MAIN}mergeCell"):
            area = Area.parse(merge.attrib["ref"])
            sheet.merged |= dict.fromkeys(_cells(area), area)
        guard = root.find(f"{MAIN}sheetProtection")
        if guard is not None and guard.get("sheet") in ("1", "true"):
            sheet.protection = {key: value in ("1", "true") for key, value in guard.attrib.items()}
            sheet.password = guard.get("password") or guard.get("hashValue") or ""
        own = root.find(f"{MAIN}autoFilter")
        if own is not None:
            sheet.filter_area, sheet.filter_criteria = Area.parse(own.attrib["ref"]), _criteria(own)
        footer = root.find(f"{MAIN}headerFooter/{MAIN}oddFooter")
        sheet.footer = (footer.text or "") if footer is not None else ""
        targets = self._targets(part)
        for link in root.findall(f"{MAIN}tableParts/{MAIN}tablePart"):
            table_part = targets[link.attrib[f"{REL}id"]]
            t = self._xml(table_part)
            buttons = t.find(f"{MAIN}autoFilter")
            sheet.tables.append(
                Table(
                    t.attrib["displayName"],
                    table_part,
                    Area.parse(t.attrib["ref"]),
                    t.get("headerRowCount", "1") != "0",
                    int(t.get("totalsRowCount", 0)) > 0,
                    buttons is not None,
                    {} if buttons is None else _criteria(buttons),
                )
            )
        return sheet

    def _rows(self, sheet: Sheet, data: Any) -> None:
        shared: dict[str, tuple[str, str]] = {}
        for row in data:
            number = int(row.attrib["r"])
            if row.get("hidden") in ("1", "true"):
                sheet.hidden_rows.add(number)
            if "ht" in row.attrib:
                sheet.heights[number] = float(row.attrib["ht"])
            if row.get("customFormat") in ("1", "true"):
                sheet.row_styles[number] = int(row.get("s", 0))
            kept = {k: v for k, v in row.attrib.items() if k not in ("r", "hidden", "ht", "customHeight") and not k.startswith("{")}
            sheet.rows[number] = "".join(f" {k}={quoteattr(v)}" for k, v in kept.items())
            for c in row:
                place = c.attrib["r"]
                content = Content(style=int(c.get("s", 0)))
                self._value(content, c)
                f = c.find(f"{MAIN}f")
                if f is not None:
                    text = "=" + (f.text or "")
                    if f.get("t") == "shared":
                        first, origin = shared.setdefault(f.attrib["si"], (text, place))
                        text = text if f.text else str(Translator(first, origin).translate_formula(place))
                    if f.get("t") == "array":
                        content.array = Area.parse(f.attrib["ref"])
                        (sheet.spills if "cm" in c.attrib else sheet.arrays).append(content.array)
                    content.formula = text
                sheet.cells[parse_a1(place)] = content

    def _value(self, content: Content, c: Any) -> None:
        kind, v = c.get("t", "n"), c.find(f"{MAIN}v")
        if kind == "inlineStr":
            content.value = _joined(c)
        elif v is None or v.text is None:
            content.value = "" if kind == "str" and v is not None else None
        elif kind == "s":
            content.shared = int(v.text)
            content.value = self._strings[content.shared]
        elif kind == "b":
            content.value = v.text == "1"
        elif kind == "e":
            content.value = ExcelError(v.text)
        else:
            content.value = _plain(v.text) if kind == "str" else float(v.text)

    def save(self, target: Path) -> None:
        parts = dict(self.parts)
        for sheet in self.sheets:
            parts[sheet.part] = self._saved_sheet(sheet)
            for table in sheet.tables:
                parts[table.part] = _saved_table(parts[table.part].decode(), table).encode()
        parts["xl/styles.xml"] = self._saved_styles()
        if "xl/calcChain.xml" in parts:
            del parts["xl/calcChain.xml"]  # Excel makes it again
            for part in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
                parts[part] = re.sub(rb"<(?:Override|Relationship)\b[^>]*calcChain[^>]*/>", b"", parts[part])
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            for name, data in parts.items():
                file.writestr(name, data)

    def _saved_sheet(self, sheet: Sheet) -> bytes:
        lines: dict[int, list[str]] = {row: [] for row in (*sheet.rows, *sheet.hidden_rows, *sheet.heights)}
        for cell in sorted(sheet.cells):
            lines.setdefault(cell[0], []).append(_saved_cell(cell, sheet.cells[cell]))
        out = []
        for row in sorted(lines):
            hidden = ' hidden="1"' if row in sheet.hidden_rows else ""
            height = f' ht="{sheet.heights[row]:g}" customHeight="1"' if row in sheet.heights else ""
            out.append(f'<row r="{row}"{sheet.rows.get(row, "")}{height}{hidden}>{"".join(lines[row])}</row>')
        xml = self.parts[sheet.part].decode("utf-8-sig")
        xml = re.sub(r"<dimension\b[^>]*/>", "", xml, count=1)
        data = f"<sheetData>{''.join(out)}</sheetData>"
        xml = re.sub(r"<sheetData\b[^>]*/>|<sheetData\b.*?</sheetData>", lambda _: data, xml, count=1, flags=re.DOTALL)
        footer = f"<oddFooter>{escape(sheet.footer)}</oddFooter>"
        return re.sub(r"<oddFooter>.*?</oddFooter>", lambda _: footer, xml, flags=re.DOTALL).encode()

    def _saved_styles(self) -> bytes:
        xml = self.parts["xl/styles.xml"].decode("utf-8-sig")
        if not self.copied_styles:
            return xml.encode()
        head, cells, tail = re.split(r"(<cellXfs\b.*?</cellXfs>)", xml, maxsplit=1, flags=re.DOTALL)
        xfs = re.findall(r"<xf\b[^>]*?/>|<xf\b.*?</xf>", cells, flags=re.DOTALL)
        ids = {code: number for number, code in BUILTIN_FORMATS.items()}
        ids |= {f.attrib["formatCode"]: int(f.attrib["numFmtId"]) for f in self._xml("xl/styles.xml").iter(f"{MAIN}numFmt")}
        for origin, shown in self.copied_styles:
            xfs.append(re.sub(r'numFmtId="\d+"', f'numFmtId="{ids.get(shown, 0)}" applyNumberFormat="1"', xfs[origin], count=1))
            xfs[-1] = re.sub(r'(applyNumberFormat="\w+")(.*?) applyNumberFormat="\w+"', r"\1\2", xfs[-1], count=1)
        return (head + f'<cellXfs count="{len(xfs)}">{"".join(xfs)}</cellXfs>' + tail).encode()


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) and not name[0].isdigit() else "'" + name.replace("'", "''") + "'"


def _cells(area: Area) -> Iterator[Cell]:
    return ((row, col) for row in range(area.first_row, area.last_row + 1) for col in range(area.first_col, area.last_col + 1))


def _criteria(buttons: Any) -> dict[int, Criterion]:
    """As Excel's object model tells them: one value or comparison is Criteria1, two are joined, more values are a list."""
    out = {}
    for column in buttons.findall(f"{MAIN}filterColumn"):
        number = int(column.attrib["colId"]) + 1
        values = [f"={f.attrib['val']}" for f in column.findall(f"{MAIN}filters/{MAIN}filter")]
        custom = column.find(f"{MAIN}customFilters")
        if custom is not None:
            signs = {
                "equal": "=",
                "notEqual": "<>",
                "greaterThan": ">",
                "greaterThanOrEqual": ">=",
                "lessThan": "<",
                "lessThanOrEqual": "<=",
            }
            values = [signs[f.get("operator", "equal")] + f.attrib["val"] for f in custom]
            joined = 1 if custom.get("and") in ("1", "true") else 2
        else:
            joined = 2
        if column.find(f"{MAIN}colorFilter") is not None or column.find(f"{MAIN}dynamicFilter") is not None:
            out[number] = Criterion(8)
        elif len(values) > 2:
            out[number] = Criterion(7, tuple(values))
        elif len(values) == 2:
            out[number] = Criterion(joined, *values)
        elif values:
            out[number] = Criterion(0, values[0])
    return out


def _saved_table(xml: str, table: Table) -> str:
    ref = f'ref="{table.area}"'
    xml = re.sub(r'\bref="[^"]*"', ref, xml, count=1)
    return re.sub(r'(<autoFilter\b[^>]*?)\bref="[^"]*"', rf"\1{ref}", xml, count=1)


def _saved_cell(cell: Cell, content: Content) -> str:
    value, head = content.value, f'<c r="{a1(*cell)}" s="{content.style}"'
    formula = ""
    if content.formula is not None:
        array = f' t="array" ref="{content.array}"' if content.array is not None else ""
        formula = f"<f{array}>{escape(content.formula[1:])}</f>"
    elif isinstance(value, str) and not isinstance(value, ExcelError):
        if content.shared is not None:
            return f'{head} t="s"><v>{content.shared}</v></c>'
        return f'{head} t="inlineStr"><is><t xml:space="preserve">{_text(value)}</t></is></c>'
    if value is None:
        return f"{head}>{formula}</c>" if formula else f"{head}/>"
    if isinstance(value, ExcelError):
        return f'{head} t="e">{formula}<v>{value}</v></c>'
    if isinstance(value, bool):
        return f'{head} t="b">{formula}<v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'{head} t="str">{formula}<v>{_text(value)}</v></c>'
    return f"{head}>{formula}<v>{value!r}</v></c>"


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _plain(text: str) -> str:
    """Without the escapes of control characters (ECMA-376 part 1, 22.9.2.19)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _joined(item: Any) -> str:
    """The runs of a text, without the readings that East Asian texts may have."""
    runs = [item, *item.findall(f"{MAIN}r"), *item.findall(f"{MAIN}is"), *item.findall(f"{MAIN}is/{MAIN}r")]
    return _plain("".join(t.text or "" for run in runs for t in run.findall(f"{MAIN}t")))


def _text(value: str) -> str:
    kept = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", value)
    return re.sub(r"[\x00-\x08\x0b-\x1f]", lambda found: f"_x{ord(found[0]):04X}_", escape(kept))
