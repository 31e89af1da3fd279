"""The workbook in which the ribbon was clicked, from the command line of this process. Pure.

The add-in sends the name as `--wb=u16:` and four hexadecimal digits per UTF-16 unit (`CollabCaller` in CollabRibbon.bas), because a name
reaches a shell and xlwings' own reading cuts it at `=`. A plain name is understood as well, whole.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

CODED = "u16:"


def workbook_name(argv: Sequence[str]) -> str | None:
    """The workbook's name (NFC: the Mac decomposes), None if no workbook was open or Excel did not start this process.

    Raises ValueError for a coded name that is damaged.
    """
    for argument in argv:
        option, equals, name = argument.partition("=")
        if option == "--wb" and equals:
            if name.startswith(CODED):
                name = bytes.fromhex(name.removeprefix(CODED)).decode("utf-16-be")
            return unicodedata.normalize("NFC", name) or None
    return None
