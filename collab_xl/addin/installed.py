"""What an add-in file says of itself: the settings sheet `collab_xl.conf` inside it.

In: the file's bytes.  Out: setting → text.  Pure.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from python_calamine import CalamineError, CalamineWorkbook

from collab_xl.addin.build import CONFIG_SHEET


def settings_in(addin: bytes) -> Mapping[str, str]:
    """INTERPRETER_WIN, INTERPRETER_MAC, VERSION, XLWINGS_VERSION; a missing one is "". Empty for a file that is no add-in of ours."""
    try:
        book = CalamineWorkbook.from_object(io.BytesIO(addin))
        if CONFIG_SHEET not in book.sheet_names:
            return {}
        rows = book.get_sheet_by_name(CONFIG_SHEET).to_python()
    except CalamineError:
        return {}
    found = {str(row[0]): str(row[1]) if len(row) > 1 else "" for row in rows if row and row[0]}
    return {name: found.get(name, "") for name in ("INTERPRETER_WIN", "INTERPRETER_MAC", "VERSION", "XLWINGS_VERSION")}
