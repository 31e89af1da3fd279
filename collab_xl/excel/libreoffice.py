"""Convert a sheet of a workbook to PDF with LibreOffice if it is installed, and the pages of a PDF to pictures.

The workbook is not changed: a copy with all other sheets hidden is converted, as hidden sheets are not printed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

SECONDS, MORE_SECONDS = 90, 20
FRUITLESS = 2
"""Starts in a row that end by themselves without making anything: then the workbook is the cause."""
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?/?>")
_STATE = re.compile(rb'\sstate="[^"]*"')
_ACTIVE = re.compile(rb'\sactiveTab="\d+"')
_PRINT_AREA = re.compile(rb'<(?:\w+:)?definedName\s[^>]*name="_xlnm.Print_Area"[^>]*localSheetId="(\d+)"[^>]*>[^<]*</(?:\w+:)?definedName>')
"""LibreOffice also prints a hidden sheet if it has a print area."""
_SELECTED = re.compile(rb'\stabSelected="(?:1|true)"')
_VIEW = re.compile(rb"<(?:\w+:)?workbookView\b")
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""
"""0 is "always": in a file that no spreadsheet program has opened since, the values of the user's formulas are old."""


def office() -> str | None:
    """The program's path; None if LibreOffice is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def sheet_as_pdf(workbook: Path, sheet: str, pdf: Path) -> bool:
    """Write one sheet as PDF. False if LibreOffice is missing, fails, or takes longer than `SECONDS`."""
    return sheets_as_pdf([(workbook, sheet, pdf)])[0]


def sheets_as_pdf(wanted: Sequence[tuple[Path, str, Path]]) -> list[bool]:
    """Write one sheet of each workbook as PDF, together: (workbook, sheet, file to make) → whether it was made.

    All False if LibreOffice is missing; see `books_as_pdf` for what takes longer than `SECONDS` and a few more for each workbook.
    """
    with tempfile.TemporaryDirectory(prefix="collab-xl-") as scratch:
        folder = Path(scratch)
        copies = [folder / f"sheet{n}.xlsx" for n in range(len(wanted))]
        if office() is not None:
            for (workbook, sheet, _), copy in zip(wanted, copies, strict=True):
                _only(workbook, sheet, copy)
        seconds = SECONDS + MORE_SECONDS * (len(wanted) - 1)
        return books_as_pdf([(copy, pdf) for copy, (_, _, pdf) in zip(copies, wanted, strict=True)], seconds)


def books_as_pdf(wanted: Sequence[tuple[Path, Path]], seconds: float) -> list[bool]:
    """Write every visible sheet of each workbook as PDF: (workbook, file to make) → whether it was made.

    What one start of LibreOffice does not get to in so many seconds is left to the next, as long as each makes some; after one that ended
    by itself and made none (it crashed) there is one more. All False if LibreOffice is missing.
    """
    program = office()
    if program is None:
        return [False] * len(wanted)
    with tempfile.TemporaryDirectory(prefix="collab-xl-") as scratch:
        copies = [Path(scratch) / f"book{n}.xlsx" for n in range(len(wanted))]  # workbooks of two folders may have one name
        for (workbook, _), copy in zip(wanted, copies, strict=True):
            shutil.copyfile(workbook, copy)
        left, fruitless = copies, 0
        while left and fruitless < FRUITLESS:
            ended, before = _converted(program, left, seconds), len(left)
            left = [copy for copy in left if not _whole(copy.with_suffix(".pdf"))]
            fruitless = 0 if len(left) < before else fruitless + 1 if ended else FRUITLESS
        for (_, pdf), copy in zip(wanted, copies, strict=True):
            if copy not in left:
                shutil.copyfile(copy.with_suffix(".pdf"), pdf)
        return [copy not in left for copy in copies]


def _converted(program: str, workbooks: Sequence[Path], seconds: float) -> bool:
    """One start of LibreOffice, which puts the PDF of each beside it. Whether it ended by itself in that time."""
    with tempfile.TemporaryDirectory(prefix="collab-xl-") as scratch:
        profile = Path(scratch) / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "pdf", "--outdir", str(workbooks[0].parent), *map(str, workbooks)]
        none = subprocess.DEVNULL
        try:
            started = subprocess.Popen(command, stdin=none, stdout=none, stderr=none, start_new_session=True)
        except OSError:
            return False
        try:
            started.wait(seconds)
        except subprocess.TimeoutExpired:
            _end(started)
            return False
        except BaseException:  # it has a group of its own: an interrupt does not reach it
            _end(started)
            raise
        return True


def _end(started: subprocess.Popen[bytes]) -> None:
    """End it with the programs that it has started itself, where the system has groups of them."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            started.kill()
        else:
            os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def _whole(pdf: Path) -> bool:
    """Whether a PDF is there with its end: a program that was stopped may leave the beginning."""
    return pdf.is_file() and b"%%EOF" in pdf.read_bytes()[-1024:]


def pages_as_png(pdf: Path, dots_per_inch: int = 110) -> Iterator[bytes]:
    """Each page of a PDF as a picture."""
    import pypdfium2  # only for pictures

    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as pages:
        for page in pages:
            drawn = io.BytesIO()
            page.render(scale=dots_per_inch / 72).to_pil().save(drawn, "PNG", optimize=True)
            yield drawn.getvalue()


def _only(workbook: Path, sheet: str, target: Path) -> None:
    """Write a copy with every other sheet hidden. Raises KeyError if the workbook does not have the sheet."""
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "xl/workbook.xml":
                data = _one_visible(data, sheet)
            elif entry.filename.startswith("xl/worksheets/sheet"):
                # LibreOffice also prints a hidden sheet if it is selected.
                data = _SELECTED.sub(b"", data, count=1)
            new.writestr(entry.filename, data)


def _one_visible(workbook_xml: bytes, sheet: str) -> bytes:
    name = f"name={quoteattr(sheet)}".encode()
    places = [n for n, tag in enumerate(_SHEET.finditer(workbook_xml)) if name in tag.group()]
    if not places:
        raise KeyError(sheet)
    active = b' activeTab="%d"' % places[0]  # otherwise the first sheet is active, and shown although it is hidden
    hidden = _SHEET.sub(lambda tag: _shown(tag.group(), visible=name in tag.group()), workbook_xml)
    hidden = _PRINT_AREA.sub(lambda area: area.group() if int(area[1]) == places[0] else b"", hidden)
    return _VIEW.sub(lambda tag: tag.group() + active, _ACTIVE.sub(b"", hidden))


def _shown(tag: bytes, *, visible: bool) -> bytes:
    bare = _STATE.sub(b"", tag)
    return bare if visible else re.sub(rb"\s*(/?)>$", rb' state="hidden"\1>', bare)
