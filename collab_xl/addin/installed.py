"""The settings in an add-in file: the settings sheet `collab_xl.conf` inside it.

In: the file's bytes.  Out: setting → text.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from collab_xl.addin.build import CONFIG_SHEET
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError


def settings_in(addin: bytes) -> Mapping[str, str]:
    """INTERPRETER_WIN, INTERPRETER_MAC, VERSION, XLWINGS_VERSION; a missing one is "". Empty if the file is not our add-in."""
    try:
        book = read_book(addin)
        if CONFIG_SHEET not in book.sheets:
            return {}
        sheet = book.snapshot(CONFIG_SHEET)
    except CollabError:
        return {}
    found = {str(sheet.value(row, 1)): str(sheet.value(row, 2) or "") for row in range(1, sheet.last_row + 1)}
    return {name: found.get(name, "") for name in ("INTERPRETER_WIN", "INTERPRETER_MAC", "VERSION", "XLWINGS_VERSION")}
