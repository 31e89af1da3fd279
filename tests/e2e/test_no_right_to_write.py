"""A folder, master or .collab folder in which nothing may be written, and every verb that writes.

Nothing is lost, nothing half done is left, and what could not be done is said with where, why and what to do. As root the verbs give their
rights up first."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from command_line import NOT_ROOT, command_line
from copied import copy_project
from small_project import Project
from test_bad_input import said

from collab_xl.catalogue import LANGS
from collab_xl.errors import CONFLICTS, FINDINGS, OK, REFUSED

VERBS: dict[str, tuple[str, ...]] = {
    "init": ("init", "new.xlsx", "--lang", "L"),
    "import": ("import", "M", "tracker.xlsx", "--yes"),
    "request": ("request", "M"),
    "issue": ("issue", "M", "--week", "2030-W10"),
    "send": ("send", "M", "chase"),
    "collect": ("collect", "M", "R"),
    "check": ("check", "M"),
    "preview": ("preview", "M", "R"),
    "consolidate": ("consolidate", "M", "R"),
    "resolve": ("resolve", "M", "--take", "master"),
    "flag": ("flag", "M"),
    "week": ("week", "M", "--html"),
    "compare": ("compare", "M", "--since", "2024-07-01"),
    "baseline": ("baseline", "set", "M", "X"),
    "agenda": ("agenda", "M"),
    "gantt": ("gantt", "M"),
    "progress": ("progress", "M"),
    "undo": ("undo", "M", "--yes"),
    "forms add": ("forms", "add", "M", "risks"),
    "portfolio": ("portfolio", "make", "."),
    "portfolio apply": ("portfolio", "apply", ".", "--set", "escalate_days=5", "--yes"),
    "close": ("close", "M", "--yes"),
}
NEVER = {"disk_full", "write_failed", "program_fault"}
"""What would be untrue here."""


def modes(folder: Path, *paths: Path) -> None:
    for path in paths or (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)


CONDITIONS: dict[str, Callable[[Path, Path], None]] = {
    "all read-only": lambda folder, master: modes(folder),
    "master read-only": lambda folder, master: modes(folder, master),
    "folder not writable": lambda folder, master: modes(folder, folder),
    "records not writable": lambda folder, master: modes(folder, master.with_suffix(".collab")),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """language → folder of a project with packs out, a reply in, a tracker, and a run that can be undone."""
    out = {}
    for lang in LANGS:
        project = Project.start(tmp_path_factory.mktemp(f"rights-{lang}"), lang)
        project.issue()
        project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "reply")
        assert command_line("flag", project.master, cwd=project.folder).code in (OK, FINDINGS)
        book = openpyxl.Workbook()
        book.active.append(["任务名称", "负责部门", "计划结束时间"] if lang == "zh" else ["Task", "Department", "Planned end"])
        book.active.append(["新的一件事", "研发部", "2024-08-20"])
        book.save(project.folder / "tracker.xlsx")
        out[lang] = project.folder
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and "ledger.db" not in p.name}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rights as Linux has them")
@pytest.mark.parametrize(
    ("condition", "lang"),
    [pytest.param(c, x, marks=() if n == 0 else pytest.mark.slow) for n, (c, x) in enumerate(itertools.product(CONDITIONS, LANGS))],
)
def test_every_verb_that_writes(built: dict[str, Path], tmp_path: Path, condition: str, lang: str) -> None:
    refused = set()
    for verb, words in VERBS.items():
        folder = tmp_path / verb
        copy_project(built[lang], folder)
        master = Project(folder, lang).master
        before = contents(folder)
        known = {"M": master.name, "R": "inbox/reply.xlsx", "L": lang}
        CONDITIONS[condition](folder, master)
        try:
            done = command_line(*(known.get(w, w) for w in words), "--json", cwd=folder, before=NOT_ROOT, env={"COLLAB_XL_LANG": lang})
        finally:
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755)
        assert "Traceback" not in done.out + done.err, (verb, done.err)
        assert done.code in (OK, FINDINGS, CONFLICTS, REFUSED), (verb, done)
        after = contents(folder)
        assert {name: after.get(name) for name in before} == before, verb
        assert not [name for name in after if name.endswith(".tmp")], verb
        if done.code == REFUSED and done.json["version"] == "collab-xl/error/1":
            refused.add(verb)
            assert said(done, lang) not in NEVER, verb
            left = {name for name in set(after) - set(before) if "/archive/" not in name and "/logs/" not in name}
            assert left == set(), (verb, left)
    assert refused >= {"consolidate", "flag", "week", "check", "issue", "undo"}
    if condition == "all read-only":
        assert refused >= {"init", "request", "import", "collect", "agenda", "gantt", "progress", "portfolio", "close"}
    assert os.listdir(tmp_path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rights as Linux has them")
@pytest.mark.parametrize(
    ("spoilt", "mode", "code"),
    [(".", 0o000, "sidecar_not_readable"), ("backups", 0o555, "folder_not_writable")],
    ids=("records", "backups"),
)
def test_the_folder_named_is_the_one_without_the_right(built: dict[str, Path], tmp_path: Path, spoilt: str, mode: int, code: str) -> None:
    """A folder of records that may not be opened is not missing: nobody is told to make a new master."""
    for lang in LANGS:
        folder = tmp_path / lang
        copy_project(built[lang], folder)
        master = Project(folder, lang).master
        denied = master.with_suffix(".collab") / spoilt
        denied.chmod(mode)
        try:
            done = command_line("flag", master.name, "--json", cwd=folder, before=NOT_ROOT, env={"COLLAB_XL_LANG": lang})
            looked = command_line("status", master.name, cwd=folder, before=NOT_ROOT, env={"COLLAB_XL_LANG": lang})
        finally:
            denied.chmod(0o755)
        assert done.code == REFUSED
        assert said(done, lang) == code
        assert denied.name in done.json["what"], done.json
        assert looked.code != REFUSED, looked
