"""Build the add-in `collab_xl.xlam` from the text in `macros/`: equal text gives equal bytes on every system.

In: the folder and, for an installed add-in, this machine's interpreter.  Out: the file's bytes.
Reads the folder and the installed xlwings. Decision 0007 says what was tried and why it is built this way.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from collab_xl import __version__
from collab_xl.addin import ribbon_xml, xlwings_module
from collab_xl.addin.ovba import vba_project
from collab_xl.addin.sources import COLUMNS, PROJECT, Label, Sources, macros_folder, read

NAME = "collab_xl.xlam"
CONFIG_SHEET = "collab_xl.conf"
"""The sheet that xlwings reads: its PROJECT_NAME and `.conf`."""
UI_PART = "customUI/customUI14.xml"
UI_TYPE = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
WORKBOOK_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
ADDIN_TYPE = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""A fixed day, so that builds of different days are equal."""


def build(folder: Path | None = None, *, interpreter_win: str = "", interpreter_mac: str = "") -> bytes:
    """The add-in's bytes.

    Args:
        folder: the text to build from, the package's own `macros/` by default.
        interpreter_win, interpreter_mac: absolute paths of the Python to start. Empty as released: the ribbon then says what to run.

    Raises:
        CollabError: `addin_source` with file and line; `addin_no_xlwings`; `addin_xlwings_changed`; `addin_interpreter` for a path that
            could be read as a command.
    """
    sources = read(folder or macros_folder())
    ribbon_xml.verify(sources)
    return assemble(sources, interpreter_win=interpreter_win, interpreter_mac=interpreter_mac)


def assemble(sources: Sources, *, interpreter_win: str = "", interpreter_mac: str = "") -> bytes:
    """The add-in's bytes from sources already read and checked. Raises CollabError `addin_interpreter`, `addin_no_xlwings`."""
    xlwings_module.check_interpreter(interpreter_win, interpreter_mac)
    settings = [
        ("INTERPRETER_WIN", interpreter_win),
        ("INTERPRETER_MAC", interpreter_mac),
        ("VERSION", __version__),
        ("XLWINGS_VERSION", xlwings_module.xlwings_version()),
    ]
    return _as_addin(_shell(sources, settings), sources.ribbon)


def _shell(sources: Sources, settings: Sequence[tuple[str, str]]) -> bytes:
    """The workbook for the project: one sheet with a description, two hidden ones with texts and settings."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.set_properties({"title": "collab_xl", "comments": "Cross-department work in Excel · 跨部门协作", "created": MADE})
        book.set_vba_name("ThisWorkbook")
        book.add_vba_project(io.BytesIO(vba_project(PROJECT, sources.modules)), is_stream=True)
        about = book.add_worksheet("collab_xl")
        about.set_vba_name("CollabAbout")
        about.write_column(0, 0, ["collab_xl: 功能区加载项。", "collab_xl: the add-in behind the ribbon tab Collab."])
        texts = book.add_worksheet("CollabLabels")
        texts.set_vba_name("CollabLabels")
        texts.hide()
        _fill(texts, [[getattr(label, column) for column in COLUMNS] for label in (Label(*COLUMNS), *sources.labels)])
        config = book.add_worksheet(CONFIG_SHEET)
        config.set_vba_name("CollabConfig")
        config.hide()
        _fill(config, settings)
    return out.getvalue()


def _fill(sheet: Worksheet, rows: Iterable[Sequence[str]]) -> None:
    """Write texts from A1; the cell of an empty text stays blank."""
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            if text:
                sheet.write_string(row, column, text)


def _as_addin(workbook: bytes, ribbon: bytes) -> bytes:
    """The workbook as an add-in with a ribbon: another content type, one more part, every zip entry uncompressed and with the same date."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["[Content_Types].xml"] = _replaced(parts["[Content_Types].xml"], WORKBOOK_TYPE, ADDIN_TYPE)
    link = f'<Relationship Id="rIdCollabUi" Type="{UI_TYPE}" Target="{UI_PART}"/></Relationships>'
    parts["_rels/.rels"] = _replaced(parts["_rels/.rels"], "</Relationships>", link)
    parts[UI_PART] = ribbon
    out = io.BytesIO()
    # Not compressed: the output of deflate differs between zlib builds.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(parts, key=lambda n: (n != "[Content_Types].xml", n != "_rels/.rels", n)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 0  # otherwise the bytes would differ between Windows and other systems
            archive.writestr(entry, parts[name])
    return out.getvalue()


def _replaced(part: bytes, old: str, new: str) -> bytes:
    before = old.encode("ascii")
    if part.count(before) != 1:
        raise AssertionError(f"XlsxWriter no longer writes one {old}")
    return part.replace(before, new.encode("ascii"))
