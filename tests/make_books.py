"""Masters "as Excel saves them", made by code: XlsxWriter writes the workbook, then its XML is brought into Excel's habits.

What Excel does and XlsxWriter does not: shared formulas, a calculation chain, totals rows in use, a pivot, a slicer's
custom parts, sheet ids with gaps. No Excel is here; every form is one Excel writes.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

HEADINGS = ["任务ID", "任务名称", "负责部门", "计划结束时间", "当前进度", "完成状态", "备注", "双倍进度", "说明"]
"""The last two are the user's own; 双倍进度 is a calculated column."""
DOUBLE = "E{row}*2"
STATES = ["未开始", "进行中", "已完成"]
PIVOT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."


def master(path: Path, rows: int = 8, *, totals: bool = False, date_1904: bool = False, shared: bool = True) -> Path:
    """A master with everything a user may add. Table Tasks is 任务跟踪表!A4:I(4 + rows), with a totals row one more.

    Every third row has no 备注 cell at all; row 6 has no 负责部门.
    """
    book = xlsxwriter.Workbook(path, {"date_1904": date_1904})
    book.set_properties({"created": datetime(2024, 1, 1)})
    day = book.add_format({"num_format": "yyyy-mm-dd", "border": 1})
    percent = book.add_format({"num_format": "0%", "border": 1})
    text = book.add_format({"border": 1, "text_wrap": True})
    sheet = book.add_worksheet("任务跟踪表")
    sheet.write("A1", "项目任务跟踪表", book.add_format({"bold": True, "font_size": 16}))
    sheet.write_rich_string("A2", "请", book.add_format({"bold": True}), "周五", "前更新")
    sheet.set_column("A:C", 14, text)
    sheet.set_column("D:D", 12, day)
    sheet.set_column("L:L", 3, None, {"hidden": True})
    first, last = 5, 4 + rows
    for n in range(rows):
        r = first - 1 + n
        sheet.set_row(r, 24)
        sheet.write_string(r, 0, f"RW-{n + 1:03}", text)
        sheet.write_string(r, 1, f"任务 {n + 1}", text)
        if n != 1:
            sheet.write_string(r, 2, "研发部" if n % 2 else "市场部", text)
        sheet.write_datetime(r, 3, datetime(2024, 7, 1 + n % 28), day)
        sheet.write_number(r, 4, n % 11 / 10, percent)
        sheet.write_string(r, 5, STATES[n % 3], text)
        if n % 3 == 2:
            sheet.write_string(r, 6, f"备注{n}")
        sheet.write_formula(r, 7, "=" + DOUBLE.format(row=r + 1), percent, n % 11 / 5)
        sheet.write_string(r, 8, "用户自己的列")
    columns: list[dict[str, object]] = [{"header": h} for h in HEADINGS]
    if totals:
        columns[0]["total_string"] = "合计"
        columns[4] |= {"total_function": "average", "total_value": 0.35}
        columns[7] |= {"total_function": f"=SUM(H5:H{last})", "total_value": 1}
    sheet.add_table(3, 0, last - 1 + totals, len(HEADINGS) - 1, {"name": "Tasks", "columns": columns, "total_row": totals})
    sheet.data_validation(first - 1, 5, last - 1, 5, {"validate": "list", "source": STATES})
    sheet.data_validation(first - 1, 2, 1048575, 2, {"validate": "list", "source": ["市场部", "研发部"]})
    sheet.conditional_format(first - 1, 5, last - 1, 5, {"type": "cell", "criteria": "==", "value": '"已完成"', "format": text})
    sheet.conditional_format(first - 1, 4, last - 1, 4, {"type": "data_bar", "data_bar_2010": True})
    sheet.write_comment("B5", "请确认\n名称", {"author": "PMO"})
    sheet.add_sparkline("K5", {"range": f"任务跟踪表!E5:E{last}"})
    sheet.freeze_panes(4, 1)
    sheet.set_footer("&L&P&R&D")
    _log(book, text)
    _extras(book, last)
    book.define_name("任务区", f"=任务跟踪表!$A$5:$C${last}")
    book.define_name("wk_title", "=说明!$B$2")
    book.close()
    edit_parts(path, lambda parts: _as_excel(parts, first, last, shared))
    return path


def _log(book: xlsxwriter.Workbook, text: object) -> None:
    """A service table with one blank data row."""
    sheet = book.add_worksheet("变更记录")
    sheet.set_column("A:A", 20, text)
    sheet.add_table(2, 0, 3, 2, {"name": "ChangeLog", "columns": [{"header": h} for h in ("时间", "批次", "新值")]})
    sheet.write_blank(3, 2, None, text)


def _extras(book: xlsxwriter.Workbook, last: int) -> None:
    sheet = book.add_worksheet("说明")
    sheet.write("B2", "O'Neil & <周报>")
    sheet.write_array_formula("D2:D4", "{=LEN(任务跟踪表!A5:A7)}", None, 6)
    sheet.write_formula("F2", "=SUM(任务跟踪表!E5:E12)", None, 2.8)
    sheet.write_formula("F3", "=1/0", None, "#DIV/0!")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"=任务跟踪表!$E$5:$E${last}", "name": "进度"})
    sheet.insert_chart("H2", chart)
    sheet.insert_image("H20", "dot.png", {"image_data": io.BytesIO(_png())})
    book.add_worksheet("透视").hide()
    book.add_worksheet("_collab").very_hidden()


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" + b"\xff\0\0" * 2 + b"\0" + b"\0\xff\0" * 2))
        + chunk(b"IEND", b"")
    )


def edit_parts(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Read all parts, let `change` edit the mapping, write the zip again (new parts at the end, 2024 dates)."""
    with zipfile.ZipFile(path) as source:
        parts = {i.filename: source.read(i) for i in source.infolist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (2024, 7, 1, 8, 30, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            out.writestr(info, data)
    return path


def _as_excel(parts: dict[str, bytes], first: int, last: int, shared: bool) -> None:
    sheet = "xl/worksheets/sheet1.xml"
    if shared:
        xml = parts[sheet]
        top = DOUBLE.format(row=first).encode()
        xml = xml.replace(b"<f>%s</f>" % top, b'<f t="shared" ref="H%d:H%d" si="0">%s</f>' % (first, last, top))
        for row in range(first + 1, last + 1):
            xml = xml.replace(b"<f>%s</f>" % DOUBLE.format(row=row).encode(), b'<f t="shared" si="0"/>')
        parts[sheet] = xml
    table = parts["xl/tables/table1.xml"]
    heading = b'name="\xe5\x8f\x8c\xe5\x80\x8d\xe8\xbf\x9b\xe5\xba\xa6"'
    formula = b"<calculatedColumnFormula>%s</calculatedColumnFormula>" % DOUBLE.format(row=first).encode()
    table = re.sub(
        heading + rb"([^>]*?)(/>|>)",
        lambda m: heading + m[1] + (b">" + formula + b"</tableColumn>" if m[2] == b"/>" else b">" + formula),
        table,
    )
    parts["xl/tables/table1.xml"] = table
    add_part(parts, "xl/calcChain.xml", _chain(parts), "xl/workbook.xml", "calcChain")
    _pivot(parts)


def add_part(parts: dict[str, bytes], name: str, data: bytes, owner: str, kind: str) -> None:
    """Add a part with its content type and a relationship from its owner."""
    parts[name] = data
    override = f'<Override PartName="/{name}" ContentType="{PIVOT_TYPE}{kind}+xml"/>'.encode()
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", override + b"</Types>")
    folder, _, base = owner.rpartition("/")
    rels = f"{folder}/_rels/{base}.rels"
    parts.setdefault(
        rels,
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships '
        b'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>',
    )
    number = parts[rels].count(b"<Relationship ") + 101
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rel = f'<Relationship Id="rId{number}" Type="{office}/{kind}" Target="/{name}"/>'.encode()
    parts[rels] = parts[rels].replace(b"</Relationships>", rel + b"</Relationships>")


def _chain(parts: Mapping[str, bytes]) -> bytes:
    cells = []
    for n in range(1, 4):
        xml = parts[f"xl/worksheets/sheet{n}.xml"]
        for ref in re.findall(rb'<c r="([A-Z]+[0-9]+)"[^>]*><f', xml):
            cells.append(b'<c r="%s" i="%d"/>' % (ref, n))
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<calcChain xmlns="%s">%s</calcChain>' % (main, b"".join(cells))


def _pivot(parts: dict[str, bytes]) -> None:
    """A pivot table over a small range, as Excel writes it, on the hidden sheet 透视."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    cache = (
        f'{head}<pivotCacheDefinition xmlns="{main}" xmlns:r="{office}" r:id="rId101" refreshedBy="PMO" refreshedDate="45474" '
        'createdVersion="6" refreshedVersion="6" minRefreshableVersion="3" recordCount="2"><cacheSource type="worksheet">'
        '<worksheetSource ref="E4:F6" sheet="任务跟踪表"/></cacheSource><cacheFields count="2"><cacheField name="当前进度" numFmtId="9">'
        '<sharedItems containsSemiMixedTypes="0" containsString="0" containsNumber="1" minValue="0" maxValue="0.1"/></cacheField>'
        '<cacheField name="完成状态" numFmtId="0"><sharedItems count="2"><s v="未开始"/><s v="进行中"/></sharedItems></cacheField>'
        "</cacheFields></pivotCacheDefinition>"
    )
    records = (
        f'{head}<pivotCacheRecords xmlns="{main}" count="2"><r><n v="0"/><x v="0"/></r><r><n v="0.1"/><x v="1"/></r></pivotCacheRecords>'
    )
    table = (
        f'{head}<pivotTableDefinition xmlns="{main}" name="透视表1" cacheId="7" dataCaption="值" updatedVersion="6" '
        'minRefreshableVersion="3" createdVersion="6"><location ref="A3:B6" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/>'
        '<pivotFields count="2"><pivotField dataField="1" showAll="0"/><pivotField axis="axisRow" showAll="0"><items count="3">'
        '<item x="0"/><item x="1"/><item t="default"/></items></pivotField></pivotFields><rowFields count="1"><field x="1"/></rowFields>'
        '<rowItems count="3"><i><x/></i><i><x v="1"/></i><i t="grand"><x/></i></rowItems><colItems count="1"><i/></colItems>'
        '<dataFields count="1"><dataField name="求和项:当前进度" fld="0" baseField="0" baseItem="0"/></dataFields></pivotTableDefinition>'
    )
    add_part(parts, "xl/pivotCache/pivotCacheDefinition1.xml", cache.encode(), "xl/workbook.xml", "pivotCacheDefinition")
    add_part(
        parts, "xl/pivotCache/pivotCacheRecords1.xml", records.encode(), "xl/pivotCache/pivotCacheDefinition1.xml", "pivotCacheRecords"
    )
    add_part(parts, "xl/pivotTables/pivotTable1.xml", table.encode(), "xl/worksheets/sheet4.xml", "pivotTable")
    rel = re.search(rb'Id="(rId[0-9]+)"[^>]*Target="/xl/pivotCache/pivotCacheDefinition1', parts["xl/_rels/workbook.xml.rels"])
    assert rel
    table_rel = (
        b'<Relationship Id="rId1" Type="%s/pivotCacheDefinition" Target="../pivotCache/pivotCacheDefinition1.xml"/>' % office.encode()
    )
    parts["xl/pivotTables/_rels/pivotTable1.xml.rels"] = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'relationships">' + table_rel + b"</Relationships>"
    )
    caches = b'<pivotCaches><pivotCache cacheId="7" r:id="%s"/></pivotCaches>' % rel[1]
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"</workbook>", caches + b"</workbook>")


def prefixed(path: Path, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """The sheet as ClosedXML and the Open XML SDK write it: every element of the main namespace with the prefix `x:`."""

    def change(parts: dict[str, bytes]) -> None:
        for name in [part, "xl/workbook.xml", "xl/tables/table1.xml", "xl/sharedStrings.xml"]:
            xml = parts[name].replace(
                b' xmlns="http://schemas.openxmlformats.org/spreadsheetml', b' xmlns:x="http://schemas.openxmlformats.org/spreadsheetml'
            )
            parts[name] = re.sub(rb"<(/?)([A-Za-z]\w*)(?=[\s/>])", rb"<\1x:\2", xml)

    return edit_parts(path, change)


def strict(path: Path) -> Path:
    """The workbook as Excel's "Strict Open XML" saves it, as far as namespaces go."""

    def change(parts: dict[str, bytes]) -> None:
        for name in parts:
            if name.endswith((".xml", ".rels")):
                data = parts[name].replace(
                    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
                )
                parts[name] = data.replace(
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                )

    return edit_parts(path, change)


def simple(path: Path, cells: Mapping[str, object], sheet: str = "表") -> Path:
    """A workbook of one sheet with plain values and formulas (`=…`) at the given addresses."""
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    page = book.add_worksheet(sheet)
    for at, value in cells.items():
        if isinstance(value, (date, datetime)):
            page.write_datetime(at, value if isinstance(value, datetime) else datetime(value.year, value.month, value.day), day)
        elif isinstance(value, str) and value.startswith("="):
            page.write_formula(at, value)
        else:
            page.write(at, value)
    book.close()
    return path
