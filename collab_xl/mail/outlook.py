"""The folder that is selected in classic Outlook, as .msg files in a folder of ours. Windows only. NOT TESTED in Outlook.

The mails are only read: nothing is marked, moved or sent. Outlook's object model: `ActiveExplorer().CurrentFolder.Items`, `SaveAs` with
olMSGUnicode (learn.microsoft.com, Outlook VBA reference). The new Outlook has no object model.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from collab_xl.errors import CollabError

MSG_UNICODE: Final = 9
MAILS: Final = frozenset({43, 46})
"""olMail, and olReport: a mail that came back."""
MOST: Final = 2_000
"""Mails of one folder, the newest first."""


def selected_mails(folder: Path, since: datetime | None, lang: str) -> tuple[str, int]:
    """Save the mails of the selected folder that came since a moment. Returns the folder's name and how many there are.

    Raises CollabError `mail_no_outlook`.
    """
    try:
        explorer = _outlook().ActiveExplorer()
        selected = explorer.CurrentFolder
        items = selected.Items
        items.Sort("[ReceivedTime]", True)
        saved = 0
        for number in range(1, min(int(items.Count), MOST) + 1):
            item = items.Item(number)
            if int(item.Class) not in MAILS:
                continue
            came = _moment(getattr(item, "ReceivedTime", None) or getattr(item, "CreationTime", None))
            if since is not None and came is not None and came < since:
                break
            item.SaveAs(str(folder / f"{number:05d}.msg"), MSG_UNICODE)
            saved += 1
        return str(selected.Name), saved
    except CollabError:
        raise
    except Exception as error:
        raise CollabError("mail_no_outlook", reason=_said(error), lang=lang) from error


def _outlook() -> Any:
    """The Outlook that runs; the one function that tests replace."""
    if sys.platform != "win32":
        raise OSError(sys.platform)
    import win32com.client

    return win32com.client.GetActiveObject("Outlook.Application")


def _moment(value: Any) -> datetime | None:
    """Outlook gives local time with a zone that says UTC: the zone is dropped."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else None


def _said(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
