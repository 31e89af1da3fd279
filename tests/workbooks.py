"""Open a workbook with openpyxl, to look at it or to type into it."""

from __future__ import annotations

from pathlib import Path
from typing import IO
from unittest.mock import patch

import openpyxl
from openpyxl.worksheet.merge import MergedCellRange


def workbook_at(book: str | Path | IO[bytes]) -> openpyxl.Workbook:
    """As openpyxl loads it, but for the borders it works out for the cells of merged ranges: they take more than half of the time of a
    master. Where a test looks at borders, or sends what openpyxl saved as other programs' work, it loads with openpyxl itself."""
    with patch.object(MergedCellRange, "format", lambda self: None):
        return openpyxl.load_workbook(book)
