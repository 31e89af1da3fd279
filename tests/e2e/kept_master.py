"""A real master of ours as a PMO has decorated it and as Excel saves it.

XlsxWriter adds what it can while `init` builds the workbook (sheets, charts, picture, comment, sparklines, data bars, a name); the rest is
brought into Excel's habits afterwards: shared strings only, no blank cells, shared formulas in the user's calculated columns, a
filter with hidden rows, a sort, a totals row, a calculation chain, a pivot, a slicer's custom parts.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import make_books
import xlsxwriter
from lxml import etree
from small_project import Project

from collab_xl.book.read import read_book
from collab_xl.model.place import a1, column_letters

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOARD, PIVOT = "我的看板", "我的透视"
OWN = "加权进度"
NOTE = "我的备注"


def decorated(folder: Path) -> Project:
    """A project with packs issued whose master carries everything a user may add."""
    with _own_things():
        project = Project.start(folder, forms="tasks")  # made before there were other forms
    make_books.edit_parts(project.master, lambda parts: as_excel(parts, project.master))
    project.issue()
    return project


@contextmanager
def _own_things() -> Iterator[None]:
    close = xlsxwriter.Workbook.close

    def decorate_and_close(book: xlsxwriter.Workbook) -> None:
        tasks = book.get_worksheet_by_name("任务跟踪表")
        if tasks is not None and book.get_worksheet_by_name(BOARD) is None:
            _decorate(book, tasks)
        close(book)

    with mock.patch.object(xlsxwriter.Workbook, "close", decorate_and_close):
        yield


def _decorate(book: xlsxwriter.Workbook, tasks: xlsxwriter.worksheet.Worksheet) -> None:
    tasks.write_comment("B4", "请确认\n名称", {"author": "PMO"})
    tasks.conditional_format("K4:K6", {"type": "data_bar", "data_bar_2010": True})
    tasks.add_sparkline("Z4", {"range": "任务跟踪表!K4:K6"})
    board = book.add_worksheet(BOARD)
    board.write("A1", "O'Neil & <看板>", book.add_format({"bold": True, "font_color": "#123456"}))
    board.write_formula("A2", "=SUM(Tasks[当前进度])", None, 0.7)
    board.write_array_formula("C2:C4", "{=LEN(任务跟踪表!B4:B6)}", None, 4)
    board.write_formula("A3", "=1/0", None, "#DIV/0!")
    board.data_validation("E1", {"validate": "list", "source": ["甲", "乙"]})
    board.merge_range("F1:G2", "合并")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=任务跟踪表!$K$4:$K$6", "categories": "=任务跟踪表!$A$4:$A$6", "name": "进度"})
    board.insert_chart("H2", chart)
    board.insert_image("H20", "dot.png", {"image_data": io.BytesIO(make_books._png())})
    book.add_worksheet(PIVOT)
    book.define_name("我的区域", "=任务跟踪表!$A$4:$C$6")


def as_excel(parts: dict[str, bytes], path: Path) -> None:
    """Bring the parts of the master at `path` into the form Excel saves."""
    book = read_book(path)
    _shared_strings(parts)
    for table, heading, form in (("Tasks", "当前进度", "{col}{row}*2"), ("Problems", "已历天数", "{col}{row}+1")):
        ref = book.tables[table]
        col = ref.area.first_col + ref.headings.index(heading)
        _own_columns(parts, table, ref, column_letters(col), form)
    _filter(parts, book.tables["Tasks"])
    _totals(parts, book.tables["Tasks"])
    _no_blanks(parts)
    _pivot_and_slicer(parts)
    chain = _chain(parts)
    make_books.add_part(parts, "xl/calcChain.xml", chain, "xl/workbook.xml", "calcChain")


def sheet_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """Sheet name → part, in tab order."""
    rels = {r.get("Id"): r.get("Target") or "" for r in etree.fromstring(parts["xl/_rels/workbook.xml.rels"])}
    out = {}
    for sheet in etree.fromstring(parts["xl/workbook.xml"]).iter(f"{{{MAIN}}}sheet"):
        target = rels[next(v for k, v in sheet.attrib.items() if str(k).endswith("}id"))]
        out[sheet.get("name") or ""] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return out


def table_part(parts: dict[str, bytes], table: str) -> str:
    return next(n for n, data in parts.items() if n.startswith("xl/tables/") and f'displayName="{table}"'.encode() in data)


def _shared_strings(parts: dict[str, bytes]) -> None:
    strings = etree.fromstring(parts["xl/sharedStrings.xml"])
    known = len(strings)
    for name in list(parts):
        if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
            root = etree.fromstring(parts[name])
            for cell in root.iter(f"{{{MAIN}}}c"):
                inline = cell.find(f"{{{MAIN}}}is")
                if cell.get("t") == "inlineStr" and inline is not None:
                    item = etree.SubElement(strings, f"{{{MAIN}}}si")
                    item.extend(list(inline))
                    cell.remove(inline)
                    cell.set("t", "s")
                    etree.SubElement(cell, f"{{{MAIN}}}v").text = str(known)
                    known += 1
            parts[name] = _xml(root)
    strings.set("uniqueCount", str(known))
    parts["xl/sharedStrings.xml"] = _xml(strings)


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _own_columns(parts: dict[str, bytes], table: str, ref: object, source: str, form: str) -> None:
    """Two columns at the table's right end: one calculated (a shared formula), one typed."""
    name = sheet_parts(parts)[ref.sheet]  # type: ignore[attr-defined]
    area = ref.area  # type: ignore[attr-defined]
    first, last, col = area.first_row + 1, area.last_row, area.last_col + 1
    root = etree.fromstring(parts[name])
    rows = {int(r.get("r") or 0): r for r in root.iter(f"{{{MAIN}}}row")}
    for row in range(area.first_row, last + 1):
        for offset, text in enumerate((OWN, NOTE) if row == area.first_row else ("", f"注{row}")):
            cell = etree.SubElement(rows[row], f"{{{MAIN}}}c", r=a1(row, col + offset))
            if row > area.first_row and not offset:
                formula = etree.SubElement(cell, f"{{{MAIN}}}f", t="shared", si="0")
                if row == first:
                    formula.set("ref", f"{a1(first, col)}:{a1(last, col)}")
                    formula.text = form.format(col=source, row=row)
                etree.SubElement(cell, f"{{{MAIN}}}v").text = "1"
            else:
                cell.set("t", "str")  # as other programs leave it; the next step makes it shared
                etree.SubElement(cell, f"{{{MAIN}}}v").text = text
    for row in rows.values():
        cells = sorted(row, key=lambda c: (len(re.sub(r"\d", "", c.get("r"))), c.get("r")))
        row[:] = cells
        row.attrib.pop("spans", None)
    parts[name] = _xml(root)
    part = table_part(parts, table)
    xml = etree.fromstring(parts[part])
    columns = xml.find(f"{{{MAIN}}}tableColumns")
    number = max(int(c.get("id") or 0) for c in columns)
    own = etree.SubElement(columns, f"{{{MAIN}}}tableColumn", id=str(number + 1), name=OWN)
    etree.SubElement(own, f"{{{MAIN}}}calculatedColumnFormula").text = form.format(col=source, row=first)
    etree.SubElement(columns, f"{{{MAIN}}}tableColumn", id=str(number + 2), name=NOTE)
    columns.set("count", str(len(columns)))
    wider = f"{a1(area.first_row, area.first_col)}:{a1(last, col + 1)}"
    xml.set("ref", wider)
    xml.find(f"{{{MAIN}}}autoFilter").set("ref", wider)
    parts[part] = _xml(xml)


def _filter(parts: dict[str, bytes], ref: object) -> None:
    """Only 市场部 is shown; sorted by task."""
    part = table_part(parts, "Tasks")
    xml = etree.fromstring(parts[part])
    shown = xml.find(f"{{{MAIN}}}autoFilter")
    col = ref.headings.index("负责部门")  # type: ignore[attr-defined]
    column = etree.SubElement(shown, f"{{{MAIN}}}filterColumn", colId=str(col))
    etree.SubElement(etree.SubElement(column, f"{{{MAIN}}}filters"), f"{{{MAIN}}}filter", val="市场部")
    area = ref.area  # type: ignore[attr-defined]
    body = f"A{area.first_row + 1}:{column_letters(area.last_col + 2)}{area.last_row}"
    sort = etree.Element(f"{{{MAIN}}}sortState", ref=body)
    etree.SubElement(sort, f"{{{MAIN}}}sortCondition", ref=f"A{area.first_row + 1}:A{area.last_row}")
    shown.addnext(sort)
    parts[part] = _xml(xml)
    name = sheet_parts(parts)[ref.sheet]  # type: ignore[attr-defined]
    parts[name] = re.sub(rb'(<row r="5")', rb'\1 hidden="1"', parts[name], count=1)


def _totals(parts: dict[str, bytes], ref: object) -> None:
    part, name = table_part(parts, "Tasks"), sheet_parts(parts)[ref.sheet]  # type: ignore[attr-defined]
    area, at = ref.area, ref.headings.index("当前进度")  # type: ignore[attr-defined]
    xml = etree.fromstring(parts[part])
    xml.set("ref", re.sub(r"\d+$", str(area.last_row + 1), xml.get("ref") or ""))
    xml.set("totalsRowCount", "1")
    xml.attrib.pop("totalsRowShown", None)
    columns = list(xml.find(f"{{{MAIN}}}tableColumns"))
    columns[0].set("totalsRowLabel", "合计")
    columns[at].set("totalsRowFunction", "average")
    parts[part] = _xml(xml)
    row = area.last_row + 1
    cells = f'<c r="A{row}" t="str"><v>合计</v></c><c r="{a1(row, area.first_col + at)}"><f>SUBTOTAL(101,Tasks[当前进度])</f><v>0.2</v></c>'
    parts[name] = parts[name].replace(b"</sheetData>", f'<row r="{row}">{cells}</row></sheetData>'.encode())


def _no_blanks(parts: dict[str, bytes]) -> None:
    """Excel writes no cell that has neither value nor a style of its own; here not even those with one. `str` values become shared."""
    strings = etree.fromstring(parts["xl/sharedStrings.xml"])
    for name in list(parts):
        if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
            root = etree.fromstring(parts[name])
            for cell in list(root.iter(f"{{{MAIN}}}c")):
                if len(cell) == 0 and cell.get("r") not in _merged(root):
                    cell.getparent().remove(cell)  # type: ignore[union-attr]
                elif cell.get("t") == "str" and cell.find(f"{{{MAIN}}}f") is None:
                    value = cell.find(f"{{{MAIN}}}v")
                    item = etree.SubElement(etree.SubElement(strings, f"{{{MAIN}}}si"), f"{{{MAIN}}}t")
                    item.text = value.text
                    cell.set("t", "s")
                    value.text = str(len(strings) - 1)
            parts[name] = _xml(root)
    strings.set("uniqueCount", str(len(strings)))
    strings.attrib.pop("count", None)
    parts["xl/sharedStrings.xml"] = _xml(strings)


def _merged(root: etree._Element) -> set[str]:
    return {a for m in root.iter(f"{{{MAIN}}}mergeCell") for a in (m.get("ref") or "").split(":")}


def _pivot_and_slicer(parts: dict[str, bytes]) -> None:
    held = {"xl/worksheets/sheet4.xml": parts["xl/worksheets/sheet4.xml"]}
    pivot = sheet_parts(parts)[PIVOT]
    make_books._pivot(parts)
    parts |= held
    # the pivot of make_books hangs on sheet4: it belongs on the sheet made for it
    rels = parts["xl/worksheets/_rels/sheet4.xml.rels"].decode()
    found = re.search(r'<Relationship Id="[^"]*" Type="[^"]*/pivotTable"[^>]*/>', rels)
    assert found
    parts["xl/worksheets/_rels/sheet4.xml.rels"] = rels.replace(found[0], "").encode()
    own = pivot.replace("worksheets/", "worksheets/_rels/") + ".rels"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    parts[own] = f"{head}{found[0]}</Relationships>".encode()
    slicer = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<properties xmlns="urn:own-tool"><p name="slicer">1</p></properties>'
    )
    parts["customXml/item1.xml"] = slicer
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rel = f'<Relationship Id="rId901" Type="{office}/customXml" Target="../customXml/item1.xml"/>'
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>", f"{rel}</Relationships>".encode()
    )
    if b'Extension="xml"' not in parts["[Content_Types].xml"]:
        kind = b'<Default Extension="xml" ContentType="application/xml"/></Types>'
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", kind)


def _chain(parts: dict[str, bytes]) -> bytes:
    ids = {s.get("name"): s.get("sheetId") for s in etree.fromstring(parts["xl/workbook.xml"]).iter(f"{{{MAIN}}}sheet")}
    cells = []
    for name, part in sheet_parts(parts).items():
        for cell in etree.fromstring(parts[part]).iter(f"{{{MAIN}}}c"):
            if cell.find(f"{{{MAIN}}}f") is not None:
                cells.append(f'<c r="{cell.get("r")}" i="{ids[name]}"/>')
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<calcChain xmlns="{MAIN}">{"".join(cells)}</calcChain>'.encode()
