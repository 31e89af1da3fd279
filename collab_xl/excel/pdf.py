"""A sheet of a workbook as PDF: by Excel where the workbook is open in it, else by LibreOffice.

In: the workbook, the sheet, the file to make.  Effects: that file; the workbook stays as it is.
The sheet's own print area and page setup hold. NOT TESTED in Excel: its calls stand in tests/excel_com.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collab_xl.errors import CollabError
from collab_xl.excel import native
from collab_xl.excel.busy import excel_errors, is_busy
from collab_xl.excel.copy import NoCopyError, copied
from collab_xl.excel.libreoffice import sheet_as_pdf

if TYPE_CHECKING:
    import xlwings as xw

XL_TYPE_PDF: Final = 0
"""XlFixedFormatType."""
XL_QUALITY_STANDARD: Final = 0
"""XlFixedFormatQuality."""


def open_sheet_as_pdf(book: xw.Book, sheet: str, pdf: Path, name: str, lang: str) -> None:
    """Export a sheet of an open workbook: by Excel, with the cells that nobody has saved; where Excel cannot (no printer, a Mac), by
    LibreOffice from a copy.

    Raises CollabError `excel_busy`, `excel_permission`, `pdf_refused` with Excel's reason.
    """
    why = ""
    try:
        with tempfile.TemporaryDirectory(prefix="collab-xl-") as folder:  # Excel takes paths of up to 218 characters
            made = Path(folder) / "sheet.pdf"
            with excel_errors():
                _export(book, sheet, made)
            if not made.is_file() or made.stat().st_size == 0:
                raise OSError("no file")
            _put(made, pdf)
            return
    except CollabError:
        raise
    except Exception as error:
        if is_busy(error):
            raise CollabError("excel_busy") from error
        why = " ".join(str(error).split()) or type(error).__name__
    if not _from_a_copy(book, sheet, pdf, name, lang):
        raise CollabError("pdf_refused", sheet=sheet, why=why)


def _export(book: xw.Book, sheet: str, pdf: Path) -> None:
    if native.MAC:
        raise NotImplementedError("Excel for Mac exports whole workbooks only")
    # Type, Filename, Quality, IncludeDocProperties, IgnorePrintAreas
    book.sheets[sheet].api.ExportAsFixedFormat(XL_TYPE_PDF, str(pdf), XL_QUALITY_STANDARD, True, False)


def _from_a_copy(book: xw.Book, sheet: str, pdf: Path, name: str, lang: str) -> bool:
    try:
        copy = copied(book, name, lang)
    except NoCopyError:
        saved = Path(str(book.fullname))
        return saved.is_file() and closed_sheet_as_pdf(saved, sheet, pdf)
    try:
        return closed_sheet_as_pdf(copy.path, sheet, pdf)
    finally:
        copy.delete()


def closed_sheet_as_pdf(workbook: Path, sheet: str, pdf: Path) -> bool:
    """Convert a sheet of a closed workbook with LibreOffice. False if it is not installed, or fails."""
    with tempfile.TemporaryDirectory(prefix="collab-xl-") as folder:
        made = Path(folder) / "sheet.pdf"
        if not sheet_as_pdf(workbook, sheet, made):
            return False
        _put(made, pdf)
    return True


def _put(made: Path, pdf: Path) -> None:
    """Move the file to its place, whole or not at all."""
    beside = pdf.with_name(f".{pdf.name}.tmp")
    try:
        pdf.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, beside)
        os.replace(beside, pdf)
    finally:
        beside.unlink(missing_ok=True)
