"""A dialog of the desk without the desk: a button of the ribbon shows it in its own process."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping
from typing import Any

from collab_xl.addin.blanks import Blanks
from collab_xl.desk import icon
from collab_xl.desk.dialogs import dialog_for
from collab_xl.desk.theme import CLASS, Look, aware_of_dpi


class NoWindowError(Exception):
    """There is no screen to show it on."""


def asked_alone(blanks: Blanks) -> Mapping[str, Any] | None:
    """Show the dialog and wait for it. None if it was given up. Raises `NoWindowError`."""
    aware_of_dpi()
    try:
        root = tk.Tk(className=CLASS)
    except tk.TclError as error:
        raise NoWindowError(str(error)) from error
    try:
        root.withdraw()
        icons = [tk.PhotoImage(data=icon.png(size), master=root) for size in icon.SIZES]
        root.iconphoto(True, *icons)
        said: list[Mapping[str, Any] | None] = []
        dialog = dialog_for(root, Look(root, blanks.lang), blanks, said.append)
        root.wait_window(dialog)
        return said[0] if said else None
    finally:
        root.destroy()
