"""Show the form of a button where no desk does it: in the desk's dialog, in this process; where that cannot be, by Excel's own dialogs.

In: `Blanks`.  Out: what was filled in; None if the person gave it up.  Effects: windows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collab_xl.addin.blanks import Blanks
from collab_xl.catalogue import text

if TYPE_CHECKING:
    from collab_xl.addin.screen import Screen


def filled_in(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    """The desk's dialog, else Excel's."""
    try:
        from collab_xl.desk.alone import NoWindowError, asked_alone
    except ImportError:  # a Python without tkinter
        return by_excel(screen, blanks)
    try:
        return asked_alone(blanks)
    except NoWindowError:
        return by_excel(screen, blanks)


def by_excel(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    """One dialog after the other: only what the verb cannot do without. Departments can be typed into the new master."""
    return _DIALOGS[blanks.verb](screen, blanks)


def _init(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    project = screen.type_in(text("desk.ask.project", blanks.lang))
    if project is None:
        return None
    name = project.strip()
    master = screen.choose_place(text("desk.ask.master", blanks.lang), _named(str(blanks.given.get("master", "")), name))
    if not master:
        return None
    return {"master": master, "lang": blanks.lang, **({"project": name} if name else {})}


def _named(path: str, project: str) -> str:
    """The suggested path with the project's name, as far as a file may be called so."""
    plain = "".join(c for c in project if c not in '\\/:*?"<>|' and c >= " ").strip(" .")
    return str(Path(path).with_name(f"{plain}.xlsx")) if plain and path else path


def _week(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    offered = "\n".join(shown for _, shown in blanks.weeks)
    question = f"{text('desk.ask.week', blanks.lang)}\n{offered}\n\n{text('desk.ask.week_hint', blanks.lang)}"
    said = (screen.type_in(question, default=str(blanks.given.get("week", ""))) or "").strip()
    return {"week": said} if said else None


def _moments(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    """Since when, with what may be chosen; until when is asked by the desk's dialog only: here it is now."""
    offered = "\n".join(shown for name, shown in blanks.weeks if name)
    question = f"{text('desk.ask.since', blanks.lang)}\n{offered}\n\n{text('desk.ask.moment_hint', blanks.lang)}"
    said = screen.type_in(question)
    return None if said is None else {"since": said.strip()}


def _baseline(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    said = screen.type_in(text("desk.ask.baseline_new", blanks.lang), default=str(blanks.given.get("baseline_new", "")))
    return None if said is None else {"baseline_new": said.strip()}


def _signature(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    """Which department; that its head has signed is what the verb takes where nobody is named."""
    offered = "\n".join(blanks.departments)
    default = blanks.departments[0] if len(blanks.departments) == 1 else ""
    said = (screen.type_in(f"{text('desk.ask.signing', blanks.lang)}\n{offered}", default=default) or "").strip()
    return {"signing": said} if said else None


def _portfolio(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    said = (screen.type_in(text("desk.ask.masters", blanks.lang), default=str(blanks.given.get("masters", ""))) or "").strip()
    return {"masters": said} if said else None


def _import(screen: Screen, blanks: Blanks) -> Mapping[str, Any] | None:
    files = screen.choose_files(text("desk.ask.inputs_import", blanks.lang))
    if not files:
        return None
    master = blanks.master or screen.choose_place(text("desk.ask.master_import", blanks.lang), str(blanks.given.get("master", "")))
    return {"inputs": files, "master": master} if master else None


_DIALOGS: Mapping[str, Callable[[Screen, Blanks], Mapping[str, Any] | None]] = {
    "init": _init,
    "import": _import,
    "week": _week,
    "compare": _moments,
    "baseline set": _baseline,
    "baseline sign": _signature,
    "portfolio make": _portfolio,
}
