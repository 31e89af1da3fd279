"""Verbs `addin build`, `addin install`, `addin uninstall`: report what they did and the next step."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path

from collab_xl import __version__
from collab_xl.addin.build import NAME, build
from collab_xl.addin.desk_entry import MakeLink, entries, outdated, shell_link
from collab_xl.addin.installing import FileChange, for_system, install, install_files, remove
from collab_xl.addin.machine import Machine
from collab_xl.addin.xlwings_module import xlwings_version
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.project.durable import write_durably
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Report

VERSION = "collab-xl/addin/1"


def addin_build(out: Path | None = None, *, python: str = "", lang: str) -> Report:
    """Write `collab_xl.xlam` into a folder (default: the current one), or the named `.xlam` file. Same text and xlwings, same bytes."""
    target = out if out is not None and out.suffix.lower() == ".xlam" else (out or Path()) / NAME
    try:
        windows, mac = for_system(python, Machine.this().platform)
        data = build(interpreter_win=windows, interpreter_mac=mac)
        write_durably(target, data, code="cannot_write_into")
    except CollabError as error:
        error.facts.setdefault("lang", lang)
        raise
    sha256 = hashlib.sha256(data).hexdigest()
    body = {"version": VERSION, "action": "build", "path": str(target), "sha256": sha256, "size_bytes": len(data)}
    body |= {"package": __version__, "xlwings": xlwings_version(), "interpreter": python}
    lines = [text("verbs.say.addin_build", lang, path=target, kb=-(-len(data) // 1000), sha256=sha256)]
    lines.append(text("verbs.say.addin_build_python", lang, python=python) if python else text("verbs.say.addin_build_bare", lang))
    return Report(lang, body, tuple(lines), next=NextStep("install", "addin install"))


def addin_install(
    *,
    to: Path | None = None,
    python: str | None = None,
    autostart: bool = False,
    lang: str,
    machine: Machine | None = None,
    link: MakeLink = shell_link,
) -> Report:
    """Install for this user: the add-in, and the desk in the menu of programs. Raises CollabError as `installing.install` does.

    Where there is no Excel for the system, only the desk; with `to`, only the add-in.
    """
    machine = machine or Machine.this()
    try:
        desk: tuple[FileChange, ...] = ()
        said: list[str] = []
        if to is None and not machine.has_excel:
            desk, said = _desk_entries(machine, python, lang, autostart, link)
            if desk:
                body = _json("install", desk, interpreter=python or machine.python)
                return Report(
                    lang, body, (text("verbs.say.addin_no_excel", lang), *_files(desk, lang), *said), next=NextStep("desk", "desk")
                )
        done = install(machine, to=to, python=python)
        if to is None:
            desk, said = _desk_entries(machine, python, lang, autostart, link)
    except CollabError as error:
        error.facts.setdefault("lang", lang)
        raise
    lines = _files((*done.files, *desk), lang)
    lines += said
    lines.append(
        text("verbs.say.addin_python", lang, python=done.interpreter) if done.interpreter else text("verbs.say.addin_no_python", lang)
    )
    step = NextStep("open_excel" if done.loads else "choose_addin", "doctor", facts={"path": done.files[0].path})
    return Report(lang, _json("install", (*done.files, *desk), interpreter=done.interpreter), tuple(lines), next=step)


def _desk_entries(
    machine: Machine, python: str | None, lang: str, autostart: bool, link: MakeLink
) -> tuple[tuple[FileChange, ...], list[str]]:
    """Write the menu entries of the desk, and what to say of them. None for a Python without windows. A menu that refuses is said and
    stops nothing."""
    if importlib.util.find_spec("_tkinter") is None:
        return (), []
    names, about = ({each: text(f"desk.{key}", each) for each in LANGS} for key in ("title", "menu_about"))
    try:
        wanted = entries(machine, names, about, lang, python=python or machine.python, autostart=autostart, link=link)
        if not wanted:
            return (), []
        return install_files(machine, wanted, lambda recorded: outdated(wanted, recorded)), [text("verbs.say.desk_entry", lang)]
    except (OSError, ImportError) as error:
        return (), [text("verbs.say.desk_no_entry", lang, reason=str(error))]


def addin_uninstall(*, lang: str, machine: Machine | None = None) -> Report:
    """Remove every file that installations wrote. Raises CollabError as `installing.remove` does."""
    try:
        files = remove(machine or Machine.this())
    except CollabError as error:
        error.facts.setdefault("lang", lang)
        raise
    lines = _files(files, lang) or [text("verbs.say.addin_nothing", lang)]
    if any(done.state == "removed" for done in files):
        lines.append(text("verbs.say.addin_removed_next", lang))
    return Report(lang, _json("uninstall", files), tuple(lines), next=NextStep("install_again", "addin install"))


def _files(files: Sequence[FileChange], lang: str) -> list[str]:
    said = []
    for done in files:
        key = f"verbs.say.addin_{done.state}"
        if done.state == "replaced" and done.version and done.version != __version__:
            said.append(text("verbs.say.addin_upgraded", lang, path=done.path, old=done.version, new=__version__))
        else:
            said.append(text(key, lang, path=done.path))
    return said


def _json(action: str, files: Sequence[FileChange], **more: str) -> dict[str, object]:
    listed = [{"path": str(done.path), "state": done.state} for done in files]
    return {"version": VERSION, "action": action, "package": __version__, "files": listed, **more}
