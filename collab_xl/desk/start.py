"""Start the desk: only one of them, on a screen that can show it."""

from __future__ import annotations

import os
from pathlib import Path

from collab_xl.desk import com
from collab_xl.desk.memory import remembered
from collab_xl.desk.single import taken
from collab_xl.errors import CollabError


def show(master: Path | None, lang: str, *, minimized: bool = False, said: bool = True) -> bool:
    """Show the window until it is closed. False if one is open already, which is now in front.

    Args:
        lang: the language if the user has not chosen one in the window, or if it was `said` on the command line.

    Raises CollabError `desk_no_tk` (a Python without tkinter), `desk_no_screen`.
    """
    try:
        import tkinter

        from collab_xl.desk import theme, window
    except ImportError as error:
        raise CollabError("desk_no_tk", why=str(error), lang=lang) from error
    only = taken()
    if only is None:
        return False
    try:
        theme.aware_of_dpi()
        memory = remembered()
        try:
            opened = window.DeskWindow(
                memory,
                lang if said or not memory.lang else memory.lang,
                os.path.abspath(master) if master is not None else "",
                hidden=minimized,
            )
        except tkinter.TclError as error:
            raise CollabError("desk_no_screen", why=str(error), lang=lang) from error
        opened.raised = lambda: only.asked
        if (offered := com.registered()) is not None:
            opened.clicks = offered[0].waiting
        try:
            opened.run()
        finally:
            if offered is not None:
                offered[1].close()
    finally:
        only.close()
    return True
