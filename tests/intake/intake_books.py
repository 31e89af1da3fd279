"""Valid and malicious workbooks for the tests of intake, made part by part."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    "</Types>"
)


def parts(sheets: Mapping[str, str], hidden: Sequence[str] = ()) -> dict[str, str | bytes]:
    """The parts of a small workbook: sheet name → its whole XML."""
    names = list(sheets)
    entries = "".join(
        f'<sheet name="{escape(n)}" sheetId="{i}" r:id="rId{i}"{" state=" + chr(34) + "veryHidden" + chr(34) if n in hidden else ""}/>'
        for i, n in enumerate(names, 1)
    )
    rels = "".join(f'<Relationship Id="rId{i}" Type="{REL}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in range(1, len(names) + 1))
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f'<Relationships xmlns="{space}"><Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{space}">{rels}</Relationships>',
        **{f"xl/worksheets/sheet{i}.xml": xml for i, xml in enumerate(sheets.values(), 1)},
    }


def zipped(entries: Mapping[str, str | bytes] | Sequence[tuple[str, str | bytes]], compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of the entries; given as pairs, names may repeat."""
    out = io.BytesIO()
    pairs = entries.items() if isinstance(entries, Mapping) else entries
    with zipfile.ZipFile(out, "w", compress) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicate names are intended
        for name, data in pairs:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, compress)
    return out.getvalue()


def sheet(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def sheet_of(rows: Sequence[Sequence[object]]) -> str:
    """Text and numbers from A1 on."""
    out = []
    for r, row in enumerate(rows, 1):
        cells = "".join(_cell(f"{chr(64 + c)}{r}", v) for c, v in enumerate(row, 1) if v is not None)
        out.append(f'<row r="{r}">{cells}</row>')
    return sheet("".join(out))


def _cell(at: str, value: object) -> str:
    if isinstance(value, (int, float)):
        return f'<c r="{at}"><v>{value}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def plain_workbook(rows: Sequence[Sequence[object]], **extra: str | bytes) -> bytes:
    """One sheet; `extra` are further parts, `__` in a name stands for `/`."""
    return zipped({**parts({"Sheet1": sheet_of(rows)}), **{name.replace("__", "/"): data for name, data in extra.items()}})


def far_cells(*cells: str) -> bytes:
    """A workbook with only these cells filled, each on a row of its own."""
    rows = "".join(f'<row r="{"".join(filter(str.isdigit, at))}"><c r="{at}"><v>1</v></c></row>' for at in cells)
    return zipped(parts({"Sheet1": sheet(rows)}))


def hand_made(rows: Sequence[Sequence[object]]) -> bytes:
    """A small uncompressed workbook, so that its bytes are the same everywhere."""
    return zipped(parts({"Sheet1": sheet_of(rows)}), zipfile.ZIP_STORED)


def pack_book(rows: Sequence[Sequence[object]], claims: Mapping[str, str]) -> bytes:
    """The same workbook with the very hidden sheet of a pack."""
    sheets = {"任务跟踪表": sheet_of(rows), "_collab": sheet_of([[name, value] for name, value in claims.items()])}
    return zipped(parts(sheets, hidden=("_collab",)), zipfile.ZIP_STORED)
