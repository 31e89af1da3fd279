"""What bad input gets, through the real command line, in both languages.

Every refusal: the exit code of STYLE §8, one JSON object on stdout, what / why / what to do from the catalogue of the right language
on stderr, no traceback, the master byte for byte as it was, and a ledger that still opens.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from command_line import Done, command_line
from make_books import edit_parts
from small_project import Project

from collab_xl import catalogue
from collab_xl import schema as schemas
from collab_xl.errors import REFUSED

DAY = "2026-11-20"
OLE = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)


@dataclass
class World:
    """One project with packs out and one reply in, to be spoilt."""

    project: Project
    reply: Path

    @property
    def master(self) -> Path:
        return self.project.master

    @property
    def lang(self) -> str:
        return self.project.lang

    @property
    def sidecar(self) -> Path:
        return self.master.with_suffix(".collab")

    @property
    def ledger(self) -> Path:
        return self.sidecar / "ledger.db"

    def heading(self, form: str, field: str) -> str:
        return schemas.load().form(form).field(field).heading[self.lang]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """language → folder of a project with packs issued and a reply of 研发部; tests work on copies."""
    out = {}
    for lang in catalogue.LANGS:
        folder = tmp_path_factory.mktemp(f"built-{lang}")
        project = Project.start(folder, lang)
        project.issue()
        project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "risk": "=1+1"}}, "reply")
        out[lang] = folder
    return out


@pytest.fixture(params=catalogue.LANGS)
def world(request: pytest.FixtureRequest, built: dict[str, Path], tmp_path: Path) -> World:
    return copied(built[request.param], tmp_path / "p", request.param)


def copied(source: Path, target: Path, lang: str) -> World:
    shutil.copytree(source, target)
    project = Project(target, lang)
    project.packs = {path.stem.split("_")[1]: path for path in (target / "outbox").glob("*.xlsx")}
    return World(project, target / "inbox" / "reply.xlsx")


def no_traceback(done: Done) -> None:
    assert "Traceback" not in done.out + done.err, done.err
    assert done.code != 1, done.err


def said(done: Done, lang: str) -> str:
    """The error code, after asserting that stdout is one JSON object and both outputs are the catalogue's words in this language."""
    no_traceback(done)
    body = done.json
    assert body["version"] == "collab-xl/error/1"
    code = body["error"]
    for part in ("what", "why", "fix"):
        text = body[part]
        assert text in done.err
        assert "{" not in text, text
        assert not re.search(r"\bNone\b|\[Errno|Error\b.*\(|<class", text), text
        pattern = re.sub(r"\\\{\w+\\\}", "(?s:.*)", re.escape(catalogue.texts(lang)[f"error.{code}.{part}"]))
        assert re.fullmatch(pattern, text), f"not in {lang}: {text}"
    return str(code)


def whole(world: World) -> None:
    """The ledger is a ledger."""
    with sqlite3.connect(world.ledger) as conn:
        assert conn.execute("PRAGMA quick_check").fetchone()[0] == "ok"
