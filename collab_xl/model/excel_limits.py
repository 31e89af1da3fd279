"""Limits of Excel that our writes may reach. Pure.

Source: Microsoft, Excel specifications and limits; Microsoft, The file name contains more than 218 characters; [MS-OI29500] 2.1.727 (at
most 65,430 cell formats in a file). Which of them our writes can reach, and what then happens: docs/facts/open-excel.md, Limits.
"""

from __future__ import annotations

import re
from typing import Final

from collab_xl.model.cell_text import text_length
from collab_xl.model.regex import regex

MAX_FORMATS: Final = 64_000
"""Cell formats of a workbook: the lowest figure that Microsoft has named (64,000, 65,430, 65,490)."""
MAX_PATH: Final = 218
"""Characters of the path of a workbook that is opened or saved."""
MAX_SHEET_NAME: Final = 31
MAX_HEADING: Final = 255
"""Characters of a table's heading."""
MAX_WIDTH: Final = 255
"""Of a column, in characters."""
MAX_ROW_HEIGHT: Final = 409
"""Points."""
MAX_FOOTER: Final = 255
_FORBIDDEN: Final = regex(r"[:\\/?*\[\]]|^'|'$|^history$", re.IGNORECASE)


def path_too_long(path: str) -> bool:
    """Whether Excel could not open or save a workbook at this whole path."""
    return text_length(path) > MAX_PATH


def is_sheet_name(name: str) -> bool:
    """Whether a sheet may have this name."""
    return bool(name.strip()) and text_length(name) <= MAX_SHEET_NAME and not _FORBIDDEN.search(name)
