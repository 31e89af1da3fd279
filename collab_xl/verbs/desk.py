"""Verb `desk`: the window for all other verbs. It returns when the window is closed."""

from __future__ import annotations

from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.terminal import system_lang
from collab_xl.verbs.report import Report


def desk(master: Path | None = None, *, minimized: bool = False, lang: str) -> Report:
    """Verb `desk`: show the window; if it is open already, bring it to the front.

    Raises CollabError `desk_no_tk`, `desk_no_screen`.
    """
    from collab_xl.desk.start import show

    first = show(master, lang, minimized=minimized, said=system_lang() is not None)
    body = {"version": "collab-xl/desk/1", "opened": first}
    return Report(lang, body, (text("desk.closed" if first else "desk.already_open", lang),))
